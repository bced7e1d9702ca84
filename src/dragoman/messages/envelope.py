"""Foreign state sealed into a thinking block's signature, which clients return byte for byte.

    dgm1.<dialect>.<base64url(zlib(json))>.<16 hex of blake2b over all before>

The check finds cuts and edits; it has no key and is no proof of origin. Anybody can make an envelope, so whoever opens
one treats the payload as input, and opening costs little whatever it holds.
"""

import base64
import binascii
import hashlib
import re
import zlib
from typing import Any, cast

from dragoman.wire.jsonbytes import JsonError, decode, encode

MAX_PAYLOAD_BYTES = 1024 * 1024
"""Of JSON. Genuine ones hold signatures, the reasoning of one turn or one tool's text: some KiB, seldom above 100."""

MAX_EXPANSION = 100
"""How much larger than its packed form a payload may be: prose packs three times, JSON of one shape some 20 times."""

SMALL_PAYLOAD_BYTES = 16 * 1024
"""May expand more: a short text that repeats itself is nothing to fear."""

MAX_SEPARATORS = 65_536
"""`[`, `{` and `,` in the payload, also those inside strings: there are no more values than that to build."""

SEPARATOR_WORK = 32
"""What one more value costs to build, in bytes of plain text."""

MAX_WORK = 16 * 1024 * 1024
"""Bytes of all payloads that one request may have opened, and SEPARATOR_WORK for each separator among them. The
longest conversations, of a million tokens, are some 4 MB of text."""

_VERSION = "dgm1"
_ANY_VERSION = re.compile(r"dgm[0-9]+\.")


class EnvelopeOpener:
    """Opens one dialect's envelopes among the signatures of one request, the work of which has a limit.

    Each is unpacked once. Each use counts as if it were unpacked anew, because what is handed out is sent on: once
    MAX_WORK is spent, every other envelope is foreign. The first come first, so that what is written of a message
    depends on nothing after it.
    """

    def __init__(self, dialect: str, max_work: int = MAX_WORK) -> None:
        self.work = 0
        """Spent so far."""
        self._dialect = dialect
        self._max_work = max_work
        self._opened: dict[str, tuple[dict[str, Any] | None, int]] = {}

    def open(self, signature: str) -> dict[str, Any] | None:
        """The payload, which is not to be changed; None if the envelope does not open, or nothing more does."""
        left = self._max_work - self.work
        if left <= 0:
            return None
        opened = self._opened.get(signature)
        if opened is None:
            opened = self._opened[signature] = _open(signature, self._dialect, left)
        payload, work = opened
        self.work += work
        return payload if work <= left else None


def seal(dialect: str, payload: dict[str, Any]) -> str:
    """A signature that carries `payload`; the same input always gives the same text, for prefix caches.

    `dialect` holds no dot.
    """
    data = encode(payload)
    packed = _packed(data)
    if len(data) > _most_bytes(packed):
        packed = _packed(data, level=0)  # a long text that repeats itself would not be told from a bomb
    sealed = f"{_VERSION}.{dialect}.{packed}"
    return f"{sealed}.{_check(sealed)}"


def open_envelope(signature: str, dialect: str) -> dict[str, Any] | None:
    """The payload, or None if the envelope is foreign, cut, altered, of a newer version, too large or too costly."""
    return _open(signature, dialect, MAX_WORK)[0]


def is_sealed(signature: str) -> bool:
    """Whether the signature is ours, of any version; such blocks must not reach Anthropic."""
    return _ANY_VERSION.match(signature) is not None


def _open(signature: str, dialect: str, most_work: int) -> tuple[dict[str, Any] | None, int]:
    """The payload, and the work that was done for it, which is counted whether it opened or not."""
    if not signature.startswith(f"{_VERSION}.{dialect}."):
        return None, 0
    sealed, _, check = signature.rpartition(".")
    packed = sealed[len(_VERSION) + len(dialect) + 2 :]
    if "." in packed or check != _check(sealed):
        return None, 0
    data, whole, work = _unpack(packed, min(_most_bytes(packed), most_work))
    separators = sum(map(data.count, (b"[", b"{", b",")))
    if not whole or separators > MAX_SEPARATORS or work + SEPARATOR_WORK * separators > most_work:
        return None, work
    work += SEPARATOR_WORK * separators
    try:
        payload = decode(data)
    except JsonError:
        return None, work
    return (cast("dict[str, Any]", payload) if isinstance(payload, dict) else None), work


def _packed(data: bytes, level: int = -1) -> str:
    return base64.urlsafe_b64encode(zlib.compress(data, level)).rstrip(b"=").decode()


def _most_bytes(packed: str) -> int:
    return min(max(MAX_EXPANSION * len(packed), SMALL_PAYLOAD_BYTES), MAX_PAYLOAD_BYTES)


def _unpack(packed: str, most: int) -> tuple[bytes, bool, int]:
    """The data, whether that is all of it and no more than `most` bytes, and how many bytes were unpacked."""
    unpacker = zlib.decompressobj()
    try:
        data = unpacker.decompress(base64.urlsafe_b64decode(packed + "=" * (-len(packed) % 4)), most + 1)
    except (ValueError, binascii.Error):
        return b"", False, 0
    except zlib.error:
        return b"", False, most  # it may have come far
    return data, unpacker.eof and len(data) <= most, len(data)


def _check(sealed: str) -> str:
    return hashlib.blake2b(sealed.encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()
