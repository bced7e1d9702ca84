import pytest

from dragoman.dialects.gemini.calls import MOST_ITEMS, put_piece
from dragoman.dialects.tool_ids import original_tool_id
from dragoman.messages.events import ContentBlockDelta, InputJsonDelta
from tests.support.gemini_reading import call, call_part, chunk, data, end, hear, play, signatures_in, text


def piece(name=None, *pieces, more=True, signature=None):
    """A chunk with a part of a call, as Vertex AI sends it."""
    function = {"willContinue": True} if more else {}
    if name is not None:
        function["name"] = name
    if pieces:
        function["partialArgs"] = list(pieces)
    part = {"functionCall": function}
    return chunk(part if signature is None else part | {"thoughtSignature": signature})


def put(*pieces):
    arguments = {}
    for path, kind, value in pieces:
        put_piece(arguments, {"jsonPath": path, kind: value})
    return arguments


def calls_of(heard):
    return [(block["name"], block["input"]) for block in heard.content if block["type"] == "tool_use"]


def ids_of(heard):
    return [block["id"] for block in heard.content if block["type"] == "tool_use"]


def test_call_is_said_whole_in_one_delta():
    heard = hear(call("Bash", {"command": "ls", "n": 1}), end())
    deltas = [event.delta for event in heard.events if isinstance(event, ContentBlockDelta)]
    assert deltas == [InputJsonDelta('{"command":"ls","n":1}')]
    assert heard.stop_reason == "tool_use"


@pytest.mark.parametrize(
    ("args", "value"),
    [
        (None, {}),
        ({}, {}),
        ({"a": {"b": [1, None, 2.5]}}, {"a": {"b": [1, None, 2.5]}}),
        ([1, 2], {"value": [1, 2]}),
        (7, {"value": 7}),
        (True, {"value": True}),
        ('{"a": 1}', {"a": 1}),
    ],
)
def test_input_is_always_an_object(args, value):
    assert calls_of(hear(call("Bash", args), end())) == [("Bash", value)]


def test_text_in_place_of_arguments_is_never_taken_for_valid():
    ((_, value),) = calls_of(hear(call("Bash", "ls"), end()))
    assert value == {"__unparsedToolInput": {"raw": "ls", "len": 2}}


def test_arguments_with_half_a_pair_are_read():
    frame = b'data: {"candidates":[{"content":{"parts":[{"functionCall":{"name":"A","args":{"x":"\\ud83d"}}}]}}]}\n\n'
    assert calls_of(hear(frame, end())) == [("A", {"x": "\ufffd"})]


@pytest.mark.parametrize("id", ["call_1", "a.b/c d", "x" * 200, None])
def test_ids_wrap_those_of_the_server(id):
    (wrapped,) = ids_of(hear(call("A", {}, id=id), end()))
    assert wrapped.startswith("toolu_")
    assert len(wrapped) <= 64
    if id is not None and len(id) < 20:
        assert original_tool_id(wrapped) == id


@pytest.mark.parametrize("id", ["same", "", None])
def test_parallel_calls_have_distinct_ids(id):
    together = hear(chunk(call_part("A", {}, id=id), call_part("A", {}, id=id)), end())
    apart = hear(call("A", {}, id=id), call("A", {}, id=id), end())
    assert len(set(ids_of(together))) == len(set(ids_of(apart))) == 2


@pytest.mark.parametrize("name", ["", None])
def test_call_without_a_name_is_no_call(name):
    function = {} if name is None else {"name": name}
    heard = hear(text("a"), chunk({"functionCall": function}), end())
    assert (heard.kinds, heard.stop_reason) == (["text"], "end_turn")


def test_names_are_those_of_the_client():
    assert calls_of(hear(call("_7up", {}), end(), tool_names={"_7up": "7up"})) == [("7up", {})]


def test_one_call_at_a_time_leaves_out_the_later_ones_with_their_signatures():
    heard = hear(
        call("A", {}, signature="S1"), call("B", {}, signature="S2"), text("x"), end(), single_tool_call=True
    )
    assert calls_of(heard) == [("A", {})]
    assert [signatures_in(envelope)[0][2] for envelope in heard.kept.values()] == ["S1"]


# Calls in pieces


def test_call_in_pieces_is_said_once_it_is_whole():
    heard = hear(
        piece("Write", signature="SIG"),
        piece(None, {"jsonPath": "$.path", "stringValue": "a"}),
        piece(None, {"jsonPath": "$.path", "stringValue": ".py"}, {"jsonPath": "$.n", "numberValue": 2}),
        piece(more=False),
        end(),
    )
    assert calls_of(heard) == [("Write", {"path": "a.py", "n": 2})]
    assert [signatures_in(envelope)[0][2] for envelope in heard.kept.values()] == ["SIG"]


def test_call_in_one_piece_is_whole():
    assert calls_of(hear(piece("Write", {"jsonPath": "$.a", "boolValue": False}, more=False), end())) == [
        ("Write", {"a": False})
    ]


def test_next_call_ends_the_one_in_pieces_and_keeps_its_own_arguments():
    heard = hear(
        piece("A", {"jsonPath": "$.x", "stringValue": "1"}),
        piece("B", {"jsonPath": "$.y", "stringValue": "2"}),
        call("C", {"z": "3"}),
        end(),
    )
    assert calls_of(heard) == [("A", {"x": "1"}), ("B", {"y": "2"}), ("C", {"z": "3"})]


def test_call_that_the_output_limit_cut_is_left_out():
    heard = hear(
        text("now"), piece("Write", {"jsonPath": "$.text", "stringValue": "half of"}), end("MAX_TOKENS")
    )
    assert (heard.kinds, heard.stop_reason) == (["text"], "max_tokens")


def test_call_that_the_output_limit_cut_leaves_whole_ones():
    heard = hear(call("Read", {"a": 1}), piece("Write"), end("MAX_TOKENS"))
    assert (calls_of(heard), heard.stop_reason) == ([("Read", {"a": 1})], "tool_use")


def test_call_in_pieces_goes_on_in_the_next_request():
    played = play(
        piece("Write", {"jsonPath": "$.text", "stringValue": "half "})
        + end("CONTINUATION", continuationToken="t"),
        piece(None, {"jsonPath": "$.text", "stringValue": "and half"}, more=False) + end(),
    )
    assert calls_of(played) == [("Write", {"text": "half and half"})]


@pytest.mark.parametrize(
    ("pieces", "value"),
    [
        ([("$.a", "stringValue", "x"), ("$.a", "stringValue", "y")], {"a": "xy"}),
        (
            [("$.a.b.c", "numberValue", 1), ("$.a.d", "nullValue", "NULL_VALUE")],
            {"a": {"b": {"c": 1}, "d": None}},
        ),
        ([("$.a[0]", "stringValue", "x"), ("$.a[1].b", "boolValue", True)], {"a": ["x", {"b": True}]}),
        ([("$.a[2]", "numberValue", 3)], {"a": [None, None, 3]}),
        ([("$['a.b']", "numberValue", 1)], {"a.b": 1}),
        ([("$.a", "numberValue", 1), ("$.a", "numberValue", 2)], {"a": 2}),
    ],
)
def test_pieces_are_put_at_their_places(pieces, value):
    assert put(*pieces) == value


@pytest.mark.parametrize(
    ("path", "kind", "left"),
    [
        ("$", "stringValue", {}),
        (None, "stringValue", {}),
        ("$.a", "otherValue", {}),
        ("$[0]", "stringValue", {}),
        ("$" + ".a" * 1000, "stringValue", {}),
        (f"$.a[{MOST_ITEMS}]", "stringValue", {"a": []}),
        ("$.a[" + "9" * 10_000 + "].b", "stringValue", {"a": []}),
    ],
)
def test_pieces_without_a_place_are_left_out(path, kind, left):
    assert put((path, kind, "x")) == left


def test_piece_below_a_text_is_left_out():
    assert put(("$.a", "stringValue", "x"), ("$.a.b", "stringValue", "y")) == {"a": "x"}


def test_whole_call_in_an_array_answer():
    heard = hear(
        data({"candidates": [{"content": {"parts": [call_part("A", {"x": 1})]}, "finishReason": "STOP"}]})
    )
    assert calls_of(heard) == [("A", {"x": 1})]
