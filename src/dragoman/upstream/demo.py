"""The built-in model `dragoman/demo`: speaks Messages in process, costs nothing, calls a tool when one fits.

It stands behind the same port as every upstream, so a newcomer sees the whole way at work without a key.
"""

import asyncio
from typing import Any, cast

from dragoman.messages.events import Event, Usage, frame_of
from dragoman.messages.fold import fold
from dragoman.messages.writer import MessageWriter
from dragoman.relay.ports import Upstream, UpstreamReply
from dragoman.wire.exchange import HttpRequest, ReplyHead
from dragoman.wire.jsonbytes import decode, encode
from dragoman.wire.jsonvalues import as_object

DEMO_SCHEME = "demo:"
MODEL = "dragoman/demo"
WORD_SECONDS = 0.02
GREETING = (
    "Hello! This is Dragoman's built-in demo model. It is not intelligent, but everything between you and it is "
    "real: your request came through the gateway and this answer streams back through it. Set OPENAI_API_KEY or "
    "another key in .env and restart to talk to a real model."
)


class WithDemo:
    """Implements `Upstream`: the demo for its own scheme, the given upstream for everything else."""

    def __init__(self, upstream: Upstream) -> None:
        self._upstream = upstream
        self._answers = 0

    async def open(self, request: HttpRequest) -> UpstreamReply:
        if not request.url.startswith(DEMO_SCHEME):
            return await self._upstream.open(request)
        self._answers += 1
        return answer(request, self._answers)


class DemoReply:
    """Implements `UpstreamReply` over pieces that are known in advance."""

    def __init__(self, content_type: str, pieces: list[bytes], pause: float) -> None:
        self.head = ReplyHead(200, (("content-type", content_type),))
        self._pieces = pieces
        self._pause = pause

    async def read(self) -> bytes:
        if not self._pieces:
            return b""
        await asyncio.sleep(self._pause)
        return self._pieces.pop(0)

    async def read_all(self, limit: int) -> bytes:
        pieces, self._pieces = self._pieces, []
        return b"".join(pieces)

    async def drain(self) -> None:
        self._pieces = []

    def close(self) -> None:
        self._pieces = []


def answer(request: HttpRequest, number: int) -> DemoReply:
    """The demo's reply to a Messages or count_tokens request."""
    body = cast("dict[str, Any]", decode(request.body))
    if request.url.endswith("/count_tokens"):
        return DemoReply("application/json", [encode({"input_tokens": len(request.body) // 4})], 0)
    events = _say(body, number, len(request.body) // 4)
    if body.get("stream") is True:
        return DemoReply("text/event-stream", [frame_of(event) for event in events], WORD_SECONDS)
    return DemoReply("application/json", [encode(fold(events))], 0)


def _say(body: dict[str, Any], number: int, input_tokens: int) -> list[Event]:
    writer = MessageWriter(f"msg_demo{number:06d}", MODEL, input_tokens)
    asked = _last_user_text(body)
    schema = _wanted_schema(body)
    tool = None if schema else _fitting_tool(body, asked)
    if tool is not None:
        writer.text("I will call a tool. ")
        call = f"toolu_demo{number:06d}"
        writer.tool_call(call, call, tool["name"])
        writer.tool_input(call, encode(_demo_input(tool)).decode())
    else:
        text = _text(body, schema)
        for piece in [text] if schema else [word + " " for word in text.split(" ")]:
            writer.text(piece)
    writer.end("tool_use" if tool else "end_turn", Usage(input_tokens=input_tokens, output_tokens=60))
    return writer.take()


def _wanted_schema(body: dict[str, Any]) -> dict[str, Any] | None:
    """The schema of `output_config.format`."""
    try:
        schema: Any = body["output_config"]["format"]["schema"]
    except (KeyError, TypeError):
        return None
    return cast("dict[str, Any]", schema) if isinstance(schema, dict) else None


def _text(body: dict[str, Any], schema: dict[str, Any] | None) -> str:
    if schema is not None:
        return encode(_fill(schema)).decode()
    result = _tool_result(body)
    if result is None:
        return GREETING
    return f"The tool answered: {result[:300].strip() or '(nothing)'} \n\nThat is all the demo model can do."


def _blocks(body: dict[str, Any]) -> list[dict[str, Any]]:
    """The blocks of the last user message."""
    for message in reversed(cast("list[dict[str, Any]]", body.get("messages") or [])):
        if message.get("role") == "user":
            content: Any = message.get("content")
            if isinstance(content, str):
                return [{"type": "text", "text": content}]
            return [block for block in cast("list[Any]", content or []) if isinstance(block, dict)]
    return []


def _last_user_text(body: dict[str, Any]) -> str:
    texts = [str(block.get("text", "")) for block in _blocks(body) if block.get("type") == "text"]
    return texts[-1].lower() if texts else ""


def _tool_result(body: dict[str, Any]) -> str | None:
    for block in _blocks(body):
        if block.get("type") == "tool_result":
            content: Any = block.get("content")
            if isinstance(content, list):
                parts = cast("list[Any]", content)
                content = " ".join(str(as_object(part).get("text") or "") for part in parts)
            return str(content or "")
    return None


def _fitting_tool(body: dict[str, Any], asked: str) -> dict[str, Any] | None:
    """A tool that the user names, or Bash where a command is asked for; none right after a result."""
    if _tool_result(body) is not None:
        return None
    words = set(asked.replace("`", " ").replace(".", " ").split())
    for tool in cast("list[Any]", body.get("tools") or []):
        fields = as_object(tool)
        name = str(fields.get("name", ""))
        wanted = name.lower() in words or (name == "Bash" and words & {"run", "command", "list", "files"})
        if wanted and isinstance(fields.get("input_schema"), dict):
            return fields
    return None


def _demo_input(tool: dict[str, Any]) -> dict[str, Any]:
    if tool["name"] == "Bash":
        return {"command": "echo Hello from the demo model", "description": "Say hello"}
    return as_object(_fill(tool["input_schema"]))


def _fill(schema: Any) -> Any:
    """The smallest value that the schema's required fields allow."""
    fields = as_object(schema)
    if fields.get("enum"):
        return fields["enum"][0]
    match fields.get("type"):
        case "object":
            properties = as_object(fields.get("properties"))
            return {name: _fill(properties.get(name)) for name in fields.get("required") or ()}
        case "array":
            return []
        case "integer" | "number":
            return fields.get("minimum", 1)
        case "boolean":
            return False
        case _:
            return "demo"
