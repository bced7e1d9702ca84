"""What a plausible upstream says and a plausible client asks, for hypothesis; plain bytes and dicts.

These strategies are the definition of "plausible" in the properties.
"""

import json
from dataclasses import dataclass, replace
from typing import Any

from hypothesis import strategies as st

from tests.support.openai_flavor import COMPATIBLE, Flavor
from tests.support.openai_stream import Voice, chunk_steps
from tests.support.reading import single_bytes
from tests.support.replies import Call, Reasoning, Reply, Text, Usage

TROUBLE = "\u2028\u2029\u0085\x0b\x0c\x1c\x1e\r\n\t\"'\\/<>{}[]:,\0🦉é漢\ufeff\u200d"
"""What line splitters, JSON writers and terminals stumble over."""

characters = st.one_of(st.sampled_from(TROUBLE), st.characters(exclude_categories=["Cs"]))
any_text = st.text(characters, max_size=40)
visible = st.characters(categories=["L", "N", "So"])
texts = st.builds(lambda first, rest, last: first + rest + last, visible, any_text, visible)
"""Texts that begin and end with something visible: readers may trim blanks at the edges."""
tool_names = st.from_regex(r"[a-zA-Z0-9_-]{1,64}", fullmatch=True)
sizes = st.one_of(st.none(), st.integers(1, 5), st.lists(st.integers(1, 9), max_size=6))
json_values = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(-(2**53), 2**53), any_text),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(any_text, inner, max_size=3)),
    max_leaves=6,
)
json_objects = st.dictionaries(any_text, json_values, max_size=4)
usages = st.builds(
    lambda fresh, cached, written, said, thought: Usage(
        prompt=fresh + cached + written,
        completion=said + thought,
        cached=cached,
        cache_written=written,
        reasoning=thought,
    ),
    *[st.integers(0, 10_000)] * 5,
)


@st.composite
def calls(draw: st.DrawFn) -> Call:
    """A tool call whose arguments are a JSON object, cut anywhere."""
    arguments = json.dumps(draw(json_objects), ensure_ascii=draw(st.booleans()))
    return Call(draw(tool_names), arguments, sizes=draw(sizes))


@st.composite
def replies(draw: st.DrawFn) -> Reply:
    """Thoughts, then text, then calls: the order in which one Chat answer can say them. Never empty."""
    thoughts = draw(st.lists(st.builds(Reasoning, texts, sizes), max_size=2))
    said = draw(st.lists(st.builds(Text, texts, sizes), max_size=2))
    called = draw(st.lists(calls(), min_size=0 if said else 1, max_size=3))
    return Reply(parts=(*thoughts, *said, *called), usage=draw(usages))


mixed_replies = st.builds(
    lambda parts, usage: Reply(parts=tuple(parts), usage=usage),
    st.lists(
        st.one_of(st.builds(Text, texts, sizes), st.builds(Reasoning, texts, sizes), calls()),
        min_size=1,
        max_size=6,
    ),
    usages,
)
"""Text, thoughts and calls in any order, as no one promises but some servers do."""

flavors = st.builds(
    lambda reasoning, usage, repeats, interleaves, names, nulls, stop: replace(
        COMPATIBLE,
        reasoning=reasoning,
        usage=usage,
        repeats_tool_ids=repeats,
        interleaves_calls=interleaves,
        names_every_chunk=names,
        ids_as_null=nulls,
        finishes_calls_with_stop=stop,
    ),
    st.sampled_from(["hidden", "reasoning_content", "reasoning", "both", "reasoning_details"]),
    st.sampled_from(["on_request", "never", "every_chunk", "with_finish", "always"]),
    *[st.booleans()] * 5,
)
"""Servers that say everything somewhere and nothing ambiguous."""


@dataclass(frozen=True)
class ChatStream:
    """A streamed Chat answer and what it says."""

    raw: bytes
    reply: Reply
    flavor: Flavor

    @property
    def chunks(self) -> list[dict[str, Any]]:
        """The data lines as JSON, `[DONE]` left out."""
        lines = [line.removeprefix(b"data: ") for line in self.raw.split(b"\n") if line.startswith(b"data: ")]
        return [json.loads(line) for line in lines if line != b"[DONE]"]

    @property
    def text(self) -> str:
        return "".join(part.text for part in self.reply.parts if isinstance(part, Text))

    @property
    def reasoning(self) -> str:
        """Empty where the server hides it."""
        thoughts = "".join(part.text for part in self.reply.parts if isinstance(part, Reasoning))
        return "" if self.flavor.reasoning == "hidden" else thoughts

    @property
    def calls(self) -> list[tuple[str, dict[str, Any]]]:
        """Name and arguments of each call, in order."""
        return [(call.name, json.loads(call.arguments_json)) for call in self.reply.calls]


def chat_stream(reply: Reply, flavor: Flavor) -> ChatStream:
    """The bytes with which a server of `flavor` says `reply`. AssertionError if it has faults of the wire."""
    voice = Voice("test-model", "chatcmpl-1", flavor, True, False, lambda place: f"call_{place}")
    steps = list(chunk_steps(reply, voice))
    assert all(isinstance(step, bytes) for step in steps)
    return ChatStream(b"".join(step for step in steps if isinstance(step, bytes)), reply, flavor)


chat_streams = st.builds(chat_stream, replies(), flavors)


def byte_splits(data: bytes) -> st.SearchStrategy[list[bytes]]:
    """`data` in pieces: whole, byte by byte, or cut anywhere (some pieces may be empty)."""
    anywhere = st.lists(st.integers(0, len(data)), max_size=12).map(lambda cuts: _cut_at(data, sorted(cuts)))
    return st.one_of(st.just([data]), st.just(single_bytes(data)), anywhere)


def _cut_at(data: bytes, cuts: list[int]) -> list[bytes]:
    return [data[start:end] for start, end in zip([0, *cuts], [*cuts, len(data)], strict=True)]


line_endings = st.sampled_from([b"\n", b"\r\n", b"\r"])
"""Each legal in SSE; `raw.replace(b"\\n", ending)` changes a stream, whose JSON has none of its own."""


cache_marks = st.sampled_from([{}, {}, {}, {"cache_control": {"type": "ephemeral"}}])
PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg=="
images = st.just({"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": PIXEL}})
text_blocks = st.builds(lambda text: {"type": "text", "text": text}, texts)
result_contents = st.one_of(texts, st.just(""), st.lists(st.one_of(text_blocks, images), max_size=3))


@st.composite
def tools(draw: st.DrawFn) -> list[dict[str, Any]]:
    """Custom tools with different names, some of them described."""
    names = draw(st.lists(tool_names, min_size=1, max_size=4, unique=True))
    schema = {"type": "object", "properties": {"path": {"type": "string"}}, "additionalProperties": False}
    return [
        {"name": name, "description": draw(any_text), "input_schema": draw(st.sampled_from([schema, EMPTY]))}
        for name in names
    ]


EMPTY: dict[str, Any] = {"$schema": "https://json-schema.org/draft/2020-12/schema", "type": "object"}


@st.composite
def conversations(draw: st.DrawFn) -> dict[str, Any]:
    """A body of POST /v1/messages as an agent sends it: tool loops, thoughts, notes of the system in between."""
    offered = draw(st.one_of(st.just([]), tools()))
    messages: list[dict[str, Any]] = [{"role": "user", "content": draw(_prompts())}]
    if draw(st.booleans()):
        messages.append(
            {"role": "system", "content": draw(st.one_of(texts, st.lists(text_blocks, min_size=1)))}
        )
    for turn in range(draw(st.integers(0, 3))):
        messages += draw(_turns(turn, [tool["name"] for tool in offered]))
    body: dict[str, Any] = {"model": "claude-sonnet-5", "max_tokens": draw(st.integers(1, 64_000))}
    body |= {"messages": messages, "stream": draw(st.booleans())}
    if offered:
        body["tools"] = offered
    system = draw(st.one_of(st.none(), texts, st.lists(text_blocks, min_size=1, max_size=3)))
    return body if system is None else body | {"system": system}


@st.composite
def _prompts(draw: st.DrawFn) -> str | list[dict[str, Any]]:
    if draw(st.booleans()):
        return draw(texts)
    blocks = draw(st.lists(st.one_of(text_blocks, images), max_size=3))
    return [*blocks, {"type": "text", "text": draw(texts)} | draw(cache_marks)]


@st.composite
def _turns(draw: st.DrawFn, turn: int, names: list[str]) -> list[dict[str, Any]]:
    """An assistant's message and the user's answer to it."""
    said: list[dict[str, Any]] = []
    if draw(st.booleans()):
        thought = draw(any_text)
        said.append({"type": "thinking", "thinking": thought, "signature": signature_of(thought)})
    called = draw(st.lists(st.sampled_from(names), max_size=3)) if names else []
    if not called or draw(st.booleans()):
        said.append({"type": "text", "text": draw(texts)})
    ids = [f"toolu_{turn}_{place}" for place in range(len(called))]
    said += [
        {"type": "tool_use", "id": call_id, "name": name, "input": draw(json_objects)}
        for call_id, name in zip(ids, called, strict=True)
    ]
    answered: list[dict[str, Any]] = [
        {"type": "tool_result", "tool_use_id": call_id, "content": draw(result_contents)}
        for call_id in draw(st.permutations(ids))
    ]
    if not answered or draw(st.booleans()):
        answered.append({"type": "text", "text": draw(texts)})
    return [{"role": "assistant", "content": said}, {"role": "user", "content": answered}]


def signature_of(thought: str) -> str:
    """The made-up signature of a thinking block in these conversations."""
    return f"c2lnbmVk{len(thought)}{thought.encode().hex()}"
