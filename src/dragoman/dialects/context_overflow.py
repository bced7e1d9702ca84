"""Recognises "the prompt is too long" in every vendor's words, and says it in Anthropic's.

Only Anthropic's exact wording makes Claude Code compact and go on (spec/anthropic-messages.md section 8.1).
"""

import re

import msgspec

CLIENT_MARGIN = 1000
"""Claude Code asks again with `max_tokens` = limit - input - this."""


class Overflow(msgspec.Struct, frozen=True):
    """The numbers that an upstream told, in tokens."""

    limit: int | None = None
    input: int | None = None
    output: int | None = None
    total: int | None = None


TOO_LONG = "prompt is too long: "
_NUMBERED_ALREADY = re.compile(TOO_LONG + r"\d+ tokens > \d+ maximum\b")

_WORDINGS = (
    # OpenAI, DeepSeek, Azure; OpenRouter; vLLM; the older completions API
    r"context length is <limit> tokens.*?requested (?:about )?<total> tokens \(.*?<output> (?:in the completion"
    r"|in the output|for the completion)",
    r"context length is <limit> tokens.*?messages resulted in <input> tokens",
    # vLLM
    r"context length is <limit> tokens and your request has <input> input tokens \(<output> >",
    r"context length is <limit> tokens\. However, your request has <input> input tokens",
    r"passed <input> input tokens and requested <output> output tokens\. However, the model's context length is"
    r" only <limit>",
    r"\(length <input>\) is longer than the maximum model length of <limit>",
    # SGLang
    r"length \(<input>\) exceeds (?:the )?model's maximum context length \(<limit>\)",
    r"input \(<input> tokens\) is longer than the model's context length \(<limit> tokens\)",
    r"context length of <limit> tokens\. You requested a total of <total> tokens: <input> tokens from the input"
    r" messages and <output> tokens",
    # llama.cpp, LM Studio
    r"request \(<input> tokens\) exceeds the available context size \(<limit> tokens\)",
    r"keep the first <input> tokens when context.*?context length of only <limit> tokens",
    r"n_keep: <input> ?>= ?n_ctx: <limit>",
    # Mistral, Moonshot, Qwen, TGI and Together, Fireworks, xAI, Cerebras, Copilot
    r"Prompt contains <input> tokens.*?too large for model with <limit> maximum context length",
    r"exceeded model token limit: <limit> \(requested: <total>\)",
    r"exceeded model token limit: <limit>",
    r"Range of input length should be \[\d+, ?<limit>\]",
    r"must be <= <limit>\. Given: <input> `inputs` tokens and <output> `max_new_tokens`",
    r"prompt is too long: <input>, model maximum context length: <limit>",
    r"maximum prompt length is <limit> but the request contains <input> tokens",
    r"Current length is <input> while limit is <limit>",
    r"prompt token count of <input> exceeds the limit of <limit>",
    # Gemini; Anthropic behind a gateway
    r"input token count \(<input>\) exceeds the maximum number of tokens allowed \(<limit>\)",
    r"input token count is <input> but (?:the )?model only supports up to <limit>",
    r"exceeds the maximum number of tokens allowed \(?<limit>",
    r"prompt is too long: <input> tokens > <limit> maximum",
    r"exceed context limit: <input> \+ <output> > <limit>",
    # A request larger than a whole minute's allowance: OpenAI 429, Groq 413
    r"Request too large for.*?Limit:? <limit>, Requested:? <total>",
    r"maximum (?:context|prompt|model) (?:length|size|len)(?: is| of|:) <limit>",
)
_NUMBERED = tuple(
    re.compile(re.sub(r"<(\w+)>", r"(?P<\1>\\d[\\d,]*)", wording), re.IGNORECASE | re.DOTALL)
    for wording in _WORDINGS
)
_UNNUMBERED = re.compile(
    r"context_length_exceeded|exceed_context_size|model_max_prompt_tokens_exceeded|string_above_max_length.*prompt"
    r"|maximum context length|context window|prompt is too long|input is too long|exceeds the available context"
    r"|exceeds the context length|context length exceeded|longer than the model's context length"
    r"|prompt exceeds max length|exceeds? (?:the )?maximum (?:input|prompt|number of input)|token limit exceeded"
    r"|input token count.{0,30} exceeds the maximum|too many tokens|reduce the length of the (?:messages|prompt|input)",
    re.IGNORECASE,
)


def find_overflow(message: str, code: str = "") -> Overflow | None:
    """The numbers in an error's text, or None if the text is about something else."""
    for pattern in _NUMBERED:
        match = pattern.search(message)
        if match is not None:
            numbers = {name: int(digits.replace(",", "")) for name, digits in match.groupdict().items()}
            return Overflow(**numbers)
    return Overflow() if _UNNUMBERED.search(f"{code} {message}") else None


def overflow_message(overflow: Overflow, max_tokens: int, vendor_message: str) -> str:
    """Anthropic's wording: the input does not fit, or only the output that was asked for does not.

    `max_tokens` is what the client asked for, used where the upstream told no number for the output; 0 if unknown.
    """
    limit = overflow.limit
    output = overflow.output or max_tokens
    if overflow.total is not None and (overflow.output is not None or overflow.input is None):
        # The parts of a prompt (text, tools, images) may be counted apart; their sum is what was not output.
        prompt = overflow.total - output if overflow.total > output else overflow.total
    else:
        prompt = overflow.input
    if limit is not None and prompt is not None and prompt > limit:
        return f"{TOO_LONG}{prompt} tokens > {limit} maximum"
    if limit is None or prompt is None or not output:
        return f"{TOO_LONG}{vendor_message}"
    if limit - prompt <= CLIENT_MARGIN:
        return f"{TOO_LONG}{max(prompt + output, limit + 1)} tokens > {limit} maximum"
    return (
        f"input length and `max_tokens` exceed context limit: {prompt} + {output} > {limit}, "
        "decrease input length or `max_tokens` and try again"
    )


def numbered_overflow(message: str, estimated: int, window: int | None) -> str:
    """An overflow that was told without numbers, with those that are known here; any other message as it is.

    `estimated` are the prompt's tokens by our own estimate, `window` is the model's: clients must see that the one
    exceeds the other (spec/openai-responses.md section 14).
    """
    if not message.startswith(TOO_LONG) or _NUMBERED_ALREADY.match(message):
        return message
    told = find_overflow(message.removeprefix(TOO_LONG)) or Overflow()
    limit = told.limit or window
    if limit is None:
        return message
    return f"{TOO_LONG}{max(told.input or estimated, limit + 1)} tokens > {limit} maximum"
