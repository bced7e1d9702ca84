"""config/sources.py"""

from pathlib import Path

import pytest

from dragoman.config.sources import (
    NAMES,
    VENDOR_KEYS,
    VENDOR_URLS,
    is_setting,
    nearest,
    plain_value,
    read_sources,
)


@pytest.mark.parametrize(
    ("raw", "value"),
    [
        pytest.param('"gpt-4o"', "gpt-4o", id="E25-T92-double-quotes"),
        pytest.param("'gpt-4o'", "gpt-4o", id="E25-single-quotes"),
        pytest.param('"gpt-4o" # the big one', "gpt-4o", id="E25-quotes-and-comment"),
        pytest.param("gpt-4o   # the big one", "gpt-4o", id="E25-comment"),
        pytest.param("gpt-4o\t# the big one", "gpt-4o", id="E25-comment-after-tab"),
        pytest.param("  gpt-4o  ", "gpt-4o", id="spaces"),
        pytest.param("key#part", "key#part", id="hash-inside"),
        pytest.param("#key", "#key", id="hash-first"),
        pytest.param("# only a comment", "", id="comment-alone"),
        pytest.param('"a # b"', "a # b", id="hash-in-quotes"),
        pytest.param('"unfinished', '"unfinished', id="one-quote"),
        pytest.param("it's", "it's", id="apostrophe"),
        pytest.param('""', "", id="empty-quotes"),
        pytest.param("", "", id="empty"),
    ],
)
def test_exported_values_lose_the_quotes_and_comments_of_env_files(raw: str, value: str) -> None:
    assert plain_value(raw) == value


def values(environ: dict[str, str], env_file: Path | None = None) -> dict[str, tuple[str, str]]:
    found, problems = read_sources(environ, env_file)
    assert problems == []
    return {name: (value.text, value.origin) for name, value in found.items()}


def test_exported_wins_over_the_file(tmp_path: Path) -> None:
    """E24"""
    env_file = tmp_path / ".env"
    env_file.write_text("BIG_MODEL=of-the-file\nSMALL_MODEL=of-the-file\n")
    assert values({"BIG_MODEL": "exported"}, env_file) == {
        "BIG_MODEL": ("exported", "environment"),
        "SMALL_MODEL": ("of-the-file", "file"),
    }


def test_an_empty_value_is_unset_wherever_it_stands(tmp_path: Path) -> None:
    env_file = tmp_path / ".env"
    env_file.write_text('BIG_MODEL=of-the-file\nSMALL_MODEL=""\nHOST= # nothing\nPORT\n')
    assert values({"BIG_MODEL": "", "HAIKU_MODEL": '""'}, env_file) == {"BIG_MODEL": ("of-the-file", "file")}


def test_file_takes_quotes_comments_and_export(tmp_path: Path) -> None:
    """E25"""
    env_file = tmp_path / ".env"
    env_file.write_text(
        "\ufeff# a comment\n"
        'export BIG_MODEL="gpt-4o"   # the big one\r\n'
        "SMALL_MODEL=gpt-4o-mini # the small one\n"
        "OPENAI_API_KEY='test#key # no comment'\n"
        "HAIKU_MODEL=${BIG_MODEL}\n",
        "utf-8",
    )
    assert values({}, env_file) == {
        "BIG_MODEL": ("gpt-4o", "file"),
        "SMALL_MODEL": ("gpt-4o-mini", "file"),
        "OPENAI_API_KEY": ("test#key # no comment", "file"),
        "HAIKU_MODEL": ("${BIG_MODEL}", "file"),
    }


def test_a_file_that_does_not_exist_holds_nothing(tmp_path: Path) -> None:
    assert values({}, tmp_path / ".env") == {}
    assert values({}, None) == {}


def test_a_file_that_cannot_be_read_is_a_problem(tmp_path: Path) -> None:
    (tmp_path / "latin").write_bytes(b"BIG_MODEL=\xff\n")
    for unreadable, reason in ((tmp_path, "directory"), (tmp_path / "latin", "not UTF-8")):
        found, [problem] = read_sources({}, unreadable)
        assert found == {}
        assert reason in problem


def test_a_line_that_is_no_assignment_is_a_problem_with_its_number(tmp_path: Path) -> None:
    env_file = tmp_path / ".env"
    env_file.write_text("BIG_MODEL=a\nthis is no setting\n")
    _, problems = read_sources({}, env_file)
    assert problems == [f"{env_file}, line 2: expected NAME=value"]


@pytest.mark.parametrize(
    ("name", "problem"),
    [
        ("BIG_MODLE", "BIG_MODLE: there is no such setting; did you mean `BIG_MODEL`?"),
        ("OPENAI_KEY", "OPENAI_KEY: there is no such setting; did you mean `OPENAI_API_KEY`?"),
        ("big_model", "big_model: there is no such setting; did you mean `BIG_MODEL`?"),
        ("DRAGOMAN_KEY", "DRAGOMAN_KEY: there is no such setting; did you mean `DRAGOMAN_API_KEY`?"),
        (
            "CHANNEL_X_URL",
            "CHANNEL_X_URL: expected CHANNEL_<NAME>_BASE_URL or CHANNEL_<NAME>_API_KEY or CHANNEL_<NAME>_DIALECT",
        ),
    ],
)
def test_a_near_miss_in_the_file_is_a_problem(tmp_path: Path, name: str, problem: str) -> None:
    env_file = tmp_path / ".env"
    env_file.write_text(f"{name}=x\n")
    found, problems = read_sources({}, env_file)
    assert (found, problems) == ({}, [problem])


@pytest.mark.parametrize(
    "name",
    [
        *(
            "ANTHROPIC_BASE_URL",
            "ANTHROPIC_AUTH_TOKEN",
            "ANTHROPIC_MODEL",
            "GROK_API_KEY",
            "DEEPSEEK_API_KEYS",
        ),
        *(
            "GOOGLE_CLOUD_PROJECT",
            "AZURE_OPENAI_API_VERSION",
            "OLLAMA_HOST",
            "CLAUDE_CODE_MAX_OUTPUT_TOKENS",
            "PATH",
        ),
        *(
            "CO_API_KEY",
            "MINIMAX_API_KEY",
            "POE_API_KEY",
            "VERTEXAI_PROJECT",
            "OPENCODE_API_KEY",
            "V0_API_KEY",
        ),
    ],
)
def test_settings_of_other_programs_are_left_alone(tmp_path: Path, name: str) -> None:
    env_file = tmp_path / ".env"
    env_file.write_text(f"{name}=x\n")
    assert values({name: "x"}, env_file) == {}


@pytest.mark.parametrize("name", sorted(VENDOR_KEYS | VENDOR_URLS))
def test_the_variables_of_every_vendors_row_are_settings(name: str) -> None:
    assert is_setting(name)
    assert name not in NAMES
    assert values({name: "x"}) == {name: ("x", "environment")}


def test_in_the_environment_only_our_own_prefixes_are_looked_at() -> None:
    _, problems = read_sources(
        {"BIG_MODLE": "x", "DRAGOMAN_STRCIT": "1", "CHANNEL_ID": "7", "CHANNEL_OLD_KEY": ""}, None
    )
    assert problems == [
        "DRAGOMAN_STRCIT: there is no such setting; did you mean `DRAGOMAN_STRICT`?",
        "CHANNEL_ID: expected CHANNEL_<NAME>_BASE_URL or CHANNEL_<NAME>_API_KEY or CHANNEL_<NAME>_DIALECT",
    ]


def test_nearest_says_nothing_when_nothing_is_near() -> None:
    assert nearest("openai", ["google"]) == ""
    assert nearest("gogle", ["openai", "google"]) == "; did you mean `google`?"
