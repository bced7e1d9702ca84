"""cli/doctor/findings.py"""

import re
import subprocess
import sys
from pathlib import Path

from dragoman.cli.doctor.findings import (
    CODES,
    as_data,
    as_lines,
    edit,
    failure,
    fine,
    is_healthy,
    warning,
)

SOURCE = Path(__file__).resolve().parents[4] / "src/dragoman/cli/doctor"

WELL = fine("port", "it is free")
NOTED = warning("D002", "settings file", "anybody reads it", "chmod 600 .env")
FAILED = failure("D012", "channel openai", "refused", "export OPENAI_API_KEY=YOUR_KEY")


def test_only_a_failure_is_unhealthy() -> None:
    assert is_healthy([WELL, NOTED])
    assert not is_healthy([WELL, FAILED])


def test_findings_as_data() -> None:
    data = as_data([WELL, FAILED])
    assert data["healthy"] is False
    assert data["checks"][0] == {
        "check": "port",
        "state": "ok",
        "code": "",
        "title": "",
        "cause": "it is free",
        "mend": "",
    }
    assert (data["checks"][1]["code"], data["checks"][1]["title"]) == ("D012", "the key is not accepted")


def test_findings_as_lines_say_code_cause_and_command_without_colour_too() -> None:
    lines = [line for line, _ in as_lines([WELL, NOTED, FAILED])]
    assert lines == [
        "ok     port: it is free",
        "!      settings file: D002 others can read the settings file: anybody reads it",
        "       mend it with: chmod 600 .env",
        "FAILED channel openai: D012 the key is not accepted: refused",
        "       mend it with: export OPENAI_API_KEY=YOUR_KEY",
        "",
        "3 checks, 1 failed, 1 to look at",
    ]


def test_every_code_is_used_and_every_used_code_has_a_title() -> None:
    used: set[str] = set()
    for file in SOURCE.glob("*.py"):
        if file.name != "findings.py":
            used |= set(re.findall(r'"(D\d{3})"', file.read_text("utf-8")))
    assert used == set(CODES)


def test_the_command_that_edits_takes_any_path(tmp_path: Path) -> None:
    file = tmp_path / "it's a file"
    script = "import sys; print(sys.argv[1])"
    command = edit(file).replace('"${EDITOR:-vi}"', f'"{sys.executable}" -c "{script}"')
    done = subprocess.run(["sh", "-c", command], capture_output=True, text=True, check=True)
    assert done.stdout == f"{file}\n"
