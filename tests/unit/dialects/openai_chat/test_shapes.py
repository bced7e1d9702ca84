import msgspec
import pytest

from dragoman.dialects.openai_chat.shapes import Chunk, FunctionPiece, Piece, Reading, ToolCallPiece


def read(text):
    return msgspec.json.decode(text, type=Chunk)


def test_a_plain_chunk_of_openai_is_read():
    chunk = read(
        b'{"id":"chatcmpl-1","object":"chat.completion.chunk","created":1,"model":"gpt-5","system_fingerprint":null,'
        b'"choices":[{"index":0,"delta":{"role":"assistant","content":"Hi","refusal":null},"logprobs":null,'
        b'"finish_reason":null}],"obfuscation":"xyz"}'
    )
    assert chunk.choices is not None
    assert chunk.choices[0].delta == Piece(content="Hi")
    assert chunk.choices[0].finish_reason is None
    assert (chunk.usage, chunk.error) == (None, None)


@pytest.mark.parametrize("text", [b"{}", b'{"choices":null,"usage":null}', b'{"choices":[]}'])
def test_a_chunk_may_say_nothing(text):
    assert not read(text).choices


def test_arguments_may_be_an_object():
    chunk = read(
        b'{"choices":[{"delta":{"tool_calls":[{"id":"c","function":{"name":"f","arguments":{"a":1}}}]}}]}'
    )
    assert chunk.choices is not None
    assert chunk.choices[0].delta == Piece(
        tool_calls=[ToolCallPiece(None, "c", FunctionPiece("f", {"a": 1}))],
    )


def test_content_may_be_a_list_of_parts():
    chunk = read(b'{"choices":[{"delta":{"content":[{"type":"text","text":"Hi"}]}}]}')
    assert chunk.choices is not None
    assert chunk.choices[0].delta == Piece(content=[{"type": "text", "text": "Hi"}])


def test_the_stop_that_was_hit_may_be_a_text_or_a_token():
    chunk = read(b'{"choices":[{"stop_reason":"END","matched_stop":128009,"finish_reason":"stop"}]}')
    assert chunk.choices is not None
    assert (chunk.choices[0].stop_reason, chunk.choices[0].matched_stop) == ("END", 128009)


def test_a_reader_that_is_told_nothing_hides_thinking_and_stops_nowhere():
    reading = Reading(message_model="m")
    assert (reading.thinking, reading.stop_sequences, reading.visible_tokens) == ("hidden", (), None)
    assert (reading.single_tool_call, reading.tool_names, reading.think_tags) == (False, {}, True)
