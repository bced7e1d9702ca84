"""What a refusal of an OpenAI-compatible server teaches."""

import json
from typing import Any

from dragoman.dialects.openai_chat.mending import mend
from dragoman.dialects.openai_error import read_failure
from dragoman.dialects.quirks import Quirks
from dragoman.wire.exchange import ReplyHead
from tests.support.chat_requests import ask

EVERYTHING = Quirks(
    effort_style="reasoning_effort",
    efforts=("none", "minimal", "low", "medium", "high", "xhigh", "max"),
    system_role="developer",
    system_anywhere=True,
    native_stop=True,
    top_k=True,
    strict_tools=True,
    files=True,
    cache_control=True,
    include_obfuscation=True,
    prompt_cache_key=True,
    user_field="safety_identifier",
    reasoning_back="always",
    reasoning_required=True,
)


def mended(message: str, quirks: Quirks = EVERYTHING, status: int = 400, **fields: Any) -> Quirks | None:
    body = json.dumps({"error": {"message": message, **fields}}).encode()
    mended = mend(read_failure(ReplyHead(status, ()), body, ask()), quirks)
    return None if mended is None else mended.quirks


def learned(message: str, quirks: Quirks = EVERYTHING, status: int = 400, **fields: Any) -> dict[str, Any]:
    """The quirks that changed."""
    after = mended(message, quirks, status, **fields)
    if after is None:
        return {}
    return {
        name: getattr(after, name)
        for name in Quirks.__struct_fields__
        if getattr(after, name) != getattr(quirks, name)
    }
