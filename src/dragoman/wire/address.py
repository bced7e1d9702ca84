"""Which addresses are this machine's alone, or its link's."""

import ipaddress
from functools import lru_cache


@lru_cache(maxsize=64)
def is_loopback(host: str) -> bool:
    """Whether only this machine can reach `host`; a name that needs a resolver counts as reachable."""
    if host.lower() == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


_METADATA = frozenset({"metadata", "metadata.google.internal"})
_METADATA_ADDRESS = ipaddress.ip_address("fd20:ce::254")
"""Of Google's metadata server on machines that speak IPv6 only."""


@lru_cache(maxsize=64)
def is_nearby(host: str) -> bool:
    """Whether `host` is this machine or stands on its own link, as metadata servers do.

    What they tell is a credential, and they tell it without TLS: no proxy may stand in between.
    """
    if is_loopback(host) or host.lower().rstrip(".") in _METADATA:
        return True
    try:
        address = ipaddress.ip_address(host.strip("[]"))
    except ValueError:
        return False
    inner = getattr(address, "ipv4_mapped", None) or address
    return inner.is_link_local or inner == _METADATA_ADDRESS
