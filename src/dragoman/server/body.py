"""Reads a request's body: within the limit, in time, decompressed."""

import asyncio
import zlib

from dragoman.messages.errors import FINAL, ApiError, invalid_request
from dragoman.server.hangup import Message, Receive
from dragoman.wire.exchange import Headers, header

LARGEST_BODY = 32 * 1024 * 1024
"""Anthropic's own limit, also for the size after decompression."""
BODY_SECONDS = 60.0
"""For all of the body after its first piece; the connection itself waits no longer than that for the first."""


class ClientGone(Exception):
    """The client left before its request was complete."""


async def read_body(receive: Receive, headers: Headers) -> bytes:
    """The whole body. Raises ApiError 413, 400 and 408, and ClientGone."""
    length = header(headers, "content-length")
    if length is not None and length.isdecimal() and int(length) > LARGEST_BODY:
        raise _too_large()
    message = await _next(receive)
    body: bytes = message.get("body", b"")
    if message.get("more_body", False):
        try:
            async with asyncio.timeout(BODY_SECONDS):
                body = await _read_rest(receive, body)
        except TimeoutError:
            raise ApiError(408, "the request body did not arrive in time", type="timeout_error") from None
    if len(body) > LARGEST_BODY:
        raise _too_large()
    encoding = (header(headers, "content-encoding") or "identity").strip().lower()
    return body if encoding == "identity" else _decompress(body, encoding)


async def _read_rest(receive: Receive, first: bytes) -> bytes:
    pieces = [first]
    size = len(first)
    more = True
    while more and size <= LARGEST_BODY:
        message = await _next(receive)
        piece: bytes = message.get("body", b"")
        pieces.append(piece)
        size += len(piece)
        more = message.get("more_body", False)
    return b"".join(pieces)


async def _next(receive: Receive) -> Message:
    message = await receive()
    if message["type"] == "http.disconnect":
        raise ClientGone
    return message


def _decompress(body: bytes, encoding: str) -> bytes:
    if encoding not in ("gzip", "x-gzip", "deflate"):
        raise invalid_request(f"content-encoding: `{encoding[:40]}` is not supported; use gzip or identity")
    decompressor = zlib.decompressobj(wbits=47 if encoding != "deflate" else 15)
    try:
        plain = decompressor.decompress(body, LARGEST_BODY + 1)
    except zlib.error:
        raise invalid_request(f"content-encoding: the body is not valid {encoding}") from None
    if len(plain) > LARGEST_BODY or decompressor.unconsumed_tail:
        raise _too_large()
    if not decompressor.eof:
        raise invalid_request(f"content-encoding: the {encoding} body is incomplete")
    return plain


def _too_large() -> ApiError:
    return ApiError(413, "the request is larger than 32 MB", headers=FINAL)
