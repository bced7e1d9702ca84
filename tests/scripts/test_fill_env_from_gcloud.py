"""fill_env_from_gcloud.sh, with a stub in gcloud's place."""

from pathlib import Path

import pytest

from tests.support.gcloud_stub import GcloudStub, write_key
from tests.support.script_home import Run, ScriptHome, mode

SCRIPT = "fill_env_from_gcloud.sh"
PROJECT = "gcloud-project-1"


def succeed(home: ScriptHome, *arguments: str, **env: str) -> Run:
    done = home.run(SCRIPT, *arguments, **env)
    assert done.exit_code == 0, done.stderr
    return done


def key(home: ScriptHome, name: str, project: str = PROJECT) -> Path:
    file = home.root / name
    file.parent.mkdir(exist_ok=True)
    write_key(file, f"robot@{project}.iam.gserviceaccount.com", project)
    return file


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param("VERTEX_PROJECT=old\nA=1\n", f'VERTEX_PROJECT="{PROJECT}"\nA=1\n', id="active"),
        pytest.param(
            '#VERTEX_PROJECT="your-project-id"\nA=1\n', f'VERTEX_PROJECT="{PROJECT}"\nA=1\n', id="commented"
        ),
        pytest.param("A=1\n", f'A=1\nVERTEX_PROJECT="{PROJECT}"\n', id="missing"),
        pytest.param("", f'VERTEX_PROJECT="{PROJECT}"\n', id="empty file"),
    ],
)
def test_the_project_is_filled_in(home: ScriptHome, gcloud: GcloudStub, before: str, after: str) -> None:
    """V06"""
    home.env_file.write_text(before)
    succeed(home)
    assert home.env_file.read_text() == after
    assert home.settings()["VERTEX_PROJECT"] == PROJECT
    assert [copy.read_text() for copy in home.backups()] == [before]
    assert mode(home.backups()[0]) == 0o600


def test_a_missing_file_is_made_from_the_example(home: ScriptHome, gcloud: GcloudStub) -> None:
    """V06"""
    succeed(home)
    assert home.settings() == {"VERTEX_PROJECT": PROJECT}
    assert mode(home.env_file) == 0o600
    example = (home.root / ".env.example").read_text()
    changed = f'VERTEX_PROJECT="{PROJECT}"'
    assert home.env_file.read_text() == example.replace('#VERTEX_PROJECT="your-project-id"', changed, 1)
    assert home.backups() == []


@pytest.mark.parametrize("keys", [[], [".credentials/key.json"]], ids=["no key", "key"])
def test_the_second_run_changes_nothing(home: ScriptHome, gcloud: GcloudStub, keys: list[str]) -> None:
    for name in keys:
        key(home, name)
    succeed(home)
    before, times = home.files(), home.env_file.stat().st_mtime_ns
    succeed(home)
    assert home.files() == before
    assert home.env_file.stat().st_mtime_ns == times


@pytest.mark.parametrize("name", [".credentials/any.json", "my-project-0123456789ab.json"])
def test_a_key_in_the_folder_is_used(home: ScriptHome, gcloud: GcloudStub, name: str) -> None:
    """V06"""
    file = key(home, name)
    home.env_file.write_text('#VERTEX_CREDENTIALS_PATH="/path/to/service-account.json"   # or not\n')
    succeed(home)
    assert home.settings()["VERTEX_CREDENTIALS_PATH"] == str(file)
    assert home.env_file.read_text().splitlines()[0].endswith("   # or not")
    assert mode(file) == 0o600
    assert home.is_ignored(file)


def test_the_key_that_the_setup_made_is_found(home: ScriptHome, gcloud: GcloudStub) -> None:
    """V05, V06"""
    assert home.run("setup_vertex_claude.sh", "-p", PROJECT, "--create-sa", "-y").exit_code == 0
    before = home.settings()
    home.env_file.unlink()
    succeed(home)
    for name in ("VERTEX_PROJECT", "VERTEX_CREDENTIALS_PATH"):
        assert home.settings()[name] == before[name]


def test_without_a_key_no_path_is_written(home: ScriptHome, gcloud: GcloudStub) -> None:
    """V06: not the placeholder of the example, nor another JSON file."""
    (home.root / "package.json").write_text('{"type": "module", "name": "x"}')
    (home.root / "login.json").write_text('{"type": "authorized_user"}')
    (home.root / "src").mkdir()
    key(home, "src/key.json")
    succeed(home)
    assert "VERTEX_CREDENTIALS_PATH" not in home.settings()
    assert "\nVERTEX_CREDENTIALS_PATH" not in home.env_file.read_text()


def test_of_several_keys_the_one_of_the_project_is_used(home: ScriptHome, gcloud: GcloudStub) -> None:
    key(home, "a.json", "another-project")
    ours = key(home, "b.json")
    succeed(home)
    assert home.settings()["VERTEX_CREDENTIALS_PATH"] == str(ours)


def test_between_several_keys_it_does_not_guess(home: ScriptHome, gcloud: GcloudStub) -> None:
    files = [key(home, "a.json"), key(home, "b.json")]
    said = succeed(home).stderr
    assert all(str(file) in said for file in files)
    assert home.settings() == {"VERTEX_PROJECT": PROJECT}


def test_a_key_that_the_user_chose_stays(home: ScriptHome, gcloud: GcloudStub, tmp_path: Path) -> None:
    key(home, "a.json")
    chosen = tmp_path / "chosen.json"
    chosen.write_text("{}")
    home.env_file.write_text(f"VERTEX_CREDENTIALS_PATH={chosen}\n")
    assert f"stays: {chosen}" in succeed(home).stderr
    assert home.settings()["VERTEX_CREDENTIALS_PATH"] == str(chosen)


def test_a_path_to_nothing_gives_way_to_a_key(home: ScriptHome, gcloud: GcloudStub) -> None:
    file = key(home, "a.json")
    home.env_file.write_text('VERTEX_CREDENTIALS_PATH="/path/to/service-account.json"\n')
    succeed(home)
    assert home.settings()["VERTEX_CREDENTIALS_PATH"] == str(file)


def test_another_file_can_be_named(home: ScriptHome, gcloud: GcloudStub) -> None:
    succeed(home, "--env-file", "scripts/../own.env")
    assert home.settings(home.root / "own.env") == {"VERTEX_PROJECT": PROJECT}
    assert not home.env_file.exists()


@pytest.mark.parametrize("exists", [True, False], ids=["file", "no file"])
@pytest.mark.parametrize(
    ("state", "said"),
    [
        ({"project": ""}, "gcloud config set project"),
        ({"project": "(unset)"}, "gcloud config set project"),
        ({"project": "Not An Id"}, "does not look like a project"),
        ({"failures": {"config get-value": ["broken configuration", 9]}}, "broken configuration"),
    ],
)
def test_without_a_project_nothing_is_written(
    home: ScriptHome, gcloud: GcloudStub, state: dict[str, object], said: str, exists: bool
) -> None:
    """V06: never `(unset)`."""
    if exists:
        home.env_file.write_text("VERTEX_PROJECT=mine\n")
    gcloud.set(**state)
    before = home.files()
    done = home.run(SCRIPT)
    assert done.exit_code == 1
    assert said in done.stderr
    assert home.files() == before


def test_gcloud_is_missing(home: ScriptHome) -> None:
    done = home.run(SCRIPT)
    assert done.exit_code == 1
    assert "gcloud is not installed" in done.stderr
    assert not home.env_file.exists()


@pytest.mark.parametrize("tool", ["mv", "cp"])
def test_a_file_that_cannot_be_written_stays_whole(home: ScriptHome, gcloud: GcloudStub, tool: str) -> None:
    home.env_file.write_text("A=1\n")
    home.program(tool, "exit 1")
    before = home.files()
    done = home.run(SCRIPT)
    assert done.exit_code == 1
    assert "stays as it was" in done.stderr
    assert home.files() == before


@pytest.mark.parametrize("arguments", [("--frobnicate",), ("--env-file",), ("--env-file", "nowhere/.env")])
def test_wrong_options_are_refused(home: ScriptHome, gcloud: GcloudStub, arguments: tuple[str, ...]) -> None:
    assert home.run(SCRIPT, *arguments).exit_code == 2
    assert gcloud.calls() == []


def test_help_needs_nothing(home: ScriptHome) -> None:
    done = home.run(SCRIPT, "--help")
    assert (done.exit_code, done.stderr) == (0, "")
    assert "--env-file" in done.stdout
