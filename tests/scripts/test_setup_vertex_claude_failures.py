"""setup_vertex_claude.sh when something goes wrong: it says what to do, and leaves files as they were."""

import os
import signal
from pathlib import Path

import pytest

from tests.scripts.test_setup_vertex_claude import (
    EMAIL,
    FULL,
    OLD_ENV,
    PROJECT,
    SCRIPT,
    assert_nothing_left_over,
    key_file,
    succeed,
)
from tests.support.gcloud_stub import GcloudStub, write_key
from tests.support.script_home import ScriptHome, mode


@pytest.fixture(autouse=True)
def settings_of_before(home: ScriptHome) -> None:
    home.env_file.write_text(OLD_ENV)


def fail(home: ScriptHome, *arguments: str, code: int = 1) -> str:
    """What it said; the files are as they were."""
    before = home.files()
    done = home.run(SCRIPT, *arguments)
    assert done.exit_code == code, done.stderr
    assert done.stdout == ""
    assert home.files() == before
    assert_nothing_left_over(home)
    return done.stderr


@pytest.mark.parametrize(
    ("command", "advice"),
    [
        ("auth print-access-token", "gcloud auth login"),
        ("services list", "roles/serviceusage.serviceUsageAdmin"),
        ("services enable", "billing"),
        ("iam service-accounts list", "roles/iam.serviceAccountAdmin"),
        ("iam service-accounts create", "roles/iam.serviceAccountAdmin"),
        ("projects get-iam-policy", "roles/resourcemanager.projectIamAdmin"),
        ("projects add-iam-policy-binding", "roles/resourcemanager.projectIamAdmin"),
        ("iam service-accounts keys create", "iam.disableServiceAccountKeyCreation"),
    ],
)
def test_a_refusal_is_shown_with_what_is_needed(
    home: ScriptHome, gcloud: GcloudStub, command: str, advice: str
) -> None:
    gcloud.fail(command, "PERMISSION_DENIED: not you")
    said = fail(home, *FULL)
    assert "PERMISSION_DENIED: not you" in said
    assert advice in said
    assert gcloud.commands()[-1] == command


def test_nobody_is_logged_in(home: ScriptHome, gcloud: GcloudStub) -> None:
    gcloud.set(account=None)
    assert "Run: gcloud auth login" in fail(home, *FULL)


def test_gcloud_is_missing(home: ScriptHome) -> None:
    said = fail(home, *FULL)
    assert "gcloud is not installed" in said
    assert "https://cloud.google.com/sdk/docs/install" in said


def test_a_login_that_fails_ends_the_run(home: ScriptHome, gcloud: GcloudStub) -> None:
    gcloud.fail("auth application-default login", "no browser")
    done = home.run(SCRIPT, "-p", PROJECT, answers="y\ny\n")
    assert done.exit_code == 1
    assert home.env_file.read_text() == OLD_ENV


def test_a_new_account_is_waited_for(home: ScriptHome, gcloud: GcloudStub) -> None:
    """IAM says for some seconds that a new service account does not exist."""
    gcloud.fail("projects add-iam-policy-binding", "Service account does not exist.", times=2)
    succeed(home, *FULL)
    assert gcloud.commands().count("projects add-iam-policy-binding") == 3


def test_a_role_under_a_condition_does_not_count(home: ScriptHome, gcloud: GcloudStub) -> None:
    gcloud.set(bindings=[["roles/aiplatform.user", f"serviceAccount:{EMAIL}", "until friday"]])
    succeed(home, *FULL)
    assert ["roles/aiplatform.user", f"serviceAccount:{EMAIL}", ""] in gcloud.state["bindings"]


class TestKeyFile:
    def test_an_existing_key_is_used_and_made_private(self, home: ScriptHome, gcloud: GcloudStub) -> None:
        key_file(home).parent.mkdir()
        write_key(key_file(home), EMAIL, PROJECT)
        key_file(home).chmod(0o644)
        before = key_file(home).read_bytes()
        succeed(home, *FULL)
        assert key_file(home).read_bytes() == before
        assert mode(key_file(home)) == 0o600
        assert gcloud.state["keys"] == 0

    def test_the_key_of_another_account_is_refused(self, home: ScriptHome, gcloud: GcloudStub) -> None:
        write_key(home.root / "other.json", "other@example.com", PROJECT)
        said = fail(home, *FULL, "--key-file", "other.json")
        assert "other@example.com" in said
        assert gcloud.changes() == []

    def test_a_file_that_is_no_key_is_refused(self, home: ScriptHome, gcloud: GcloudStub) -> None:
        (home.root / "notes.json").write_text('{"type": "authorized_user"}')
        assert "not a service account's key" in fail(home, *FULL, "--key-file", "notes.json")
        assert gcloud.changes() == []

    def test_a_place_that_git_would_take_is_refused(self, home: ScriptHome, gcloud: GcloudStub) -> None:
        """V05: a key must not end up in a commit."""
        assert "Git would not ignore" in fail(home, *FULL, "--key-file", "src/key.json")
        assert gcloud.changes() == []

    def test_a_key_that_was_not_written_is_noticed(self, home: ScriptHome, gcloud: GcloudStub) -> None:
        stub = home.programs / "gcloud"
        stub.rename(home.programs / "real-gcloud")
        home.program("gcloud", 'case "$*" in *"keys create"*) exit 0 ;; esac; exec real-gcloud "$@"')
        assert "wrote no service account's key" in fail(home, *FULL)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((), "-p PROJECT_ID"),
        (("-p",), "-p needs a value"),
        (("-p", "-y"), "-p needs a value"),
        (("-p", "PROJECT_ID"), "no project ID"),
        (("-p", "123456789"), "no project ID"),
        (("-p", PROJECT, "--location", "US East"), "no location"),
        (("-p", PROJECT, "--sa-name", "x"), "no service account's name"),
        (("-p", PROJECT, "--env-file", "nowhere/.env"), "does not exist"),
        (("-p", PROJECT, "--env-file", "scripts"), "is a folder"),
        (("-p", PROJECT, "--frobnicate"), "Unknown option: --frobnicate"),
        (("-p", PROJECT, "extra"), "Unknown option: extra"),
    ],
)
def test_wrong_options_are_named(
    home: ScriptHome, gcloud: GcloudStub, arguments: tuple[str, ...], said: str
) -> None:
    assert said in fail(home, *arguments, code=2)
    assert gcloud.calls() == []


@pytest.mark.parametrize("option", ["-h", "--help"])
def test_help_needs_nothing(home: ScriptHome, option: str) -> None:
    done = home.run(SCRIPT, option)
    assert (done.exit_code, done.stderr) == (0, "")
    for name in ("-p", "--location", "--create-sa", "--sa-name", "--key-file", "--env-file", "--yes"):
        assert name in done.stdout
    for name in ("--big-model", "--small-model"):
        assert name in done.stdout


def test_a_project_of_a_domain_has_its_own_kind_of_address(home: ScriptHome, gcloud: GcloudStub) -> None:
    gcloud.set(service_accounts=["dragoman-vertex@my-project.example.com.iam.gserviceaccount.com"])
    succeed(home, "-p", "example.com:my-project", "--create-sa", "-y")
    assert Path(home.settings()["VERTEX_CREDENTIALS_PATH"]).exists()


class TestInterrupted:
    @pytest.mark.parametrize("command", ["services enable", "iam service-accounts keys create"])
    def test_ctrl_c_leaves_no_half_files(self, home: ScriptHome, gcloud: GcloudStub, command: str) -> None:
        gcloud.set(hang=command)
        before = home.files()
        process = home.start(SCRIPT, *FULL)
        gcloud.wait_until_it_hangs()
        os.killpg(process.pid, signal.SIGINT)
        process.communicate(timeout=20)
        assert process.returncode == 130
        assert home.files() == before
        assert_nothing_left_over(home)

    @pytest.mark.parametrize("tool", ["mv", "cp"])
    def test_settings_that_cannot_be_written_stay_whole(
        self, home: ScriptHome, gcloud: GcloudStub, tool: str
    ) -> None:
        succeed(home, *FULL)
        for backup in home.backups():
            backup.unlink()
        home.program(tool, "echo 'no space left' >&2; exit 1")
        said = fail(home, *FULL, "--big-model", "another")
        assert "it stays as it was" in said
        assert "no space left" in said
