"""cli/supervision/programs.py"""

from pathlib import Path

import pytest

from dragoman.cli.supervision.programs import ProgramMissing, Programs, command


@pytest.fixture
def programs(tmp_path: Path) -> Programs:
    """`count N` fails until it was called N times."""
    program = tmp_path / "count"
    program.write_text(
        f'#!/bin/sh\necho x >> "{tmp_path}/calls"\necho out\necho err >&2\n[ "$(wc -l < "{tmp_path}/calls")" -ge "$1" ]\n'
    )
    program.chmod(0o755)
    return Programs(f"{tmp_path}:/usr/bin:/bin", pause=0)


def test_both_streams_are_kept(programs: Programs) -> None:
    ended = programs.run(command("count", "1"))
    assert (ended.code, ended.said) == (0, "out\nerr")


def test_one_that_fails_is_tried_as_often_as_said(programs: Programs, tmp_path: Path) -> None:
    assert programs.run(command("count", "3", tries=2)).code == 1
    assert programs.run(command("count", "3", tries=9)).code == 0
    assert (tmp_path / "calls").read_text() == "x\n" * 3


def test_what_is_shown_goes_to_the_terminal(programs: Programs, capfd: pytest.CaptureFixture[str]) -> None:
    assert programs.show(command("count", "1")).said == ""
    assert capfd.readouterr() == ("out\n", "err\n")


def test_a_program_that_is_not_there_is_named(programs: Programs) -> None:
    with pytest.raises(ProgramMissing, match="^systemctl-of-nowhere$"):
        programs.run(command("systemctl-of-nowhere"))
