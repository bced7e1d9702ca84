"""setup_vertex_claude.sh, with a stub in gcloud's place."""

import re
from pathlib import Path

import pytest

from dragoman.config.load import load_settings
from tests.support.gcloud_stub import CHANGES, GcloudStub
from tests.support.script_home import ROOT, Run, ScriptHome, mode

SCRIPT = "setup_vertex_claude.sh"
PROJECT = "my-project-1"
EMAIL = f"dragoman-vertex@{PROJECT}.iam.gserviceaccount.com"
BASIC = ("-p", PROJECT, "-y")
FULL = ("-p", PROJECT, "--create-sa", "-y")
OLD_ENV = '# mine\nOPENAI_API_KEY="test-key-openai"\nBIG_MODEL="gpt-4o"  # good\n#VERTEX_PROJECT="your-project-id"\n'
LOGIN = f"gcloud auth application-default login --project={PROJECT}"


def key_file(home: ScriptHome) -> Path:
    return home.root / ".credentials" / f"{PROJECT}-dragoman-vertex.json"


def succeed(home: ScriptHome, *arguments: str, **options: str) -> Run:
    done = home.run(SCRIPT, *arguments, **options)
    assert done.exit_code == 0, done.stderr
    return done


def assert_nothing_left_over(home: ScriptHome) -> None:
    """Neither a half-written file nor a copy of a file that did not change."""
    assert home.backups() == []
    assert [name for name in home.files() if ".tmp-" in name or ".new-" in name] == []
    assert list(home.root.glob(".credentials/.new-*")) == []


class TestFirstRun:
    def test_everything_is_set_up_without_a_question(self, home: ScriptHome, gcloud: GcloudStub) -> None:
        """V05, E14"""
        done = succeed(home, *FULL)
        assert gcloud.state["enabled"] == ["aiplatform.googleapis.com", "iam.googleapis.com"]
        assert gcloud.state["service_accounts"] == [EMAIL]
        assert gcloud.state["bindings"] == [["roles/aiplatform.user", f"serviceAccount:{EMAIL}", ""]]
        assert home.settings() == {
            "PREFERRED_PROVIDER": "google",
            "USE_VERTEX_AUTH": "true",
            "VERTEX_PROJECT": PROJECT,
            "VERTEX_LOCATION": "global",
            "VERTEX_CREDENTIALS_PATH": str(key_file(home)),
            "BIG_MODEL": "claude-sonnet-5",
            "SMALL_MODEL": "claude-haiku-4-5@20251001",
        }
        assert load_settings({}, home.env_file).use_vertex_auth
        assert "[y/N]" not in done.stderr
        assert_nothing_left_over(home)

    def test_files_are_private_and_ignored_by_git(self, home: ScriptHome, gcloud: GcloudStub) -> None:
        """V05"""
        succeed(home, *FULL)
        assert mode(key_file(home)) == 0o600
        assert mode(key_file(home).parent) == 0o700
        assert mode(home.env_file) == 0o600
        for file in (key_file(home), home.env_file, home.root / ".env.bak-20260101-000000"):
            assert home.is_ignored(file), file

    def test_the_end_says_what_remains(self, home: ScriptHome, gcloud: GcloudStub) -> None:
        """V02"""
        said = succeed(home, *FULL).stdout
        assert "https://console.cloud.google.com/vertex-ai/model-garden" in said
        assert "uv sync --extra vertex\n" in said
        assert "uv run dragoman serve\n" in said
        assert "login" not in said

    def test_settings_stand_in_their_block_of_the_example(self, home: ScriptHome, gcloud: GcloudStub) -> None:
        succeed(home, *FULL)
        written, example = home.env_file.read_text(), (ROOT / ".env.example").read_text()
        heading = "# === Preset 4: Claude on Vertex AI ==="
        before, block = example.split(heading)
        assert written.startswith(before)
        assert len(written.splitlines()) == len(example.splitlines())
        for name in home.settings():
            assert re.search(rf"^{name}=", written.split(heading)[1].split("# === Preset 5")[0], re.MULTILINE)
        assert "# leave out to use the gcloud login" in written

    def test_default_models_are_those_of_the_example(self, home: ScriptHome, gcloud: GcloudStub) -> None:
        succeed(home, *BASIC)
        block = (home.root / ".env.example").read_text().split("Preset 4", 1)[1].split("Preset 5", 1)[0]
        for name in ("BIG_MODEL", "SMALL_MODEL"):
            assert f'#{name}="{home.settings()[name]}"' in block

    def test_options_choose_names_places_and_models(self, home: ScriptHome, gcloud: GcloudStub) -> None:
        elsewhere = home.root.parent / "keys" / "own.json"
        options = {
            "--location": "us-east5",
            "--sa-name": "other-name",
            "--key-file": str(elsewhere),
            "--env-file": "own.env",
            "--big-model": "claude-opus-5",
            "--small-model": "claude-haiku-5",
        }
        succeed(home, *FULL, *(word for pair in options.items() for word in pair), cwd=home.root.parent)
        settings = home.settings(home.root.parent / "own.env")
        assert settings["VERTEX_LOCATION"] == "us-east5"
        assert settings["VERTEX_CREDENTIALS_PATH"] == str(elsewhere)
        assert settings["BIG_MODEL"] == "claude-opus-5"
        assert settings["SMALL_MODEL"] == "claude-haiku-5"
        assert gcloud.state["service_accounts"] == [f"other-name@{PROJECT}.iam.gserviceaccount.com"]
        assert mode(elsewhere) == 0o600
        assert not home.env_file.exists()

    def test_gclouds_own_configuration_is_not_changed(self, home: ScriptHome, gcloud: GcloudStub) -> None:
        succeed(home, *FULL)
        for call in gcloud.calls():
            assert "--quiet" in call
            assert f"--project={PROJECT}" in call or call[0] == "auth", call


class TestLogin:
    def test_no_service_account_is_made_unless_asked_for(self, home: ScriptHome, gcloud: GcloudStub) -> None:
        """V03"""
        gcloud.set(login=True)
        done = succeed(home, *BASIC)
        assert gcloud.changes() == ["services enable"]
        assert "VERTEX_CREDENTIALS_PATH" not in home.settings()
        assert LOGIN not in done.stdout

    def test_without_questions_the_login_is_named_not_run(self, home: ScriptHome, gcloud: GcloudStub) -> None:
        done = succeed(home, *BASIC)
        assert LOGIN in done.stdout
        assert "auth application-default login" not in gcloud.commands()
        assert home.settings()["VERTEX_PROJECT"] == PROJECT

    def test_with_a_terminal_the_login_is_run(self, home: ScriptHome, gcloud: GcloudStub) -> None:
        done = succeed(home, "-p", PROJECT, answers="y\ny\ny\n")
        assert gcloud.state["login"]
        assert ["auth", "application-default", "login", f"--project={PROJECT}"] in gcloud.calls()
        assert LOGIN not in done.stdout

    def test_a_key_that_was_set_before_is_told_of(self, home: ScriptHome, gcloud: GcloudStub) -> None:
        home.env_file.write_text("VERTEX_CREDENTIALS_PATH=/my/key.json\n")
        assert "VERTEX_CREDENTIALS_PATH stays" in succeed(home, *BASIC).stderr
        assert home.settings()["VERTEX_CREDENTIALS_PATH"] == "/my/key.json"


class TestSecondRun:
    @pytest.mark.parametrize("arguments", [FULL, BASIC], ids=["service account", "login"])
    def test_it_changes_nothing(
        self, home: ScriptHome, gcloud: GcloudStub, arguments: tuple[str, ...]
    ) -> None:
        """V05"""
        succeed(home, *arguments)
        files, changes, times = home.files(), gcloud.changes(), home.env_file.stat()
        succeed(home, *arguments)
        assert home.files() == files
        assert gcloud.changes() == changes
        assert home.env_file.stat().st_mtime_ns == times.st_mtime_ns
        assert home.backups() == []

    def test_it_asks_nothing_either(self, home: ScriptHome, gcloud: GcloudStub) -> None:
        succeed(home, *FULL)
        succeed(home, "-p", PROJECT, "--create-sa")

    def test_a_file_that_says_it_in_other_words_stays(self, home: ScriptHome, gcloud: GcloudStub) -> None:
        home.env_file.write_text(
            "PREFERRED_PROVIDER='google'\nexport USE_VERTEX_AUTH=true # yes\nVERTEX_PROJECT=my-project-1\n"
            'VERTEX_LOCATION="global"\nBIG_MODEL=claude-sonnet-5\nSMALL_MODEL=claude-haiku-4-5@20251001\n'
        )
        before = home.files()
        succeed(home, *BASIC)
        assert home.files() == before

    def test_it_goes_on_where_it_was_interrupted(self, home: ScriptHome, gcloud: GcloudStub) -> None:
        gcloud.fail("iam service-accounts keys create", "try again", times=1)
        assert home.run(SCRIPT, *FULL).exit_code == 1
        succeed(home, *FULL)
        assert sorted(gcloud.changes()) == sorted([*CHANGES, "services enable", CHANGES[2]])
        assert gcloud.state["keys"] == 1


class TestExistingFile:
    def test_it_is_kept_as_a_private_copy(self, home: ScriptHome, gcloud: GcloudStub) -> None:
        """V05"""
        home.env_file.write_text(OLD_ENV)
        home.env_file.chmod(0o644)
        done = succeed(home, *FULL)
        [backup] = home.backups()
        assert re.fullmatch(r"\.env\.bak-\d{8}-\d{6}", backup.name)
        assert backup.read_text() == OLD_ENV
        assert mode(backup) == 0o600
        assert mode(home.env_file) == 0o644
        assert str(backup) in done.stderr

    def test_what_is_not_ours_stays(self, home: ScriptHome, gcloud: GcloudStub) -> None:
        home.env_file.write_text(OLD_ENV)
        succeed(home, *BASIC)
        lines = home.env_file.read_text().splitlines()
        assert lines[:4] == [
            "# mine",
            'OPENAI_API_KEY="test-key-openai"',
            'BIG_MODEL="claude-sonnet-5"  # good',
            'VERTEX_PROJECT="my-project-1"',
        ]

    def test_exported_values_that_beat_it_are_told(self, home: ScriptHome, gcloud: GcloudStub) -> None:
        assert "exports BIG_MODEL" in succeed(home, *BASIC, BIG_MODEL="gpt-4o").stderr


class TestQuestions:
    ASKED = ("aiplatform", "iam.googleapis", "service account", "roles/aiplatform.user", "key", "settings")

    def test_each_change_is_asked_for(self, home: ScriptHome, gcloud: GcloudStub) -> None:
        done = succeed(home, "-p", PROJECT, "--create-sa", answers="y\nyes\nY\ny\ny\ny\n")
        questions = re.findall(r"[A-Z][^?\n]*\? \[y/N\]", done.stderr)
        assert len(questions) == len(self.ASKED)
        assert all(word in question for word, question in zip(self.ASKED, questions, strict=True))
        assert home.settings()["VERTEX_PROJECT"] == PROJECT

    @pytest.mark.parametrize("agreed", range(6))
    def test_a_no_stops_there(self, home: ScriptHome, gcloud: GcloudStub, agreed: int) -> None:
        home.env_file.write_text(OLD_ENV)
        done = home.run(SCRIPT, "-p", PROJECT, "--create-sa", answers="y\n" * agreed + "\n")
        assert done.exit_code == 1
        assert "Stopped" in done.stderr
        assert len(gcloud.changes()) == agreed
        assert home.env_file.read_text() == OLD_ENV
        assert_nothing_left_over(home)

    def test_without_a_terminal_it_stops_and_names_the_option(
        self, home: ScriptHome, gcloud: GcloudStub
    ) -> None:
        """V05"""
        done = home.run(SCRIPT, "-p", PROJECT, "--create-sa")
        assert done.exit_code == 1
        assert "no terminal" in done.stderr
        assert "-y" in done.stderr
        assert gcloud.changes() == []
        assert not home.env_file.exists()
