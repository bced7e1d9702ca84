import json

import pytest

from dragoman.dialects.gemini.signatures import text_key
from dragoman.messages.events import ContentBlockDelta, TextDelta, ThinkingDelta
from tests.support.gemini_reading import (
    call,
    call_part,
    chunk,
    counted,
    data,
    end,
    hear,
    play,
    signatures_in,
    text,
    thought,
)

THINKING = ["shown", "sealed", "hidden"]


def surrogates(piece):
    """A frame whose text is written with escapes, as JavaScript cuts it."""
    return b'data: {"candidates":[{"content":{"parts":[{"text":"' + piece.encode() + b'"}]}}]}\n\n'


def thinking_of(heard):
    return [block for block in heard.content if block["type"] == "thinking"]


def call_ids(heard):
    return [block["id"] for block in heard.content if block["type"] == "tool_use"]


# Orders of blocks


def test_a_fence_around_an_emulated_format_is_not_shown():
    pieces = [text("```js"), text('on\n{"a"'), text(": 1}\n`"), text("``\n"), end()]
    assert hear(*pieces, fenced=True).texts == ['{"a": 1}']
    assert hear(*pieces).texts == ['```json\n{"a": 1}\n```\n']
    assert hear(text("``"), call("Read", {}), end(), fenced=True).kinds == ["text", "tool_use"]
    assert hear(text('```json\n{"a": "b###'), stop_sequences=("###",), fenced=True).texts == ['{"a": "b']


def test_text_is_said_in_the_pieces_that_it_came_in():
    heard = hear(text("Hel"), text("lo"), end())
    assert [event.delta for event in heard.events if isinstance(event, ContentBlockDelta)] == [
        TextDelta("Hel"),
        TextDelta("lo"),
    ]


def test_each_change_of_kind_is_a_new_block():
    heard = hear(text("a"), thought("b"), text("c"), call("Read", {}), text("d"), end(), thinking="shown")
    assert heard.kinds == ["text", "thinking", "text", "tool_use", "text"]
    assert heard.texts == ["a", "c", "d"]
    assert heard.stop_reason == "tool_use"


def test_thoughts_that_follow_each_other_are_one_block():
    heard = hear(thought("a"), thought("b"), text("c"), end(), thinking="shown")
    assert [block["thinking"] for block in thinking_of(heard)] == ["ab"]


@pytest.mark.parametrize("thinking", ["sealed", "hidden"])
def test_thoughts_are_not_shown_to_who_did_not_ask(thinking):
    heard = hear(text("a"), thought("secret"), text("b"), end(), thinking=thinking)
    assert (heard.kinds, heard.texts) == (["text"], ["ab"])


def test_every_thinking_block_is_signed():
    heard = hear(thought("a"), text("b"), thought("c"), end(), thinking="shown")
    assert heard.kinds == ["thinking", "text", "thinking"]
    assert [signatures_in(block["signature"]) for block in thinking_of(heard)] == [[], []]


# Blank text


@pytest.mark.parametrize("blank", ["", "\n", " \n\t"])
def test_blank_text_before_a_call_is_no_block(blank):
    assert hear(text(blank), call("Read", {}), end()).kinds == ["tool_use"]


def test_leading_newlines_stay_with_their_text():
    assert hear(text("\n\n"), text("a"), text("\n"), end()).texts == ["\n\na\n"]


def test_leading_newlines_of_a_reply_that_is_asked_anew_are_gone():
    assert play(text("\n\n") + end(), text("a") + end()).texts == ["a"]


# Surrogate pairs


@pytest.mark.parametrize(
    ("pieces", "said"),
    [
        (("x\\ud83d", "\\ude00y"), "x😀y"),
        (("\\ud83d", "", "\\ude00"), "😀"),
        (("\\ud83d", "a"), "\ufffda"),
        (("\\ude00",), "\ufffd"),
        (("a\\ud83d",), "a\ufffd"),
        (("ü", "\\ud83d\\ude00"), "ü😀"),
    ],
)
def test_pairs_that_are_cut_over_chunks_are_joined(pieces, said):
    assert hear(*map(surrogates, pieces), end()).texts == [said]


def test_thoughts_are_joined_too():
    halves = [data({"candidates": [{"content": {"parts": [{"text": p, "thought": True}]}}]}) for p in "😀"]
    cut = halves[0].replace(b"\\ud83d\\ude00", b"\\ud83d"), halves[0].replace(b"\\ud83d\\ude00", b"\\ude00")
    heard = hear(*cut, text("a"), end(), thinking="shown")
    assert [block["thinking"] for block in thinking_of(heard)] == ["😀"]
    assert all(
        e.delta.thinking
        for e in heard.events
        if isinstance(e, ContentBlockDelta) and isinstance(e.delta, ThinkingDelta)
    )


def test_half_a_pair_before_a_call_is_said_before_it():
    heard = hear(surrogates("a\\ud83d"), call("Read", {}), end())
    assert (heard.kinds, heard.texts) == (["text", "tool_use"], ["a\ufffd"])


# Stop sequences that the server was not told of


@pytest.mark.parametrize("pieces", [("one ##", "# two"), ("one ", "###"), ("one #", "#", "#")])
def test_stop_sequence_ends_the_answer(pieces):
    heard = play(b"".join(map(text, pieces)), stop_sequences=("###",))
    assert heard.texts == ["one "]
    assert (heard.message["stop_reason"], heard.message["stop_sequence"]) == ("stop_sequence", "###")


@pytest.mark.parametrize(
    ("frames", "told"),
    [
        ([text("On a cold"), text(" day### more")], 6),
        ([thought("It is so."), text("###")], 3),
        ([text("###")], 1),
        ([text("one###", usageMetadata=None)], 2),
        ([chunk({"text": "one###"}, usage=counted(100, 77))], 77),
        ([thought("x" * 400), chunk({"text": "one###"}, usage=counted(100, 2))], 102),
    ],
)
def test_an_answer_that_is_stopped_here_tells_what_it_has_cost_so_far(frames, told):
    """Vertex AI counts in its last chunk only, which is not read any more."""
    heard = hear(*frames, stop_sequences=("###",))
    assert heard.message["usage"]["output_tokens"] == told
    assert heard.reader.usage.output_tokens == told


def test_an_answer_that_is_cut_here_tells_what_it_has_cost_so_far():
    heard = hear(text("x" * 99), visible_tokens=16)
    assert (heard.stop_reason, heard.message["usage"]["output_tokens"]) == ("max_tokens", 25)


def test_what_earlier_requests_of_a_stopped_answer_cost_counts_too():
    played = play(
        text("x" * 40) + end("CONTINUATION", continuationToken="t", usage=counted(100, 50)),
        text("x" * 40 + "###"),
        stop_sequences=("###",),
    )
    assert played.message["usage"]["output_tokens"] == 61


def test_what_the_upstream_counted_to_the_end_is_told_as_it_is():
    assert hear(text("x" * 400), end(usage=counted(100, 7))).message["usage"]["output_tokens"] == 7


def test_stop_sequence_at_once_is_an_empty_text():
    heard = play(text("###"), stop_sequences=("###",))
    assert (heard.texts, heard.stop_reason) == ([""], "stop_sequence")


def test_beginning_of_a_stop_sequence_is_text_after_all():
    assert hear(text("one #"), end(), stop_sequences=("###",)).texts == ["one #"]
    assert hear(text("#"), call("Read", {}), end(), stop_sequences=("###",)).texts == ["#"]


def test_text_that_was_held_back_whole_is_no_empty_answer():
    heard = hear(text("##"), end(), stop_sequences=("###",))
    assert (heard.texts, heard.asked) == (["##"], [])


def test_stop_sequence_over_two_requests_is_found():
    played = play(
        text("a#") + end("CONTINUATION", continuationToken="t"), text("##b"), stop_sequences=("###",)
    )
    assert (played.texts, played.stop_reason) == (["a"], "stop_sequence")


def test_what_follows_a_stop_sequence_in_the_same_chunk_is_not_said():
    heard = hear(chunk({"text": "a###"}, call_part("Write", {"path": "x"})), stop_sequences=("###",))
    assert (heard.kinds, heard.stop_reason) == (["text"], "stop_sequence")


def test_stop_sequence_after_a_call_leaves_the_call_to_be_run():
    heard = hear(call("Read", {}), text("a###"), stop_sequences=("###",))
    assert (heard.kinds, heard.stop_reason) == (["tool_use", "text"], "tool_use")


def test_the_server_told_its_own_stop_sequences_ends_with_end_turn():
    heard = hear(text("a"), end())
    assert (heard.message["stop_reason"], heard.message["stop_sequence"]) == ("end_turn", None)


# The visible limit


def test_text_beyond_the_visible_limit_is_cut_and_the_answer_ends():
    heard = hear(text("x" * 60), text("y" * 10, usage=counted(100, 20)), visible_tokens=16)
    assert (heard.texts, heard.stop_reason) == (["x" * 60 + "y" * 4], "max_tokens")
    assert heard.message["usage"]["output_tokens"] == 20


def test_text_of_exactly_the_visible_limit_is_whole():
    heard = hear(text("x" * 64), end(), visible_tokens=16)
    assert (heard.texts, heard.stop_reason) == (["x" * 64], "end_turn")


def test_nothing_is_said_once_the_visible_limit_is_reached():
    heard = hear(text("x" * 64), text("y"), visible_tokens=16)
    assert (heard.texts, heard.stop_reason) == (["x" * 64], "max_tokens")
    assert all(event.delta.text for event in heard.events if isinstance(event, ContentBlockDelta))


# Signatures


@pytest.mark.parametrize("before", [b"", thought("hm")])
def test_signature_of_a_call_travels_in_the_thinking_right_before_it(before):
    heard = hear(before, call("Read", {}, signature="SIG"), end(), thinking="shown")
    assert heard.kinds == ["thinking", "tool_use"]
    (tool_use_id,) = call_ids(heard)
    assert signatures_in(heard.content[0]["signature"]) == [("call", tool_use_id, "SIG")]
    assert signatures_in(heard.kept[tool_use_id]) == [("call", tool_use_id, "SIG")]


def test_sealed_thinking_gets_an_empty_block_for_the_signature():
    heard = hear(text("a"), call("Read", {}, signature="SIG"), end(), thinking="sealed")
    assert heard.kinds == ["text", "thinking", "tool_use"]
    assert heard.content[1]["thinking"] == ""


def test_signature_is_only_kept_if_the_client_wants_no_thinking():
    heard = hear(call("Read", {}, signature="SIG"), end(), thinking="hidden")
    assert heard.kinds == ["tool_use"]
    assert [signatures_in(envelope)[0][2] for envelope in heard.kept.values()] == ["SIG"]


def test_only_the_first_of_parallel_calls_has_a_signature():
    parts = [call_part("Read", {"n": 1}, signature="SIG"), call_part("Read", {"n": 2})]
    heard = hear(chunk(*parts), end(), thinking="shown")
    assert heard.kinds == ["thinking", "tool_use", "tool_use"]
    assert list(heard.kept) == call_ids(heard)[:1]


def test_each_signed_call_has_its_own_thinking():
    heard = hear(call("A", {}, signature="S1"), call("B", {}, signature="S2"), end(), thinking="shown")
    assert heard.kinds == ["thinking", "tool_use", "thinking", "tool_use"]
    ids = call_ids(heard)
    assert [signatures_in(block["signature"]) for block in thinking_of(heard)] == [
        [("call", ids[0], "S1")],
        [("call", ids[1], "S2")],
    ]


@pytest.mark.parametrize("thinking", THINKING)
@pytest.mark.parametrize("trailing", [True, False])
def test_signature_of_the_last_text_is_only_kept(thinking, trailing):
    frames = [text("Hel"), text("lo"), end("STOP", {"text": "", "thoughtSignature": "SIG"})]
    if not trailing:
        frames = [text("Hel"), text("lo", "SIG"), end()]
    heard = hear(*frames, thinking=thinking)
    assert (heard.kinds, heard.texts) == (["text"], ["Hello"])
    assert signatures_in(heard.kept[text_key("Hello")]) == [("text", "", "SIG")]


def test_signature_alone_in_its_part_is_that_of_the_text_before_it():
    heard = hear(text("Hello"), end("STOP", {"thoughtSignature": "SIG"}))
    assert heard.kinds == ["text"]
    assert signatures_in(heard.kept[text_key("Hello")]) == [("text", "", "SIG")]


def test_signature_of_a_text_before_a_call_travels_with_it():
    heard = hear(text("a", "T"), call("Read", {}, signature="C"), end(), thinking="shown")
    assert heard.kinds == ["text", "thinking", "tool_use"]
    assert [entry[::2] for entry in signatures_in(heard.content[1]["signature"])] == [
        ("text", "T"),
        ("call", "C"),
    ]


def test_signature_of_a_thought_travels_in_its_block():
    heard = hear(thought("hm", "SIG"), text("a"), end(), thinking="shown")
    assert signatures_in(heard.content[0]["signature"]) == [("thought", "", "SIG")]


def test_signature_of_a_thought_that_comes_without_text_closes_the_open_one():
    heard = hear(thought("hm"), thought("", "SIG"), text("a"), end(), thinking="shown")
    assert heard.kinds == ["thinking", "text"]
    assert signatures_in(heard.content[0]["signature"]) == [("thought", "", "SIG")]


def test_signature_of_a_sealed_thought_travels_with_the_call():
    heard = hear(thought("", "T"), call("Read", {}, signature="C"), end(), thinking="sealed")
    assert heard.kinds == ["thinking", "tool_use"]
    assert [entry[::2] for entry in signatures_in(heard.content[0]["signature"])] == [
        ("thought", "T"),
        ("call", "C"),
    ]


@pytest.mark.parametrize("thinking", THINKING)
def test_models_whose_signatures_are_worth_nothing_leave_none(thinking):
    heard = hear(
        thought("hm", "A"),
        text("a", "B"),
        call("Read", {}, signature="C"),
        end(),
        thinking=thinking,
        signs=False,
    )
    assert heard.kept == {}
    assert b"ABC" not in json.dumps(heard.content).encode()
    assert all(signatures_in(block["signature"]) == [] for block in thinking_of(heard))


def test_kept_envelopes_are_handed_out_once():
    heard = hear(text("a", "SIG"), end())
    assert heard.kept
    assert heard.reader.take_kept() == {}


# Text that waits for its sources


def test_text_that_waits_is_said_before_a_call_and_at_the_end():
    heard = hear(
        text("a"), text("#"), call("Read", {}), text("b"), end(), holds_text=True, stop_sequences=("##",)
    )
    assert heard.kinds == ["text", "tool_use", "text"]
    assert heard.texts == ["a#", "b"]


@pytest.mark.parametrize("blank", ["", "\n"])
def test_blank_text_that_waits_is_no_block(blank):
    assert hear(text(blank), call("Read", {}), end(), holds_text=True).kinds == ["tool_use"]


def test_blank_text_that_waits_is_asked_for_anew():
    assert len(hear(text("\n"), end(), holds_text=True).asked) == 1
    assert hear(text("a"), end(), holds_text=True).asked == []
