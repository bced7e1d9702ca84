"""Whatever Claude Code sends, a strict Gemini server takes what becomes of it."""

import json
from dataclasses import dataclass
from functools import partial
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dragoman.dialects.dialect import NOWHERE, Origin, Written
from dragoman.dialects.gemini.request import write_count, write_request
from dragoman.dialects.quirks import Quirks
from dragoman.messages.parse import parse_request
from dragoman.messages.request import MessagesRequest
from dragoman.routing.presets import quirks_for
from tests.support.gemini_flavor import AI_STUDIO, VERTEX, GeminiFlavor
from tests.support.gemini_rules import check_count, check_request
from tests.support.odd_requests import FIXTURES, bodies, requests_of
from tests.support.transcripts import cases

STUDIO_URL = "https://generativelanguage.googleapis.com/v1beta"
VERTEX_URL = "https://us-central1-aiplatform.googleapis.com/v1"
OURS = Origin("ours", {"text_0": "x"}.get)


@dataclass(frozen=True)
class Server:
    """A model where it is served."""

    model: str
    flavor: GeminiFlavor = AI_STUDIO

    @property
    def quirks(self) -> Quirks:
        return quirks_for(VERTEX_URL if self.flavor.vertex else STUDIO_URL, self.model, "gemini")

    def write(self, request: MessagesRequest, origin: Origin = OURS) -> Written:
        return write_request(request, self.model, self.quirks, origin)

    def check(self, request: MessagesRequest) -> None:
        """Raises Refused if the server would not take the request, or its count."""
        check_request(json.loads(self.write(request).body), self.model, self.flavor)
        counted = write_count(request, self.model, self.quirks, NOWHERE)
        check_count(json.loads(counted.body), self.model, self.flavor)


SERVERS = [
    Server("gemini-3.8-flash"),
    Server("gemini-4-neon"),
    Server("gemini-2.5-flash-lite"),
    Server("gemini-2.5-pro"),
    Server("gemma-4-31b-it"),
    Server("gemini-3.5-flash", VERTEX),
    Server("gemini-2.5-flash", VERTEX),
]
every_server = pytest.mark.parametrize(
    "server", SERVERS, ids=lambda server: server.model + "-vertex" * server.flavor.vertex
)
every_recording = pytest.mark.parametrize("path", FIXTURES, ids=lambda path: path.stem)


@every_recording
def test_no_recorded_request_is_noisy(path):
    reported = {"tools.*", "output_config.format", "foo", "temperature", "max_tokens", "tool_choice"}
    for request in requests_of(path):
        for loss in SERVERS[0].write(request).losses:
            field = loss.field if not loss.field.startswith("tools.") else "tools.*"
            assert field in reported or field.startswith("messages."), loss


@every_server
@pytest.mark.parametrize("name", ["tools_multi_turn", "tool_search"])
def test_the_next_turn_begins_with_the_parts_of_the_last(name, server):
    path = next(path for path in FIXTURES if path.stem == name)
    turns = [_parts(server.write(request)) for request in requests_of(path)]
    assert len(turns) > 1
    for shorter, longer in zip(turns, turns[1:], strict=False):
        assert longer[: len(shorter)] == shorter


def test_tools_that_come_later_stand_at_the_end() -> None:
    path = next(path for path in FIXTURES if path.stem == "tool_search")
    bodies = [json.loads(SERVERS[0].write(request).body) for request in requests_of(path)]
    names = [[one["name"] for one in body["tools"][0]["functionDeclarations"]] for body in bodies]
    assert names[-1][: len(names[0])] == names[0]
    assert names[-1][-1] == "mcp__demo__add"


def _parts(written: Written) -> list[str]:
    """Role and part, in order, as JSON."""
    contents = json.loads(written.body)["contents"]
    return [content["role"] + json.dumps(part) for content in contents for part in content["parts"]]


@pytest.mark.parametrize(
    "case", [case for case in cases() if case.dialect.name == "gemini"], ids=lambda c: c.name
)
def test_a_strict_server_takes_every_request_of_the_transcripts(case):
    about = case.about
    flavor = VERTEX if "aiplatform" in about.upstream else AI_STUDIO
    if about.quirks.get("plain_schemas"):
        flavor = GeminiFlavor(vertex=flavor.vertex, strict_schemas=True)
    for written in (case.write(), *case.hear().follow_ups):
        check_request(json.loads(written.body), about.model, flavor)


SERVER_TOOLS = st.sampled_from(
    [
        {"type": "web_search_20250305", "name": "web_search", "max_uses": 2, "blocked_domains": ["a.com"]},
        {"type": "web_fetch_20250910", "name": "web_fetch"},
        {"type": "code_execution_20250825", "name": "code_execution"},
        {"type": "bash_20250124", "name": "bash"},
        {"type": "tool_search_tool_regex_20251119", "name": "tool_search_tool_regex"},
    ]
)
FORMATS = st.sampled_from(
    [
        None,
        {"type": "json_schema", "schema": {"$ref": "#/$defs/a", "$defs": {"a": {"type": "object"}}}},
        {"type": "json_schema", "schema": {"properties": {"a": {"$ref": "#", "description": "again"}}}},
    ]
)
KINDS = st.sampled_from([None, {"type": "auto"}, {"type": "any"}, {"type": "none"}, {"type": "tool"}])
THINKING = st.sampled_from(
    [None, {"type": "disabled"}, {"type": "adaptive"}, {"type": "adaptive", "display": "omitted"}]
    + [{"type": "enabled", "budget_tokens": budget} for budget in (1024, 20_000, 60_000)]
)


@st.composite
def asked(draw: st.DrawFn) -> dict[str, Any]:
    """A messy history with everything that only Gemini has rules for."""
    body = draw(bodies())
    body["tools"] += draw(st.lists(SERVER_TOOLS, max_size=2, unique_by=lambda tool: tool["type"]))
    effort, form = draw(st.sampled_from([None, "low", "xhigh", "max"])), draw(FORMATS)
    output = {name: value for name, value in (("effort", effort), ("format", form)) if value is not None}
    names = [tool["name"] for tool in body["tools"]]
    choice = draw(KINDS) if names else None
    if choice == {"type": "tool"}:
        choice = {"type": "tool", "name": draw(st.sampled_from(names))}
    return body | {
        "max_tokens": draw(st.sampled_from([0, 1, 20, 5000, 60_000])),
        "output_config": output,
        "tool_choice": choice,
        "thinking": draw(THINKING),
        "stop_sequences": draw(st.lists(st.sampled_from(["", "a", "b", "c", "d", "e", "f"]), max_size=8)),
        "temperature": draw(st.sampled_from([None, 0, 1])),
        "top_k": draw(st.sampled_from([None, 5])),
    }


def parsed(body: dict[str, Any]) -> MessagesRequest:
    return parse_request(json.dumps(body).encode(), ())


@every_server
@given(body=asked())
@settings(max_examples=50, deadline=None)
def test_a_strict_server_takes_every_conversation(server, body):
    server.check(parsed(body))


@every_server
@given(body=asked(), kept=st.booleans())
@settings(max_examples=15, deadline=None)
def test_writing_never_changes_the_request_and_is_repeatable(server, body, kept):
    request = parsed(body)
    before = json.dumps(request.raw)
    write = partial(server.write, request, OURS if kept else NOWHERE)
    first, second = write(), write()
    assert (first.body, first.path, first.losses) == (second.body, second.path, second.losses)
    assert json.dumps(request.raw) == before


@given(body=asked())
@settings(max_examples=60, deadline=None)
def test_another_account_gets_none_of_our_signatures(body):
    request = parsed(body)
    theirs = json.loads(SERVERS[0].write(request, Origin("theirs")).body)["contents"]
    signatures = {part.get("thoughtSignature") for content in theirs for part in content["parts"]}
    assert signatures <= {None, "skip_thought_signature_validator"}
