"""scripts/env_file.sh: what it writes is what Dragoman reads."""

import os
import subprocess
from io import StringIO
from pathlib import Path

import pytest
from dotenv.parser import parse_stream
from hypothesis import given, settings
from hypothesis import strategies as st

from dragoman.config.sources import read_sources
from tests.support.script_home import ROOT, ScriptHome, mode

SET = """
set -euo pipefail
source "$1"
env_load "$2" "${5:-}"
env_set VERTEX_PROJECT "$3" "${4:-}"
env_save
"""
VALUES = (
    *(
        "my-project",
        "with spaces  inside",
        "$HOME/key",
        "`id`",
        'say "hi"',
        "it's",
        "back\\slash",
        "C:\\new\\table",
    ),
    *(
        "a # b",
        "#a",
        "a=b",
        "\\",
        "\\'",
        "'\"\\$",
        "ünïcode",
        "ends\\",
        "'quoted'",
        '"quoted"',
        "&&",
        "*",
        "\\\\n",
    ),
)


def try_to_set(
    file: Path, value: str, part: str = "", template: str = ""
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["bash", "-c", SET, "bash", str(ROOT / "scripts/env_file.sh"), str(file), value, part, template],
        check=False,
        capture_output=True,
        text=True,
        env={"PATH": os.environ["PATH"], "LANG": "C.UTF-8"},
        timeout=60,
    )


def set_value(file: Path, value: str, part: str = "", template: str = "") -> None:
    done = try_to_set(file, value, part, template)
    assert (done.returncode, done.stderr) == (0, "")


def value_of(file: Path) -> str:
    found, problems = read_sources({}, file)
    assert problems == []
    return found["VERTEX_PROJECT"].text


@pytest.mark.parametrize("value", VALUES)
def test_every_value_survives(tmp_path: Path, value: str) -> None:
    file = tmp_path / ".env"
    set_value(file, value)
    assert value_of(file) == value
    written = file.read_bytes()
    set_value(file, value)
    assert file.read_bytes() == written


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param("", 'VERTEX_PROJECT="new"\n', id="empty"),
        pytest.param("A=1", 'A=1\nVERTEX_PROJECT="new"\n', id="no newline at the end"),
        pytest.param("A=1\n\n\n", 'A=1\n\n\nVERTEX_PROJECT="new"\n', id="empty lines at the end"),
        pytest.param("VERTEX_PROJECT=old\nA=1\n", 'VERTEX_PROJECT="new"\nA=1\n', id="active"),
        pytest.param("VERTEX_PROJECT=\nA=1\n", 'VERTEX_PROJECT="new"\nA=1\n', id="active and empty"),
        pytest.param("VERTEX_PROJECT= # c\n", 'VERTEX_PROJECT="new"  # c\n', id="empty with a comment"),
        pytest.param("export VERTEX_PROJECT = 'old' # c\n", 'export VERTEX_PROJECT="new" # c\n', id="export"),
        pytest.param('VERTEX_PROJECT="old"\r\nA=1\r\n', 'VERTEX_PROJECT="new"\r\nA=1\r\n', id="CRLF"),
        pytest.param("VERTEX_PROJECT=old # a # b\n", 'VERTEX_PROJECT="new" # a # b\n', id="comment with a #"),
        pytest.param(
            'VERTEX_PROJECT="a # b"   # c "d"\n', 'VERTEX_PROJECT="new"   # c "d"\n', id="# in quotes"
        ),
        pytest.param(
            "VERTEX_PROJECT=a\nVERTEX_PROJECT=b\n",
            'VERTEX_PROJECT=a\nVERTEX_PROJECT="new"\n',
            id="the last one counts",
        ),
        pytest.param('#VERTEX_PROJECT="old" # c\n', 'VERTEX_PROJECT="new" # c\n', id="commented"),
        pytest.param("  # VERTEX_PROJECT=old\n", 'VERTEX_PROJECT="new"\n', id="commented with spaces"),
        pytest.param(
            "#VERTEX_PROJECT=a\n#VERTEX_PROJECT=b\n",
            'VERTEX_PROJECT="new"\n#VERTEX_PROJECT=b\n',
            id="the first commented one",
        ),
        pytest.param(
            "#VERTEX_PROJECT=a\nVERTEX_PROJECT=b\n",
            '#VERTEX_PROJECT=a\nVERTEX_PROJECT="new"\n',
            id="an active one goes before",
        ),
        pytest.param(
            "# VERTEX_PROJECT=x names it\n",
            '# VERTEX_PROJECT=x names it\nVERTEX_PROJECT="new"\n',
            id="prose is no setting",
        ),
        pytest.param(
            "MY_VERTEX_PROJECT=a\n", 'MY_VERTEX_PROJECT=a\nVERTEX_PROJECT="new"\n', id="longer name"
        ),
        pytest.param(
            'A="first\nVERTEX_PROJECT=inside\n"\n',
            'A="first\nVERTEX_PROJECT=inside\n"\nVERTEX_PROJECT="new"\n',
            id="inside a value of several lines",
        ),
        pytest.param(
            "VERTEX_PROJECT='first\nsecond'\nA=1\n", 'VERTEX_PROJECT="new"\nA=1\n', id="several lines"
        ),
    ],
)
def test_the_right_line_is_changed(tmp_path: Path, before: str, after: str) -> None:
    file = tmp_path / ".env"
    file.write_bytes(before.encode())
    set_value(file, "new")
    assert file.read_bytes().decode() == after
    set_value(file, "new")
    assert file.read_bytes().decode() == after


def test_a_commented_line_below_the_heading_is_preferred(tmp_path: Path) -> None:
    file = tmp_path / ".env"
    file.write_text("#VERTEX_PROJECT=a\n# === Claude here ===\n#VERTEX_PROJECT=b\n#VERTEX_PROJECT=c\n")
    set_value(file, "new", part="Claude")
    assert file.read_text().splitlines()[2] == 'VERTEX_PROJECT="new"'


def test_a_template_stands_in_for_a_file_that_is_not_there(tmp_path: Path) -> None:
    (tmp_path / "example").write_text("# hello\n#VERTEX_PROJECT=a\n")
    set_value(tmp_path / ".env", "new", template=str(tmp_path / "example"))
    assert (tmp_path / ".env").read_text() == '# hello\nVERTEX_PROJECT="new"\n'
    assert mode(tmp_path / ".env") == 0o600


def test_a_value_of_two_lines_is_refused(tmp_path: Path) -> None:
    assert try_to_set(tmp_path / ".env", "a\nB=1").returncode != 0
    assert list(tmp_path.iterdir()) == []


def test_a_quote_that_stays_open_is_refused(tmp_path: Path) -> None:
    """The quotes of the new value would close it: the reader would see another value."""
    file = tmp_path / ".env"
    file.write_text('B=1\nA="open\nVERTEX_PROJECT=old\n')
    done = try_to_set(file, "new")
    assert done.returncode != 0
    assert "line 2: a quote is opened and never closed" in done.stderr
    assert file.read_text().endswith("VERTEX_PROJECT=old\n")
    assert list(tmp_path.iterdir()) == [file]


def test_a_link_stays_a_link(tmp_path: Path) -> None:
    (tmp_path / "real").write_text("A=1\n")
    (tmp_path / ".env").symlink_to(tmp_path / "real")
    set_value(tmp_path / ".env", "new")
    assert (tmp_path / ".env").is_symlink()
    assert value_of(tmp_path / "real") == "new"


def test_bytes_that_are_no_text_stay(tmp_path: Path) -> None:
    file = tmp_path / ".env"
    file.write_bytes(b"# caf\xe9\n")
    set_value(file, "new")
    assert file.read_bytes() == b'# caf\xe9\nVERTEX_PROJECT="new"\n'


def test_two_changes_in_one_second_keep_both_copies(home: ScriptHome) -> None:
    home.env_file.write_text("VERTEX_PROJECT=1\n")
    for value in "234":
        set_value(home.env_file, value)
    written = [copy.read_text().partition("=")[2].strip('"\n') for copy in home.backups()]
    assert written == ["1", "2", "3"]


LINES = st.sampled_from(
    [
        *(
            "",
            "# words",
            "A=1",
            'B="two words" # c',
            "C='it'",
            "export D=x",
            "words words",
            "E = spaced",
            "F=",
        ),
        *(
            'G="open',
            'closed"',
            "H='open",
            "closed'",
            '"',
            'I="a\\"b"',
            "J=a#b # c",
            "K= # c",
            'L="x"y',
            "M=a'b",
        ),
        *(
            "VERTEX_PROJECT=old",
            '#VERTEX_PROJECT="old"  # c',
            "# VERTEX_PROJECT=old words",
            "VERTEX_PROJECT='o",
        ),
        *('export VERTEX_PROJECT="a # b"   # c', "VERTEX_PROJECT = ", 'VERTEX_PROJECT="x"y', "\tN=1\r"),
    ]
)
TEXT = st.text(st.characters(min_codepoint=32, max_codepoint=0x2FF, exclude_categories=["C"]), min_size=1)


def others(text: str) -> dict[str, str | None]:
    return {
        found.key: found.value
        for found in parse_stream(StringIO(text))
        if found.key and found.key != "VERTEX_PROJECT"
    }


@settings(max_examples=100)
@given(lines=st.lists(LINES, max_size=8), value=TEXT.map(str.strip).filter(bool))
def test_the_value_is_read_back_and_nothing_else_changes(
    tmp_path_factory: pytest.TempPathFactory, lines: list[str], value: str
) -> None:
    file = tmp_path_factory.mktemp("env") / ".env"
    before = "\n".join(lines)
    file.write_bytes(before.encode())
    if "never closed" in (said := try_to_set(file, value)).stderr:
        assert read_sources({}, file)[1] != []
        assert file.read_bytes() == before.encode()
        return
    assert (said.returncode, said.stderr) == (0, "")
    after = file.read_bytes()
    found, _ = read_sources({}, file)
    assert found["VERTEX_PROJECT"].text == value
    assert others(after.decode()) == others(before)
    set_value(file, value)
    assert file.read_bytes() == after
