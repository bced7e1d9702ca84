"""What the strategies call plausible is legal for its vendor, and says what they claim it says."""

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from openai.types.chat import ChatCompletionChunk
from tests.support.anthropic_rules import blocks_of, check_request
from tests.support.strategies import (
    ChatStream,
    byte_splits,
    chat_streams,
    conversations,
    line_endings,
    signature_of,
)


@given(chat_streams)
def test_chunks_fit_the_sdks_type(stream: ChatStream) -> None:
    for chunk in stream.chunks:
        ChatCompletionChunk.model_validate(chunk)


@given(chat_streams)
def test_stream_says_its_text_and_its_calls(stream: ChatStream) -> None:
    text, arguments = "", {}
    for chunk in stream.chunks:
        for choice in chunk["choices"]:
            text += choice["delta"].get("content") or ""
            for call in choice["delta"].get("tool_calls", ()):
                arguments[call["index"]] = arguments.get(call["index"], "") + call["function"]["arguments"]
    assert text == stream.text
    assert [json.loads(arguments[index]) for index in sorted(arguments)] == [said for _, said in stream.calls]


@given(chat_streams, line_endings)
def test_line_ends_occur_only_between_lines(stream: ChatStream, ending: bytes) -> None:
    lines = stream.raw.replace(b"\n", ending).split(ending)
    assert [line for line in lines if line] == [line for line in stream.raw.split(b"\n") if line]


@given(st.binary(max_size=60), st.data())
def test_split_loses_nothing(data: bytes, drawn: st.DataObject) -> None:
    assert b"".join(drawn.draw(byte_splits(data))) == data


@given(conversations())
def test_conversation_is_one_that_the_api_accepts(body: dict[str, Any]) -> None:
    thoughts = [
        block["thinking"]
        for message in body["messages"]
        for block in blocks_of(message)
        if block["type"] == "thinking"
    ]
    check_request(body, {signature_of(thought): thought for thought in thoughts})
