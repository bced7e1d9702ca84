import json

import pytest

from dragoman.dialects.gemini.endings import REFUSALS, Hop, conclude
from dragoman.dialects.gemini.shapes import Candidate, PromptFeedback
from dragoman.messages.errors import UpstreamFailure, UpstreamNonsense
from tests.support.gemini_reading import blocked, call, chunk, data, end, hear, play, text, thought

EMPTY = b""
SPEC_REFUSALS = [
    "SAFETY",
    "PROHIBITED_CONTENT",
    "BLOCKLIST",
    "SPII",
    "LANGUAGE",
    "MODEL_ARMOR",
    "ESCALATION",
    "PUP_LIMITED_DISABLED",
    "NO_IMAGE",
    "IMAGE_SAFETY",
    "IMAGE_PROHIBITED_CONTENT",
    "IMAGE_OTHER",
    "IMAGE_RECITATION",
]
MALFORMED = ["MALFORMED_FUNCTION_CALL", "UNEXPECTED_TOOL_CALL", "MALFORMED_RESPONSE"]
UNKNOWN = ["OTHER", "FINISH_REASON_UNSPECIFIED", "SOMETHING_NEW"]


def last_user_texts(body):
    return [part["text"] for part in body["contents"][-1]["parts"]]


def test_stop_ends_the_turn():
    assert hear(text("a"), end()).stop_reason == "end_turn"


@pytest.mark.parametrize(
    "reason", ["STOP", "SAFETY", "OTHER", "MALFORMED_FUNCTION_CALL", "TOO_MANY_TOOL_CALLS", "MAX_TOKENS"]
)
def test_a_call_makes_every_reason_a_tool_use(reason):
    assert hear(call("Read", {"path": "a"}), end(reason)).stop_reason == "tool_use"


def test_output_limit_is_max_tokens():
    heard = hear(text("a"), end("MAX_TOKENS"))
    assert (heard.stop_reason, heard.texts) == ("max_tokens", ["a"])


@pytest.mark.parametrize("before", [EMPTY, thought("hm")])
def test_output_limit_without_text_is_a_message_with_an_empty_text(before):
    heard = hear(before, end("MAX_TOKENS"), thinking="shown")
    assert (heard.stop_reason, heard.texts) == ("max_tokens", [""])


@pytest.mark.parametrize(
    ("window", "stop_reason"),
    [(121, "max_tokens"), (120, "model_context_window_exceeded"), (None, "max_tokens")],
)
def test_full_context_window_is_told_apart_from_the_output_limit(window, stop_reason):
    usage = {"promptTokenCount": 100, "candidatesTokenCount": 15, "thoughtsTokenCount": 5}
    heard = hear(text("a"), end("MAX_TOKENS", usage=usage), context_window=window)
    assert heard.stop_reason == stop_reason


@pytest.mark.parametrize("reason", [*SPEC_REFUSALS, "RECITATION"])
def test_refusal_after_text_adds_a_note(reason):
    heard = hear(text("half"), end(reason, finishMessage="too like a book"))
    assert heard.stop_reason == "refusal"
    assert heard.texts == ["half", f"[Blocked by Gemini: {reason} — too like a book]"]
    assert heard.message["stop_details"] == {
        "type": "refusal",
        "category": None,
        "explanation": f"Blocked by Gemini: {reason} — too like a book",
    }


@pytest.mark.parametrize("reason", SPEC_REFUSALS)
def test_refusal_without_text_is_the_note_alone(reason):
    heard = hear(end(reason))
    assert (heard.stop_reason, heard.texts) == ("refusal", [f"[Blocked by Gemini: {reason}]"])


def test_refusals_are_those_of_the_specification():
    assert {*SPEC_REFUSALS, "RECITATION"} == REFUSALS


def test_recitation_is_asked_anew_once_as_it_was():
    first = play(end("RECITATION"))
    assert len(first.asked) == 1
    assert last_user_texts(first.asked[0]) == ["hi"]
    second = play(end("RECITATION"), end("RECITATION"))
    assert second.stop_reason == "refusal"
    assert play(end("RECITATION"), text("a") + end()).texts == ["a"]


def test_shown_thoughts_do_not_hinder_asking_anew():
    played = play(thought("hm") + end("RECITATION"), text("a") + end(), thinking="shown")
    assert played.kinds == ["thinking", "text"]


@pytest.mark.parametrize("reason", MALFORMED)
def test_malformed_call_is_asked_anew_twice_with_one_nudge(reason):
    bad = end(reason, finishMessage="bad call")
    played = play(bad, bad, call("Read", {"path": "a"}) + end())
    assert played.stop_reason == "tool_use"
    for body in played.asked:
        asked, nudge = last_user_texts(body)
        assert asked == "hi"
        assert nudge.startswith("Your last tool call was malformed")


@pytest.mark.parametrize("reason", MALFORMED)
def test_malformed_for_the_third_time_is_an_overload(reason):
    bad = end(reason, finishMessage="bad call")
    error = play(bad, bad, bad).error
    assert (error.kind, error.error.status, error.error.type) == ("overloaded", 529, "overloaded_error")
    assert error.error.message == f"Gemini: the answer ended with {reason} (bad call)"


@pytest.mark.parametrize("reason", MALFORMED)
def test_malformed_call_after_text_is_a_failure_and_no_ending(reason):
    heard = hear(text("Let me look."), end(reason))
    assert heard.error.error.status == 529
    assert not heard.asked


@pytest.mark.parametrize(("searches", "stop_reason"), [(True, "pause_turn"), (False, "end_turn")])
def test_too_many_calls_pause_a_turn_with_server_tools_only(searches, stop_reason):
    assert hear(text("a"), end("TOO_MANY_TOOL_CALLS"), searches=searches).stop_reason == stop_reason


def test_missing_signature_is_a_400_to_learn_from():
    error = hear(end("MISSING_THOUGHT_SIGNATURE", finishMessage="no signature")).error
    assert (error.kind, error.status, error.vendor_code) == ("refused", 400, "MISSING_THOUGHT_SIGNATURE")
    assert error.error.message == "Gemini: no signature"


@pytest.mark.parametrize("reason", UNKNOWN)
def test_unknown_reason_after_text_ends_the_turn(reason):
    assert hear(text("a"), end(reason)).stop_reason == "end_turn"


@pytest.mark.parametrize("reason", UNKNOWN)
def test_unknown_reason_without_text_is_asked_anew_once(reason):
    played = play(end(reason), text("a") + end())
    assert played.texts == ["a"]
    assert last_user_texts(played.asked[0]) == ["hi"]
    assert play(end(reason), end(reason)).error.error.status == 529


@pytest.mark.parametrize("before", [EMPTY, thought("hm", "sig"), text(""), text(" \n"), text("", "sig")])
def test_stop_without_text_is_asked_anew_once_with_a_nudge_and_then_is_empty(before):
    played = play(before + end(), before + end(), thinking="hidden")
    assert last_user_texts(played.asked[0]) == ["hi", "Please continue."]
    assert (played.stop_reason, played.texts) == ("end_turn", [""])


@pytest.mark.parametrize("said", [text("half"), thought("hm"), text(""), chunk()])
def test_reply_that_is_cut_is_nonsense(said):
    heard = hear(said)
    assert isinstance(heard.error, UpstreamNonsense)
    assert heard.error.error.status == 502


def test_empty_reply_is_asked_anew_once_and_then_an_overload():
    assert len(play(EMPTY).asked) == 1
    assert play(EMPTY, text("a") + end()).texts == ["a"]
    assert play(EMPTY, data({"usageMetadata": {"promptTokenCount": 5}})).error.error.status == 529


@pytest.mark.parametrize(
    "reason",
    ["SAFETY", "OTHER", "BLOCKLIST", "PROHIBITED_CONTENT", "IMAGE_SAFETY", "MODEL_ARMOR", "JAILBREAK"],
)
def test_blocked_prompt_is_a_refusal(reason):
    heard = hear(blocked(blockReason=reason))
    assert (heard.stop_reason, heard.texts) == ("refusal", [f"[Prompt blocked by Gemini: {reason}]"])
    assert heard.message["usage"]["input_tokens"] == 7


def test_blocked_prompt_tells_what_the_server_said_of_it():
    heard = hear(blocked(blockReason="OTHER", blockReasonMessage="Not this."))
    assert heard.texts == ["[Prompt blocked by Gemini: OTHER — Not this.]"]


def test_feedback_that_blocks_nothing_means_nothing():
    ratings = data({"promptFeedback": {"safetyRatings": []}})
    assert hear(ratings, text("a"), end()).stop_reason == "end_turn"


def test_continuation_is_never_an_ending():
    assert (
        conclude(Hop(finish_reason="CONTINUATION"), said=True, called=True, searched=False, tries=9).what
        == "go_on"
    )


def test_a_reply_cut_after_something_was_said_is_never_asked_anew():
    with pytest.raises(UpstreamNonsense):
        conclude(Hop(), said=True, called=False, searched=False, tries=0)


@pytest.mark.parametrize("tries", [1, 2, 3])
def test_an_empty_reply_after_any_other_attempt_is_not_asked_anew(tries):
    with pytest.raises(UpstreamFailure):
        conclude(Hop(), said=False, called=False, searched=False, tries=tries)


SECRET = "Bearer ya29.secret-token in project 123456789012 " + "x" * 5000
SAID = "Bearer *** in project *** " + "x" * 100


@pytest.mark.parametrize("reason", ["SAFETY", "MALFORMED_FUNCTION_CALL", "Bearer abc.def-1"])
def test_what_google_says_at_the_end_is_redacted_and_not_long(reason):
    hop = Hop()
    hop.note(Candidate(finishReason=reason, finishMessage=SECRET))
    assert hop.finish_message.startswith(SAID)
    assert len(hop.finish_message) <= 2000
    assert "abc.def" not in str(hop.finish_reason)


def test_nothing_secret_is_told_of_an_ending():
    refused = hear(text("half"), end("SAFETY", finishMessage=SECRET))
    assert SAID in json.dumps(refused.message)
    assert "ya29" not in json.dumps(refused.message)
    failed = hear(end("MISSING_THOUGHT_SIGNATURE", finishMessage=SECRET)).failure
    assert failed is not None
    assert SAID in failed.error.message
    assert "ya29" not in failed.error.message + failed.vendor_message


def test_why_a_prompt_was_blocked_is_redacted_and_not_long():
    hop = Hop()
    hop.note_feedback(None)
    hop.note_feedback(PromptFeedback(blockReasonMessage="no reason, no block"))
    assert (hop.blocked, hop.finish_message) == ("", "")
    hop.note_feedback(PromptFeedback(blockReason="OTHER", blockReasonMessage=SECRET))
    assert hop.blocked == "OTHER"
    assert hop.finish_message.startswith(SAID)
    assert len(hop.finish_message) <= 2000
    heard = hear(blocked(blockReason="OTHER", blockReasonMessage=SECRET))
    assert "ya29" not in json.dumps(heard.message)
