"""Whatever clients and earlier answers left in a history, Gemini's strict servers take what becomes of it."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dragoman.dialects.gemini.request import write_request
from dragoman.messages.parse import parse_request
from tests.support.chat_requests import ask, call, image, pdf, result, text, tool, user
from tests.support.gemini_requests import (
    MODELS,
    body_of,
    contents_of,
    count_of,
    origin_of,
    quirks_of,
    sealed,
)
from tests.support.gemini_signatures import current_turn
from tests.test_recorded_requests import every_count, every_message

UNSIGNED = ("gemini-2.5-flash", "gemini-2.5-pro", "gemma-4-31b-it")
THOUGHTS = [
    {"type": "thinking", "thinking": "hm", "signature": ""},
    {"type": "thinking", "thinking": "hm", "signature": "EqQBCkYIBxgCKkAclaude"},
    {"type": "redacted_thinking", "data": "x"},
]
READS = {"tools": [tool("Read")]}
SEARCH = {"tools": [tool("Read"), {"type": "web_search_20250305", "name": "web_search"}]}
BUILT_IN = [
    {"toolCall": {"id": "x", "toolType": "GOOGLE_SEARCH_WEB", "args": {}}, "thoughtSignature": "c2ln"},
    {"toolResponse": {"id": "x", "toolType": "GOOGLE_SEARCH_WEB", "response": {}}},
]
PLACES = [(model, vertex) for model in MODELS for vertex in (False, True)]


def server_use(id):
    return {"type": "server_tool_use", "id": id, "name": "web_search", "input": {"query": "q"}}


def server_result(id, envelope):
    found = {"type": "web_search_result", "url": "https://a.example", "title": "A"}
    return {
        "type": "web_search_tool_result",
        "tool_use_id": id,
        "content": [found | {"encrypted_content": envelope}],
    }


def side_envelope(id, **signature):
    """What is sealed after a call that ran in a request of its own."""
    part = {"functionCall": {"name": "web_search", "args": {"query": "q"}, "id": id}, **signature}
    answer = {"id": id, "name": "web_search", "response": {"output": "found"}}
    return sealed(parts=[part], responses=[{"functionResponse": answer}])


SIGNED = [side_envelope("s1", thoughtSignature="c2ln"), side_envelope("s2")]


@every_message
def test_every_gemini_takes_every_recorded_request(name, body, headers):
    request = parse_request(body, headers)
    for model, vertex in PLACES:
        written = body_of(request, model, vertex=vertex)
        body_of(request, model, vertex=vertex, strict_schemas=True, plain_schemas=True)
        assert "cache_control" not in json.dumps(written["contents"])
        assert "x-anthropic-billing-header" not in json.dumps(written.get("systemInstruction"))


@every_message
def test_the_same_request_is_the_same_bytes(name, body, headers):
    for model, vertex in PLACES:
        quirks = quirks_of(model, vertex=vertex)
        once, again = (
            write_request(parse_request(body, headers), model, quirks, origin_of()) for _ in range(2)
        )
        assert once.body == again.body


@every_count
def test_every_gemini_counts_every_recorded_count(name, body, headers):
    request = parse_request(body, headers, counting=True)
    for model, vertex in PLACES:
        count_of(request, model, vertex=vertex)


IDS = st.sampled_from(["toolu_1", "toolu_2", "s1", "", "a:b/c", "x" * 90, "toolu_dpabcDEF12_s1"])
SERVER_IDS = st.sampled_from(["srvtoolu_1", "srvtoolu_2"])
BLOCKS = st.one_of(
    st.sampled_from(
        [text(""), text("words"), image(), pdf(title="t"), {"type": "hologram"}, *THOUGHTS]
        + [image(type="url", url="http://x/a"), image(type="base64", media_type="image/gif", data="R0lG")]
        + [{"type": "compaction", "content": "sum"}, {"type": "compaction", "content": None}]
    ),
    st.builds(
        lambda id, value: call("odd name", id) | {"input": value},
        IDS,
        st.sampled_from([{}, "text", None]),
    ),
    st.builds(
        lambda id, blocks, failed: result(*blocks, id=id, is_error=failed),
        IDS,
        st.lists(
            st.sampled_from(
                [text(""), text("r"), image(), pdf(), {"type": "tool_reference", "tool_name": "Read"}]
            ),
            max_size=3,
        ),
        st.booleans(),
    ),
    st.builds(server_use, SERVER_IDS),
    st.builds(server_result, SERVER_IDS, st.sampled_from([*SIGNED, sealed(parts=BUILT_IN), "", "foreign"])),
    st.builds(
        lambda kind, id: {"type": "thinking", "thinking": "t", "signature": sealed((kind, id, "c2ln"))},
        st.sampled_from(["call", "text", "thought"]),
        IDS,
    ),
)
HISTORIES = st.lists(
    st.builds(
        lambda role, blocks: {"role": role, "content": blocks},
        st.sampled_from(["user", "assistant", "assistant", "system"]),
        st.lists(BLOCKS, max_size=5),
    ),
    max_size=5,
)


@pytest.mark.parametrize(("model", "vertex"), [*PLACES, ("gemma-4-31b-it", False)])
@given(messages=HISTORIES, fields=st.sampled_from([{}, READS, SEARCH]), skips=st.booleans())
@settings(max_examples=40, deadline=None)
def test_gemini_takes_every_history(model, vertex, messages, fields, skips):
    request = ask(user("begin"), *messages, user("end"), **fields)
    origin = origin_of({"toolu_1": sealed(("call", "toolu_1", "c2ln"))})
    before = json.dumps(request.raw)
    contents = contents_of(request, model, vertex=vertex, origin=origin, skip_signatures=skips)
    assert json.dumps(request.raw) == before
    for content in contents[current_turn(contents) :]:
        calls = [part for part in content["parts"] if "functionCall" in part]
        assert not calls or model in UNSIGNED or "thoughtSignature" in calls[0]
    if model.startswith("gemma"):
        assert "thoughtSignature" not in json.dumps(contents)


@given(messages=HISTORIES, fields=st.sampled_from([READS, SEARCH]))
@settings(max_examples=80, deadline=None)
def test_the_next_turn_begins_with_the_contents_of_the_last(messages, fields):
    turns = [user("begin"), *messages, user("end")]
    origin = origin_of()
    shorter = contents_of(ask(*turns, **fields), origin=origin)
    longer = contents_of(
        ask(*turns, {"role": "assistant", "content": "ok"}, user("more"), **fields), origin=origin
    )
    assert longer[: len(shorter)] == shorter
