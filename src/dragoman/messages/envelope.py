"""Foreign state sealed into a thinking block's signature, which clients return byte for byte.

    dgm2.<dialect>.<base64url(zlib(json))>.<raw>.<22 characters of keyed blake2b over all before>

The JSON is `[account, family, payload]`: whose state it is. `raw` is text of letters, digits, `-`, `_` and `=` that is
carried as it is, because encrypted state packs no further; often empty.

The check finds cuts and edits. It proves origin only where the gateway has a secret of its own for a key, so whoever
opens an envelope treats what is in it as input, and opening costs little whatever it holds.
"""

import base64
import binascii
import hashlib
import hmac
import re
import zlib
from typing import Any, cast

import msgspec

from dragoman.wire.jsonbytes import JsonError, decode, encode

CARRIED_TEXT = "dgt1."
"""Before what a page says, in `encrypted_content` of a search that did not run at Anthropic: public text, and so neither
sealed nor secret (docs/decisions/0030)."""

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

_VERSION = "dgm2"
_ANY_VERSION = re.compile(r"dgm[0-9]+\.")
_RAW = re.compile(r"[A-Za-z0-9_=-]*")
_PARTS = 5


class Seal(msgspec.Struct, frozen=True):
    """Whose state is sealed, and with which key."""

    dialect: str
    """Without a dot."""
    account: str = ""
    """Stands for an endpoint and a credential, to which much foreign state is bound."""
    family: str = ""
    """Models that understand each other's state."""
    key: bytes = b""
    """At most 64 bytes; empty: the check finds accidents only."""

    def close(self, payload: dict[str, Any], raw: str = "") -> str:
        """A signature that carries `payload` and `raw`, for which `is_raw` holds; the same input always gives the same
        text, for prefix caches."""
        data = encode([self.account, self.family, payload])
        packed = _packed(data)
        if len(data) > _most_bytes(packed):
            packed = _packed(data, level=0)  # a long text that repeats itself would not be told from a bomb
        sealed = f"{_VERSION}.{self.dialect}.{packed}.{raw}"
        return f"{sealed}.{self.check(sealed)}"

    def check(self, sealed: str) -> str:
        """The last part of an envelope whose other parts are `sealed`."""
        digest = hashlib.blake2b(
            sealed.encode("utf-8", "surrogatepass"), digest_size=16, key=self.key
        ).digest()
        return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


class Opened(msgspec.Struct, frozen=True):
    """What an envelope held; not to be changed."""

    payload: dict[str, Any]
    raw: str = ""


class EnvelopeOpener:
    """Opens the envelopes of one dialect, account and family among the signatures of one request, the work of which has
    a limit.

    Each is unpacked once. Each use counts as if it were unpacked anew, because what is handed out is sent on: once
    MAX_WORK is spent, every other envelope is foreign. The first come first, so that what is written of a message
    depends on nothing after it.
    """

    def __init__(self, seal: Seal, max_work: int = MAX_WORK) -> None:
        self.work = 0
        """Spent so far."""
        self._seal = seal
        self._max_work = max_work
        self._opened: dict[str, tuple[Opened | None, int]] = {}

    def open(self, signature: str) -> Opened | None:
        """What is in it; None if the envelope is foreign or does not open, or nothing more does."""
        left = self._max_work - self.work
        if left <= 0:
            return None
        known = self._opened.get(signature)
        if known is None:
            known = self._opened[signature] = _open(signature, self._seal, left)
        opened, work = known
        self.work += work
        return opened if work <= left else None

    def fault(self, signature: str) -> str | None:
        """Why an envelope that should be this dialect's did not open; None for one that opens or is another's."""
        if not is_sealed(signature):
            return None
        if not signature.startswith(f"{_VERSION}."):
            return "another version of Dragoman sealed it"
        ours = signature.startswith(f"{_VERSION}.{self._seal.dialect}.")
        return "its seal is broken" if ours and not _is_whole(signature, self._seal) else None


def carry_text(text: str) -> str:
    """What a page says, for `encrypted_content`."""
    return CARRIED_TEXT + base64.urlsafe_b64encode(text.encode("utf-8", "replace")).decode()


def is_sealed(signature: str) -> bool:
    """Whether the signature is ours, of any version; such blocks must not reach Anthropic."""
    return _ANY_VERSION.match(signature) is not None


def is_raw(text: str) -> bool:
    """Whether the text can be carried as it is."""
    return _RAW.fullmatch(text) is not None


def _is_whole(signature: str, seal: Seal) -> bool:
    sealed, _, check = signature.rpartition(".")
    expected = seal.check(sealed).encode()
    return signature.count(".") == _PARTS - 1 and hmac.compare_digest(
        check.encode("utf-8", "replace"), expected
    )


def _open(signature: str, seal: Seal, most_work: int) -> tuple[Opened | None, int]:
    """What is in it, and the work that was done for it, which is counted whether it opened or not."""
    if not signature.startswith(f"{_VERSION}.{seal.dialect}.") or not _is_whole(signature, seal):
        return None, 0
    _, _, packed, raw, _ = signature.split(".")
    if not is_raw(raw):
        return None, 0
    data, whole, work = _unpack(packed, min(_most_bytes(packed), most_work))
    work += len(raw)
    separators = sum(map(data.count, (b"[", b"{", b",")))
    if not whole or separators > MAX_SEPARATORS or work + SEPARATOR_WORK * separators > most_work:
        return None, work
    work += SEPARATOR_WORK * separators
    try:
        held: Any = decode(data)
    except JsonError:
        return None, work
    whose = [seal.account, seal.family]
    if not isinstance(held, list) or cast("list[Any]", held)[:-1] != whose or not isinstance(held[-1], dict):
        return None, work
    return Opened(cast("dict[str, Any]", held[-1]), raw), work


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
