import pytest

from dragoman.dialects.gemini.shapes import decode_chunk
from dragoman.messages.errors import UpstreamNonsense


@pytest.mark.parametrize(
    "chunk",
    [
        b"{}",
        b'{"candidates": []}',
        b'{"candidates": null, "usageMetadata": null, "promptFeedback": null}',
        b'{"candidates": [{}]}',
        b'{"candidates": [{"content": {}}]}',
        b'{"candidates": [{"content": {"role": "model", "parts": []}}]}',
        b'{"candidates": [{"content": {"parts": null}}], "modelVersion": "x", "new": [{"field": 1}]}',
    ],
)
def test_any_field_may_be_missing(chunk):
    decoded = decode_chunk(chunk)
    assert all(not (one.content and one.content.parts) for one in decoded.candidates or ())


def test_fields_that_nobody_knows_are_left_out():
    chunk = decode_chunk(
        b'{"candidates": [{"content": {"parts": [{"text": "a", "partMetadata": {"x": 1}}]}}]}'
    )
    assert chunk.candidates is not None
    assert chunk.candidates[0].content is not None
    assert chunk.candidates[0].content.parts is not None
    assert chunk.candidates[0].content.parts[0].text == "a"


def test_numbers_in_text_are_read():
    usage = decode_chunk(b'{"usageMetadata": {"promptTokenCount": "12"}}').usageMetadata
    assert usage is not None
    assert usage.promptTokenCount == 12


def test_huge_numbers_are_read():
    usage = decode_chunk(
        b'{"usageMetadata": {"promptTokenCount": 123456789012345678901234567890}}'
    ).usageMetadata
    assert usage is not None
    assert usage.promptTokenCount == 123456789012345678901234567890


def test_half_a_surrogate_pair_is_kept():
    chunk = decode_chunk(b'{"candidates": [{"content": {"parts": [{"text": "\\ud83d"}]}}]}')
    assert chunk.candidates is not None
    assert chunk.candidates[0].content is not None
    assert chunk.candidates[0].content.parts is not None
    assert chunk.candidates[0].content.parts[0].text == "\ud83d"


@pytest.mark.parametrize(
    "chunk",
    [
        b"[DONE]",
        b"{",
        b"null",
        b"7",
        b"[{}, {}]",
        b'{"candidates": 7}',
        b'{"candidates": [{"content": {"parts": ["text"]}}]}',
        b"\xff",
        b'{"candidates": [' + b"[" * 100_000,
    ],
)
def test_anything_else_is_nonsense(chunk):
    with pytest.raises(UpstreamNonsense):
        decode_chunk(chunk)
