"""Requests that the real Claude Code sent, and such as no client should send: calls without results, results without
calls, ids that come twice, blocks of every kind in every place. For hypothesis."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from hypothesis import strategies as st

from dragoman.messages.parse import parse_request
from dragoman.messages.request import MessagesRequest
from tests.support.chat_requests import PNG
from tests.support.sealing import seal

FIXTURES = sorted((Path(__file__).parents[1] / "fixtures" / "claude-code").glob("*.json"))


def requests_of(path: Path) -> Iterator[MessagesRequest]:
    """The recorded requests for a message or a count."""
    for recorded in json.loads(path.read_text())["requests"]:
        body: Any = recorded.get("body")
        if isinstance(body, dict) and "max_tokens" in body:
            body.setdefault("model", "named-in-the-path")
            headers = tuple((name.lower(), value) for name, value in recorded["headers"].items())
            yield parse_request(json.dumps(body).encode(), headers)


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
OURS = {"account": "ours", "family": "gemini-3"}
OWN = {
    "s": [["call", "toolu_1", "c2ln"], ["text", "", "dGV4dA=="], ["thought", "", "aG0="], ["call"], None],
}
"""What the Gemini dialect seals, and some that it does not."""
CALLED = {
    "functionCall": {"id": "call_0", "name": "web_search", "args": {"query": "q"}},
    "thoughtSignature": "c2ln",
}
ANSWERED = {"functionResponse": {"id": "call_0", "name": "web_search", "response": {"output": "found"}}}
FOUND = [
    [{"type": "web_search_result", "encrypted_content": seal("gemini", OWN | parts, **OURS)}]
    for parts in (
        {"parts": [CALLED], "responses": [ANSWERED]},
        {"parts": [CALLED], "responses": []},
        {"parts": [{"toolCall": {"id": "s1"}, "thoughtSignature": "c2ln"}], "responses": []},
        {"parts": [ANSWERED, None], "responses": [CALLED, {}, "x"]},
        {"parts": "x", "responses": {}},
    )
]
"""What it seals into the results of a search, and some that it does not."""
THOUGHT = st.sampled_from(
    [
        {"type": "thinking", "thinking": "hm", "signature": ""},
        {
            "type": "thinking",
            "thinking": "hm",
            "signature": seal("openai_chat", {"t": "deep"}, account="ours", family="m"),
        },
        {"type": "thinking", "thinking": "", "signature": seal("gemini", OWN, **OURS)},
        {"type": "thinking", "thinking": "hm", "signature": seal("gemini", OWN | {"s": "no list"}, **OURS)},
        {"type": "redacted_thinking", "data": "x"},
        {"type": "server_tool_use", "id": "srvtoolu_1", "name": "web_search", "input": {"query": "q"}},
        {"type": "web_search_tool_result", "tool_use_id": "srvtoolu_1", "content": []},
        *({"type": "web_search_tool_result", "tool_use_id": "srvtoolu_1", "content": own} for own in FOUND),
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
def bodies(draw: st.DrawFn) -> dict[str, Any]:
    """A body of POST /v1/messages whose history is in a mess."""
    names = draw(st.lists(NAMES, unique=True, max_size=4))
    tools = [
        {"name": name, "input_schema": draw(SCHEMAS), "defer_loading": draw(st.booleans()), "strict": True}
        for name in names
    ]
    first = {"role": "user", "content": "begin"}
    last = {"role": "user", "content": "end"}
    return {
        "model": "m",
        "max_tokens": draw(st.sampled_from([1, 64, 4000])),
        "messages": [first, *draw(st.lists(MESSAGE, max_size=6)), last],
        "system": draw(WORDS),
        "tools": tools,
        "thinking": draw(st.sampled_from([None, {"type": "adaptive"}, {"type": "disabled"}])),
        "tool_choice": draw(st.sampled_from([None, {"type": "any", "disable_parallel_tool_use": True}])),
    }


conversations = bodies().map(lambda body: parse_request(json.dumps(body).encode(), ()))
