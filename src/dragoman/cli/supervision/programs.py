"""The one way to programs of the system, such as systemctl."""

import shutil
import subprocess
import time

import msgspec


class ProgramMissing(Exception):
    """No such program on the PATH; its name is the message."""


class Command(msgspec.Struct, frozen=True):
    """A command line, and what its failure means."""

    words: tuple[str, ...]
    may_fail: bool = False
    """What it would undo may not be there."""
    tries: int = 1
    """How often, half a second apart: launchd answers before it has let go of an earlier service."""


class Ended(msgspec.Struct, frozen=True):
    """The exit code, and what was said on both streams if it was kept."""

    code: int
    said: str = ""


def command(*words: str, may_fail: bool = False, tries: int = 1) -> Command:
    return Command(words, may_fail, tries)


class Programs:
    """Runs programs found on `search_path`."""

    def __init__(self, search_path: str, pause: float = 0.5) -> None:
        self._search_path = search_path
        self._pause = pause

    def run(self, wanted: Command) -> Ended:
        """Silently. Raises ProgramMissing."""
        words = self._found(wanted)
        ended = _run(words)
        for _ in range(wanted.tries - 1):
            if ended.code == 0:
                break
            time.sleep(self._pause)
            ended = _run(words)
        return ended

    def show(self, wanted: Command) -> Ended:
        """With the terminal as its own, until it ends. Raises ProgramMissing."""
        return Ended(subprocess.run(self._found(wanted), check=False).returncode)

    def _found(self, wanted: Command) -> list[str]:
        program = shutil.which(wanted.words[0], path=self._search_path)
        if program is None:
            raise ProgramMissing(wanted.words[0])
        return [program, *wanted.words[1:]]


def _run(words: list[str]) -> Ended:
    done = subprocess.run(words, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
    return Ended(done.returncode, done.stdout.decode(errors="replace").strip())
