"""The response object of the Responses API, at its beginning and at its end (spec/openai-responses.md sections 9, 12)."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from tests.support.openai_models import reasons
from tests.support.replies import Reply, StreamError, Usage
from tests.support.responses_flavor import ResponsesFlavor
from tests.support.responses_models import effort_of
from tests.support.responses_reasoning import ReasoningBook

CREATED = 1_790_000_000
UNFINISHED = ("max_output_tokens", "max_messages", "content_filter", "steered")


@dataclass(frozen=True)
class Voice:
    """What one answer needs besides its script."""

    id: str
    body: dict[str, Any]
    """The request."""
    account: str
    flavor: ResponsesFlavor
    book: ReasoningBook
    withheld: Sequence[dict[str, str]]
    """`input_transformations`."""
    padded: bool
    """Deltas carry `obfuscation`."""
    new_id: Callable[[str], str]
    """Given what the id begins with."""

    @property
    def included(self) -> tuple[str, ...]:
        return tuple(self.body.get("include") or ())

    @property
    def thinks(self) -> bool:
        """Whether there is reasoning at all."""
        if not self.flavor.model_rules:
            return True
        return reasons(self.body["model"]) and effort_of(self.body) != "none"

    @property
    def summarizes(self) -> bool:
        return bool((self.body.get("reasoning") or {}).get("summary"))

    @property
    def encrypts(self) -> bool:
        asked = "reasoning.encrypted_content" in self.included
        return self.flavor.encrypts == "always" or (self.flavor.encrypts == "on_request" and asked)


def usage_of(usage: Usage, flavor: ResponsesFlavor) -> dict[str, Any]:
    """The vendor's count: what was read from the cache and what was written to it are parts of `input_tokens`."""
    details = {"cached_tokens": usage.cached}
    if flavor.usage == "openai":
        details["cache_write_tokens"] = usage.cache_written
    return {
        "input_tokens": usage.prompt,
        "input_tokens_details": details,
        "output_tokens": usage.completion,
        "output_tokens_details": {"reasoning_tokens": usage.reasoning},
        "total_tokens": usage.prompt + usage.completion,
    }


def beginning(voice: Voice) -> dict[str, Any]:
    """The response object before anything was said."""
    body = voice.body
    reasoning = body.get("reasoning") or {}
    thinks = voice.flavor.model_rules and reasons(body["model"])
    response: dict[str, Any] = {
        "id": voice.id,
        "object": "response",
        "created_at": CREATED,
        "status": "in_progress",
        "background": False,
        "error": None,
        "incomplete_details": None,
        "instructions": body.get("instructions"),
        "max_output_tokens": body.get("max_output_tokens"),
        "max_tool_calls": body.get("max_tool_calls"),
        "model": body["model"],
        "output": [],
        "parallel_tool_calls": body.get("parallel_tool_calls", True),
        "previous_response_id": None,
        "prompt_cache_key": body.get("prompt_cache_key"),
        "reasoning": {
            "effort": effort_of(body) if thinks else reasoning.get("effort"),
            "summary": reasoning.get("summary"),
        },
        "safety_identifier": body.get("safety_identifier"),
        "service_tier": "default",
        "store": body.get("store", True),
        "temperature": body.get("temperature", 1.0),
        "text": {"format": {"type": "text"}, "verbosity": "medium"} | (body.get("text") or {}),
        "tool_choice": body.get("tool_choice", "auto"),
        "tools": body.get("tools", []),
        "top_logprobs": 0,
        "top_p": body.get("top_p", 1.0),
        "truncation": body.get("truncation") or "disabled",
        "usage": None,
        "user": None,
        "metadata": {},
    }
    if voice.flavor.model_rules:
        response["input_transformations"] = list(voice.withheld)
    return response


def status_of(reply: Reply) -> str:
    """How the scripted finish ends the response."""
    if reply.finish in UNFINISHED:
        return "incomplete"
    return reply.finish if reply.finish in ("failed", "cancelled") else "completed"


def ending(reply: Reply, voice: Voice, output: list[dict[str, Any]]) -> dict[str, Any]:
    """The response object of the last event, and of an answer that is not streamed."""
    status = status_of(reply)
    response = beginning(voice) | {
        "status": status,
        "output": [] if voice.flavor.empty_output else output,
    }
    if status == "completed":
        response["completed_at"] = CREATED + 1
    if status == "incomplete":
        response["incomplete_details"] = {"reason": reply.finish}
    if status == "failed":
        response["error"] = {"code": "server_error", "message": "The model failed to answer."}
    if reply.usage is not None and voice.flavor.usage != "never":
        response["usage"] = usage_of(reply.usage, voice.flavor)
    searches = sum(item["type"] == "web_search_call" for item in output)
    if searches and voice.flavor.model_rules:
        response["tool_usage"] = _tool_usage(searches)
    return response


def failed(error: StreamError, voice: Voice) -> dict[str, Any]:
    """The response object that tells an error instead of an answer."""
    told = {"code": error.code or "server_error", "message": error.message}
    return beginning(voice) | {"status": "failed", "error": told}


def _tool_usage(searches: int) -> dict[str, Any]:
    nothing = {"image_tokens": 0, "text_tokens": 0}
    images = {"input_tokens": 0, "input_tokens_details": nothing, "output_tokens": 0, "total_tokens": 0}
    return {"image_gen": images, "web_search": {"num_requests": searches}}


def is_json_object(text: str) -> bool:
    """Whether the arguments of a call got to their end."""
    try:
        return isinstance(json.loads(text or "{}"), dict)
    except ValueError:
        return False
