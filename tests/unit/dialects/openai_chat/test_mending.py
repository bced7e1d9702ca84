import json
import time

import pytest

from dragoman.dialects.openai_chat.mending import mend
from dragoman.dialects.openai_error import read_failure
from dragoman.dialects.quirks import Quirks
from dragoman.wire.exchange import ReplyHead
from tests.support.chat_requests import ask
from tests.support.refusals import EVERYTHING, learned, mended


def test_functions_without_reasoning_are_asked_for():
    message = (
        "Function tools with reasoning_effort are not supported for gpt-5.6-terra in /v1/chat/completions. To use "
        "function tools, use /v1/responses or set reasoning_effort to 'none'."
    )
    after = mended(message, Quirks(), param="reasoning_effort")
    assert after is not None
    assert (after.effort_style, after.efforts, after.reasons) == ("reasoning_effort", ("none",), True)
    assert mended(message, after, param="reasoning_effort") == after


def test_a_looser_output_limit_teaches_nothing():
    message = "max_tokens is too large: 32000. This model supports at most 16384 completion tokens"
    assert mended(message, Quirks(max_output_tokens=8192)) is None


def test_an_overflow_teaches_nothing_about_fields():
    message = (
        "'max_tokens' or 'max_completion_tokens' is too large: 32000. This model's maximum context length is "
        "32768 tokens and your request has 5000 input tokens (32000 > 32768 - 5000)."
    )
    assert mended(message) is None


def test_a_template_error_with_status_500_is_learned_from():
    message = "Jinja Exception: Conversation roles must alternate user/assistant/user/assistant/..."
    assert learned(message, status=500)["merge_roles"] is True


def test_structured_output_steps_down_until_nothing_is_left():
    message = "This response_format type is unavailable now"
    first = mended(message)
    assert first is not None
    assert first.structured_output == "json_object"
    second = mended(message, first)
    assert second is not None
    assert second.structured_output == "none"
    assert mended(message, second) is None


@pytest.mark.parametrize(
    "message",
    [
        "Something went wrong",
        "The user asked for an invalid date",
        "Invalid 'messages': empty array.",
        "I will stop here, your request is invalid",
        "",
    ],
)
def test_words_that_teach_nothing_change_nothing(message):
    assert mended(message) is None


@pytest.mark.parametrize("status", [401, 402, 403, 413, 429, 503])
def test_other_statuses_teach_nothing(status):
    assert mended("Unsupported parameter: 'temperature' is not supported", status=status) is None


def test_a_content_filter_teaches_nothing():
    assert mended("'temperature' is not supported", code="content_filter") is None


def test_what_is_known_already_is_not_learned_again():
    known = Quirks(sampling=False)
    assert mended("Unsupported parameter: 'temperature' is not supported with this model.", known) is None


@pytest.mark.parametrize("filler", ["x", "invalid ", "max_tokens ", "'", "content null "])
def test_hostile_texts_are_judged_quickly(filler):
    start = time.perf_counter()
    mended(filler * (2000 // len(filler)))
    assert time.perf_counter() - start < 2


ONLY_RESPONSES = [
    "Function tools with reasoning_effort are not supported for gpt-5.6-terra in /v1/chat/completions. To use function "
    "tools, use /v1/responses or set reasoning_effort to 'none'.",
    "This model is only supported in v1/responses and not in v1/chat/completions.",
    "This is not a chat model and thus not supported in the v1/chat/completions endpoint. Did you mean to use "
    "v1/responses?",
]


def asked_to_speak(message, status=400, quirks=EVERYTHING):
    body = json.dumps({"error": {"message": message}}).encode()
    found = mend(read_failure(ReplyHead(status, ()), body, ask()), quirks)
    return None if found is None else found.speak


@pytest.mark.parametrize("message", ONLY_RESPONSES)
@pytest.mark.parametrize("status", [400, 404])
def test_a_model_that_answers_only_to_responses_is_to_be_asked_there(message, status):
    assert asked_to_speak(message, status) == "openai_responses"


def test_the_demand_for_responses_stands_beside_what_else_helps():
    found = mended(ONLY_RESPONSES[0])
    assert found is not None
    assert found.efforts == ("none",)
    assert asked_to_speak(ONLY_RESPONSES[0], quirks=found) == "openai_responses"


@pytest.mark.parametrize(
    ("message", "status", "spoken"),
    [
        ("Unsupported parameter: 'temperature' is not supported with this model.", 400, ""),
        (ONLY_RESPONSES[1], 500, None),
        ("This model does not support the Responses API.", 400, None),
    ],
)
def test_other_refusals_demand_no_other_language(message, status, spoken):
    assert asked_to_speak(message, status) == spoken
