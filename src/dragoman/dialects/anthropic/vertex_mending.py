"""What a refusal of Claude on Vertex AI teaches: betas and fields that it does not take (spec/vertex.md section 4.3).

Vertex AI's models learn Anthropic's betas at different times, so this cannot be a table alone.
"""

import re

from msgspec.structs import replace

from dragoman.dialects.dialect import Mended
from dragoman.dialects.quirks import Quirks
from dragoman.messages.errors import UpstreamFailure

MOST_REFUSED_BETAS = 64
"""How many are remembered: clients may write what they like into the header. The oldest are forgotten."""

_BETAS = re.compile(r"Unexpected value\(s\) (?P<values>.+?) for the `anthropic-beta` header")
_QUOTED = re.compile(r"[`'\"]([\w.-]+)[`'\"]")
_FIELD = re.compile(r"(?P<field>[a-z][a-z0-9_]*): Extra inputs are not permitted")
_DATED = re.compile(r"(?=[a-z0-9-]{1,64}\Z)[a-z0-9-]+-(?:\d{8}|\d{4}-\d{2}-\d{2})")
"""What Anthropic's betas look like."""

_NEEDED = frozenset(
    {"model", "messages", "max_tokens", "stream", "system", "tools", "tool_choice", "anthropic_version"}
)
"""Without these it would be another request."""


def mend(failure: UpstreamFailure, quirks: Quirks) -> Mended | None:
    """Quirks that avoid what was refused; None if the refusal teaches nothing that is not known already.

    That a beta is not there holds for everybody. That a field is not permitted may be this client's own doing: it sent
    no beta, or asked for another version of the API.
    """
    if failure.status != 400:
        return None
    match = _BETAS.search(failure.vendor_message)
    if match is not None:
        return _without_betas(_QUOTED.findall(match["values"]), quirks)
    match = _FIELD.match(failure.vendor_message)
    if match is None or match["field"] in _NEEDED or match["field"] in quirks.refused_fields:
        return None
    return Mended(replace(quirks, refused_fields=(*quirks.refused_fields, match["field"])), lasting=False)


def _without_betas(named: list[str], quirks: Quirks) -> Mended | None:
    new = [beta for beta in dict.fromkeys(named) if beta not in quirks.refused_betas]
    if not new:
        return None
    refused = (*quirks.refused_betas, *new)[-MOST_REFUSED_BETAS:]
    return Mended(replace(quirks, refused_betas=refused), lasting=all(map(_DATED.fullmatch, refused)))
