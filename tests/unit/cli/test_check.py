"""cli/check.py"""

import json
import sys
from pathlib import Path

import pytest

from dragoman.cli.check import run_check
from tests.unit.cli.running import run_command

VERTEX = {
    "PREFERRED_PROVIDER": "google",
    "USE_VERTEX_AUTH": "true",
    "VERTEX_PROJECT": "p",
    "VERTEX_LOCATION": "global",
}


def test_check_shows_settings_and_their_source_without_secrets(tmp_path: Path) -> None:
    """H01 T86 E24"""
    (tmp_path / ".env").write_text(
        "BIG_MODEL=gpt-4o\nCHANNEL_WORK_API_KEY=canary-work\nDRAGOMAN_API_KEY=canary-own\n"
    )
    done = run_command("check", environ={"OPENAI_API_KEY": "canary-openai", "PORT": "9000"}, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    lines = [" ".join(line.split()) for line in done.stdout.splitlines()]
    for expected in (
        "BIG_MODEL gpt-4o from file",
        "OPENAI_API_KEY set from environment",
        "GEMINI_API_KEY not set",
        "PORT 9000 from environment",
        "HOST 127.0.0.1",
        "DRAGOMAN_API_KEY set from file",
        "DRAGOMAN_STRICT false",
        "CHANNEL_WORK_API_KEY set from file",
        "*sonnet* gpt-4o openai",
    ):
        assert expected in lines
    assert "canary" not in done.stdout + done.stderr


def check(
    capsys: pytest.CaptureFixture[str], environ: dict[str, str], env_file: Path, *, as_json: bool = True
) -> tuple[int, str, str]:
    code = run_check(environ, env_file, as_json=as_json)
    return code, *capsys.readouterr()


def test_check_as_data(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    environ = {"OPENAI_API_KEY": "canary-openai", "DRAGOMAN_ALLOWED_HOSTS": "a.example,b.example"}
    code, out, _ = check(capsys, environ, tmp_path / ".env")
    assert code == 0
    report = json.loads(out)
    assert report["usable"] is True
    assert report["settings"]["OPENAI_API_KEY"] == {"value": "set", "source": "environment"}
    assert report["settings"]["PORT"] == {"value": 8082, "source": "default"}
    assert report["settings"]["DRAGOMAN_ALLOWED_HOSTS"]["value"] == ["a.example", "b.example"]
    by_pattern = {row["requested"]: row for row in report["models"]}
    assert by_pattern["*haiku*"]["channel"] == "openai"
    assert by_pattern["*haiku*"]["base_url"] == "https://api.openai.com/v1"
    assert by_pattern["*haiku*"]["why"] == "haiku -> SMALL_MODEL"
    assert "canary" not in out


def test_check_shows_vendors_without_their_keys(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """T86"""
    (tmp_path / ".env").write_text("DEEPSEEK_API_KEY=canary-deepseek\n")
    environ = {
        "BIG_MODEL": "deepseek/deepseek-chat",
        "SMALL_MODEL": "deepseek/deepseek-chat",
        "AZURE_API_KEY": "canary-first",
        "AZURE_OPENAI_API_KEY": "canary-second",
        "AZURE_API_BASE": "https://work.openai.azure.com",
    }
    code, out, err = check(capsys, environ, tmp_path / ".env")
    report = json.loads(out)
    assert code == 0
    assert report["settings"]["DEEPSEEK_API_KEY"] == {"value": "set", "source": "file"}
    assert report["settings"]["AZURE_OPENAI_API_KEY"] == {"value": "set", "source": "environment"}
    assert report["settings"]["AZURE_API_BASE"]["value"] == "https://work.openai.azure.com"
    by_pattern = {row["requested"]: row for row in report["models"]}
    assert by_pattern["*opus*"]["base_url"] == "https://api.deepseek.com"
    assert by_pattern["deepseek/*"]["channel"] == "deepseek"
    assert by_pattern["azure/*"]["base_url"] == "https://work.openai.azure.com/openai/v1"
    _, text, more = check(capsys, environ, tmp_path / ".env", as_json=False)
    assert "canary" not in out + err + text + more


def test_a_configured_route_without_its_key_is_exit_one(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """E05 E06"""
    environ = {"GEMINI_API_KEY": "test-key"}
    code, _, err = check(capsys, environ, tmp_path / ".env", as_json=False)
    assert code == 1
    assert "OPENAI_API_KEY is not set" in err
    code, out, _ = check(capsys, environ, tmp_path / ".env")
    assert code == 1
    assert json.loads(out)["usable"] is False


def test_without_any_key_the_demo_is_usable(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, _, err = check(capsys, {}, tmp_path / ".env", as_json=False)
    assert code == 0
    assert "built-in demo" in err


def test_wrong_settings_are_exit_three(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    problem = "PORT: expected a whole number from 0 to 65535, got `x`"
    assert check(capsys, {"PORT": "x"}, tmp_path / ".env", as_json=False) == (3, "", f"{problem}\n")
    code, out, _ = check(capsys, {"PORT": "x"}, tmp_path / ".env")
    assert (code, json.loads(out)) == (3, {"problems": [problem]})


def test_another_file_may_be_named(tmp_path: Path) -> None:
    (tmp_path / "other.env").write_text("OPENAI_API_KEY='test-key' # mine\nBIG_MODEL=o3\n")
    (tmp_path / ".env").write_text("BIG_MODEL=gpt-4o\n")
    done = run_command("check", "--json", "--env-file", "other.env", cwd=tmp_path)
    assert json.loads(done.stdout)["settings"]["BIG_MODEL"] == {"value": "o3", "source": "file"}


def test_a_credentials_file_that_is_not_there_is_exit_one(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """E14"""
    missing = tmp_path / "key.json"
    code, out, _ = check(capsys, VERTEX | {"VERTEX_CREDENTIALS_PATH": str(missing)}, tmp_path / ".env")
    report = json.loads(out)
    assert (code, report["usable"]) == (1, False)
    assert any(str(missing) in notice for notice in report["notices"])
    missing.write_text("{}")
    code, _, _ = check(capsys, VERTEX | {"VERTEX_CREDENTIALS_PATH": str(missing)}, tmp_path / ".env")
    assert code == 0


@pytest.mark.parametrize(
    ("more", "code", "words"),
    [
        (
            {"NO_GCE_CHECK": "true"},
            1,
            "there are no Google credentials: run `gcloud auth application-default login`",
        ),
        ({}, 0, "so the machine's own identity will be asked for"),
        ({"NO_GCE_CHECK": "true", "USE_VERTEX_AUTH": "false", "GEMINI_API_KEY": "test-key"}, 0, ""),
    ],
    ids=["nowhere", "machine", "not needed"],
)
def test_googles_credentials_are_looked_for(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], more: dict[str, str], code: int, words: str
) -> None:
    """V10"""
    environ = VERTEX | {"HOME": str(tmp_path)} | more
    found, out, _ = check(capsys, environ, tmp_path / ".env")
    report = json.loads(out)
    assert (found, report["usable"]) == (code, code == 0)
    told = [notice for notice in report["notices"] if "Vertex AI: " in notice]
    assert len(told) == bool(words)
    assert words in "".join(told)


@pytest.mark.parametrize("variable", ["HOME", "CLOUDSDK_CONFIG"])
def test_gclouds_login_is_found(tmp_path: Path, capsys: pytest.CaptureFixture[str], variable: str) -> None:
    """E13"""
    folder = tmp_path / ".config/gcloud" if variable == "HOME" else tmp_path
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "application_default_credentials.json").write_text("{}")
    environ = VERTEX | {"NO_GCE_CHECK": "true", "HOME": "/does/not/exist", variable: str(tmp_path)}
    code, out, _ = check(capsys, environ, tmp_path / ".env")
    assert code == 0
    assert "Vertex AI: " not in out


@pytest.mark.parametrize(
    ("field", "package", "with_it", "without"),
    [
        ("counting", "toktok", "counted with vocabularies", "estimated from bytes"),
        ("schemas", "jsonschema_rs", "checked against it", "checked to be JSON"),
    ],
)
@pytest.mark.parametrize("installed", [True, False])
def test_check_says_what_extras_do(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    installed: bool,
    field: str,
    package: str,
    with_it: str,
    without: str,
) -> None:
    if not installed:
        monkeypatch.setitem(sys.modules, package, None)
    environ = {"OPENAI_API_KEY": "canary-openai"}
    _, report, _ = check(capsys, environ, tmp_path / ".env")
    _, told, _ = check(capsys, environ, tmp_path / ".env", as_json=False)
    assert json.loads(report)[field].startswith(with_it if installed else without)
    assert json.loads(report)[field] in told
