import pytest
from bench.floor_replies import READERS
from bench.replies import Shape, script

SHAPE = Shape(4, None)


def body_of(api: str) -> bytes:
    """The bytes of a streamed reply without the HTTP chunks around its events."""
    parts = script(api, SHAPE)
    rest, body = b"".join((parts.opening, *parts.deltas, parts.closing)), b""
    while rest:
        length, _, rest = rest.partition(b"\r\n")
        body, rest = body + rest[: int(length, 16)], rest[int(length, 16) + 2 :]
    return body


@pytest.mark.parametrize(
    ("backend", "api"),
    [
        ("openai", "chat"),
        ("responses", "responses"),
        ("gemini", "gemini"),
        ("anthropic", "messages"),
    ],
)
def test_floor_says_the_same_of_every_backend_however_the_stream_is_cut(backend: str, api: str) -> None:
    reader, body = READERS[backend](), body_of(api)
    said = b"".join(reader.feed(body[start : start + 50]) for start in range(0, len(body), 50))

    assert said.count(b'"text_delta"') == 4
    assert [said.count(name) for name in (b"event: message_start", b"event: message_stop")] == [1, 1]
    assert b'"output_tokens":4}' in said


@pytest.mark.parametrize("backend", ["responses", "gemini"])
def test_floor_makes_one_message_of_a_stream(backend: str) -> None:
    message = READERS[backend]().whole(body_of(backend))

    assert b'"text":"Hello from the bench."' in message
    assert b'"usage":{"input_tokens":12,"output_tokens":4}' in message
