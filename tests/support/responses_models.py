"""OpenAI's rules that depend on the model, as the Responses API has them (spec/openai-responses.md sections 2, 7, 9)."""

from collections.abc import Iterator
from typing import Any

from tests.support.openai_models import LADDER, OUTPUT_LIMITS, efforts, generation, reasons
from tests.support.openai_refusal import Refused, array_too_long, unsupported_parameter

NEW_ITEMS = ("additional_tools", "configuration_update")
MOST_BREAKPOINTS = 4


def supported_efforts(model: str) -> tuple[str, ...]:
    """What `reasoning.effort` may be, weakest first; empty if the model does not reason."""
    return LADDER[2:] if model.startswith("gpt-6-astra") else efforts(model)


def usual_effort(model: str) -> str:
    """What the model does when it is told nothing."""
    if "none" in supported_efforts(model) and generation(model) in ((5, 1), (5, 2), (5, 3), (5, 4)):
        return "none"
    return "medium" if "medium" in supported_efforts(model) else supported_efforts(model)[0]


def effort_of(body: dict[str, Any]) -> str:
    """The effort of a request to a reasoning model; the last update in the input counts."""
    effort = (body.get("reasoning") or {}).get("effort") or usual_effort(body["model"])
    items = body["input"] if isinstance(body.get("input"), list) else ()
    for item in items:
        if item.get("type") == "configuration_update":
            effort = (item.get("reasoning") or {}).get("effort") or effort
    return effort


def has_phases(model: str) -> bool:
    return generation(model) >= (5, 3)


def check_model_rules(body: dict[str, Any]) -> None:
    """Raises Refused for what this model does not take."""
    model = body["model"]
    if reasons(model):
        _check_reasoning_model(body)
    else:
        _check_plain_model(body)
    _check_limit(body)
    if generation(model) < (5, 6):
        _check_no_breakpoints(body)
    elif len(list(breakpoints(body))) > MOST_BREAKPOINTS:
        raise array_too_long("prompt_cache_breakpoint", MOST_BREAKPOINTS, len(list(breakpoints(body))))


def _check_plain_model(body: dict[str, Any]) -> None:
    for field, value in (body.get("reasoning") or {}).items():
        if value is not None:
            raise unsupported_parameter(f"reasoning.{field}")
    if "reasoning.encrypted_content" in (body.get("include") or ()):
        raise Refused("Encrypted content is not supported with this model.", param="include")


def _check_reasoning_model(body: dict[str, Any]) -> None:
    model = body["model"]
    told = (body.get("reasoning") or {}).get("effort")
    for effort in (told, effort_of(body)):
        if effort is not None and effort not in supported_efforts(model):
            raise unsupported_effort(effort, model)
    for field in ("temperature", "top_p"):
        if body.get(field) is not None and effort_of(body) != "none":
            raise unsupported_parameter(field)
    searches = [tool["type"] for tool in body.get("tools") or () if tool["type"].startswith("web_search")]
    if searches and effort_of(body) == "minimal":
        message = f"The following tools cannot be used with reasoning.effort 'minimal': {searches[0]}."
        raise Refused(message, param="tools")


def unsupported_effort(effort: str, model: str) -> Refused:
    supported = ", ".join(f"'{one}'" for one in supported_efforts(model))
    message = (
        f"Unsupported value: '{effort}' is not supported with the '{model}' model."
        f" Supported values are: {supported}."
    )
    return Refused(message, param="reasoning.effort", code="unsupported_value")


def _check_limit(body: dict[str, Any]) -> None:
    most = next((most for prefix, most in OUTPUT_LIMITS if body["model"].startswith(prefix)), None)
    limit = body.get("max_output_tokens")
    if limit is not None and most is not None and limit > most:
        message = (
            f"Invalid 'max_output_tokens': integer above maximum value. Expected a value <= {most}, but got {limit}"
            " instead."
        )
        raise Refused(message, param="max_output_tokens", code="integer_above_max_value")


def _check_no_breakpoints(body: dict[str, Any]) -> None:
    found = next(breakpoints(body), None)
    if found is not None:
        raise unsupported_parameter(found)
    if body.get("prompt_cache_options") is not None:
        raise unsupported_parameter("prompt_cache_options")


def breakpoints(body: dict[str, Any]) -> Iterator[str]:
    """Where the input has explicit breakpoints of the cache."""
    items = body["input"] if isinstance(body.get("input"), list) else ()
    for index, item in enumerate(items):
        field = "output" if item.get("type") == "function_call_output" else "content"
        parts = item.get(field)
        for place, part in enumerate(parts if isinstance(parts, list) else ()):
            if part.get("prompt_cache_breakpoint") is not None:
                yield f"input[{index}].{field}[{place}].prompt_cache_breakpoint"
