"""The secret for envelopes (docs/decisions/0028)."""

import hashlib

from typing_extensions import override

from dragoman.config.settings import Settings

_PURPOSE = b"dragoman seal"


class _SealKey(bytes):
    """Shows itself to no log line by accident: whatever is sealed with it holds it as a field."""

    @override
    def __repr__(self) -> str:
        return "***"


def seal_key(settings: Settings) -> bytes:
    """32 bytes from `DRAGOMAN_SEAL_KEY`, else from the keys for upstreams; empty if there are none: then nobody has a
    secret, and envelopes are only checked for accidents.

    Clients know their own keys, so those prove nothing to them, and another client's key must close no conversation.
    """
    secrets = settings.dragoman_seal_key.reveal() or "\n".join(sorted(set(settings.upstream_keys())))
    if not secrets:
        return b""
    digest = hashlib.blake2b(secrets.encode("utf-8", "surrogatepass"), digest_size=32, person=_PURPOSE)
    return _SealKey(digest.digest())
