"""scripts/try_wheel.py: what would be wrong with a wheel, or with what pip installed, is named. .ci/run tries the real ones."""

from pathlib import Path
from zipfile import ZipFile

import pytest
from scripts.try_wheel import MOST_BYTES, MOST_PACKAGES, faults, wheel_faults

METADATA = "Metadata-Version: 2.4\nDescription-Content-Type: text/markdown\n\n# Dragoman\n"


def installed(folder: Path, name: str, files: dict[str, int], *, wheel: bool = True) -> None:
    """Puts a package there, as pip would: its files by size, and what is told of it."""
    info = folder / f"{name}-1.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text(f"Metadata-Version: 2.4\nName: {name}\nVersion: 1\n")
    (info / "RECORD").write_text("".join(f"{file},,\n" for file in files))
    if wheel:
        (info / "WHEEL").write_text("Wheel-Version: 1.0\n")
    for file, size in files.items():
        (folder / file).write_bytes(b"x" * size)


def test_few_small_wheels_are_right(tmp_path: Path) -> None:
    installed(tmp_path, "dragoman", {"dragoman.py": 10})
    installed(tmp_path, "setuptools", {"distutils-precedence.pth": 10})
    for number in range(MOST_PACKAGES):
        installed(tmp_path, f"package{number}", {f"module{number}.py": 10})
    assert list(faults(tmp_path)) == []


def test_what_is_wrong_with_installed_packages_is_named(tmp_path: Path) -> None:
    for number in range(MOST_PACKAGES + 1):
        installed(tmp_path, f"package{number}", {})
    installed(tmp_path, "large", {"large.so": MOST_BYTES + 1, "large.pth": 1})
    installed(tmp_path, "built", {}, wheel=False)
    assert set(faults(tmp_path)) == {
        "Dragoman itself is not there",
        f"{MOST_PACKAGES + 3} packages, more than {MOST_PACKAGES}",
        f"{MOST_BYTES + 2} bytes, more than {MOST_BYTES}",
        "built was no wheel",
        "large runs large.pth when Python starts",
    }


def wheel(folder: Path, *names: str, metadata: str = METADATA) -> Path:
    file = folder / "dragoman-1-py3-none-any.whl"
    with ZipFile(file, "w") as archive:
        archive.writestr("dragoman-1.dist-info/METADATA", metadata)
        for name in names:
            archive.writestr(name, "")
    return file


def test_the_package_and_its_description_are_all_that_is_published(tmp_path: Path) -> None:
    assert list(wheel_faults(wheel(tmp_path, "dragoman/__init__.py"))) == []


@pytest.mark.parametrize(
    ("name", "fault"),
    [
        ("tests/test_it.py", "is no part of the package"),
        ("dragoman/tests/test_it.py", "should not be published"),
        ("dragoman/.env", "should not be published"),
    ],
)
def test_what_should_not_be_published_is_named(name: str, fault: str, tmp_path: Path) -> None:
    assert list(wheel_faults(wheel(tmp_path, name))) == [f"{name} {fault}"]


def test_a_description_that_is_not_the_readme_is_named(tmp_path: Path) -> None:
    told = list(wheel_faults(wheel(tmp_path, metadata="Metadata-Version: 2.4\n\nA gateway\n")))
    assert told == ["the description is not said to be Markdown", "the description is not the README"]
