"""Tool call ids of both sides (spec/openai-chat.md section 4, spec/claude-code.md section 1).

Clients drop a call whose id was used before in the session, and servers that count from `call_0` repeat theirs in
every reply. So the client sees the upstream's id wrapped with a nonce, and the upstream gets its own back:

    toolu_dp<nonce>_<id>          the upstream's id as it is
    toolu_db<nonce>_<base64url>   one with other characters
    toolu_dh<nonce>_<digest>      one that is too long to carry; the upstream gets the wrapped id back
    toolu_dn<nonce>               the upstream gave none
"""

import base64
import binascii
import hashlib
import re

from dragoman.dialects.quirks import Quirks

NONCE_LENGTH = 8
CLIENT_ID_LENGTH = 64
"""The API's own ids are shorter, and no client is known to refuse this many characters."""

_BASE62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_PLAIN = re.compile(r"[A-Za-z0-9_-]+")
_NINE = re.compile(r"[A-Za-z0-9]{9}")
_WRAPPED = re.compile(r"toolu_d([pb])[A-Za-z0-9]{8}_([A-Za-z0-9_-]+)")
_ROOM = CLIENT_ID_LENGTH - len("toolu_dp") - NONCE_LENGTH - 1
_DIGEST_LENGTH = 22


def client_tool_id(upstream_id: str | None, nonce: str) -> str:
    """The id that the client sees. `nonce`: eight fresh letters or digits, for each call anew."""
    if not upstream_id:
        return f"toolu_dn{nonce}"
    if len(upstream_id) <= _ROOM and _PLAIN.fullmatch(upstream_id):
        return f"toolu_dp{nonce}_{upstream_id}"
    data = upstream_id.encode("utf-8", "replace")
    coded = base64.urlsafe_b64encode(data).rstrip(b"=").decode()
    if len(coded) <= _ROOM:
        return f"toolu_db{nonce}_{coded}"
    return f"toolu_dh{nonce}_{_base62(data, _DIGEST_LENGTH)}"


def original_tool_id(client_id: str) -> str | None:
    """The upstream's id inside a client's id, or None if the id carries none."""
    match = _WRAPPED.fullmatch(client_id)
    if match is None:
        return None
    if match[1] == "p":
        return match[2]
    try:
        return base64.urlsafe_b64decode(match[2] + "=" * (-len(match[2]) % 4)).decode()
    except (binascii.Error, UnicodeDecodeError):
        return None


class UpstreamIds:
    """Gives every call of one request an id that the upstream accepts and that no other call has.

    Ask in the order of the conversation: an id depends only on the calls before it, so it stays the same while
    the conversation grows.
    """

    def __init__(self, quirks: Quirks) -> None:
        self._nine = quirks.tool_ids == "nine"
        self._longest = quirks.max_tool_id
        self._taken: set[str] = set()

    def claim(self, client_id: str) -> str:
        """The upstream's own id if it is still free; else a valid id made from the client's."""
        original = original_tool_id(client_id)
        if original is not None and self._fits(original):
            return self._take(original)
        if original is None and _PLAIN.fullmatch(client_id) and self._fits(client_id):
            return self._take(client_id)
        attempt = 0
        while not self._fits(made := self._made(client_id, attempt)):
            attempt += 1
        return self._take(made)

    def _take(self, upstream_id: str) -> str:
        self._taken.add(upstream_id)
        return upstream_id

    def _fits(self, upstream_id: str) -> bool:
        if upstream_id in self._taken or not upstream_id:
            return False
        return bool(_NINE.fullmatch(upstream_id)) if self._nine else len(upstream_id) <= self._longest

    def _made(self, client_id: str, attempt: int) -> str:
        seed = f"{client_id}\n{attempt}" if attempt else client_id
        data = seed.encode("utf-8", "replace")
        if self._nine:
            return _base62(data, 9)
        return ("call_" + _base62(data, _DIGEST_LENGTH))[: self._longest]


def _base62(data: bytes, length: int) -> str:
    number = int.from_bytes(hashlib.sha1(data, usedforsecurity=False).digest())
    letters: list[str] = []
    for _ in range(length):
        number, rest = divmod(number, 62)
        letters.append(_BASE62[rest])
    return "".join(letters)
