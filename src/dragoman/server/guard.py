"""Keeps web pages away from a gateway that listens on the user's own machine (threats T1 and T2).

Any page can send requests to 127.0.0.1, and with a name that resolves to it even read the answers. A browser
tells by `Host`, `Origin` and `Sec-Fetch-Site` who is asking, so these are judged before the body is read, by the
bytes of the headers. No CORS header is ever sent.
"""

import re
from collections.abc import Awaitable, Callable

import msgspec

from dragoman.messages.errors import FINAL, ApiError
from dragoman.server.errors import send_error
from dragoman.server.hangup import Receive, Scope, Send
from dragoman.wire.address import is_loopback

AsgiApp = Callable[[Scope, Receive, Send], Awaitable[None]]

_LOCAL_HOSTS = frozenset({b"localhost", b"127.0.0.1", b"[::1]"})
_HOST = re.compile(rb"(?P<name>[a-z0-9_.\-]+|\[[0-9a-f:.]+\])(?::(?P<port>[0-9]{1,5}))?", re.IGNORECASE)
_OWN_FETCHES = frozenset({b"same-origin", b"none"})


class GuardRules(msgspec.Struct, frozen=True):
    """What the guard goes by."""

    public: bool = False
    """The operator chose to serve other machines: they may come, by whatever name they know this one."""
    keyed: bool = False
    """Callers must present a key, so other machines may come even if nobody chose so (`uvicorn --host 0.0.0.0`)."""
    allowed_hosts: frozenset[str] = frozenset()
    """Further host names or addresses, without a port."""


class Guard:
    """An ASGI app around another, which only sees requests that no foreign web page made."""

    def __init__(self, app: AsgiApp, rules: GuardRules, new_request_id: Callable[[], str]) -> None:
        self._app = app
        self._rules = rules
        self._hosts = _LOCAL_HOSTS | {_as_in_header(host) for host in rules.allowed_hosts}
        self._new_request_id = new_request_id

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            try:
                self._judge(scope)
            except ApiError as refusal:
                await send_error(send, refusal, self._new_request_id())
                return
        elif scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1008})
            return
        await self._app(scope, receive, send)

    def _judge(self, scope: Scope) -> None:
        hosts: list[bytes] = []
        origins: list[bytes] = []
        types: list[bytes] = []
        sites: list[bytes] = []
        told_of = {b"host": hosts, b"origin": origins, b"content-type": types, b"sec-fetch-site": sites}
        from_browser = False
        for name, value in scope["headers"]:
            kept = told_of.get(name)
            if kept is not None:
                kept.append(value)
            from_browser = from_browser or name.startswith(b"sec-fetch-")
        if any(site.strip().lower() not in _OWN_FETCHES for site in sites):
            raise ApiError(403, "requests from other sites are refused", headers=FINAL)
        self._judge_peer(scope, hosts)
        if origins:
            _judge_origins(origins, hosts)
        if scope["method"] == "POST":
            _judge_type(types, from_browser or bool(origins))

    def _judge_peer(self, scope: Scope, hosts: list[bytes]) -> None:
        if self._rules.public:
            return
        if _is_local(scope):
            self._judge_host(hosts)
        elif not self._rules.keyed:
            raise ApiError(
                403,
                "this gateway serves only its own machine: set DRAGOMAN_API_KEY where it runs to let others in",
                headers=FINAL,
            )

    def _judge_host(self, hosts: list[bytes]) -> None:
        match = _HOST.fullmatch(hosts[0]) if len(hosts) == 1 else None
        if match is None or int(match["port"] or 0) > 65535:
            raise ApiError(400, "the Host header must be there once and hold a host name", headers=FINAL)
        if match["name"].lower() not in self._hosts:
            raise ApiError(
                421,
                "this gateway serves only its own machine, and the Host header names another; "
                "use http://localhost or http://127.0.0.1",
                headers=FINAL,
            )


def _is_local(scope: Scope) -> bool:
    """Whether the connection came in on a loopback address (or a Unix socket)."""
    server = scope.get("server")
    return server is None or is_loopback(server[0])


def _judge_origins(origins: list[bytes], hosts: list[bytes]) -> None:
    own = {scheme + host.lower() for host in hosts for scheme in (b"http://", b"https://")}
    if any(origin.lower() not in own for origin in origins):
        raise ApiError(403, "requests from web pages of another origin are refused", headers=FINAL)


def _judge_type(types: list[bytes], from_browser: bool) -> None:
    # A page may send form and text types to anyone without asking first; JSON it may not.
    if not types and not from_browser:
        return
    if not types or any(value.partition(b";")[0].strip().lower() != b"application/json" for value in types):
        raise ApiError(415, "content-type: send application/json", headers=FINAL)


def _as_in_header(host: str) -> bytes:
    host = host.strip().lower()
    return (f"[{host}]" if ":" in host and not host.startswith("[") else host).encode()
