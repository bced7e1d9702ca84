"""cli/doctor/doctor.py"""

import json
from datetime import date
from pathlib import Path

import pytest

from dragoman.cli.doctor.doctor import ask_all, run_doctor, scrubbed
from dragoman.cli.doctor.findings import failure
from dragoman.config.build import build_model_map
from dragoman.config.load import load_settings
from dragoman.wire.redact import SecretScrubber
from tests.support.dragoman_process import free_port
from tests.support.ports import FakeTokens, FakeUpstream, unreachable, whole
from tests.unit.cli.running import run_command


def test_nothing_configured_is_healthy_and_said_to_be_so(tmp_path: Path) -> None:
    environ = {"PORT": str(free_port()), "HOME": str(tmp_path), "PATH": str(tmp_path)}
    done = run_command("doctor", environ=environ, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert done.stderr == "no upstream to ask\n"
    assert "D006 nothing is configured" in done.stdout
    assert "mend it with: dragoman init" in done.stdout
    done = run_command("doctor", "--json", environ=environ, cwd=tmp_path)
    assert done.stderr == ""
    report = json.loads(done.stdout)
    assert report["healthy"] is True
    assert {check["check"] for check in report["checks"]} == {
        "settings file",
        "settings",
        "port",
        "Claude Code",
    }


def test_wrong_settings_are_told_all_at_once_and_the_rest_is_looked_at(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    env_file = tmp_path / ".env"
    env_file.write_text("PORT=x\nHOST=not a host\n")
    env_file.chmod(0o644)
    assert run_doctor({"PATH": str(tmp_path)}, env_file, as_json=True) == 1
    codes = [check["code"] for check in json.loads(capsys.readouterr().out)["checks"]]
    assert codes == ["D002", "D001", "D001", "D015"]


async def test_every_channel_is_asked_beside_the_port() -> None:
    environ = {"OPENAI_API_KEY": "test-key", "GEMINI_API_KEY": "test-key", "PORT": str(free_port())}
    settings = load_settings(environ, None)
    model_map = build_model_map(settings, date(2026, 11, 21))
    said: list[str] = []
    upstream = FakeUpstream(whole(b"{}"), unreachable())
    found = await ask_all(settings, model_map, Path(".env"), upstream, FakeTokens(), said.append)
    assert [(finding.check, finding.code) for finding in found] == [
        ("port", ""),
        ("channel openai", ""),
        ("channel gemini", "D009"),
    ]
    assert said == ["asking openai, gemini, at most 5 s ..."]


def test_a_configured_key_that_an_upstream_quotes_is_masked() -> None:
    found = failure("D012", "channel x", "it said: canary-key-work", "export X_API_KEY=YOUR_KEY")
    shown = scrubbed(found, SecretScrubber(["canary-key-work"]))
    assert (shown.cause, shown.mend) == ("it said: ***", "export X_API_KEY=YOUR_KEY")


def test_what_is_wrong_with_a_setting_is_shown_whole(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A scrubber would take what follows `API_KEY:` for a key."""
    environ = {"PATH": str(tmp_path), "CHANNEL_API_KEY": "canary"}
    assert run_doctor(environ, tmp_path / ".env", as_json=False) == 1
    said = capsys.readouterr().out
    assert "CHANNEL_API_KEY: expected CHANNEL_<NAME>_BASE_URL" in said
    assert "canary" not in said
