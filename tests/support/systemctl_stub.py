"""A systemctl without systemd: reads the unit that was installed, runs its command, and writes down every call.

The same file is the program (`python systemctl_stub.py STATE ARGUMENTS...`) and what tests use to look at it. It knows
what `dragoman service` says and nothing else. Like systemd it takes quotes off the words of a command and hands nothing of
the caller's environment on.
"""

import json
import os
import shlex
import signal
import subprocess
import sys
import time
from configparser import RawConfigParser
from pathlib import Path
from typing import Any

UNIT = "dragoman.service"


def read_unit(text: str) -> dict[str, dict[str, str]]:
    """Sections and settings, whose case counts; AssertionError for a line that is neither."""
    parser = RawConfigParser(delimiters=("=",), comment_prefixes=("#",), strict=True)
    parser.optionxform = str  # pyright: ignore[reportAttributeAccessIssue]
    parser.read_string(text)
    return {name: dict(parser[name]) for name in parser.sections()}


class SystemctlStub:
    """Installs itself as `systemctl`, and a program that only remembers as `journalctl`, into a folder of the PATH."""

    def __init__(self, programs: Path, state: Path) -> None:
        self.folder = state
        state.mkdir()
        for name in ("systemctl", "journalctl", "launchctl", "tail"):
            program = programs / name
            program.write_text(
                f'#!/bin/sh\nexec "{sys.executable}" -I -S "{__file__}" "{state}" {name} "$@"\n'
            )
            program.chmod(0o755)

    def calls(self) -> list[str]:
        log = self.folder / "calls"
        return [shlex.join(json.loads(line)) for line in log.read_text().splitlines()] if log.exists() else []

    def fail(self, word: str, times: int = 1000) -> None:
        """From here on a call with `word` in it fails, so many times."""
        (self.folder / "failures").write_text(json.dumps([word, times]))

    def stop(self) -> None:
        end(self.folder)


def pid_of(state: Path) -> int | None:
    file = state / "pid"
    return int(file.read_text()) if file.exists() else None


def end(state: Path) -> None:
    """Stops what runs, and waits for its end."""
    if (pid := pid_of(state)) is not None:
        os.kill(pid, signal.SIGTERM)
        for _ in range(200):
            if not alive(pid):
                break
            time.sleep(0.05)
        (state / "pid").unlink()


def alive(pid: int) -> bool:
    """A process whose parent has not asked for its end is dead too."""
    try:
        return "Z" not in Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False


def restart(state: Path) -> None:
    end(state)
    config = os.environ.get("XDG_CONFIG_HOME") or f"{os.environ['HOME']}/.config"
    service = read_unit(Path(f"{config}/systemd/user/{UNIT}").read_text())["Service"]
    words = [word.replace("%%", "%") for word in shlex.split(service["ExecStart"])]
    with (state / "output").open("ab") as output:
        process = subprocess.Popen(
            words,
            cwd=service["WorkingDirectory"].replace("%%", "%"),
            env={"PATH": os.defpath, "HOME": os.environ["HOME"]},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
    (state / "pid").write_text(str(process.pid))


def fails(state: Path, words: list[str]) -> bool:
    file = state / "failures"
    if not file.exists():
        return False
    word, times = json.loads(file.read_text())
    if word not in words or times == 0:
        return False
    file.write_text(json.dumps([word, times - 1]))
    return True


def main(state: Path, words: list[str]) -> Any:
    with (state / "calls").open("a") as log:
        log.write(json.dumps(words) + "\n")
    if fails(state, words):
        print(f"{words[0]}: it does not work")
        raise SystemExit(1)
    match words:
        case ["systemctl", "--user", "restart", _]:
            restart(state)
        case ["systemctl", "--user", "disable", "--now", _]:
            end(state)
        case ["systemctl", "--user", "status", *_]:
            pid = pid_of(state)
            active = pid is not None and alive(pid)
            print("Active: active (running)" if active else "Active: inactive (dead)")
            raise SystemExit(0 if active else 3)
        case ["journalctl", *_]:
            print("a line of the log")
        case (
            ["systemctl", "--user", "daemon-reload"]
            | ["systemctl", "--user", "enable", _]
            | ["launchctl" | "tail", *_]
        ):
            pass
        case _:
            raise SystemExit(f"{words[0]}: unknown command {words[1:]}")


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2:])
