"""What the real Claude Code sent: every dialect writes every request of it so that its vendor takes it."""

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from dragoman.dialects.quirks import Quirks
from dragoman.dialects.registry import DIALECTS
from dragoman.messages.parse import parse_request
from dragoman.routing.presets import quirks_for
from tests.support import (
    anthropic_rules,
    openai_flavor,
    openai_refusal,
    openai_rules,
    vertex_claude_rules,
)

FIXTURES = sorted((Path(__file__).parent / "fixtures" / "claude-code").glob("*.json"))


def recorded(counting):
    """Name, body and headers of each recorded request for a message, or for a count."""
    for path in FIXTURES:
        for number, request in enumerate(json.loads(path.read_text())["requests"]):
            body = request["body"]
            if not isinstance(body, dict) or request["path"].endswith("count_tokens") is not counting:
                continue
            headers = tuple((name.lower(), value) for name, value in request["headers"].items())
            # Vertex has the model in its path.
            named = {"model": "claude-sonnet-4-5"} | body
            name = f"{path.stem}-{number}"
            yield pytest.param(name, json.dumps(named).encode(), headers, id=name)


MESSAGES = list(recorded(counting=False))
COUNTS = list(recorded(counting=True))
every_message = pytest.mark.parametrize(("name", "body", "headers"), MESSAGES)
every_count = pytest.mark.parametrize(("name", "body", "headers"), COUNTS)

OPENROUTER = replace(
    openai_flavor.OPENROUTER,
    # OpenRouter's own SDK marks assistant and tool messages as a whole.
    extra_message_fields=openai_flavor.OPENROUTER.extra_message_fields | {"cache_control"},
)
VENDORS = [
    ("https://api.openai.com/v1", "gpt-5-mini", openai_flavor.OPENAI),
    ("https://api.deepseek.com", "deepseek-v4", openai_flavor.DEEPSEEK),
    ("https://api.mistral.ai/v1", "mistral-large-latest", openai_flavor.MISTRAL),
    ("https://openrouter.ai/api/v1", "anthropic/claude-opus-5", OPENROUTER),
    ("http://127.0.0.1:8080/v1", "gemma-4", openai_flavor.LLAMA_CPP),
]
CLIENTS_OWN_FAULTS = {
    "env_extra_body-0": "foo: Extra inputs are not permitted",
    "vertex_stream_raw_predict-0": "anthropic_version: Extra inputs are not permitted",
    "tool_json_array-0": "messages.1.content.0.tool_use.input: Input should be a valid dictionary",
}
"""What the API itself would refuse; passing it on unchanged is right all the same."""


class AnySignature(Mapping):
    """Knows every signature as genuine: the recorded ones are stand-ins."""

    def __init__(self, body):
        blocks = [block for message in body["messages"] for block in anthropic_rules.blocks_of(message)]
        self._signed = {b["signature"]: b["thinking"] for b in blocks if b["type"] == "thinking"}

    def __getitem__(self, signature):
        return self._signed[signature]

    def __iter__(self):
        return iter(self._signed)

    def __len__(self):
        return len(self._signed)


def refusal_by_chat_completions(request, url, model, flavor):
    written = DIALECTS["openai_chat"].write_request(request, model, quirks_for(url, model))
    try:
        openai_rules.check_request(json.loads(written.body), flavor)
    except openai_refusal.Refused as refused:
        return refused.message
    return None


def refusal_by_messages(body, *, counting=False):
    try:
        anthropic_rules.check_request(body, AnySignature(body), counting=counting)
    except anthropic_rules.Refused as refused:
        return str(refused)
    return None


@every_message
def test_every_server_of_chat_completions_takes_it(name, body, headers):
    request = parse_request(body, headers)
    refusals = {
        model: refusal_by_chat_completions(request, url, model, flavor) for url, model, flavor in VENDORS
    }
    assert refusals == dict.fromkeys(refusals)


@every_message
def test_messages_takes_it_as_the_client_sent_it(name, body, headers):
    request = parse_request(body, headers)
    same = DIALECTS["anthropic"].write_request(request, request.model, Quirks())
    assert same.body == body
    other = json.loads(DIALECTS["anthropic"].write_request(request, "claude-opus-5-5", Quirks()).body)
    assert other == json.loads(body) | {"model": "claude-opus-5-5"}
    assert refusal_by_messages(other) == CLIENTS_OWN_FAULTS.get(name)


VERTEX = Quirks(claude_on_vertex=True)
VERTEX_MODELS = ("claude-opus-5-5", "claude-sonnet-4-5@20250929")
KEPT_FIELDS = ("messages", "thinking", "context_management", "output_config", "system", "tools", "metadata")
KEPT_BETAS = frozenset(
    {
        *("interleaved-thinking-2025-05-14", "context-management-2025-06-27", "effort-2025-11-24"),
        *("extended-cache-ttl-2025-04-11", "structured-outputs-2025-12-15", "web-search-2025-03-05"),
        *("mid-conversation-system-2026-04-07", "claude-code-20250219"),
    }
)


def refusal_by_vertex(written, model, body, *, counting=False):
    try:
        vertex_claude_rules.check_vertex_request(
            json.loads(written.body),
            written.headers,
            model,
            signatures=AnySignature(body),
            counting=counting,
        )
    except anthropic_rules.Refused as refused:
        return str(refused)
    return None


@pytest.mark.parametrize("model", VERTEX_MODELS)
@every_message
def test_claude_on_vertex_ai_takes_it_and_what_it_can_do_survives(name, body, headers, model):
    request = parse_request(body, headers)
    written = DIALECTS["anthropic"].write_request(request, model, VERTEX)
    faults = {key: value for key, value in CLIENTS_OWN_FAULTS.items() if "anthropic_version" not in value}
    assert refusal_by_vertex(written, model, request.raw) == faults.get(name)
    told = json.loads(written.body)
    assert {key: told.get(key) for key in KEPT_FIELDS} == {key: request.raw.get(key) for key in KEPT_FIELDS}
    asked = set(dict(headers).get("anthropic-beta", "").split(","))
    sent = set(dict(written.headers).get("anthropic-beta", "").split(","))
    assert asked & KEPT_BETAS == sent & KEPT_BETAS
    assert ("advanced-tool-use-2025-11-20" in asked) is ("tool-search-tool-2025-10-19" in sent)
    lost = {loss.field for loss in written.losses}
    assert lost <= {"anthropic-beta.context-1m-2025-08-07"}
    assert bool(lost) is (model == VERTEX_MODELS[1] and "context-1m-2025-08-07" in asked)


@every_count
def test_every_count_can_be_asked_of_claude_on_vertex_ai(name, body, headers):
    request = parse_request(body, headers, counting=True)
    written = DIALECTS["anthropic"].write_count(request, VERTEX_MODELS[1], VERTEX)
    assert written is not None
    told = json.loads(written.body)
    assert refusal_by_vertex(written, "claude-sonnet-4-5", told, counting=True) is None
    assert told["model"] == "claude-sonnet-4-5"
    assert told["messages"] == request.raw["messages"]


@every_count
def test_every_count_can_be_asked(name, body, headers):
    request = parse_request(body, headers, counting=True)
    written = DIALECTS["anthropic"].write_count(request, "claude-opus-5-5", Quirks())
    assert written is not None
    told = json.loads(written.body)
    assert told == json.loads(body) | {"model": "claude-opus-5-5"}
    assert refusal_by_messages(told, counting=True) is None


@every_count
def test_every_count_can_be_estimated(name, body, headers):
    request = parse_request(body, headers, counting=True)
    written = DIALECTS["openai_chat"].write_request(request, "gpt-5-mini", Quirks())
    assert 0 < written.estimated_input_tokens < len(body)


def test_no_request_of_a_message_is_left_out():
    assert len(FIXTURES) == 70
    assert len(MESSAGES) + len(COUNTS) == sum(
        isinstance(request["body"], dict)
        for path in FIXTURES
        for request in json.loads(path.read_text())["requests"]
    )
    assert len(COUNTS) >= 4
