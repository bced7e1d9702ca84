"""Calls an ASGI app without a server or a socket."""

from dataclasses import dataclass, field


@dataclass
class Reply:
    status: int = 0
    headers: list[tuple[str, str]] = field(default_factory=list)
    body: bytes = b""
    bytes_read: int = 0
    """How much of the request's body the app has asked for."""

    def header(self, name: str) -> str | None:
        values = [value for key, value in self.headers if key == name]
        assert len(values) <= 1, f"{name} is there {len(values)} times"
        return values[0] if values else None


async def call_app(
    app, method: str, path: str, headers=(), body: bytes = b"", query: str = "", server=("127.0.0.1", 8082)
) -> Reply:
    """One request with exactly these headers (pairs of str or bytes, in order)."""
    scope = {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "method": method,
        "scheme": "http",
        "path": path,
        "raw_path": path.encode(),
        "query_string": query.encode(),
        "root_path": "",
        "headers": [(_bytes(name).lower(), _bytes(value)) for name, value in headers],
        "client": ("127.0.0.1", 50000),
        "server": server,
        "state": {},
    }
    reply = Reply()
    ended = False

    async def receive():
        nonlocal ended
        if ended:
            return {"type": "http.disconnect"}
        ended = True
        reply.bytes_read = len(body)
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message):
        if message["type"] == "http.response.start":
            assert reply.status == 0, "a second head"
            reply.status = message["status"]
            reply.headers = [(name.decode(), value.decode("latin-1")) for name, value in message["headers"]]
        else:
            reply.body += message.get("body", b"")

    await app(scope, receive, send)
    return reply


def _bytes(text) -> bytes:
    return text if isinstance(text, bytes) else text.encode("latin-1")
