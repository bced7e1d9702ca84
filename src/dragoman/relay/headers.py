"""The headers that Dragoman adds to an answer."""

from collections.abc import Iterable

from dragoman.dialects.dialect import Loss
from dragoman.wire.exchange import Headers

LOSSES_HEADER = "dragoman-losses"
LONGEST_VALUE = 2048
"""Header values beyond this are cut at a whole item, and the number of the rest is said."""

_SHOWN_ONLY_TO_THE_OWNER = "anthropic-ratelimit-unified-"
"""A subscription's quota: clients show it to the user as their own."""


def loss_header(losses: Iterable[Loss]) -> Headers:
    """`dragoman-losses: top_k=dropped, tools.3=approximated`, or nothing."""
    items = list(dict.fromkeys(f"{loss.field}={loss.what}" for loss in losses))
    if not items:
        return ()
    kept: list[str] = []
    length = 0
    for item in items:
        length += len(item) + 2
        if length > LONGEST_VALUE:
            kept.append(f"and {len(items) - len(kept)} more")
            break
        kept.append(item)
    value = ", ".join(kept)
    return ((LOSSES_HEADER, "".join(c if " " <= c <= "~" else "?" for c in value)),)


def relayed(headers: Headers, credential: str, shared: bool) -> Headers:
    """An upstream's headers without those that quote our key, or belong to another user of a shared gateway."""
    return tuple(
        [
            (name, value)
            for name, value in headers
            if not (credential and credential in value)
            and not (shared and name.startswith(_SHOWN_ONLY_TO_THE_OWNER))
        ]
    )
