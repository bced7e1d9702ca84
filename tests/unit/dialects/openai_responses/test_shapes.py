import json

import msgspec
import pytest

from dragoman.dialects.openai_responses.shapes import (
    Event,
    decode_event,
    decode_response,
    error_of,
    whole_response,
)
from dragoman.messages.errors import UpstreamNonsense


def event(**fields):
    return decode_event(json.dumps(fields).encode())


def test_the_fields_that_are_read_are_there():
    read = event(type="response.output_text.delta", delta="x", output_index=1, content_index=2, logprobs=[])
    assert read == Event("response.output_text.delta", delta="x", output_index=1, content_index=2)


def test_the_response_is_kept_as_it_came():
    read = decode_event(b'{"type":"response.completed","response":{"status" : "completed"}}')
    assert bytes(read.response) == b'{"status" : "completed"}'
    assert event(type="x").response == msgspec.Raw()


@pytest.mark.parametrize("odd", [5, [1], {"a": 1}, "x", True, 1.5])
@pytest.mark.parametrize(
    "field",
    ["delta", "output_index", "content_index", "item", "part", "text", "refusal", "annotation", "type"],
)
def test_a_field_of_an_unusual_type_counts_as_missing_and_the_others_are_read(field, odd):
    kinds = {"item": dict, "part": dict, "annotation": dict, "output_index": int, "content_index": int}
    read = event(**({"type": "t", "delta": "d"} | {field: odd}))
    missing = "" if field == "type" else None
    assert getattr(read, field) == (odd if type(odd) is kinds.get(field, str) else missing)
    if field != "delta":
        assert read.delta == "d"


def test_arguments_that_are_an_object_are_read_as_its_json():
    assert event(type="x", arguments={"a": 1}).arguments == '{"a":1}'


def test_half_a_surrogate_pair_is_read():
    assert decode_event(b'{"type":"t","delta":"\\ud83e"}').delta == "\ud83e"


@pytest.mark.parametrize("data", [b"", b"x", b"[]", b"5", b'"x"', b"\xff", b"[" * 5000])
def test_what_is_no_object_is_nonsense(data):
    with pytest.raises(UpstreamNonsense):
        decode_event(data)
    with pytest.raises(UpstreamNonsense):
        decode_response(data)


def test_a_response_with_odd_fields_is_read_as_far_as_it_can_be():
    read = decode_response(
        b'{"status":5,"output":[{"type":"message"},7],"usage":[],"error":"x","service_tier":"flex"}'
    )
    assert (read.status, read.output, read.usage, read.error) == (None, [{"type": "message"}], None, None)
    assert read.service_tier == "flex"


def test_null_is_the_same_as_nothing():
    read = decode_response(b'{"status":"completed","output":null,"usage":null,"input_transformations":null}')
    assert (read.output, read.usage, read.input_transformations) == ([], None, [])


@pytest.mark.parametrize(
    "told",
    [
        {"type": "error", "code": "c", "message": "m", "param": None, "sequence_number": 3},
        {"type": "error", "error": {"type": "t", "code": "c", "message": "m", "param": None}},
    ],
)
def test_an_error_is_read_in_both_of_its_shapes(told):
    error = error_of(json.dumps(told).encode())["error"]
    assert (error["code"], error["message"], error["param"]) == ("c", "m", None)


def test_a_whole_response_is_known_by_its_output_or_status():
    assert whole_response(b'{"output":[]}').output == []
    assert whole_response(b'{"status":"failed"}').status == "failed"


@pytest.mark.parametrize(
    "body",
    [
        b'{"error":{"message":"it broke","code":"c"}}',
        b'{"error":"it broke","code":"c"}',
        b'{"type":"error","message":"it broke","code":"c"}',
    ],
)
def test_an_error_with_status_200_is_a_failed_response(body):
    read = whole_response(body)
    assert read.status == "failed"
    assert read.error is not None


@pytest.mark.parametrize("body", [b"{}", b"", b"<html>", b"[]", b'{"error":null}', b'{"object":"list"}'])
def test_any_other_json_is_no_response(body):
    with pytest.raises(UpstreamNonsense, match="not a response"):
        whole_response(body)
