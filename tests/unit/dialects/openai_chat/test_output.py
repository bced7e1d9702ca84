import pytest

from dragoman.dialects.openai_chat.output import Output
from dragoman.dialects.openai_chat.shapes import Reading
from dragoman.messages.envelope import Seal
from dragoman.messages.events import ContentBlockDelta, SignatureDelta, TextDelta, Usage
from dragoman.messages.fold import fold
from tests.support.reading import check_grammar
from tests.support.sealing import opened


def output(**reading):
    return Output(
        Reading(
            **{"message_model": "claude-sonnet-5", "seal": Seal("openai_chat", "ours", "deepseek"), **reading}
        ),
        "msg_1",
        7,
    )


def finished(out):
    """The blocks of the message that `out` says, with signatures opened."""
    out.finish()
    out.writer.end("end_turn", Usage())
    events = out.writer.take()
    check_grammar(events, complete=True)
    return [read(block) for block in fold(events)["content"]]


def read(block):
    if block["type"] != "thinking":
        return block
    payload = opened(block["signature"], "openai_chat", account="ours", family="deepseek")
    assert payload is not None
    return {"thinking": block["thinking"], "sealed": payload}


def text(value):
    return {"type": "text", "text": value}


def thinking(value, **sealed):
    return {"thinking": value, "sealed": {"f": "reasoning_content", **sealed}}


def test_text_is_one_block():
    out = output()
    for piece in ("Hel", "lo", " world"):
        out.text(piece)
    assert finished(out) == [text("Hello world")]


def test_each_piece_of_text_is_said_at_once():
    out = output()
    for piece in ("Hello", " <think>", "STOP"):
        out.text(piece)
        (*_, last) = out.writer.take()
        assert last == ContentBlockDelta(0, TextDelta(piece))


def test_nothing_said_opens_no_block():
    assert finished(output(thinking="shown")) == []


def test_reasoning_is_shown_when_the_client_wants_it():
    out = output(thinking="shown")
    out.reasoning("Let me ", "reasoning_content")
    out.reasoning("see.", "reasoning_content")
    out.text("Yes.")
    assert finished(out) == [thinking("Let me see."), text("Yes.")]


def test_the_signature_is_the_last_delta_of_a_thinking_block():
    out = output(thinking="shown")
    out.reasoning("why", "reasoning_content")
    out.text("Yes.")
    deltas = [event.delta for event in out.writer.take() if isinstance(event, ContentBlockDelta)]
    assert [type(delta) for delta in deltas[1:]] == [SignatureDelta, TextDelta]


def test_the_signature_names_the_field_that_the_reasoning_came_in():
    out = output(thinking="shown")
    out.reasoning("why", "reasoning")
    assert finished(out) == [thinking("why", f="reasoning")]


def test_reasoning_that_the_client_wants_omitted_is_only_in_the_signature():
    out = output(thinking="sealed")
    out.reasoning("secret ", "reasoning_content")
    out.reasoning("thoughts", "reasoning_content")
    out.text("Yes.")
    assert finished(out) == [thinking("", t="secret thoughts"), text("Yes.")]


def test_reasoning_is_hidden_from_a_client_that_did_not_ask():
    out = output(thinking="hidden")
    out.reasoning("secret", "reasoning_content")
    out.text("Yes.")
    assert finished(out) == [text("Yes.")]


def test_every_thinking_block_seals_its_own_text():
    out = output(thinking="sealed")
    out.reasoning("one", "reasoning_content")
    out.text("A")
    out.reasoning("two", "reasoning_content")
    assert finished(out) == [thinking("", t="one"), text("A"), thinking("", t="two")]


def test_think_tags_are_reasoning():
    out = output(thinking="shown")
    for piece in ("<thi", "nk>why", "</thi", "nk>\n\nbecause"):
        out.text(piece)
    assert finished(out) == [thinking("why", f="think_tags"), text("because")]


def test_a_think_tag_that_is_never_closed_is_reasoning_to_the_end():
    out = output(thinking="shown")
    for piece in ("<think>why", " not</thi"):
        out.text(piece)
    assert finished(out) == [thinking("why not</thi", f="think_tags")]


def test_think_tags_are_text_for_a_model_that_has_none():
    out = output(thinking="shown", think_tags=False)
    out.text("<think>why</think>because")
    assert finished(out) == [text("<think>why</think>because")]


def test_think_tags_behind_the_first_text_are_text():
    out = output(thinking="shown")
    out.text("Use the tag ")
    out.text("<think>like this</think>")
    assert finished(out) == [text("Use the tag <think>like this</think>")]


def test_the_beginning_of_a_tag_before_reasoning_in_a_field_is_not_lost():
    out = output(thinking="shown")
    out.text("<thin")
    out.reasoning("why", "reasoning_content")
    out.text("end")
    assert finished(out) == [text("<thin"), thinking("why"), text("end")]


def test_newlines_after_thinking_are_trimmed():
    out = output(thinking="shown")
    out.reasoning("why", "reasoning_content")
    for piece in ("\n", "\n", "Hello\n", "\nthere"):
        out.text(piece)
    assert finished(out) == [thinking("why"), text("Hello\n\nthere")]


def test_newlines_after_hidden_thinking_are_trimmed():
    out = output(thinking="hidden")
    out.reasoning("why", "reasoning_content")
    out.text("\n\nHello")
    assert finished(out) == [text("Hello")]


def test_indentation_after_thinking_is_kept():
    out = output(thinking="shown")
    out.reasoning("why", "reasoning_content")
    out.text("\n    code")
    assert finished(out) == [thinking("why"), text("    code")]


def test_only_the_first_text_after_thinking_is_trimmed():
    out = output(thinking="shown")
    out.reasoning("why", "reasoning_content")
    out.text("\nfirst")
    out.begin_tool_calls()
    out.writer.tool_call(0, "toolu_1", "Bash")
    out.text("\nsecond")
    blocks = finished(out)
    assert [block["text"] for block in blocks if block.get("type") == "text"] == ["first", "\nsecond"]


def test_whitespace_alone_is_no_block():
    out = output()
    out.text("\n")
    out.text("  ")
    assert finished(out) == []


def test_whitespace_before_text_is_kept():
    out = output()
    for piece in ("\n", "  ", "Hello"):
        out.text(piece)
    assert finished(out) == [text("\n  Hello")]


def test_whitespace_before_a_tool_call_is_no_block():
    out = output()
    out.text("\n\n")
    out.begin_tool_calls()
    out.writer.tool_call(0, "toolu_1", "Bash")
    assert [block["type"] for block in finished(out)] == ["tool_use"]


def test_text_held_back_is_said_before_a_tool_call():
    out = output(stop_sequences=("STOP",))
    out.text("Look: ST")
    out.begin_tool_calls()
    out.writer.tool_call(0, "toolu_1", "Bash")
    first, second = finished(out)
    assert (first, second["type"]) == (text("Look: ST"), "tool_use")


def test_a_stop_sequence_over_two_pieces_ends_the_text():
    out = output(stop_sequences=("</severity>", "END"))
    for piece in ("low</sev", "erity>", "more"):
        out.text(piece)
    assert (out.text_end.stopped_by, out.text_end.stop_sequence) == ("stop_sequence", "</severity>")
    assert finished(out) == [text("low")]


def test_after_a_stop_sequence_nothing_is_said():
    out = output(thinking="shown", stop_sequences=("END",))
    out.text("doneEND")
    out.reasoning("more", "reasoning_content")
    out.text("more")
    assert finished(out) == [text("done")]


def test_a_stop_sequence_in_reasoning_is_no_stop():
    out = output(thinking="shown", stop_sequences=("END",))
    out.reasoning("should I say END?", "reasoning_content")
    out.text("<END")
    assert finished(out) == [thinking("should I say END?"), text("<")]


def test_a_stop_sequence_in_think_tags_is_no_stop():
    out = output(thinking="shown", stop_sequences=("END",))
    out.text("<think>END</think>shown END")
    assert finished(out) == [thinking("END", f="think_tags"), text("shown ")]


def test_the_server_may_name_the_stop_sequence_itself():
    out = output(stop_sequences=("END",))
    out.text("done")
    out.server_matched("END")
    assert (out.text_end.stopped_by, out.text_end.stop_sequence) == ("stop_sequence", "END")


def test_a_stop_that_the_client_did_not_ask_for_is_none():
    out = output(stop_sequences=("END",))
    out.server_matched("<|eot_id|>")
    assert out.text_end.stopped_by is None


def test_text_that_was_held_back_is_said_when_the_server_names_the_stop():
    out = output(stop_sequences=("END",))
    out.text("all that I kE")
    out.server_matched("END")
    assert finished(out) == [text("all that I kE")]


def test_visible_text_is_cut_at_the_limit():
    out = output(visible_tokens=2)
    out.text("12345")
    assert out.text_end.stopped_by is None
    out.text("6789")
    assert out.text_end.stopped_by == "limit"
    out.text("more")
    assert finished(out) == [text("12345678")]


def test_text_that_fills_the_limit_exactly_is_not_cut():
    out = output(visible_tokens=2)
    out.text("12345678")
    assert out.text_end.stopped_by is None
    out.text("9")
    assert out.text_end.stopped_by == "limit"
    assert finished(out) == [text("12345678")]


def test_a_limit_of_nothing_opens_no_block():
    out = output(visible_tokens=0)
    out.text("x")
    assert out.text_end.stopped_by == "limit"
    assert finished(out) == []


def test_reasoning_does_not_count_against_the_visible_limit():
    out = output(thinking="shown", visible_tokens=2)
    out.reasoning("a long thought that is not visible", "reasoning_content")
    out.text("12345678")
    assert out.text_end.stopped_by is None
    assert finished(out) == [thinking("a long thought that is not visible"), text("12345678")]


def test_reasoning_details_travel_in_the_signature():
    out = output(thinking="shown")
    detail = {"type": "reasoning.text", "text": "why", "signature": "abc", "index": 0}
    out.reasoning_details([detail])
    out.reasoning("why", "reasoning")
    out.text("Yes.")
    assert finished(out) == [thinking("why", f="reasoning", d=[detail]), text("Yes.")]


def test_encrypted_reasoning_details_have_a_block_without_text():
    out = output(thinking="shown")
    detail = {"type": "reasoning.encrypted", "data": "xyz", "index": 0}
    out.reasoning_details([detail])
    out.text("Yes.")
    assert finished(out) == [thinking("", d=[detail]), text("Yes.")]


def test_reasoning_details_behind_text_go_into_a_block_of_their_own():
    out = output(thinking="shown")
    detail = {"type": "reasoning.encrypted", "data": "xyz", "index": 0}
    out.text("Yes.")
    out.reasoning_details([detail])
    assert finished(out) == [text("Yes."), thinking("", d=[detail])]


def test_reasoning_details_before_a_tool_call_come_before_it():
    out = output(thinking="shown")
    detail = {"type": "reasoning.encrypted", "data": "xyz", "index": 0}
    out.text("Yes.")
    out.reasoning_details([detail])
    out.begin_tool_calls()
    out.writer.tool_call(0, "toolu_1", "Bash")
    first, second, third = finished(out)
    assert (first, second, third["type"]) == (text("Yes."), thinking("", d=[detail]), "tool_use")


def test_reasoning_details_in_a_tool_call_do_not_close_it():
    out = output(thinking="shown")
    out.begin_tool_calls()
    out.writer.tool_call(0, "toolu_1", "Bash")
    out.reasoning_details([{"type": "reasoning.encrypted", "data": "xyz"}])
    out.begin_tool_calls()
    out.writer.tool_call(1, "toolu_2", "Read")
    assert out.writer.tool_input(0, "{}")


def test_reasoning_details_are_hidden_from_a_client_that_did_not_ask():
    out = output(thinking="hidden")
    out.reasoning_details([{"type": "reasoning.encrypted", "data": "xyz"}])
    out.text("Yes.")
    assert finished(out) == [text("Yes.")]


@pytest.mark.parametrize("reading", [{}, {"stop_sequences": ("END",)}])
def test_a_surrogate_pair_over_two_pieces_is_joined(reading):
    out = output(**reading)
    for piece in ("owl \ud83e", "\udd89!"):
        out.text(piece)
    assert finished(out) == [text("owl 🦉!")]


def test_a_surrogate_pair_over_two_pieces_of_reasoning_is_joined():
    out = output(thinking="shown")
    out.reasoning("owl \ud83e", "reasoning_content")
    out.reasoning("\udd89!", "reasoning_content")
    assert finished(out) == [thinking("owl 🦉!")]


@pytest.mark.parametrize("pieces", [("owl \ud83e",), ("owl \ud83e", "")])
def test_half_a_surrogate_pair_at_the_end_is_replaced(pieces):
    out = output()
    for piece in pieces:
        out.text(piece)
    assert finished(out) == [text("owl \ufffd")]


def test_keep_alive_says_an_empty_delta_in_the_open_block():
    out = output()
    out.text("Hello")
    out.writer.take()
    out.keep_alive()
    assert out.writer.take() == [ContentBlockDelta(0, TextDelta(""))]
    out.text(" there")
    assert out.writer.take() == [ContentBlockDelta(0, TextDelta(" there"))]


def test_keep_alive_opens_a_thinking_block_that_the_reasoning_goes_on_in():
    out = output(thinking="shown")
    out.keep_alive()
    out.reasoning("why", "reasoning_content")
    assert finished(out) == [thinking("why")]


def test_output_is_estimated_at_four_characters_a_token():
    out = output(thinking="hidden")
    assert out.estimated_output_tokens == 1
    out.reasoning("12345", "reasoning_content")
    out.text("678")
    out.count(1)
    assert out.estimated_output_tokens == 3


def test_a_fence_around_a_format_that_was_only_asked_for_is_not_shown():
    out = output(fenced=True)
    for piece in ("``", "`json\n{", '"a": 1}', "\n``", "`\n"):
        out.text(piece)
    assert finished(out) == [text('{"a": 1}')]


def test_thoughts_that_are_ended_are_signed_and_text_may_follow():
    out = output(thinking="shown")
    out.reasoning("hm", "reasoning_content")
    out.end_thoughts()
    assert out.writer.open_block is None
    out.text("so")
    assert finished(out) == [thinking("hm"), text("so")]
