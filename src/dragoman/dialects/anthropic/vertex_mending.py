"""What a refusal of Claude on Vertex AI teaches: betas and fields that it does not take (spec/vertex.md section 4.3).

Vertex AI's models learn Anthropic's betas at different times, so this cannot be a table alone.
"""

import re

from msgspec.structs import replace

from dragoman.dialects.dialect import Mended
from dragoman.dialects.quirks import Quirks
from dragoman.messages.errors import UpstreamFailure

_BETAS = re.compile(r"Unexpected value\(s\) (?P<values>.+?) for the `anthropic-beta` header")
_QUOTED = re.compile(r"[`'\"]([\w.-]+)[`'\"]")
_FIELD = re.compile(r"(?P<field>[a-z][a-z0-9_]*): Extra inputs are not permitted")

_NEEDED = frozenset(
    {"model", "messages", "max_tokens", "stream", "system", "tools", "tool_choice", "anthropic_version"}
)
"""Without these it would be another request."""
_REFUSED_BY_VERSION = frozenset({"temperature", "top_p", "top_k"})
"""Refused in the later version of the API only: the next client may ask in the first one."""


def mend(failure: UpstreamFailure, quirks: Quirks) -> Mended | None:
    """Quirks that avoid what was refused; None if the refusal teaches nothing that is not known already."""
    if failure.status != 400:
        return None
    match = _BETAS.search(failure.vendor_message)
    if match is not None:
        new = [beta for beta in _QUOTED.findall(match["values"]) if beta not in quirks.refused_betas]
        return Mended(replace(quirks, refused_betas=(*quirks.refused_betas, *new))) if new else None
    match = _FIELD.match(failure.vendor_message)
    if match is None or match["field"] in _NEEDED or match["field"] in quirks.refused_fields:
        return None
    field = match["field"]
    return Mended(
        replace(quirks, refused_fields=(*quirks.refused_fields, field)),
        lasting=field not in _REFUSED_BY_VERSION,
    )
