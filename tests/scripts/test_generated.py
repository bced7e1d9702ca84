"""scripts/generated.py"""

from pathlib import Path

import pytest
from scripts.generated import write_or_check

CHECK = ["--check"]


def test_what_was_written_is_current(tmp_path: Path) -> None:
    files = {tmp_path / "new/page.md": "ä\n"}
    assert write_or_check(files, "pages", []) == 0
    assert (tmp_path / "new/page.md").read_bytes() == "ä\n".encode()
    assert write_or_check(files, "pages", CHECK, whole_folder=tmp_path / "new") == 0


@pytest.mark.parametrize("old", [None, "old\n", "new\r\n"])
def test_what_is_old_is_named_and_stays(
    tmp_path: Path, old: str | None, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "page.md"
    if old is not None:
        file.write_bytes(old.encode())
    assert write_or_check({file: "new\n"}, "pages", CHECK) == 1
    assert capsys.readouterr().err == "page.md is not current: uv run python -m scripts.pages\n"
    assert (file.read_bytes().decode() if file.exists() else None) == old


def test_a_file_that_nobody_writes_any_more_is_named(tmp_path: Path) -> None:
    (tmp_path / "left.md").touch()
    assert write_or_check({}, "pages", CHECK, whole_folder=tmp_path) == 1
