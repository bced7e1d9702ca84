"""Renders an ApiError in Anthropic's envelope (spec/anthropic-messages.md section 8)."""

from dragoman.messages.errors import ApiError
from dragoman.server.hangup import Send
from dragoman.wire.exchange import header
from dragoman.wire.jsonbytes import encode

RawHeaders = list[tuple[bytes, bytes]]


def render(error: ApiError, request_id: str) -> tuple[int, RawHeaders, bytes]:
    """Status, headers and body; an upstream's own wording goes out byte for byte."""
    body = error.body
    request_id = header(error.headers, "request-id") or request_id
    if body is None:
        detail = {"type": error.type, "message": error.message}
        body = encode({"type": "error", "error": detail, "request_id": request_id})
    headers: RawHeaders = [
        (b"content-type", b"application/json"),
        (b"content-length", str(len(body)).encode()),
    ]
    headers += [(name.encode("latin-1"), _header_value(value)) for name, value in error.headers]
    if header(error.headers, "request-id") is None:
        headers.append((b"request-id", request_id.encode()))
    return error.status, headers, body


def _header_value(value: str) -> bytes:
    """Visible ASCII: a header may repeat what an upstream said, and a line break in it would begin another."""
    return "".join(c if " " <= c <= "~" else "?" for c in value).encode()


async def send_error(send: Send, error: ApiError, request_id: str) -> None:
    """The whole response."""
    status, headers, body = render(error, request_id)
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
