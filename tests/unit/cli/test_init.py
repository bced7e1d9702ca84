"""cli/init.py"""

import os
import pty
import stat
import subprocess
import sys
from pathlib import Path

import click
import pytest

from dragoman.cli.init import Ask, Flags, run_init
from dragoman.config.load import load_settings
from dragoman.config.settings import Settings
from tests.unit.cli.running import run_command

YES = Flags(yes=True)


class Person:
    """Answers questions in their order, and remembers them. Those for keys are marked."""

    def __init__(self, *answers: str) -> None:
        self._answers = list(answers)
        self.asked: list[str] = []
        self.ask = Ask(self._text, self._hidden)

    def _text(self, question: str, default: str) -> str:
        self.asked.append(question)
        return self._next() or default

    def _hidden(self, question: str) -> str:
        self.asked.append(f"hidden: {question}")
        return self._next()

    def _next(self) -> str:
        if not self._answers:
            raise click.Abort
        return self._answers.pop(0)


def written(env_file: Path) -> Settings:
    return load_settings({}, env_file)


def test_three_questions_make_a_file_that_only_its_owner_reads(tmp_path: Path) -> None:
    env_file = tmp_path / ".env"
    person = Person("google", "test-key-google", "gemini-3-pro")
    assert run_init({}, env_file, Flags(), person.ask) == 0
    assert len(person.asked) == 3
    assert person.asked[1].startswith("hidden: GEMINI_API_KEY")
    assert stat.S_IMODE(env_file.stat().st_mode) == 0o600
    settings = written(env_file)
    assert settings.preferred_provider == "google"
    assert settings.gemini_api_key.reveal() == "test-key-google"
    assert (settings.big_model, settings.small_model) == ("gemini-3-pro", "gemini-3-pro")
    lines = env_file.read_text().splitlines()
    assert sum(line.startswith("# ") for line in lines) >= 5
    assert [entry.name for entry in tmp_path.iterdir()] == [".env"]


@pytest.mark.parametrize(
    ("answers", "provider", "unset"),
    [
        (("openai", "test-key", ""), "openai", "big_model"),
        (("", "test-key", ""), "openai", "big_model"),
        (("Anthropic", "test-key", ""), "anthropic", "opus_model"),
    ],
)
def test_the_default_model_stays_the_programs(
    tmp_path: Path, answers: tuple[str, ...], provider: str, unset: str
) -> None:
    env_file = tmp_path / ".env"
    assert run_init({"OPENAI_API_KEY": "exported"}, env_file, Flags(), Person(*answers).ask) == 0
    assert written(env_file).preferred_provider == provider
    assert getattr(written(env_file), unset) is None


def test_a_vendors_model_gets_its_prefix(tmp_path: Path) -> None:
    env_file = tmp_path / ".env"
    assert run_init({}, env_file, Flags(), Person("deepseek", "test-key", "deepseek-chat").ask) == 0
    assert written(env_file).big_model == "deepseek/deepseek-chat"
    assert written(env_file).vendors[0].name == "deepseek"


def test_a_local_server_is_asked_for_no_key(tmp_path: Path) -> None:
    person = Person("ollama", "qwen3:8b")
    assert run_init({}, tmp_path / ".env", Flags(), person.ask) == 0
    assert len(person.asked) == 2
    assert written(tmp_path / ".env").big_model == "ollama/qwen3:8b"


def test_scripts_are_asked_nothing(tmp_path: Path) -> None:
    environ = {"GEMINI_API_KEY": "test-key-google"}
    assert run_init(environ, tmp_path / ".env", YES) == 0
    assert written(tmp_path / ".env").gemini_api_key.reveal() == "test-key-google"
    flags = Flags(provider="openai", model="gpt-4o", yes=True)
    assert run_init({"OPENAI_API_KEY": "test-key"}, tmp_path / "other.env", flags) == 0
    assert written(tmp_path / "other.env").big_model == "gpt-4o"


@pytest.mark.parametrize(
    ("environ", "flags", "words"),
    [
        ({}, YES, "--provider: expected one"),
        ({}, Flags(provider="openai", yes=True), "OPENAI_API_KEY: expected a key"),
        ({}, Flags(provider="nobody", yes=True), "--provider: expected openai"),
        ({"DEEPSEEK_API_KEY": "test-key"}, YES, "--model: expected"),
        ({"OPENAI_API_KEY": "canary key"}, YES, "OPENAI_API_KEY: expected visible"),
        ({"AZURE_API_KEY": "test-key"}, YES, "AZURE_API_BASE"),
    ],
)
def test_what_is_missing_is_said_and_nothing_is_written(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    environ: dict[str, str],
    flags: Flags,
    words: str,
) -> None:
    assert run_init(environ, tmp_path / ".env", flags) == 2
    said = capsys.readouterr().err
    assert words in said
    assert "canary" not in said
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_is_there_stays(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    env_file = tmp_path / ".env"
    env_file.write_text("PORT=9000\n")
    person = Person("openai", "test-key", "")
    assert run_init({"OPENAI_API_KEY": "test-key"}, env_file, YES) == 1
    assert run_init({}, env_file, Flags(), person.ask) == 1
    assert person.asked == []
    assert "--force" in capsys.readouterr().err
    assert env_file.read_text() == "PORT=9000\n"


def test_force_keeps_every_older_file(tmp_path: Path) -> None:
    env_file = tmp_path / ".env"
    env_file.write_text("PORT=9000\n")
    for key in ("test-key-1", "test-key-2"):
        assert run_init({"OPENAI_API_KEY": key}, env_file, Flags(yes=True, force=True)) == 0
    assert written(env_file).openai_api_key.reveal() == "test-key-2"
    kept = sorted(tmp_path.glob(".env.bak-*"))
    assert [file.read_text() == "PORT=9000\n" for file in kept] == [True, False]
    assert {stat.S_IMODE(file.stat().st_mode) for file in kept} == {0o600}


def test_what_is_no_valid_setting_is_not_written(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    env_file = tmp_path / ".env"
    env_file.write_text("PORT=9000\n")
    flags = Flags(model="openai/", yes=True, force=True)
    assert run_init({"OPENAI_API_KEY": "test-key"}, env_file, flags) == 3
    assert "_MODEL: expected" in capsys.readouterr().err
    assert [entry.name for entry in tmp_path.iterdir()] == [".env"]
    assert env_file.read_text() == "PORT=9000\n"


@pytest.mark.parametrize(
    "key",
    ["test-'key", "'test-key'", '"test-key"', "'te\\'st", "te\\st", "te#st", "te$HOME{x}", "`id`", "test=="],
)
def test_every_key_comes_back_as_it_was(tmp_path: Path, key: str) -> None:
    assert run_init({}, tmp_path / ".env", Flags(), Person("openai", key, "").ask) == 0
    assert written(tmp_path / ".env").openai_api_key.reveal() == key


def test_an_exported_key_loses_the_quotes_of_an_env_file(tmp_path: Path) -> None:
    assert run_init({"OPENAI_API_KEY": "'test-key' # mine"}, tmp_path / ".env", YES) == 0
    assert written(tmp_path / ".env").openai_api_key.reveal() == "test-key"


def test_who_gives_up_leaves_nothing(tmp_path: Path) -> None:
    assert run_init({}, tmp_path / ".env", Flags(), Person("openai").ask) == 130
    assert list(tmp_path.iterdir()) == []


def test_the_command_takes_its_flags(tmp_path: Path) -> None:
    done = run_command("init", "--yes", environ={"OPENAI_API_KEY": "test-key"}, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert done.stdout == ""
    assert written(tmp_path / ".env").openai_api_key.reveal() == "test-key"
    assert run_command("init", "--yes", "--provider", "x", "--force", cwd=tmp_path).returncode == 2


def test_a_key_that_is_typed_is_not_shown(tmp_path: Path) -> None:
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-c", "from dragoman.cli.main import main; main()", "init"],
        env={"PATH": os.environ["PATH"], "TERM": "dumb"},
        cwd=tmp_path,
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        start_new_session=True,
    )
    os.close(theirs)
    shown = ""
    for waited_for, typed in (
        ("Provider", "openai\n"),
        ("OPENAI_API_KEY", "test-key-typed\n"),
        ("Model", "\n"),
    ):
        while waited_for not in shown:
            shown += os.read(ours, 1000).decode()
        os.write(ours, typed.encode())
    assert process.wait(30) == 0
    shown += os.read(ours, 1000).decode()
    os.close(ours)
    assert "test-key-typed" not in shown
    assert written(tmp_path / ".env").openai_api_key.reveal() == "test-key-typed"
