"""cli/explain.py"""

import json
from pathlib import Path
from typing import Any

import pytest

from dragoman.cli.explain import explain, run_explain
from dragoman.config.load import load_settings
from dragoman.messages.errors import ApiError
from tests.unit.cli.running import run_command

OPENAI = {"OPENAI_API_KEY": "test-key-openai"}
VERTEX = {
    "PREFERRED_PROVIDER": "google",
    "USE_VERTEX_AUTH": "true",
    "VERTEX_PROJECT": "p",
    "VERTEX_LOCATION": "global",
}


def told(
    capsys: pytest.CaptureFixture[str], environ: dict[str, str], model: str, body: Path | None = None
) -> tuple[int, Any]:
    code = run_explain(environ, Path("/does/not/exist"), model, body, as_json=True)
    return code, json.loads(capsys.readouterr().out)


def written(tmp_path: Path, **fields: Any) -> Path:
    file = tmp_path / "body.json"
    file.write_text(json.dumps({"max_tokens": 5, "messages": [{"role": "user", "content": "hi"}], **fields}))
    return file


def test_route_reason_and_request_are_shown(capsys: pytest.CaptureFixture[str]) -> None:
    code, report = told(capsys, OPENAI, "claude-sonnet-5[1m]")
    assert code == 0
    assert (report["model"], report["channel"], report["why"]) == ("gpt-4.1", "openai", "sonnet -> BIG_MODEL")
    request = report["request"]
    assert (request["method"], request["url"]) == ("POST", "https://api.openai.com/v1/chat/completions")
    assert request["body"]["messages"][-1]["content"] == "What is the capital of France?"
    assert request["body"]["stream"] is True
    assert report["losses"] == []


def test_the_model_asked_for_beats_the_one_in_the_body(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    body = written(tmp_path, model="claude-haiku-4-5", top_k=3)
    _, report = told(capsys, OPENAI, "gpt-4o", body)
    assert report["request"]["body"]["model"] == "gpt-4o"
    assert [(loss["field"], loss["what"]) for loss in report["losses"]] == [("top_k", "dropped")]


@pytest.mark.parametrize(
    ("environ", "model"),
    [
        ({"OPENAI_API_KEY": "canary-key"}, "claude-sonnet-5"),
        ({"ANTHROPIC_API_KEY": "canary-key"}, "anthropic/claude-sonnet-5"),
        ({"GEMINI_API_KEY": "canary-key"}, "gemini-2.5-pro"),
        ({"AZURE_API_KEY": "canary-key", "AZURE_API_BASE": "https://a.openai.azure.com"}, "azure/gpt-4o"),
        (VERTEX, "claude-sonnet-5"),
    ],
    ids=["openai", "anthropic", "gemini", "azure", "vertex"],
)
def test_no_header_holds_a_credential(
    capsys: pytest.CaptureFixture[str], environ: dict[str, str], model: str
) -> None:
    code, report = told(capsys, environ, model)
    assert code == 0
    names = {name.lower() for name in report["request"]["headers"]}
    assert not names & {"authorization", "x-api-key", "api-key", "x-goog-api-key"}
    assert "canary" not in json.dumps(report)


def test_a_key_in_a_body_is_not_shown_either(tmp_path: Path) -> None:
    body = written(tmp_path, system="the key is canary-key-openai")
    done = run_command(
        "explain",
        "--model",
        "claude-sonnet-5",
        "--body",
        str(body),
        environ={"OPENAI_API_KEY": "canary-key-openai"},
        cwd=tmp_path,
    )
    assert done.returncode == 0, done.stderr
    assert "the key is ***" in done.stdout
    assert "canary" not in done.stdout + done.stderr


def test_what_the_gateway_does_besides_is_noted(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    image = {"type": "image", "source": {"type": "url", "url": "https://pages.example.com/a.png"}}
    body = written(
        tmp_path,
        top_k=3,
        messages=[{"role": "user", "content": [image]}],
        tools=[{"type": "web_search_20250305", "name": "web_search"}],
    )
    environ = {
        "CHANNEL_WORK_BASE_URL": "https://llm.example.com",
        "CHANNEL_WORK_DIALECT": "gemini",
        "FETCH_URLS": "true",
    }
    _, report = told(capsys, environ, "gemma:work", body)
    assert report["notes"] == ["fetched first, and sent as bytes: messages.0.content.0.source"]
    _, report = told(capsys, OPENAI | {"DRAGOMAN_STRICT": "true"}, "gpt-4o", body)
    assert report["notes"] == [
        "refused with 400: DRAGOMAN_STRICT=true, and top_k would be lost",
        "the gateway runs server tools: further requests may follow within the same answer",
    ]
    _, report = told(capsys, {"ANTHROPIC_AUTH_MODE": "passthrough"}, "anthropic/claude-sonnet-5")
    assert report["notes"] == ["the client's own credential goes upstream"]


def test_a_missing_key_is_noted_and_the_request_shown_all_the_same(
    capsys: pytest.CaptureFixture[str],
) -> None:
    code, report = told(capsys, OPENAI, "gemini-2.5-pro")
    assert code == 0
    assert report["notes"] == ["cannot be sent: GEMINI_API_KEY is not set"]
    assert report["request"]["body"]["contents"]


def test_people_read_the_same_as_text(tmp_path: Path) -> None:
    body = written(tmp_path, top_k=3)
    done = run_command(
        "explain", "--model", "claude-sonnet-5", "--body", str(body), environ=OPENAI, cwd=tmp_path
    )
    lines = [" ".join(line.split()) for line in done.stdout.splitlines()]
    for expected in (
        "channel openai (openai_chat)",
        "why sonnet -> BIG_MODEL",
        "top_k dropped the server has no such field",
        "POST https://api.openai.com/v1/chat/completions",
        '"model": "gpt-4.1",',
    ):
        assert expected in lines


@pytest.mark.parametrize("body", [b"{", b"[]", b'{"messages": []}'])
def test_what_the_gateway_would_refuse_is_exit_one(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], body: bytes
) -> None:
    file = tmp_path / "body.json"
    file.write_bytes(body)
    code, report = told(capsys, OPENAI, "gpt-4o", file)
    assert code == 1
    assert report["problems"][0].startswith("400: ")


def test_a_name_that_is_none_is_refused() -> None:
    with pytest.raises(ApiError) as refused:
        explain(load_settings(OPENAI, None), "..")
    assert refused.value.status == 400


def test_wrong_settings_are_exit_three(capsys: pytest.CaptureFixture[str]) -> None:
    code, report = told(capsys, {"PORT": "x"}, "gpt-4o")
    assert (code, report["problems"]) == (3, ["PORT: expected a whole number from 0 to 65535, got `x`"])
