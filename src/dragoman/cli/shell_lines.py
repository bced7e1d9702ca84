"""Variables as lines that a shell runs, quoted by its rules."""

import shlex
from collections.abc import Callable, Iterable, Mapping
from typing import Literal, get_args

import msgspec

Shell = Literal["bash", "fish", "powershell", "cmd"]

SHELLS: tuple[Shell, ...] = get_args(Shell)

_POWERSHELL_QUOTES = "'\u2018\u2019\u201a\u201b"
"""All of them end a string in single quotes; doubled, each stands for itself."""


class Unquotable(Exception):
    """The shell has no way to write a value; the message names the variable and not the value."""


class _Syntax(msgspec.Struct, frozen=True):
    """How a shell sets and removes a variable of the processes that it starts."""

    setting: Callable[[str, str], str]
    removal: Callable[[str], str]


def shell_lines(shell: Shell, assigned: Mapping[str, str], removed: Iterable[str]) -> list[str]:
    """One line for each variable: removals, then assignments. Raises Unquotable."""
    syntax = _SYNTAX[shell]
    return [
        *(syntax.removal(name) for name in removed),
        *(syntax.setting(name, value) for name, value in assigned.items()),
    ]


def usual_shell(environ: Mapping[str, str], *, windows: bool) -> Shell:
    """The shell of whoever asks: `bash` also for its relatives, such as zsh."""
    if environ.get("SHELL", "").endswith("fish"):
        return "fish"
    return "powershell" if windows and not environ.get("SHELL") else "bash"


def _bash(name: str, value: str) -> str:
    return f"export {name}={shlex.quote(value)}"


def _fish(name: str, value: str) -> str:
    quoted = value.replace("\\", "\\\\").replace("'", "\\'")
    return f"set -gx {name} '{quoted}'"


def _powershell(name: str, value: str) -> str:
    quoted = "".join(letter * 2 if letter in _POWERSHELL_QUOTES else letter for letter in value)
    return f"$env:{name} = '{quoted}'"


def _cmd(name: str, value: str) -> str:
    if any(letter in value for letter in '"%!\r\n'):
        raise Unquotable(f'{name}: cmd cannot be given a value with one of the characters " % !')
    return f'set "{name}={value}"'


_SYNTAX: dict[Shell, _Syntax] = {
    "bash": _Syntax(_bash, lambda name: f"unset {name}"),
    "fish": _Syntax(_fish, lambda name: f"set -e {name}"),
    "powershell": _Syntax(_powershell, lambda name: f"Remove-Item Env:{name} -ErrorAction SilentlyContinue"),
    "cmd": _Syntax(_cmd, lambda name: f'set "{name}="'),
}
