"""What a gateway makes of awkward answers and requests, asked of each at the same upstream, in the same words.

Each question has a model of bench/awkward_upstream.py, a request, and a reading of what came of it. A reading says what
was seen, not whether that is right.
"""

import asyncio
import contextlib
import http.client
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple, cast

from bench.awkward_upstream import THOUGHT, AwkwardUpstream
from bench.peers.peer import NotMeasured, Peer, reason
from bench.processes import Server, StartError
from bench.turns import START_LIMIT

QUESTIONS = {
    "cut": "the upstream hangs up in mid-stream: the client sees",
    "ended": "the upstream's stream ends without a finish reason: the client sees",
    "thinking": "the upstream streams `reasoning_content`: the client gets",
    "start": "`input_tokens` in `message_start`, of 12",
    "cached": "8 of 12 input tokens were cached: the last usage says",
    "image": "an image in a tool's result: the upstream gets",
    "page": "a web page of another origin posts without a key",
}
BREAKING = ("cut", "ended")
"""After which a gateway may avoid the upstream for a while: each has a gateway of its own."""
PATIENCE = 60
"""Seconds for one answer."""
PAGE_ORIGIN = "https://page.example"
PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAQAAAC1HAwCAAAAC0lEQVR42mNk+A8AAQUBAScY42YAAAAASUVORK5CYII="


class Heard(NamedTuple):
    """An answer as it came."""

    status: int
    headers: Mapping[str, str]
    events: list[dict[str, Any]]
    """The data of each event that is an object."""
    whole: bool
    """Whether the body had its end."""

    def first(self, kind: str) -> dict[str, Any]:
        """The first event of this type, or an empty one."""
        nothing: dict[str, Any] = {}
        return next((event for event in self.events if event.get("type") == kind), nothing)


def send(port: int, method: str, body: bytes, headers: Mapping[str, str]) -> Heard:
    """One exchange with a gateway's /v1/messages."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
    try:
        connection.request(method, "/v1/messages", body, dict(headers))
        answer = connection.getresponse()
        received = {name.lower(): value for name, value in answer.getheaders()}
        try:
            text, whole = answer.read(), True
        except http.client.IncompleteRead as cut:
            text, whole = cut.partial, False
        return Heard(answer.status, received, events_of(text), whole)
    finally:
        connection.close()


def events_of(text: bytes) -> list[dict[str, Any]]:
    """The objects behind each `data:`."""
    found: list[dict[str, Any]] = []
    for line in text.decode(errors="replace").splitlines():
        with contextlib.suppress(ValueError):
            value: Any = json.loads(line.removeprefix("data:"))
            if line.startswith("data:") and isinstance(value, dict):
                found.append(cast(dict[str, Any], value))
    return found


def ask(peer: Peer, port: int, model: str, **fields: object) -> Heard:
    """A streamed request as a client with the key sends it."""
    body = {
        "model": peer.models["openai"].format(model=model),
        "max_tokens": 4096,
        "stream": True,
        "messages": [{"role": "user", "content": "Say hello."}],
    } | fields
    headers = {
        "content-type": "application/json",
        "anthropic-version": "2023-06-01",
        "x-api-key": peer.key,
    }
    return send(port, "POST", json.dumps(body).encode(), headers)


def ending(heard: Heard) -> str:
    """How the stream ended for the client."""
    if heard.status >= 400:
        return f"HTTP {heard.status}"
    seen: list[str] = []
    if any(event.get("type") == "error" or "error" in event for event in heard.events):
        seen.append("an error")
    if heard.first("message_stop"):
        stop = heard.first("message_delta").get("delta", {}).get("stop_reason")
        seen.append(f"an end with `{stop}`")
    if not heard.whole:
        seen.append("a broken connection")
    return ", ".join(seen) or "no end"


def thinking(heard: Heard) -> str:
    """What became of the reasoning."""
    if heard.status != 200:
        return f"HTTP {heard.status}"
    blocks = [event for event in heard.events if event.get("type") == "content_block_start"]
    if any(block["content_block"]["type"] == "thinking" for block in blocks):
        return "a thinking block"
    return "text" if THOUGHT in json.dumps(heard.events) else "nothing of it"


def input_tokens(heard: Heard) -> str:
    """What the first event says."""
    if heard.status != 200:
        return f"HTTP {heard.status}"
    usage = heard.first("message_start").get("message", {}).get("usage", {})
    return str(usage.get("input_tokens", "none"))


def last_usage(heard: Heard) -> str:
    """What the last event with a usage says of the input."""
    if heard.status != 200:
        return f"HTTP {heard.status}"
    usage = heard.first("message_delta").get("usage", {})
    names = ("input_tokens", "cache_read_input_tokens")
    return ", ".join(f"`{name}` {usage[name]}" for name in names if name in usage) or "nothing of the input"


def image_request() -> dict[str, Any]:
    """A conversation in which a tool gave an image."""
    source = {"type": "base64", "media_type": "image/png", "data": PIXEL}
    result = [{"type": "text", "text": "a screenshot"}, {"type": "image", "source": source}]
    call: dict[str, Any] = {"type": "tool_use", "id": "toolu_1", "name": "Shot", "input": {}}
    return {
        "tools": [{"name": "Shot", "description": "Takes one.", "input_schema": {"type": "object"}}],
        "messages": [
            {"role": "user", "content": "Look."},
            {"role": "assistant", "content": [call]},
            {
                "role": "user",
                "content": [{"type": "tool_result", "tool_use_id": "toolu_1", "content": result}],
            },
        ],
    }


def image_seen(bodies: list[dict[str, Any]]) -> str:
    """In what form the upstream has the image."""
    messages: list[dict[str, Any]] = bodies[-1]["messages"] if bodies else []
    parts = [part for said in messages if isinstance(said.get("content"), list) for part in said["content"]]
    if any(PIXEL in json.dumps(part) for part in parts if part.get("type") == "image_url"):
        return "an image"
    return "its base64 as text" if PIXEL in json.dumps(messages) else "nothing of it"


def post_from_page(peer: Peer, port: int, upstream: AwkwardUpstream) -> str:
    """What a browser would let a foreign page do: a plain POST at once, JSON only after a preflight that allows it."""
    body = {
        "model": peer.models["openai"].format(model="bench-cached"),
        "max_tokens": 16,
        "stream": True,
        "messages": [{"role": "user", "content": "From a page."}],
    }
    foreign = {"origin": PAGE_ORIGIN, "sec-fetch-site": "cross-site", "sec-fetch-mode": "cors"}
    before = len(upstream.bodies)
    plain = send(port, "POST", json.dumps(body).encode(), foreign | {"content-type": "text/plain"})
    asking = {"access-control-request-method": "POST", "access-control-request-headers": "content-type"}
    allowed = send(port, "OPTIONS", b"", foreign | asking).headers
    status = plain.status
    if allowed.get("access-control-allow-origin") in ("*", PAGE_ORIGIN):
        status = send(
            port, "POST", json.dumps(body).encode(), foreign | {"content-type": "application/json"}
        ).status
    return "reaches the upstream" if len(upstream.bodies) > before else f"refused, HTTP {status}"


def observe(question: str, peer: Peer, port: int, upstream: AwkwardUpstream) -> str:
    """The reading of one question."""
    match question:
        case "cut" | "ended":
            return ending(ask(peer, port, f"bench-{question}"))
        case "thinking":
            wanted = {"type": "enabled", "budget_tokens": 1024}
            return thinking(ask(peer, port, "bench-thinking", thinking=wanted))
        case "start":
            return input_tokens(ask(peer, port, "bench-cached"))
        case "cached":
            return last_usage(ask(peer, port, "bench-cached"))
        case "image":
            upstream.bodies.clear()
            ask(peer, port, "bench-cached", **image_request())
            return image_seen(upstream.bodies)
        case _:
            return post_from_page(peer, port, upstream)


def answer_to(question: str, peer: Peer, port: int, upstream: AwkwardUpstream) -> str:
    """The reading of one question, also when no HTTP answer came within PATIENCE."""
    try:
        return observe(question, peer, port, upstream)
    except (OSError, http.client.HTTPException):
        return "no answer"


async def behaviour_of(peer: Peer, folder: Path) -> dict[str, str]:
    """The readings of all questions. Raises NotMeasured when the gateway does not start."""
    calm = tuple(question for question in QUESTIONS if question not in BREAKING)
    found: dict[str, str] = {}
    async with AwkwardUpstream() as upstream:
        for group in (calm, *((question,) for question in BREAKING)):
            server = peer.start(folder / group[0], upstream.port)
            try:
                await asyncio.to_thread(ready, server)
                for question in group:
                    found[question] = await asyncio.to_thread(
                        answer_to, question, peer, server.port, upstream
                    )
            finally:
                await asyncio.to_thread(server.stop)
    return found


def ready(server: Server) -> None:
    """Wait for it. Raises NotMeasured."""
    try:
        server.wait_until_ready(START_LIMIT)
    except StartError as error:
        raise NotMeasured(f"not started: {reason(server.last_words())}") from error
