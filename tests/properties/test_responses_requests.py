"""Whatever Claude Code or any other client sends, strict Responses servers of every generation take what becomes of it."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dragoman.dialects.dialect import Origin
from dragoman.dialects.model_family import model_family
from dragoman.dialects.openai_responses.request import write_count, write_request
from dragoman.dialects.quirks import Quirks
from dragoman.messages.parse import parse_request
from dragoman.messages.request import MessagesRequest
from dragoman.routing.presets import quirks_for
from tests.support.odd_requests import FIXTURES, bodies, requests_of
from tests.support.responses_flavor import (
    AZURE_RESPONSES,
    OPENAI_RESPONSES,
    STRANGER_RESPONSES,
    ResponsesFlavor,
)
from tests.support.responses_models import breakpoints
from tests.support.responses_rules import check_request
from tests.support.sealing import seal
from tests.support.strategies import conversations

MODELS = ("gpt-4.1", "gpt-5", "gpt-5.4", "gpt-5.6-terra", "gpt-6-astra", "gpt-6.2-sol", "o3")
OPENAI = "https://api.openai.com/v1"
AZURE = "https://here.openai.azure.com/openai/v1"
STRANGER = ("https://stranger.test/v1", "their-model", STRANGER_RESPONSES)
SERVERS = [
    *(pytest.param(OPENAI, model, OPENAI_RESPONSES, id=model) for model in MODELS),
    pytest.param(AZURE, "gpt-5.6-terra", AZURE_RESPONSES, id="azure"),
    pytest.param(*STRANGER, id="stranger"),
]


def thought(model: str, **fields: Any) -> dict[str, Any]:
    """A thinking block that comes back to where it came from."""
    signature = seal("openai_responses", fields, account="ours", family=model_family(model), raw="gAAAAABo")
    return {"type": "thinking", "thinking": "hm", "signature": signature}


ORPHAN = {
    "type": "tool_result",
    "tool_use_id": "of_no_call",
    "content": [{"type": "tool_reference", "tool_name": "Late"}],
}
"""Names a tool where nothing of it is sent."""


@st.composite
def asked(draw: st.DrawFn, model: str) -> MessagesRequest:
    """A plausible or a messy conversation, with thoughts that come back and with every choice a client has."""
    body = draw(st.one_of(conversations(), bodies()))
    for message in body["messages"]:
        if message["role"] == "assistant" and isinstance(message["content"], list):
            at = draw(st.integers(0, len(message["content"])))
            message["content"][at:at] = draw(
                st.lists(st.sampled_from([thought(model, i="rs_1"), thought(model)]), min_size=1, max_size=2)
            )
    if draw(st.booleans()):
        body["messages"].append({"role": "user", "content": [ORPHAN, {"type": "text", "text": "go on"}]})
    body |= draw(
        st.fixed_dictionaries(
            {},
            optional={
                "max_tokens": st.sampled_from([1, 20, 1000, 200_000]),
                "thinking": st.sampled_from(
                    [{"type": "adaptive"}, {"type": "disabled"}, {"type": "enabled", "budget_tokens": 2000}]
                ),
                "output_config": st.sampled_from(
                    [{"effort": level} for level in ("low", "high", "max")]
                    + [{"format": {"type": "json_schema", "schema": {"type": "object"}}}]
                ),
                "temperature": st.just(0.5),
                "top_p": st.just(0.9),
                "top_k": st.just(5),
                "stop_sequences": st.just(["END"]),
                "service_tier": st.just("standard_only"),
                "metadata": st.just({"user_id": "someone" * 20}),
            },
        )
    )
    if draw(st.booleans()):
        body["tools"] = [*(body.get("tools") or ()), draw(searches)]
    body.pop("tool_choice", None)
    if body.get("tools"):
        named = [{"type": "tool", "name": tool["name"]} for tool in body["tools"]]
        body["tool_choice"] = draw(st.sampled_from([None, {"type": "any"}, {"type": "none"}, *named]))
    return parse_request(json.dumps(body).encode(), ())


searches = st.fixed_dictionaries(
    {"type": st.just("web_search_20250305"), "name": st.just("web_search")},
    optional={
        "max_uses": st.integers(1, 9),
        "user_location": st.just({"type": "approximate", "country": "CH"}),
    },
).flatmap(
    lambda search: st.sampled_from(
        [
            search,
            search | {"allowed_domains": [f"https://{n}.test/docs" for n in range(30)]},
            search | {"blocked_domains": ["bad.test"]},
        ]
    )
)


def check(request: MessagesRequest, host: str, model: str, flavor: ResponsesFlavor) -> None:
    """The server takes the request and its count, and no promise is broken."""
    quirks = quirks_for(host, model, "openai_responses")
    origin = Origin("ours")
    body = json.loads(write_request(request, model, quirks, origin).body)
    assert check_request(body, flavor) == []
    assert len(list(breakpoints(body))) <= 4
    counted = json.loads(write_count(request, model, quirks, origin).body)
    assert check_request(counted, flavor, counting=True) == []


@pytest.mark.parametrize(("host", "model", "flavor"), SERVERS)
@given(data=st.data())
@settings(max_examples=40, deadline=None)
def test_a_strict_server_takes_every_conversation(
    host: str, model: str, flavor: ResponsesFlavor, data: st.DataObject
) -> None:
    check(data.draw(asked(model)), host, model, flavor)


@pytest.mark.parametrize("path", FIXTURES, ids=lambda path: path.stem)
def test_a_strict_server_takes_every_recorded_request(path: Path) -> None:
    for request in requests_of(path):
        check(request, OPENAI, "gpt-6.2-sol", OPENAI_RESPONSES)
        check(request, *STRANGER)


@pytest.mark.parametrize("path", FIXTURES, ids=lambda path: path.stem)
def test_no_recorded_request_is_noisy(path: Path) -> None:
    quirks = quirks_for(OPENAI, "gpt-6.2-sol", "openai_responses")
    reported = {"tools.*", "tool_choice", "output_config.format", "foo", "temperature"}
    for request in requests_of(path):
        for loss in write_request(request, "gpt-6.2-sol", quirks, Origin("ours")).losses:
            field = loss.field if not loss.field.startswith("tools.") else "tools.*"
            assert field in reported or field.startswith("messages."), loss


@given(data=st.data())
@settings(max_examples=150, deadline=None)
def test_reasoning_stands_only_before_what_the_model_made(data: st.DataObject) -> None:
    model = "gpt-6.2-sol"
    quirks = quirks_for(OPENAI, model, "openai_responses")
    body = json.loads(write_request(data.draw(asked(model)), model, quirks, Origin("ours")).body)
    for item, following in zip(body["input"], [*body["input"][1:], {}], strict=True):
        if item["type"] == "reasoning":
            made = following.get("role") == "assistant" or following.get("type") in (
                "reasoning",
                "function_call",
            )
            assert made, following


@given(data=st.data())
@settings(max_examples=150, deadline=None)
def test_every_tool_that_the_model_may_know_is_sent_once(data: st.DataObject) -> None:
    """Whether among `tools` or in items of their own, in both ways of sending them."""
    model = "gpt-6.2-sol"
    quirks = quirks_for(OPENAI, model, "openai_responses")
    request = data.draw(asked(model))
    eager, late = (
        names_of(json.loads(write_request(request, model, one, Origin("ours")).body))
        for one in (replaced(quirks, additional_tools=False), quirks)
    )
    assert sorted(eager) == sorted(late)
    assert len(set(late)) == len(late)


def replaced(quirks: Quirks, **fields: Any) -> Quirks:
    return type(quirks)(**{name: getattr(quirks, name) for name in quirks.__struct_fields__} | fields)


def names_of(body: dict[str, Any]) -> list[str]:
    later = [tool for item in body["input"] if item["type"] == "additional_tools" for tool in item["tools"]]
    return [tool.get("name", tool["type"]) for tool in [*body.get("tools", ()), *later]]
