"""What the Responses dialect makes of Messages requests; chat_requests.py has the requests in few words."""

import json
from collections.abc import Callable
from typing import Any

from dragoman.dialects.dialect import Origin
from dragoman.dialects.model_family import model_family
from dragoman.dialects.openai_responses.request import write_request
from dragoman.dialects.quirks import Quirks
from dragoman.messages.envelope import Seal
from dragoman.messages.request import MessagesRequest

NEWEST = Quirks(
    max_output_tokens=128_000,
    min_output_tokens=16,
    system_role="developer",
    system_anywhere=True,
    system_as_item=True,
    sampling=False,
    reasons=True,
    effort_style="reasoning_effort",
    efforts=("none", "low", "medium", "high", "xhigh", "max"),
    strict_tools=True,
    files=True,
    media_in_results=True,
    web_search=True,
    prompt_cache_key=True,
    user_field="safety_identifier",
    include_obfuscation=True,
    service_tiers=True,
    max_tool_id=64,
    encrypted_reasoning=True,
    reasoning_summaries=True,
    reasoning_back="always",
    phases=True,
    additional_tools=True,
    cache_breakpoints=True,
)
"""OpenAI's newest models at OpenAI."""

MODEL = "gpt-5.6-terra"
ORIGIN = Origin("ours", seal_key=b"key")
SEAL = Seal("openai_responses", "ours", model_family(MODEL), b"key")
"""The seal of MODEL's reasoning at ORIGIN."""


def written(request: MessagesRequest, quirks: Quirks = NEWEST, origin: Origin = ORIGIN) -> dict[str, Any]:
    """The upstream's body."""
    return json.loads(write_request(request, MODEL, quirks, origin).body)


def items(request: MessagesRequest, quirks: Quirks = NEWEST, origin: Origin = ORIGIN) -> list[dict[str, Any]]:
    """The input items."""
    return written(request, quirks, origin)["input"]


def losses(request: MessagesRequest, quirks: Quirks = NEWEST) -> dict[str, str]:
    """Field to `dropped` or `approximated`."""
    return {loss.field: loss.what for loss in write_request(request, MODEL, quirks, ORIGIN).losses}


def keeping(kept: Callable[[str], str | None]) -> Origin:
    """ORIGIN with envelopes of earlier answers in its store."""
    return Origin("ours", kept, b"key")


def said(text: str, **fields: Any) -> dict[str, Any]:
    """An assistant's message."""
    return {"type": "message", "role": "assistant", "content": text, **fields}


def told(*parts: Any, role: str = "user") -> dict[str, Any]:
    """A message of the user's or the developer's; a string is a text part."""
    return {"type": "message", "role": role, "content": [_part(part) for part in parts]}


def input_text(text: str, **fields: Any) -> dict[str, Any]:
    return {"type": "input_text", "text": text, **fields}


def sealed(identity: str = "rs_1", encrypted: str = "gAAAAAB", *summary: str) -> str:
    """The signature of a thinking block of MODEL's at ORIGIN."""
    payload: dict[str, Any] = {"i": identity} | ({"s": list(summary)} if summary else {})
    return SEAL.close(payload, encrypted)


def thinking(identity: str = "rs_1", encrypted: str = "gAAAAAB", *summary: str) -> dict[str, Any]:
    """A thinking block of MODEL's at ORIGIN."""
    signature = sealed(identity, encrypted, *summary)
    return {"type": "thinking", "thinking": "\n\n".join(summary), "signature": signature}


def reasoning(identity: str = "rs_1", encrypted: str = "gAAAAAB", *summary: str) -> dict[str, Any]:
    """The item that goes back for it."""
    parts = [{"type": "summary_text", "text": text} for text in summary]
    return {"type": "reasoning", "id": identity, "summary": parts, "encrypted_content": encrypted}


def _part(part: Any) -> Any:
    return input_text(part) if isinstance(part, str) else part
