import json

import pytest
from msgspec.structs import replace

from dragoman.dialects.openai_error import read_failure
from dragoman.dialects.openai_responses.mending import mend
from dragoman.dialects.quirks import Quirks
from dragoman.wire.exchange import ReplyHead
from tests.support.chat_requests import ask
from tests.support.responses_requests import NEWEST

GENEROUS = replace(NEWEST, sampling=True)


def mended(message, quirks=GENEROUS, status=400, **fields):
    body = json.dumps({"error": {"message": message, **fields}}).encode()
    return mend(read_failure(ReplyHead(status, ()), body, ask()), quirks)


def learned(message, quirks=GENEROUS, status=400, **fields):
    """The quirks that changed."""
    after = mended(message, quirks, status, **fields)
    if after is None:
        return {}
    names = quirks.__struct_fields__
    return {n: getattr(after.quirks, n) for n in names if getattr(after.quirks, n) != getattr(quirks, n)}


@pytest.mark.parametrize(
    ("message", "fields", "change"),
    [
        (
            "Encrypted content is not supported with this model.",
            {"param": "include"},
            {"encrypted_reasoning": False},
        ),
        (
            "Your organization must be verified to generate reasoning summaries.",
            {"param": "reasoning.summary", "code": "unsupported_value"},
            {"reasoning_summaries": False},
        ),
        (
            "Your organization must be verified to stream this model.",
            {"param": "stream", "code": "unsupported_value"},
            {"streaming": False},
        ),
        (
            "Unsupported parameter: 'temperature' is not supported with this model.",
            {"param": "temperature"},
            {"sampling": False},
        ),
        ("Unsupported parameter: 'top_p' is not supported with this model.", {}, {"sampling": False}),
        (
            "Unsupported value: 'none' is not supported with the 'gpt-6-astra' model. Supported values are: 'low',"
            " 'medium', 'high', 'xhigh', and 'max'.",
            {"param": "reasoning.effort", "code": "unsupported_value"},
            {"efforts": ("low", "medium", "high", "xhigh", "max")},
        ),
        (
            "Unsupported parameter: 'reasoning.effort' is not supported with this model.",
            {"param": "reasoning.effort"},
            {"effort_style": "none", "reasoning_summaries": False},
        ),
        (
            "Unsupported parameter: 'parallel_tool_calls' is not supported with this model.",
            {},
            {"parallel_tool_calls": False},
        ),
        ("Unknown parameter: 'prompt_cache_key'.", {}, {"prompt_cache_key": False}),
        (
            "Unknown parameter: 'input[0].content[0].prompt_cache_breakpoint'.",
            {},
            {"cache_breakpoints": False},
        ),
        ("Unknown parameter: 'safety_identifier'.", {}, {"user_field": "none"}),
        ("Unknown parameter: 'stream_options'.", {}, {"include_obfuscation": False}),
        ("Unknown parameter: 'truncation'.", {}, {"truncation": False}),
        ("Unknown parameter: 'input[1].phase'.", {}, {"phases": False}),
        ("Unknown parameter: 'service_tier'.", {}, {"service_tiers": False}),
        (
            "Invalid value: 'additional_tools'. Supported values are: 'message' and 'function_call'.",
            {"param": "input[3].type"},
            {"additional_tools": False},
        ),
        (
            "Invalid 'max_output_tokens': integer below minimum value. Expected a value >= 32, but got 16 instead.",
            {"param": "max_output_tokens"},
            {"min_output_tokens": 32},
        ),
        (
            "Invalid value: 'web_search'. Supported values are: 'function'.",
            {"param": "tools[0].type"},
            {"web_search": False},
        ),
    ],
)
def test_a_refusal_teaches_what_to_leave_out(message, fields, change):
    assert learned(message, **fields) == change
    again = mended(message, **fields)
    assert again is not None
    assert again.lasting
    assert mended(message, again.quirks, **fields) is None


def test_an_unknown_include_costs_the_encrypted_reasoning_and_then_the_search():
    quirks = Quirks(encrypted_reasoning=True, web_search=True)
    seen = []
    while (found := mended("Unknown parameter: 'include'.", quirks)) is not None:
        quirks = found.quirks
        seen.append((quirks.encrypted_reasoning, quirks.web_search))
    assert seen == [(False, True), (False, False)]


@pytest.mark.parametrize(
    ("message", "fields"),
    [
        (
            "The encrypted content gAAA... could not be verified. Reason: Encrypted content could not be decrypted or"
            " parsed.",
            {"code": "invalid_encrypted_content"},
        ),
        ("The content is stale.", {"code": "invalid_encrypted_content"}),
        (
            "Item with id 'rs_68c5' not found. Items are not persisted when `store` is set to false. Try again with"
            " `store` set to true, or remove this item from your input.",
            {"status": 404},
        ),
        ("Item 'rs_1' of type 'reasoning' was provided without its required following item.", {}),
        ("Item 'msg_1' of type 'message' was provided without its required 'reasoning' item: 'rs_1'.", {}),
    ],
)
def test_reasoning_that_is_refused_is_left_out_of_this_request_alone(message, fields):
    found = mended(message, **fields)
    assert found is not None
    assert found.quirks == replace(GENEROUS, reasoning_back="never")
    assert not found.lasting
    assert mended(message, found.quirks, **fields) is None


@pytest.mark.parametrize(
    "message",
    ["Something went wrong", "The user asked for an invalid date", "Invalid 'input': empty array.", ""],
)
def test_words_that_teach_nothing_change_nothing(message):
    assert mended(message) is None


@pytest.mark.parametrize("status", [401, 402, 403, 413, 429, 503])
def test_other_statuses_teach_nothing(status):
    assert mended("Unsupported parameter: 'temperature' is not supported", status=status) is None


def test_an_overflow_teaches_nothing():
    message = "Your input exceeds the context window of this model. Please adjust your input and try again."
    assert mended(message, code="context_length_exceeded") is None


def test_structured_output_steps_down_until_nothing_is_left():
    message = "Unsupported parameter: 'text.format' is not supported with this model."
    assert learned(message) == {"structured_output": "json_object"}
    assert learned(message, replace(GENEROUS, structured_output="json_object")) == {
        "structured_output": "none"
    }
    assert mended(message, replace(GENEROUS, structured_output="none")) is None
