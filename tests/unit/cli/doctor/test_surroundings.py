"""cli/doctor/surroundings.py"""

import subprocess
from datetime import date
from pathlib import Path

import pytest

from dragoman.cli.doctor.findings import Finding
from dragoman.cli.doctor.surroundings import (
    file_findings,
    proxy_findings,
    setting_findings,
    setting_problems,
)
from dragoman.config.build import build_model_map
from dragoman.config.load import load_settings

MODELS = {"BIG_MODEL": "some-model", "SMALL_MODEL": "some-model"}
VERTEX = {
    "PREFERRED_PROVIDER": "google",
    "USE_VERTEX_AUTH": "true",
    "VERTEX_PROJECT": "p",
    "VERTEX_LOCATION": "global",
    "NO_GCE_CHECK": "true",
    **MODELS,
}


def settings_of(environ: dict[str, str], env_file: Path) -> list[Finding]:
    settings = load_settings(environ, env_file)
    model_map = build_model_map(settings, date(2026, 11, 21))
    return list(setting_findings(settings, model_map, environ, env_file))


def told(findings: list[Finding]) -> list[tuple[str, str]]:
    return [(finding.state, finding.code) for finding in findings]


@pytest.mark.parametrize(
    ("mode", "expected"),
    [(0o600, ("ok", "")), (0o400, ("ok", "")), (0o640, ("warning", "D002")), (0o644, ("warning", "D002"))],
)
def test_a_file_that_others_read_is_noted(tmp_path: Path, mode: int, expected: tuple[str, str]) -> None:
    env_file = tmp_path / "my settings.env"
    env_file.touch()
    env_file.chmod(mode)
    [found] = file_findings(env_file)
    assert (found.state, found.code) == expected
    assert [other.state for other in file_findings(env_file, posix=False)] == ["ok"]


def test_the_command_of_d002_mends_it(tmp_path: Path) -> None:
    env_file = tmp_path / "my settings.env"
    env_file.touch(0o644)
    [found] = file_findings(env_file)
    subprocess.run(["sh", "-c", found.mend], check=True)
    assert told(list(file_findings(env_file))) == [("ok", "")]


def test_no_file_is_no_fault(tmp_path: Path) -> None:
    assert told(list(file_findings(tmp_path / ".env"))) == [("ok", "")]


def test_a_wrong_setting_is_mended_where_it_was_written(tmp_path: Path) -> None:
    problems = ("PORT: expected a number", "HOTS: there is no such setting")
    exported, written = setting_problems(problems, {"PORT": "x"}, tmp_path / ".env")
    assert (exported.code, exported.cause, exported.mend) == ("D001", "PORT: expected a number", "unset PORT")
    assert written.mend == f'"${{EDITOR:-vi}}" {tmp_path / ".env"}'


def test_nothing_configured_is_a_warning_that_leads_to_init(tmp_path: Path) -> None:
    [found] = settings_of({}, tmp_path / ".env")
    assert (found.state, found.code, found.mend) == ("warning", "D006", "dragoman init")


def test_a_missing_key_fails_once(tmp_path: Path) -> None:
    found = settings_of({"GEMINI_API_KEY": "test-key", **MODELS}, tmp_path / ".env")
    assert told(found) == [("failure", "D005")]
    assert "OPENAI_API_KEY is not set" in found[0].cause
    assert found[0].mend == "dragoman init"
    (tmp_path / ".env").touch()
    [again] = settings_of({"GEMINI_API_KEY": "test-key", **MODELS}, tmp_path / ".env")
    assert again.mend.endswith(".env")


def test_other_notices_are_warnings(tmp_path: Path) -> None:
    found = settings_of({"OPENAI_API_KEY": "k", "API_KEY": "test-key", **MODELS}, tmp_path / ".env")
    assert told(found) == [("warning", "D020")]
    assert found[0].cause == "API_KEY has no effect without BASE_URL"


def test_good_settings_are_fine(tmp_path: Path) -> None:
    assert told(settings_of({"OPENAI_API_KEY": "test-key", **MODELS}, tmp_path / ".env")) == [("ok", "")]


def test_google_credentials_are_looked_for(tmp_path: Path) -> None:
    home = {"HOME": str(tmp_path)}
    assert told(settings_of(VERTEX | home, tmp_path / ".env")) == [("failure", "D014")]
    assert told(settings_of(VERTEX | home | {"NO_GCE_CHECK": ""}, tmp_path / ".env")) == [("warning", "D014")]
    missing = {"VERTEX_CREDENTIALS_PATH": str(tmp_path / "key.json")}
    assert told(settings_of(VERTEX | home | missing, tmp_path / ".env")) == [("failure", "D014")]
    (tmp_path / "key.json").write_text("{}")
    assert told(settings_of(VERTEX | home | missing, tmp_path / ".env")) == [("ok", "")]


@pytest.mark.parametrize(
    ("environ", "expected"),
    [
        ({}, []),
        ({"HTTPS_PROXY": "http://proxy.example.com:3128"}, [("ok", "")]),
        ({"https_proxy": "HTTP://proxy.example.com:3128"}, [("ok", "")]),
        ({"HTTPS_PROXY": "https://canary:canary@proxy.example.com"}, [("failure", "D018")]),
        ({"http_proxy": "socks5://canary:canary@proxy.example.com"}, [("failure", "D018")]),
        ({"HTTPS_PROXY": "canary:canary@proxy.example.com:3128"}, [("failure", "D018")]),
        ({"ALL_PROXY": "http://canary:canary@proxy.example.com"}, [("warning", "D018")]),
        ({"SSL_CERT_FILE": "/does/not/exist.pem"}, [("failure", "D019")]),
        ({"SSL_CERT_FILE": __file__}, []),
    ],
)
def test_proxy_variables_are_judged_and_not_shown(
    environ: dict[str, str], expected: list[tuple[str, str]]
) -> None:
    found = list(proxy_findings(environ))
    assert told(found) == expected
    assert "canary" not in "".join(finding.cause + finding.mend for finding in found)
