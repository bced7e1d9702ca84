"""What a check found, and the codes of all that can be wrong (docs/reference/doctor.md has a heading for each)."""

import shlex
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

import msgspec

from dragoman.cli.say import Colour

State = Literal["ok", "warning", "failure"]

CODES = {
    "D001": "a setting is wrong",
    "D002": "others can read the settings file",
    "D003": "another program has the port",
    "D004": "the address cannot be listened on",
    "D005": "a key is missing",
    "D006": "nothing is configured",
    "D007": "an extra is not installed",
    "D008": "the upstream's name cannot be resolved",
    "D009": "the upstream cannot be reached",
    "D010": "the upstream's certificate is not accepted",
    "D011": "the upstream does not answer in time",
    "D012": "the key is not accepted",
    "D013": "the upstream answers with an error",
    "D014": "there are no usable Google credentials",
    "D015": "Claude Code is not installed",
    "D016": "Claude Code does not ask Dragoman",
    "D017": "variables of Claude Code clash",
    "D018": "a proxy variable cannot be used",
    "D019": "the certificates file is not there",
    "D020": "a setting deserves a look",
    "D021": "the key could not be tried",
}
"""A code never changes its meaning, and the code of what can no longer happen is not used again."""

_MARKS: dict[State, tuple[str, Colour]] = {
    "ok": ("ok", "green"),
    "warning": ("!", "yellow"),
    "failure": ("FAILED", "red"),
}


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that was looked at."""

    check: str
    """What was looked at, such as `port` or `channel openai`."""
    state: State
    """Only a failure keeps requests from being answered."""
    cause: str
    """What is wrong, or how it stands."""
    code: str = ""
    """Of `CODES`; empty where all is well."""
    mend: str = ""
    """A command that mends it; words in capitals are to be filled in."""


def fine(check: str, text: str) -> Finding:
    """All is well."""
    return Finding(check=check, state="ok", cause=text)


def warning(code: str, check: str, cause: str, mend: str) -> Finding:
    """Works, but not as it should."""
    return Finding(check=check, state="warning", code=code, cause=cause, mend=mend)


def failure(code: str, check: str, cause: str, mend: str) -> Finding:
    """Does not work."""
    return Finding(check=check, state="failure", code=code, cause=cause, mend=mend)


def edit(file: Path) -> str:
    """The command that opens a file."""
    return f'"${{EDITOR:-vi}}" {shlex.quote(str(file))}'


def is_healthy(findings: Sequence[Finding]) -> bool:
    """Whether nothing has failed."""
    return not any(finding.state == "failure" for finding in findings)


def as_data(findings: Sequence[Finding]) -> dict[str, Any]:
    """What `--json` prints."""
    checks = [
        {
            "check": finding.check,
            "state": finding.state,
            "code": finding.code,
            "title": CODES.get(finding.code, ""),
            "cause": finding.cause,
            "mend": finding.mend,
        }
        for finding in findings
    ]
    return {"healthy": is_healthy(findings), "checks": checks}


def as_lines(findings: Sequence[Finding]) -> list[tuple[str, Colour | None]]:
    """What people read, each line with its colour."""
    lines: list[tuple[str, Colour | None]] = []
    for finding in findings:
        mark, colour = _MARKS[finding.state]
        title = f"{finding.code} {CODES[finding.code]}: " if finding.code else ""
        lines.append((f"{mark:<7}{finding.check}: {title}{finding.cause}", colour))
        if finding.mend:
            lines.append((f"       mend it with: {finding.mend}", None))
    wrong = sum(finding.state == "failure" for finding in findings)
    noted = sum(finding.state == "warning" for finding in findings)
    lines += [("", None), (f"{len(findings)} checks, {wrong} failed, {noted} to look at", None)]
    return lines
