"""Whether each channel's upstream is there, can be trusted and takes the key: one GET of its list of models."""

import asyncio
import socket
import ssl
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlsplit

from msgspec.structs import replace

from dragoman.access import direct
from dragoman.cli.doctor.findings import Finding, edit, failure, fine, warning
from dragoman.config.vertex import LOGIN
from dragoman.dialects.dialect import Dialect, Written
from dragoman.dialects.registry import DIALECTS
from dragoman.messages.errors import UpstreamFailure
from dragoman.messages.request import MessagesRequest
from dragoman.relay.ports import AccessToken, TokenSource, Upstream
from dragoman.routing.channel import Channel, DialectName, lacks_key
from dragoman.routing.model_map import ModelMap
from dragoman.routing.ways import DEMO_CHANNEL, LITELLM_CHANNEL
from dragoman.wire.exchange import Headers, HttpRequest, ReplyHead
from dragoman.wire.redact import redact_text

LARGEST_ERROR = 64 * 1024
LONGEST_CAUSE = 300

LISTS: Mapping[DialectName, str] = {
    "openai_chat": "/models",
    "openai_responses": "/models",
    "gemini": "/models?pageSize=1",
    "anthropic": "/v1/models?limit=1",
}
"""The path of the list of models, as short as it can be had."""

_OWN_PATHS = {"openrouter.ai": "/key"}
"""Hosts that show their models to everybody: where they say something about the key
(https://openrouter.ai/docs/api-reference/limits)."""

_HEADERS: Mapping[DialectName, Headers] = {"anthropic": (("anthropic-version", "2023-06-01"),)}

_NOTHING_ASKED = MessagesRequest("", stream=False, max_tokens=0, raw={}, body=b"", headers=())
_NO_SUCH_LIST = frozenset({404, 405, 501})
_REFUSED = frozenset({401, 403})
_BUSY = 429


def channels_to_ask(model_map: ModelMap) -> list[Channel]:
    """All that are configured and can be asked, each address with each key once; those that Claude's names lead to
    come first."""
    ways = model_map.ways
    used = [target.channel for target in model_map.used()]
    built_in = [ways.built_in.openai, ways.built_in.gemini, ways.built_in.anthropic]
    others = [
        *(channel for channel in built_in if channel.credential or channel.passthrough_credentials),
        *([ways.vertex.gemini, ways.vertex.anthropic] if ways.use_vertex else []),
        *(channels.openai for channels in ways.named.values()),
        *(ways.vendors[name] for name in ways.configured if name in ways.vendors),
    ]
    found: dict[tuple[str, str], Channel] = {}
    for channel in (*used, *others):
        silent = channel.name in (DEMO_CHANNEL.name, LITELLM_CHANNEL.name) or not channel.base_url
        if not silent and not lacks_key(channel):
            place = urlsplit(channel.base_url).netloc if channel.access == "vertex" else channel.base_url
            found.setdefault((place, channel.credential), channel)
    return list(found.values())


async def channel_finding(
    channel: Channel, upstream: Upstream, tokens: TokenSource, seconds: float, env_file: Path
) -> Finding:
    """What asking it comes to, after at most `seconds`."""
    check, host = f"channel {channel.name}", urlsplit(channel.base_url).hostname
    late = "Google's credentials could not be tried in time" if channel.access == "vertex" else ""
    try:
        async with asyncio.timeout(seconds):
            token = None
            if channel.access == "vertex":
                try:
                    token = await tokens.token()
                except UpstreamFailure as fault:
                    return failure("D014", check, fault.error.message, LOGIN)
                late = ""
            head, body = await _answer(upstream, request_for(channel, token))
    except TimeoutError:
        if late:
            return failure("D014", check, late, LOGIN)
        return _unreachable("D011", check, f"`{host}` did not answer within {seconds:g} s", env_file)
    except UpstreamFailure as fault:
        return _unreachable(reason_of(fault), check, fault.error.message, env_file)
    return read_answer(channel, head, body, env_file)


def request_for(channel: Channel, token: AccessToken | None) -> HttpRequest:
    """A GET that costs nothing, with the channel's own proof."""
    path = _OWN_PATHS.get(urlsplit(channel.base_url).hostname or "", LISTS[channel.dialect])
    if token is not None:
        # Vertex AI lists no models of a location; that it answers at all is what can be seen for free.
        headers = (("authorization", f"Bearer {token.value}"), ("accept", "application/json"))
        return HttpRequest("GET", channel.base_url, headers, b"")
    written = Written(path, b"", headers=_HEADERS.get(channel.dialect, ()), streaming=False)
    asked = direct.address(written, channel.base_url, channel.credential, channel.dialect)
    kept = tuple(pair for pair in asked.headers if pair[0] != "content-type")
    return replace(asked, method="GET", headers=kept)


async def _answer(upstream: Upstream, request: HttpRequest) -> tuple[ReplyHead, bytes]:
    """The head, and the body of a refusal. Raises UpstreamFailure."""
    reply = await upstream.open(request)
    try:
        body = b"" if 200 <= reply.head.status < 300 else await reply.read_all(LARGEST_ERROR)
    finally:
        reply.close()
    return reply.head, body


def reason_of(fault: UpstreamFailure) -> str:
    """The code for a connection that failed, by the system's own error behind it."""
    error: BaseException | None = fault
    while error is not None:
        match error:
            case ssl.SSLError():
                return "D010"
            case socket.gaierror():
                return "D008"
            case TimeoutError():
                return "D011"
            case _:
                error = error.__cause__
    return "D009"


def _unreachable(code: str, check: str, cause: str, env_file: Path) -> Finding:
    commands = {
        "D010": "export SSL_CERT_FILE=YOUR_CERTIFICATES.pem",
        "D011": 'export HTTPS_PROXY="http://YOUR_PROXY:PORT"',
    }
    return failure(code, check, cause, commands.get(code, edit(env_file)))


def read_answer(channel: Channel, head: ReplyHead, body: bytes, env_file: Path) -> Finding:
    """What the upstream's answer to `request_for` says about the channel."""
    check, host = f"channel {channel.name}", urlsplit(channel.base_url).hostname
    dialect: Dialect = DIALECTS[channel.dialect]
    if 200 <= head.status < 300:
        return _answered(channel, head, env_file)
    refusal = dialect.read_failure(head, body, _NOTHING_ASKED, False)
    said = redact_text(refusal.vendor_message or refusal.error.message)[:LONGEST_CAUSE]
    if refusal.error.status in _REFUSED or head.status in _REFUSED:
        if channel.passthrough_credentials:
            return fine(check, f"`{host}` answers; the key is the client's own")
        if channel.access == "vertex":
            return failure("D014", check, f"`{host}` refused Dragoman's credentials: {said}", LOGIN)
        setting = channel.credential_setting
        shown = setting if channel.credential else "a request without a key"
        cause = f"`{host}` answered {head.status} to {shown} and said: {said}"
        mend = edit(env_file) if env_file.is_file() else f"export {setting}=YOUR_KEY"
        return failure("D012", check, cause, mend)
    if channel.access == "vertex":
        return fine(check, f"`{host}` answers, and Google gives access tokens")
    if head.status in _NO_SUCH_LIST:
        cause = f"`{host}` answers, but has no list of models: is the base URL {channel.base_url} right?"
        return warning("D021", check, cause, edit(env_file))
    if head.status == _BUSY:
        return warning("D021", check, f"`{host}` limits requests at the moment: {said}", "dragoman doctor")
    return failure("D013", check, f"`{host}` answered {head.status}: {said}", "dragoman doctor")


def _answered(channel: Channel, head: ReplyHead, env_file: Path) -> Finding:
    check, host = f"channel {channel.name}", urlsplit(channel.base_url).hostname
    kind = (head.header("content-type") or "").partition(";")[0].strip().lower()
    if channel.access != "vertex" and "json" not in kind:
        shown = f"with `{redact_text(kind)}`" if kind else "without a content type"
        cause = f"`{host}` answered {shown} instead of JSON: is the base URL {channel.base_url} right?"
        return failure("D013", check, cause, edit(env_file))
    key = "with this key" if channel.credential else "without a key"
    return fine(check, f"`{host}` answers {key}")
