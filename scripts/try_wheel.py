"""Installs Dragoman with pip as a user would, from the wheel and from a folder, and tries what was installed.

    uv run python -m scripts.try_wheel

In an empty home, outside the repository: the commands answer, the server says that it is ready and answers a message.
What came along is counted, weighed and looked at: few packages, all of them wheels, none that runs when Python starts.
"""

import asyncio
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from email import message_from_string
from importlib.metadata import Distribution, distributions
from pathlib import Path
from urllib.request import Request, urlopen
from zipfile import ZipFile

from scripts.clean_place import Place
from tests.support.dragoman_process import free_port, http_status

from dragoman.cli.exit_codes import INTERRUPTED

OURS = "dragoman"
MOST_PACKAGES = 25
MOST_BYTES = 30_000_000
MOST_BYTES_OF_THE_WHEEL = 2_000_000
OF_THE_ENVIRONMENT = frozenset({"pip", "setuptools", "wheel"})
"""What `python -m venv` puts there."""

QUESTION = (
    b'{"model": "claude-sonnet-5", "max_tokens": 100, "messages": [{"role": "user", "content": "Hello"}]}'
)


class Installed:
    """A virtual environment into which pip has put Dragoman. Raises CalledProcessError if it cannot.

    `by`: another one whose pip does it, so that this one needs none.
    """

    def __init__(self, place: Place, name: str, wanted: Path, by: "Installed | None" = None) -> None:
        self.folder = place.root / name
        self.environment = place.environment()
        self.run("python3", "-m", "venv", *(["--without-pip"] if by else []), str(self.folder))
        pip = [by.program("pip"), "--python", self.program("python")] if by else [self.program("pip")]
        # A dependency that would have to be built is refused; a folder's own build is none.
        # Compiling takes half the time and changes nothing that is counted; the one that is used has it.
        options = ["--quiet", "--only-binary", ":all:", *(["--no-compile"] if by else [])]
        self.run(*pip, "install", *options, str(wanted), cwd=place.home)

    def run(self, *command: str, cwd: Path | None = None) -> str:
        """What it said. Raises CalledProcessError."""
        done = subprocess.run(
            command, cwd=cwd, env=self.environment, stdout=subprocess.PIPE, text=True, check=True, timeout=120
        )
        return done.stdout

    def program(self, name: str) -> str:
        return str(self.folder / "bin" / name)

    @property
    def packages(self) -> Path:
        [found] = self.folder.glob("lib/python*/site-packages")
        return found


def faults(packages: Path) -> Iterator[str]:
    """What is wrong with a folder of installed packages."""
    found = [one for one in distributions(path=[str(packages)]) if one.name not in OF_THE_ENVIRONMENT]
    others = sorted(one.name for one in found if one.name != OURS)
    weight = sum(weight_of(one) for one in found)
    say(f"    {len(others)} packages besides Dragoman, {weight / 1e6:.1f} MB: {', '.join(others)}")
    if len(others) == len(found):
        yield "Dragoman itself is not there"
    if len(others) > MOST_PACKAGES:
        yield f"{len(others)} packages, more than {MOST_PACKAGES}"
    if weight > MOST_BYTES:
        yield f"{weight} bytes, more than {MOST_BYTES}"
    for one in found:
        if one.read_text("WHEEL") is None:
            yield f"{one.name} was no wheel"
        for file in one.files or ():
            if file.suffix == ".pth":
                yield f"{one.name} runs {file} when Python starts"


def weight_of(package: Distribution) -> int:
    """Bytes of its files without those that Python writes by itself."""
    files = [Path(str(file.locate())) for file in package.files or () if file.suffix != ".pyc"]
    return sum(file.stat().st_size for file in files if file.exists())


def wheel_faults(wheel: Path) -> Iterator[str]:
    """What is wrong with the file that is published."""
    say(f"    {wheel.name}: {wheel.stat().st_size / 1e6:.2f} MB")
    if wheel.stat().st_size > MOST_BYTES_OF_THE_WHEEL:
        yield f"{wheel.name} is larger than {MOST_BYTES_OF_THE_WHEEL} bytes"
    with ZipFile(wheel) as archive:
        for name in archive.namelist():
            first, _, rest = name.partition("/")
            if first != OURS and not first.endswith(".dist-info"):
                yield f"{name} is no part of the package"
            if "tests" in rest.split("/") or Path(name).name.startswith(".env"):
                yield f"{name} should not be published"
        [metadata] = [name for name in archive.namelist() if name.endswith(".dist-info/METADATA")]
        told = message_from_string(archive.read(metadata).decode())
    if told["Description-Content-Type"] != "text/markdown":
        yield "the description is not said to be Markdown"
    if not str(told.get_payload()).lstrip().startswith("# Dragoman"):
        yield "the description is not the README"


def command_faults(installed: Installed, home: Path) -> Iterator[str]:
    """What is wrong with the commands, in a home with nothing in it."""
    said = {
        ("dragoman", "--version"): "dragoman ",
        ("dragoman", "check"): "Settings:",
        ("claude-code-proxy", "--help"): "Usage: claude-code-proxy",
    }
    for (program, *arguments), expected in said.items():
        printed = installed.run(installed.program(program), *arguments, cwd=home)
        if not printed.startswith(expected):
            yield f"{program} {' '.join(arguments)} does not say {expected!r}"
    imported = installed.run(
        installed.program("python"), "-c", f"import {OURS}; print({OURS}.__file__)", cwd=home
    )
    if not Path(imported.strip()).is_relative_to(installed.packages):
        yield f"{OURS} is imported from {imported.strip()}"


async def server_faults(installed: Installed, home: Path) -> list[str]:
    """What is wrong with `dragoman serve`: ready, one message of the built-in model, Ctrl-C."""
    port = free_port()
    with (home / "log").open("wb") as log:
        process = await asyncio.create_subprocess_exec(
            *(installed.program("dragoman"), "serve", "--port", str(port)),
            cwd=home,
            env=installed.environment,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=log,
            stderr=log,
        )
    found: list[str] = []
    try:
        await until_ready(port)
        answer = await asyncio.to_thread(asked, port)
        if b'"type":"message"' not in answer:
            found.append(f"no message: {answer[:200]!r}")
        process.send_signal(signal.SIGINT)
        if (code := await asyncio.wait_for(process.wait(), 20)) != INTERRUPTED:
            found.append(f"dragoman serve ended with {code} after Ctrl-C")
    except (TimeoutError, OSError) as failure:
        found.append(f"dragoman serve: {failure!r}")
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    return [*found, (home / "log").read_text("utf-8")] if found else []


async def until_ready(port: int) -> None:
    """Raises TimeoutError after half a minute."""
    for _ in range(300):
        if await http_status(port, "/readyz") == 200:
            return
        await asyncio.sleep(0.1)
    raise TimeoutError("never ready")


def asked(port: int) -> bytes:
    """The answer to a message."""
    headers = {"content-type": "application/json"}
    with urlopen(Request(f"http://127.0.0.1:{port}/v1/messages", QUESTION, headers), timeout=20) as answer:
        return answer.read()


def try_wheel(place: Place) -> Iterator[str]:
    """Everything that is wrong."""
    built = place.root / "dist"
    say("uv build")
    build = ["uv", "build", "--quiet", "--out-dir", str(built), str(place.origin)]
    subprocess.run(build, env=place.environment(), check=True, timeout=120)
    [wheel] = built.glob("*.whl")
    yield from wheel_faults(wheel)
    say("pip install dist/*.whl")
    published = Installed(place, "from-wheel", wheel)
    yield from faults(published.packages)
    yield from command_faults(published, place.home)
    yield from asyncio.run(server_faults(published, place.home))
    say("pip install .")
    yield from faults(Installed(place, "from-folder", place.origin, by=published).packages)


def say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def main() -> int:
    with tempfile.TemporaryDirectory(prefix="dragoman-wheel-") as folder:
        place = Place(Path(folder))
        place.furnish()
        try:
            found = list(try_wheel(place))
        except (subprocess.CalledProcessError, subprocess.TimeoutExpired) as fault:
            found = [str(fault)]
        except KeyboardInterrupt:
            return INTERRUPTED
    for fault in found:
        say(f"FAILED: {fault}")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
