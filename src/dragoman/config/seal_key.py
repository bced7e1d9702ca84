"""The secret for envelopes (docs/decisions/0028)."""

import hashlib

from dragoman.config.settings import Settings

_PURPOSE = b"dragoman seal"


def seal_key(settings: Settings) -> bytes:
    """32 bytes from `DRAGOMAN_SEAL_KEY`, else from all configured keys; empty if there are none: then nobody has a
    secret, and envelopes are only checked for accidents."""
    secrets = (
        [settings.dragoman_seal_key.reveal()] if settings.dragoman_seal_key else sorted(settings.secrets())
    )
    if not secrets:
        return b""
    text = "\n".join(secrets).encode("utf-8", "replace")
    return hashlib.blake2b(text, digest_size=32, person=_PURPOSE).digest()
