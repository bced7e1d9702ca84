import pytest

from dragoman.dialects.context_overflow import (
    Overflow,
    find_overflow,
    numbered_overflow,
    overflow_message,
)

TOO_LONG = [
    (
        "This model's maximum context length is 128000 tokens. However, your messages resulted in 130001 tokens "
        "(125000 in the messages, 5001 in the functions). Please reduce the length of the messages or functions.",
        130001,
        128000,
    ),
    (
        "This model's maximum context length is 4096 tokens. However, you requested 6000 tokens (5000 in the "
        "messages, 1000 in the completion). Please reduce the length of the messages or completion.",
        5000,
        4096,
    ),
    (
        "This model's maximum context length is 8191 tokens, however you requested 10346 tokens (10341 in your "
        "prompt; 5 for the completion). Please reduce your prompt; or completion length.",
        10341,
        8191,
    ),
    (
        "This model's maximum context length is 4096 tokens. However, your request has 5000 input tokens. Please "
        "reduce the length of the input messages.",
        5000,
        4096,
    ),
    (
        "You passed 40001 input tokens and requested 100 output tokens. However, the model's context length is "
        "only 40000 tokens, resulting in a maximum input length of 39900 tokens.",
        40001,
        40000,
    ),
    ("The decoder prompt (length 40000) is longer than the maximum model length of 32768.", 40000, 32768),
    ("Input length (5000) exceeds model's maximum context length (4096).", 5000, 4096),
    (
        "The input (40000 tokens) is longer than the model's context length (32768 tokens).",
        40000,
        32768,
    ),
    (
        "Requested token count exceeds the model's maximum context length of 32768 tokens. You requested a total "
        "of 40000 tokens: 35000 tokens from the input messages and 5000 tokens for the completion.",
        35000,
        32768,
    ),
    ("request (5000 tokens) exceeds the available context size (4096 tokens), try increasing it", 5000, 4096),
    (
        "Trying to keep the first 5000 tokens when context the overflows. However, the model is loaded with "
        "context length of only 4096 tokens, which is not enough.",
        5000,
        4096,
    ),
    ("the tokens to keep is greater than the context length (n_keep: 5000>= n_ctx: 4096)", 5000, 4096),
    (
        "Prompt contains 33000 tokens and 0 draft tokens, too large for model with 32768 maximum context length",
        33000,
        32768,
    ),
    ("Invalid request: Your request exceeded model token limit: 131072 (requested: 172000)", 171000, 131072),
    (
        "Input validation error: `inputs` tokens + `max_new_tokens` must be <= 8193. Given: 9000 `inputs` tokens "
        "and 500 `max_new_tokens`",
        9000,
        8193,
    ),
    ("The prompt is too long: 140000, model maximum context length: 131071", 140000, 131071),
    (
        "This endpoint's maximum context length is 131072 tokens. However, you requested about 150000 tokens "
        "(140000 of text input, 3000 of tool input, 7000 in the output). Please reduce the length of either one.",
        143000,
        131072,
    ),
    (
        "This model's maximum prompt length is 131072 but the request contains 140000 tokens.",
        140000,
        131072,
    ),
    (
        "Please reduce the length of the messages or completion. Current length is 9000 while limit is 8192",
        9000,
        8192,
    ),
    (
        "The input token count (1,100,000) exceeds the maximum number of tokens allowed (1,048,576).",
        1100000,
        1048576,
    ),
    (
        "Unable to submit request because the input token count is 1234567 but model only supports up to 1048576. "
        "Reduce the input token count and try again.",
        1234567,
        1048576,
    ),
    ("prompt token count of 140000 exceeds the limit of 128000", 140000, 128000),
    ("messages: prompt is too long: 210000 tokens > 200000 maximum", 210000, 200000),
    (
        "Request too large for gpt-4o in organization org on tokens per min (TPM): Limit 30000, Requested 41000.",
        40000,
        30000,
    ),
]


@pytest.mark.parametrize(("message", "prompt", "limit"), TOO_LONG)
def test_every_vendors_wording_becomes_anthropics(message, prompt, limit):
    found = find_overflow(message)
    assert found is not None
    assert overflow_message(found, 1000, message) == f"prompt is too long: {prompt} tokens > {limit} maximum"


@pytest.mark.parametrize(
    ("message", "said"),
    [
        (
            "This endpoint's maximum context length is 131072 tokens. However, you requested about 132463 tokens "
            "(1463 of text input, 131000 in the output). Please reduce the length of either one.",
            "1463 + 131000 > 131072",
        ),
        (
            "'max_tokens' or 'max_completion_tokens' is too large: 32000. This model's maximum context length is "
            "32768 tokens and your request has 5000 input tokens (32000 > 32768 - 5000).",
            "5000 + 32000 > 32768",
        ),
        (
            "input length and `max_tokens` exceed context limit: 190000 + 32000 > 200000, decrease input length",
            "190000 + 32000 > 200000",
        ),
    ],
)
def test_an_input_that_fits_asks_for_less_output_in_the_words_that_clients_obey(message, said):
    found = find_overflow(message)
    assert found is not None
    assert overflow_message(found, 1000, message) == (
        f"input length and `max_tokens` exceed context limit: {said}, "
        "decrease input length or `max_tokens` and try again"
    )


def test_an_output_that_the_upstream_did_not_name_is_what_the_client_asked_for():
    message = "Your request exceeded model token limit: 131072 (requested: 140000)"
    assert overflow_message(Overflow(limit=131072, total=140000), 32000, message).startswith(
        "input length and `max_tokens` exceed context limit: 108000 + 32000 > 131072"
    )


def test_an_input_that_leaves_no_room_for_an_answer_is_too_long():
    told = overflow_message(Overflow(limit=10000, input=9500, output=2000), 0, "")
    assert told == "prompt is too long: 11500 tokens > 10000 maximum"


@pytest.mark.parametrize(
    ("message", "code"),
    [
        ("Your input exceeds the context window of this model.", ""),
        ("whatever", "context_length_exceeded"),
        ("the request exceeds the available context size, try increasing it", "exceed_context_size_error"),
        ("Prompt exceeds max length", "1261"),
        ("Input is too long for requested model.", ""),
        ("input length exceeds the context length", ""),
        ("too many tokens: size limit exceeded by 1000 tokens", ""),
        ("whatever", "model_max_prompt_tokens_exceeded"),
    ],
)
def test_an_overflow_without_numbers_keeps_the_upstreams_words(message, code):
    found = find_overflow(message, code)
    assert found == Overflow()
    assert overflow_message(found, 1000, message) == f"prompt is too long: {message}"


@pytest.mark.parametrize(
    ("message", "limit"),
    [
        ("Range of input length should be [1, 129024]", 129024),
        ("The input token count exceeds the maximum number of tokens allowed 1048576.", 1048576),
    ],
)
def test_a_limit_alone_keeps_the_upstreams_words(message, limit):
    found = find_overflow(message)
    assert found == Overflow(limit=limit)
    assert overflow_message(found, 1000, message) == f"prompt is too long: {message}"


@pytest.mark.parametrize(
    "message",
    [
        "max_tokens is too large: 32000. This model supports at most 16384 completion tokens",
        "Unsupported parameter: 'max_tokens' is not supported with this model.",
        "Rate limit reached for gpt-4o on tokens per min (TPM): Limit 30000, Used 29000, Requested 2000.",
        "Invalid value for 'content': expected a string, got null.",
        "",
    ],
)
def test_other_errors_are_no_overflow(message):
    assert find_overflow(message) is None


def test_an_unknown_output_limit_is_not_made_up():
    told = overflow_message(Overflow(limit=10000, input=5000), 0, "said so")
    assert told == "prompt is too long: said so"


UNNUMBERED = "Your input exceeds the context window of this model. Please adjust your input and try again."


def told(message: str) -> str:
    found = find_overflow(message)
    assert found is not None
    return overflow_message(found, 1000, message)


@pytest.mark.parametrize(("estimated", "said"), [(470_000, 470_000), (399_000, 400_001), (0, 400_001)])
def test_what_the_vendor_does_not_number_is_told_with_the_estimate_and_the_window(estimated, said):
    message = numbered_overflow(told(UNNUMBERED), estimated, 400_000)
    assert message == f"prompt is too long: {said} tokens > 400000 maximum"


def test_a_limit_that_the_vendor_told_beats_the_configured_window():
    message = told("Invalid request: Your request exceeded model token limit: 131072")
    assert (
        numbered_overflow(message, 140_000, 400_000) == "prompt is too long: 140000 tokens > 131072 maximum"
    )


def test_without_any_window_the_vendors_words_stay():
    assert numbered_overflow(told(UNNUMBERED), 470_000, None) == f"prompt is too long: {UNNUMBERED}"


@pytest.mark.parametrize(
    "message",
    [
        "prompt is too long: 210000 tokens > 200000 maximum",
        "input length and `max_tokens` exceed context limit: 1463 + 131000 > 131072, decrease it",
        "model: no such model",
        "Input is too long.",
    ],
)
def test_any_other_message_stays_as_it_is(message):
    assert numbered_overflow(message, 470_000, 400_000) == message
