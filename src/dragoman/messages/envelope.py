"""Foreign state sealed into a thinking block's signature, which clients return byte for byte.

    dgm1.<dialect>.<base64url(zlib(json))>.<16 hex of blake2b over all before>

The check finds cuts and edits; it is no proof of origin, so whoever opens an envelope treats the payload as input.
"""

import base64
import binascii
import hashlib
import re
import zlib
from typing import Any, cast

import msgspec

from dragoman.wire.jsonbytes import JsonError, decode, encode

MAX_PAYLOAD_BYTES = 8 * 1024 * 1024
"""Of JSON. A larger payload is not opened."""

_VERSION = "dgm1"
_ANY_VERSION = re.compile(r"dgm[0-9]+\.")


class Envelope(msgspec.Struct, frozen=True):
    """What a dialect wants back with the next request."""

    dialect: str
    payload: dict[str, Any]


def seal(dialect: str, payload: dict[str, Any]) -> str:
    """A signature that carries `payload`; the same input always gives the same text, for prefix caches.

    `dialect` holds no dot.
    """
    packed = base64.urlsafe_b64encode(zlib.compress(encode(payload))).rstrip(b"=").decode()
    sealed = f"{_VERSION}.{dialect}.{packed}"
    return f"{sealed}.{_check(sealed)}"


def open_envelope(signature: str) -> Envelope | None:
    """The envelope, or None if it is foreign, cut, altered, of a newer version or too large."""
    parts = signature.split(".")
    if len(parts) != 4 or parts[0] != _VERSION:
        return None
    sealed, _, check = signature.rpartition(".")
    if check != _check(sealed):
        return None
    payload = _unpack(parts[2])
    return Envelope(parts[1], payload) if payload is not None else None


def is_sealed(signature: str) -> bool:
    """Whether the signature is ours, of any version; such blocks must not reach Anthropic."""
    return _ANY_VERSION.match(signature) is not None


def _unpack(packed: str) -> dict[str, Any] | None:
    try:
        unpacker = zlib.decompressobj()
        data = unpacker.decompress(
            base64.urlsafe_b64decode(packed + "=" * (-len(packed) % 4)), MAX_PAYLOAD_BYTES
        )
        if not unpacker.eof:
            return None
        payload = decode(data)
    except (ValueError, binascii.Error, zlib.error, JsonError):
        return None
    return cast("dict[str, Any]", payload) if isinstance(payload, dict) else None


def _check(sealed: str) -> str:
    return hashlib.blake2b(sealed.encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()
