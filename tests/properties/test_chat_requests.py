"""Whatever Claude Code sends, a strict server takes what becomes of it."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dragoman.dialects.openai_chat.request import write_request
from dragoman.dialects.quirks import Quirks
from dragoman.messages.envelope import seal
from dragoman.messages.parse import parse_request
from dragoman.messages.request import MessagesRequest
from tests.support.chat_requests import PNG
from tests.support.openai_flavor import OPENAI, Flavor
from tests.support.openai_rules import check_request

FIXTURES = sorted((Path(__file__).parents[1] / "fixtures" / "claude-code").glob("*.json"))

CHATTING = Quirks(
    max_tokens_field="max_completion_tokens",
    max_output_tokens=32_768,
    system_anywhere=True,
    strict_tools=True,
    prompt_cache_key=True,
    user_field="safety_identifier",
    include_obfuscation=True,
    files=True,
)
REASONING = Quirks(
    max_tokens_field="max_completion_tokens",
    max_output_tokens=128_000,
    system_role="developer",
    system_anywhere=True,
    strict_tools=True,
    prompt_cache_key=True,
    user_field="safety_identifier",
    include_obfuscation=True,
    files=True,
    sampling=False,
    reasons=True,
    effort_style="reasoning_effort",
    efforts=("none", "low", "medium", "high"),
)
WEAK = Quirks(
    merge_roles=True,
    stream_options=False,
    tool_choice_required=False,
    tool_choice_function=False,
    tool_ids="nine",
    max_tool_id=9,
    plain_schemas=True,
    structured_output="json_object",
    images=False,
    null_content="empty",
    filler_for_empty="(no output)",
    sampling=False,
)
WEAK_SERVER = Flavor(
    name="weak",
    model_rules=False,
    only_max_tokens=True,
    rejects_stream_options=True,
    system_first=True,
    alternates=True,
    developer_role=False,
    rejects_null_content=True,
    rejects_empty_content=True,
    nine_char_ids=True,
    only_json_object=True,
    tool_choice_strings=True,
)
SERVERS = [
    pytest.param("gpt-4.1", CHATTING, OPENAI, id="gpt-4.1"),
    pytest.param("gpt-5.1", REASONING, OPENAI, id="gpt-5.1"),
    pytest.param("local", WEAK, WEAK_SERVER, id="weak"),
]
REPORTED = {"max_tokens", "tools.*", "tool_choice", "output_config.format", "foo"}
"""Losses that some recorded request really has, beside what lies in its messages."""


def requests_of(path: Path) -> Iterator[MessagesRequest]:
    for recorded in json.loads(path.read_text())["requests"]:
        body: Any = recorded.get("body")
        if isinstance(body, dict) and "max_tokens" in body:
            body.setdefault("model", "named-in-the-path")
            headers = tuple((name.lower(), value) for name, value in recorded["headers"].items())
            yield parse_request(json.dumps(body).encode(), headers)


@pytest.mark.parametrize(("model", "quirks", "server"), SERVERS)
@pytest.mark.parametrize("path", FIXTURES, ids=lambda path: path.stem)
def test_a_strict_server_takes_every_recorded_request(
    path: Path, model: str, quirks: Quirks, server: Flavor
) -> None:
    for request in requests_of(path):
        check_request(json.loads(write_request(request, model, quirks).body), server)


@pytest.mark.parametrize("path", FIXTURES, ids=lambda path: path.stem)
def test_no_recorded_request_is_noisy(path: Path) -> None:
    for request in requests_of(path):
        for loss in write_request(request, "gpt-4.1", CHATTING).losses:
            field = loss.field if not loss.field.startswith("tools.") else "tools.*"
            assert field in REPORTED or field.startswith("messages."), loss


def turns_of(path: Path, quirks: Quirks) -> list[list[str]]:
    """The messages of each turn of one conversation, as JSON."""
    bodies = [json.loads(write_request(request, "m", quirks).body) for request in requests_of(path)]
    return [[json.dumps(message) for message in body["messages"]] for body in bodies]


@pytest.mark.parametrize("quirks", [CHATTING, WEAK], ids=["gpt-4.1", "weak"])
@pytest.mark.parametrize("name", ["tools_multi_turn", "tool_search"])
def test_the_next_turn_begins_with_the_bytes_of_the_last(name: str, quirks: Quirks) -> None:
    turns = turns_of(next(path for path in FIXTURES if path.stem == name), quirks)
    assert len(turns) > 1
    for shorter, longer in zip(turns, turns[1:], strict=False):
        assert longer[: len(shorter)] == shorter


def test_tools_that_come_later_stand_at_the_end() -> None:
    path = next(path for path in FIXTURES if path.stem == "tool_search")
    names = [
        [tool["function"]["name"] for tool in json.loads(write_request(request, "m", CHATTING).body)["tools"]]
        for request in requests_of(path)
    ]
    assert names[-1][: len(names[0])] == names[0]
    assert names[-1][-1] == "mcp__demo__add"


IDS = st.sampled_from(["toolu_1", "toolu_2", "call_0", "", "a:b/c", "x" * 90, "toolu_dpabcDEF12_call_0"])
NAMES = st.sampled_from(["Read", "mcp__" + "long" * 20, "odd name", "Late", "Gone"])
WORDS = st.sampled_from(["", " \n", "words", "<system-reminder>\nx\n</system-reminder>", "[1]"])
TEXT = st.builds(lambda words: {"type": "text", "text": words}, WORDS)
IMAGE = st.just({"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": PNG}})
PDF = st.just(
    {"type": "document", "source": {"type": "base64", "media_type": "application/pdf", "data": "JVBERi0x"}}
)
REFERENCE = st.builds(lambda name: {"type": "tool_reference", "tool_name": name}, NAMES)
UNKNOWN = st.just({"type": "hologram", "light": 1})
CALL = st.builds(
    lambda id, name, arguments: {"type": "tool_use", "id": id, "name": name, "input": arguments},
    IDS,
    NAMES,
    st.sampled_from(
        [{}, {"a": None}, ["x"], "text", None, 3, {"__unparsedToolInput": {"raw": "{", "len": 1}}]
    ),
)
RESULT = st.builds(
    lambda id, content, failed: {
        "type": "tool_result",
        "tool_use_id": id,
        "content": content,
        "is_error": failed,
    },
    IDS,
    st.one_of(st.none(), WORDS, st.lists(st.one_of(TEXT, IMAGE, PDF, REFERENCE, UNKNOWN), max_size=3)),
    st.booleans(),
)
THOUGHT = st.sampled_from(
    [
        {"type": "thinking", "thinking": "hm", "signature": ""},
        {"type": "thinking", "thinking": "hm", "signature": seal("openai_chat", {"m": "m", "t": "deep"})},
        {"type": "redacted_thinking", "data": "x"},
        {"type": "server_tool_use", "id": "srvtoolu_1", "name": "web_search", "input": {"query": "q"}},
        {"type": "web_search_tool_result", "tool_use_id": "srvtoolu_1", "content": []},
        {"type": "compaction", "content": "summary"},
        {"type": "compaction", "content": None},
    ]
)
CHANGE = st.builds(
    lambda kind, name: {"type": kind, "tool": {"type": "tool_reference", "name": name}},
    st.sampled_from(["tool_addition", "tool_removal"]),
    NAMES,
)
MESSAGE = st.one_of(
    st.builds(
        lambda blocks: {"role": "user", "content": blocks},
        st.lists(st.one_of(TEXT, IMAGE, PDF, RESULT, UNKNOWN), max_size=4),
    ),
    st.builds(
        lambda blocks: {"role": "assistant", "content": blocks},
        st.lists(st.one_of(TEXT, CALL, THOUGHT, UNKNOWN), max_size=4),
    ),
    st.builds(
        lambda blocks, expiry: {"role": "system", "content": blocks, "clear_at": expiry},
        st.lists(st.one_of(TEXT, CHANGE), max_size=2),
        st.sampled_from([None, "never", "next_user_message"]),
    ),
)
SCHEMAS = st.sampled_from(
    [{"type": "object"}, {"$schema": "x", "required": None}, {"properties": {"a": {"type": "array"}}}, {}]
)


@st.composite
def conversations(draw: st.DrawFn) -> MessagesRequest:
    names = draw(st.lists(NAMES, unique=True, max_size=4))
    tools = [
        {"name": name, "input_schema": draw(SCHEMAS), "defer_loading": draw(st.booleans()), "strict": True}
        for name in names
    ]
    first = {"role": "user", "content": "begin"}
    last = {"role": "user", "content": "end"}
    body = {
        "model": "m",
        "max_tokens": draw(st.sampled_from([1, 64, 4000])),
        "messages": [first, *draw(st.lists(MESSAGE, max_size=6)), last],
        "system": draw(WORDS),
        "tools": tools,
        "thinking": draw(st.sampled_from([None, {"type": "adaptive"}, {"type": "disabled"}])),
        "tool_choice": draw(st.sampled_from([None, {"type": "any", "disable_parallel_tool_use": True}])),
    }
    return parse_request(json.dumps(body).encode(), ())


@pytest.mark.parametrize(("model", "quirks", "server"), SERVERS)
@given(request=conversations())
@settings(max_examples=80, deadline=None)
def test_a_strict_server_takes_every_conversation(
    model: str, quirks: Quirks, server: Flavor, request: MessagesRequest
) -> None:
    check_request(json.loads(write_request(request, model, quirks).body), server)


@given(request=conversations())
@settings(max_examples=50, deadline=None)
def test_writing_never_changes_the_request_and_is_repeatable(request: MessagesRequest) -> None:
    before = json.dumps(request.raw)
    assert write_request(request, "m", WEAK) == write_request(request, "m", WEAK)
    assert json.dumps(request.raw) == before
