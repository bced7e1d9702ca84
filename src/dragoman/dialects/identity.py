"""What an upstream may know of who asks: hashes and a cache key, never the client's own identifiers."""

import hashlib
from typing import Any

from dragoman.dialects.quirks import Quirks
from dragoman.messages.request import Conversation, MessagesRequest
from dragoman.wire.jsonbytes import JsonError, decode, encode
from dragoman.wire.jsonvalues import as_object

CACHE_KEY_LENGTH = 64
"""The longest `prompt_cache_key` that OpenAI takes."""


def identity_fields(
    request: MessagesRequest, conversation: Conversation, quirks: Quirks, prefix: list[Any]
) -> dict[str, Any]:
    """The fields for abuse reports and prompt caches, as far as the server knows them.

    `prefix` is what stays the same for a whole conversation: its hash is the cache key where no session is known.
    """
    fields: dict[str, Any] = {}
    user_id = conversation.user_id
    known = _user_object(user_id) if user_id else {}
    if user_id and quirks.user_field != "none":
        fields[quirks.user_field] = _sha256(_stable_part(known) or user_id)
    if quirks.prompt_cache_key:
        fields["prompt_cache_key"] = _cache_key(request, known, prefix)
    return fields


def _cache_key(request: MessagesRequest, known: dict[str, Any], prefix: list[Any]) -> str:
    session = request.session_id or known.get("session_id")
    if isinstance(session, str) and session:
        return session if len(session) <= CACHE_KEY_LENGTH else _sha256(session)
    return hashlib.sha256(encode(prefix)).hexdigest()[:32]


def _user_object(user_id: str) -> dict[str, Any]:
    """Claude Code's `user_id` is JSON in a string."""
    if not user_id.startswith("{"):
        return {}
    try:
        return as_object(decode(user_id.encode("utf-8", "replace")))
    except JsonError:
        return {}


def _stable_part(known: dict[str, Any]) -> str | None:
    for key in ("account_uuid", "device_id"):
        value = known.get(key)
        if isinstance(value, str) and value:
            return value
    return None


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()
