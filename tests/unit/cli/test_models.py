"""cli/models.py"""

import json
from pathlib import Path

import pytest

from dragoman.cli.models import run_models


def models(
    capsys: pytest.CaptureFixture[str], environ: dict[str, str], folder: Path, *, as_json: bool = True
) -> tuple[int, str, str]:
    code = run_models(environ, folder / ".env", as_json=as_json)
    out, err = capsys.readouterr()
    return code, out, err


def test_models_as_data(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    environ = {"OPENAI_API_KEY": "canary", "BIG_MODEL": "gpt-4.1", "SMALL_MODEL": "gemini/gemini-2.5-flash"}
    code, out, _ = models(capsys, environ, tmp_path)
    assert code == 0
    assert "canary" not in out
    rows = {row.pop("alias"): row for row in json.loads(out)["models"]}
    assert rows["*opus*"] == {
        "model": "gpt-4.1",
        "channel": "openai",
        "dialect": "openai_chat",
        "context_window": 1_047_576,
        "max_output_tokens": 32_768,
        "capabilities": {"images": True, "files": True, "tools": True, "reasoning": False},
        "obstacle": "",
    }
    assert rows["*haiku*"]["capabilities"] == {
        "images": True,
        "files": True,
        "tools": True,
        "reasoning": True,
    }
    assert rows["*haiku*"]["obstacle"] == "GEMINI_API_KEY is not set"
    assert rows["any other name"]["model"] == "*"
    assert rows["any other name"]["capabilities"] is None
    assert rows["any other name"]["context_window"] is None


def test_what_a_server_does_not_take_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    environ = {"DEEPSEEK_API_KEY": "test-key", "BIG_MODEL": "deepseek/deepseek-v4-pro"}
    _, out, _ = models(capsys, environ, tmp_path)
    rows = {row["alias"]: row for row in json.loads(out)["models"]}
    assert rows["*opus*"]["capabilities"] == {
        "images": True,
        "files": False,
        "tools": True,
        "reasoning": True,
    }


def test_models_as_a_table(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = models(capsys, {"OPENAI_API_KEY": "test-key"}, tmp_path, as_json=False)
    assert (code, err) == (0, "")
    lines = [" ".join(line.split()) for line in out.splitlines()]
    assert lines[0] == "alias model goes to window output images files tools reasoning"
    assert "*opus* gpt-4.1 openai 1,047,576 32,768 yes yes yes no" in lines
    assert "any other name the same name openai" in lines


def test_without_any_key_the_demo_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    _, out, _ = models(capsys, {}, tmp_path)
    assert [(row["alias"], row["model"]) for row in json.loads(out)["models"]] == [("any name", "demo")]


def test_unusable_settings_are_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = models(capsys, {"PORT": "x"}, tmp_path)
    assert (code, out) == (3, "")
    assert "PORT: " in err
