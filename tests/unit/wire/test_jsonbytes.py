import msgspec
import pytest

from dragoman.wire.jsonbytes import (
    MAX_DEPTH,
    SHORT_BYTES,
    JsonError,
    decode,
    decode_as,
    decode_repaired,
    decode_with_surrogates,
    encode,
    join_object,
    replace_lone_surrogates,
)


class Point(msgspec.Struct):
    name: str
    x: int = 0


POINTS = msgspec.json.Decoder(Point)


def nested(depth: int) -> bytes:
    return b"[" * depth + b"]" * depth


def test_json_is_compact_utf8_in_the_order_given():
    assert (
        encode({"b": [1, 2.5, None, True], "a": "é\u2028"})
        == '{"b":[1,2.5,null,true],"a":"é\u2028"}'.encode()
    )


@pytest.mark.parametrize(
    ("value", "written"),
    [
        ("cut \ud83d", "cut \ufffd"),
        ("\udc00 first", "\ufffd first"),
        ("\ud83d\ude00", "😀"),
        ("\ufeff\ud800\ufeff", "\ufeff\ufffd\ufeff"),
    ],
)
def test_lone_surrogate_in_a_string_is_written_as_the_replacement_character(value, written):
    assert decode(encode({value: [value]})) == {written: [written]}


def test_lone_surrogate_inside_a_struct_or_a_tuple_is_replaced_too():
    assert encode((Point("\ud800"), ("\udfff",))) == '[{"name":"\ufffd","x":0},["\ufffd"]]'.encode()


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (b"", "truncated"),
        (b"{", "truncated"),
        (b'{"a":1,}', "malformed"),
        (b'{"a":1} x', "malformed"),
        (b"NaN", "malformed"),
        (b"1e999", "out of range"),
        (b'"\xff"', "UTF-8"),
        (b'"\xed\xa0\x80"', "UTF-8"),
        (b"\xff\xfe1\x00", "malformed"),
        (b"1" * 5000, "out of range"),
        (nested(100_000), "nested"),
    ],
)
def test_every_kind_of_bad_json_is_one_error_that_says_why(text, why):
    with pytest.raises(JsonError, match=why):
        decode(text)


def test_error_does_not_quote_the_text():
    with pytest.raises(JsonError) as caught:
        decode(b'{"prompt": "my-secret-words" oops}')
    assert "secret" not in str(caught.value)


def test_depth_up_to_the_limit_is_accepted():
    assert encode(decode(nested(MAX_DEPTH))) == nested(MAX_DEPTH)


def test_depth_beyond_the_limit_is_refused():
    with pytest.raises(JsonError, match=f"more than {MAX_DEPTH} deep"):
        decode(nested(MAX_DEPTH + 1))


def test_depth_counts_objects_beside_flat_values():
    text = b'{"a":[{"b":[0]}],"c":1}'
    assert decode(text, max_depth=4) == {"a": [{"b": [0]}], "c": 1}
    with pytest.raises(JsonError, match="more than 3 deep"):
        decode(text, max_depth=3)


@pytest.mark.parametrize("beside", [SHORT_BYTES - MAX_DEPTH, SHORT_BYTES])
def test_depth_is_judged_in_long_texts_as_in_short_ones(beside):
    def text(depth: int) -> bytes:
        return b'{"a":"' + b"x" * beside + b'","b":[0,' + nested(depth) + b"]}"

    assert decode(text(MAX_DEPTH - 2))["a"] == "x" * beside
    with pytest.raises(JsonError, match=f"more than {MAX_DEPTH} deep"):
        decode(text(MAX_DEPTH - 1))


def test_values_are_joined_in_their_order():
    values = {"b": msgspec.Raw(b"1"), "a": msgspec.Raw(b"[2]")}
    assert join_object(values) == b'{"b":1,"a":[2]}'
    assert join_object({}) == b"{}"


@pytest.mark.parametrize(
    ("text", "value"),
    [
        (rb'"\ud83d"', "\ufffd"),
        (rb'"\ud83d\ude00"', "😀"),
        (rb'"\ud83d\ud83d\ude00"', "\ufffd😀"),
        (rb'"\ude00\ud83d"', "\ufffd\ufffd"),
        (rb'"\\ud83d \ud83d"', r"\ud83d " + "\ufffd"),
        (rb'"\\\ud83d"', "\\\ufffd"),
        (rb'"\uD83Dx"', "\ufffdx"),
    ],
)
def test_lone_surrogate_escape_is_read_as_the_replacement_character(text, value):
    assert decode(b'{"k":' + text + b"}") == {"k": value}


def test_repaired_bytes_are_what_the_value_was_read_from():
    value, text = decode_repaired(rb'{"a": "x\ud800"}')
    assert (value, text) == ({"a": "x\ufffd"}, rb'{"a": "x\ufffd"}')


def test_good_bytes_are_handed_back_untouched():
    body = rb'{"a" : 1.0, "emoji": "\ud83d\ude00", "a": 2}'
    assert decode_repaired(body) == ({"a": 2, "emoji": "😀"}, body)


def test_escaped_backslashes_before_a_u_are_not_repaired():
    assert replace_lone_surrogates(rb'"\\ud800"') == rb'"\\ud800"'


def test_typed_decoding_accepts_lone_surrogates():
    assert decode_as(rb'{"name": "x\udead"}', POINTS) == Point("x\ufffd")


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b'{"name": 1}',
        b'{"name": "\xff"}',
        rb'{"name": "\ud800", "x": "no"}',
        b'{"a":' + nested(100_000) + b"}",
    ],
)
def test_typed_decoding_has_the_same_one_error(text):
    with pytest.raises(JsonError):
        decode_as(text, POINTS)


def test_half_of_a_surrogate_pair_is_kept_where_it_is_asked_for():
    assert decode_with_surrogates(rb'{"a": "\ud83d"}') == {"a": "\ud83d"}


@pytest.mark.parametrize("text", [b"{", b'"\xff"', b"1" * 5000, nested(100_000)])
def test_decoding_with_surrogates_has_the_same_one_error(text):
    with pytest.raises(JsonError):
        decode_with_surrogates(text)


@pytest.mark.parametrize("fields", [{}, {"a": b"1"}, {"a": b"[1, 2]", 'b"': b"{}", "é": b"null"}])
def test_fields_that_are_encoded_already_are_joined_to_the_object_of_all(fields):
    joined = join_object({name: msgspec.Raw(value) for name, value in fields.items()})
    assert decode(joined) == {name: decode(value) for name, value in fields.items()}
    assert all(value in joined for value in fields.values())
    assert list(decode(joined)) == list(fields)
