"""OpenAI's rules that depend on the model: generation, reasoning, output limit (spec/openai-chat.md sections 0, 9)."""

import re
from typing import Any

from tests.support.openai_refusal import Refused, unsupported_parameter, unsupported_value

GENERATION = re.compile(r"gpt-(\d+)(?:\.(\d+))?(.*)")
OUTPUT_LIMITS = (("gpt-4o", 16384), ("gpt-4.1", 32768), ("o3", 100_000), ("o4", 100_000), ("gpt-", 128_000))
LADDER = ("none", "minimal", "low", "medium", "high", "xhigh", "max")


def generation(model: str) -> tuple[int, int]:
    """`gpt-5.6-sol` is (5, 6), `o3` is (0, 0)."""
    parsed = GENERATION.match(model)
    return (int(parsed[1]), int(parsed[2] or 0)) if parsed else (0, 0)


def reasons(model: str) -> bool:
    """Whether the model has hidden reasoning."""
    return bool(re.match(r"o\d", model)) or (generation(model) >= (5, 0) and "-chat" not in model)


def efforts(model: str) -> tuple[str, ...]:
    """What `reasoning_effort` may be, weakest first; empty if the model does not reason."""
    if not reasons(model):
        return ()
    if model.startswith("gpt-6-astra"):
        return LADDER[2:6]
    if model.startswith("gpt-5-pro"):
        return ("high",)
    number = generation(model)
    if number == (0, 0):
        return LADDER[2:5]
    if number == (5, 0):
        return LADDER[1:5]
    if number == (5, 1):
        return ("none", *LADDER[2:5])
    return ("none", *LADDER[2:6]) if number < (5, 6) else ("none", *LADDER[2:])


def check_model(body: dict[str, Any]) -> None:
    """Raises Refused for what this model does not take."""
    model = body["model"]
    if reasons(model):
        _check_reasoning_model(body)
        _check_tools_and_reasoning(body)
    elif body.get("reasoning_effort") is not None:
        raise unsupported_parameter("reasoning_effort")
    _check_limit(body)


def _check_reasoning_model(body: dict[str, Any]) -> None:
    model = body["model"]
    if body.get("max_tokens") is not None:
        raise unsupported_parameter("max_tokens", " Use 'max_completion_tokens' instead.")
    effort = body.get("reasoning_effort")
    if effort is not None and effort not in efforts(model):
        supported = ", ".join(f"'{one}'" for one in efforts(model))
        raise unsupported_value("reasoning_effort", f"'{effort}'", f"Supported values are: {supported}.")
    if body.get("stop") is not None:
        raise unsupported_parameter("stop")
    if generation(model) == (0, 0) and body.get("parallel_tool_calls") is not None:
        raise unsupported_parameter("parallel_tool_calls")
    for field in ("temperature", "top_p"):
        value = body.get(field)
        if value is None:
            continue
        if generation(model) >= (6, 0):
            if effort != "none":
                raise unsupported_parameter(field)
        elif value != 1:
            raise unsupported_value(field, value, "Only the default (1) value is supported.")


def _check_tools_and_reasoning(body: dict[str, Any]) -> None:
    model, effort = body["model"], body.get("reasoning_effort")
    if not body.get("tools") or generation(model) < (5, 4):
        return
    reasons_now = effort != "none" if generation(model) >= (5, 6) else effort not in (None, "none")
    if reasons_now:
        raise Refused(
            f"Function tools with reasoning_effort are not supported for {model} in /v1/chat/completions. To use"
            " function tools, use /v1/responses or set reasoning_effort to 'none'.",
            param="reasoning_effort",
        )


def _check_limit(body: dict[str, Any]) -> None:
    given = [field for field in ("max_tokens", "max_completion_tokens") if body.get(field) is not None]
    if len(given) == 2:
        raise Refused(
            "Setting 'max_tokens' and 'max_completion_tokens' at the same time is not supported.",
            param="max_tokens",
        )
    most = next((most for prefix, most in OUTPUT_LIMITS if body["model"].startswith(prefix)), None)
    if given and most is not None and body[given[0]] > most:
        raise Refused(
            f"{given[0]} is too large: {body[given[0]]}. This model supports at most {most} completion tokens,"
            f" whereas you provided {body[given[0]]}.",
            param=given[0],
            code="invalid_value",
        )
