"""What a refusal teaches about a server: quirks with which the same request may succeed."""

import re

from dragoman.dialects.dialect import Mended
from dragoman.dialects.openai_chat.refusals import REFUSALS
from dragoman.dialects.openai_refusals import changed_quirks
from dragoman.dialects.quirks import Quirks
from dragoman.messages.errors import UpstreamFailure

_ONLY_RESPONSES = re.compile(
    r"function tools with reasoning_effort are not supported.*/v1/responses"
    r"|only (?:supported|available) (?:in|with|through|via) (?:the )?(?:v1/responses|responses api)"
    r"|not (?:a chat model|supported) in (?:the )?v1/chat/completions.*v1/responses",
    re.IGNORECASE | re.DOTALL,
)
"""spec/openai-responses.md section 1."""


def mend(failure: UpstreamFailure, quirks: Quirks) -> Mended | None:
    """What avoids the refusal; None if it teaches nothing that is not known already."""
    changed = changed_quirks(failure, REFUSALS, quirks)
    if failure.status in (400, 404) and _ONLY_RESPONSES.search(failure.vendor_message):
        return Mended(changed or quirks, speak="openai_responses")
    return None if changed is None else Mended(changed)
