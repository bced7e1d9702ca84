"""What a refusal teaches about a server: quirks with which the same request may succeed."""

from dragoman.dialects.openai_chat.refusals import REFUSALS
from dragoman.dialects.openai_refusals import changed_quirks
from dragoman.dialects.quirks import Quirks
from dragoman.messages.errors import UpstreamFailure


def mend(failure: UpstreamFailure, quirks: Quirks) -> Quirks | None:
    """Quirks that avoid what was refused; None if the refusal teaches nothing that is not known already."""
    return changed_quirks(failure, REFUSALS, quirks)
