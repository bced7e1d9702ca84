"""What a refusal teaches about a server: quirks with which the same request may succeed."""

import msgspec

from dragoman.dialects.openai_chat.refusals import REFUSALS, search
from dragoman.dialects.openai_chat.vendor_error import CONTENT_FILTER
from dragoman.dialects.quirks import Quirks
from dragoman.messages.errors import UpstreamFailure

TEACHING_STATUSES = frozenset({400, 404, 405, 422, 500, 501})
"""llama.cpp and some gateways answer 500 to requests that their chat template refuses."""


def mend(failure: UpstreamFailure, quirks: Quirks) -> Quirks | None:
    """Quirks that avoid what was refused; None if the refusal teaches nothing that is not known already."""
    if failure.status not in TEACHING_STATUSES or failure.vendor_code == CONTENT_FILTER:
        return None
    words = f"{failure.vendor_code}: {failure.vendor_message}"
    for refusal in REFUSALS:
        match = search(refusal, words)
        change = refusal.change(match, quirks) if match is not None else None
        if change is not None:
            mended = msgspec.structs.replace(quirks, **change)
            return mended if mended != quirks else None
    return None
