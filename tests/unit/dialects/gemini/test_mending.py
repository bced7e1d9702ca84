import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dragoman.dialects.gemini.mending import mend
from dragoman.dialects.quirks import Quirks
from dragoman.messages.errors import ApiError, UpstreamFailure
from tests.support.gemini_reading import end, hear

MODERN = Quirks(
    effort_style="thinking_level",
    efforts=("minimal", "low", "medium", "high", "xhigh"),
    thought_signatures="required",
    media_in_results=True,
    structured_with_tools=True,
    search_with_functions=True,
    call_ids=True,
    sampling=False,
)
OLD = Quirks(effort_style="thinking_budget", thinking_budgets=(128, 32_768), thought_signatures="optional")
VERTEX = "Unable to submit request because "
MISSING = [
    "Function call is missing a thought_signature in functionCall parts. This is required for tools to work correctly.",
    VERTEX
    + "function call `x` in the 2. content block is missing a `thought_signature`. Learn more: https://x",
]
BAD = [
    "Corrupted thought signature.",
    "Invalid thought signature",
    VERTEX + "Thought signature is not valid..",
]
LEVEL = [
    "Thinking level MINIMAL is not supported for this model. Please retry with other thinking level.",
    VERTEX + "thinking_level MINIMAL is not supported by this model.",
]
BUDGET = [
    "The thinking budget (50000) is invalid. Please choose a value between 512 and 24576.",
    "Budget 0 is invalid. This model only works in thinking mode.",
    VERTEX + "Thinking_config.include_thoughts is only enabled when thinking is enabled.",
    VERTEX + "thinking is not supported by this model.",
    VERTEX + "thinking_budget is out of range; supported values are integers from 128 to 32768.",
]
SEARCH = [
    "Tool use with function calling is unsupported",
    "Please enable tool_config.include_server_side_tool_invocations to use Built-in tools with Function calling.",
    "Invalid JSON payload received. Unknown name \"includeServerSideToolInvocations\" at 'tool_config': Cannot find field.",
]
OUTPUT = ["Function calling with a response mime type: 'application/json' is unsupported"]
MEDIA = ["Multimodal function response is not supported for this model."]
IDS = [
    "Invalid JSON payload received. Unknown name \"id\" at 'contents[1].parts[0].function_call': Cannot find field.",
    "Invalid JSON payload received. Unknown name \"id\" at 'contents[2].parts[0].functionResponse': Cannot find field.",
]
STATES = [
    "The specified schema produces a constraint that has too many states for serving.",
    "Constraint is too tall.",
]
SCHEMAS = [
    "Invalid JSON payload received. Unknown name \"const\" at 'tools[0].function_declarations[3].parameters': Cannot find field.",
    "* GenerateContentRequest.tools[0].function_declarations[0].parameters_json_schema: invalid",
    "Request contains an invalid argument.",
    "A schema exceeds the maximum schema depth",
]
ALL = [*MISSING, *BAD, *LEVEL, *BUDGET, *SEARCH, *OUTPUT, *MEDIA, *IDS, *STATES, *SCHEMAS]


def refusal(message, status=400, code="INVALID_ARGUMENT"):
    return UpstreamFailure(
        "refused", ApiError(status, message), status=status, vendor_code=code, vendor_message=message
    )


def mended(message, quirks=MODERN, **fields):
    found = mend(refusal(message, **fields), quirks)
    return None if found is None else found.quirks


def learned(message, quirks=MODERN):
    """The quirks that changed, and whether for good."""
    found = mend(refusal(message), quirks)
    assert found is not None
    changed = {
        name: getattr(found.quirks, name)
        for name in Quirks.__struct_fields__
        if getattr(found.quirks, name) != getattr(quirks, name)
    }
    return changed, found.lasting


@pytest.mark.parametrize("message", MISSING)
def test_missing_signature_is_first_required_and_then_skipped(message):
    assert learned(message, OLD) == ({"thought_signatures": "required"}, True)
    assert learned(message, MODERN) == ({"skip_signatures": True}, False)


@pytest.mark.parametrize("message", BAD)
def test_bad_signature_is_skipped_for_this_request_only(message):
    assert learned(message) == ({"skip_signatures": True}, False)


def test_answer_that_ends_for_want_of_a_signature_teaches_the_same():
    failure = hear(end("MISSING_THOUGHT_SIGNATURE")).error
    found = mend(failure, MODERN)
    assert found is not None
    assert found.quirks.skip_signatures


@pytest.mark.parametrize("message", LEVEL)
def test_weakest_level_is_left_out_before_all(message):
    assert learned(message) == ({"efforts": ("low", "medium", "high", "xhigh")}, True)
    after = mended(message)
    assert after is not None
    assert learned(message, after) == ({"effort_style": "none"}, True)


@pytest.mark.parametrize("level", ["XHIGH", "xhigh"])
@pytest.mark.parametrize(
    "form",
    [
        "Thinking level {} is not supported for this model.",
        VERTEX + "thinking_level {} is not supported by this model.",
    ],
)
def test_level_that_is_named_is_the_one_that_goes(form, level):
    assert learned(form.format(level)) == ({"efforts": ("minimal", "low", "medium", "high")}, True)


def test_levels_that_are_refused_altogether_turn_thinking_off():
    assert learned("thinking_level is not supported by this model.") == ({"effort_style": "none"}, True)


@pytest.mark.parametrize("message", BUDGET)
def test_refused_budget_turns_thinking_off(message):
    assert learned(message, OLD) == ({"effort_style": "none"}, True)


@pytest.mark.parametrize(
    ("messages", "change"),
    [
        (SEARCH, {"search_with_functions": False}),
        (OUTPUT, {"structured_with_tools": False}),
        (MEDIA, {"media_in_results": False}),
        (IDS, {"call_ids": False}),
        (SCHEMAS, {"plain_schemas": True}),
    ],
)
def test_what_cannot_be_had_is_done_without(messages, change):
    for message in messages:
        assert learned(message) == (change, True)


@pytest.mark.parametrize("message", STATES)
def test_a_schema_that_is_too_large_to_force_is_this_requests_own(message):
    assert learned(message) == ({"tool_choice_required": False}, False)


def test_a_weaker_form_of_structured_output_is_for_this_request_only():
    words = "Request contains an invalid argument."
    quirks = mended(words)
    for form in ("json_object", "none"):
        assert learned(words, quirks) == ({"structured_output": form}, False)
        quirks = mended(words, quirks)


def test_structured_output_steps_down_after_the_schemas():
    quirks = MODERN
    steps = []
    while (found := mended("Request contains an invalid argument.", quirks)) is not None:
        quirks = found
        steps.append((quirks.plain_schemas, quirks.structured_output))
    assert steps == [(True, "json_schema"), (True, "json_object"), (True, "none")]


@pytest.mark.parametrize(
    "message",
    [
        "",
        "API key not valid. Please pass a valid API key.",
        "User location is not supported for the API use.",
        "The input token count (1200000) exceeds the maximum number of tokens allowed (1048576).",
        "Please ensure that the number of function response parts is equal to the number of function call parts of the function call turn.",
        "Please ensure that multiturn requests alternate between user and model.",
        "Unable to process input image.",
    ],
)
def test_words_that_teach_nothing_change_nothing(message):
    assert mended(message) is None


@pytest.mark.parametrize("status", [401, 403, 404, 413, 429, 500, 503])
def test_other_statuses_teach_nothing(status):
    assert mended(MISSING[0], status=status) is None


@pytest.mark.parametrize("message", ALL)
@pytest.mark.parametrize("quirks", [MODERN, OLD, Quirks()])
def test_one_refusal_is_learned_from_six_times_at_most(message, quirks):
    assert steps_of(message, quirks) <= 6


WORDS = st.sampled_from(
    [*ALL, "schema", "thinking level", "signature", "\n", "`", "function call", "unsupported", "x" * 50]
)


@given(st.lists(WORDS, max_size=12).map(" ".join), st.sampled_from([MODERN, OLD, Quirks()]))
def test_no_message_is_learned_from_for_ever(message, quirks):
    steps_of(message, quirks)


def steps_of(message, quirks):
    """How often a message teaches. AssertionError for a lesson that changes nothing, or comes again."""
    seen = [quirks]
    while (found := mended(message, seen[-1])) is not None:
        assert found not in seen
        seen.append(found)
        assert len(seen) < 30
    return len(seen) - 1


@pytest.mark.parametrize(
    "filler", ["x", "search ", "built-in tools ", "thinking level ", "function_response "]
)
def test_hostile_texts_are_judged_quickly(filler):
    start = time.perf_counter()
    mended(filler * (2000 // len(filler)))
    assert time.perf_counter() - start < 2
