"""An upstream with awkward answers, and a record of what it was asked: for bench/behaviour.py, in its own process.

It speaks Chat, streamed only. The model's name says what comes:

    bench-cached      two words; 8 of the 12 input tokens came from a cache
    bench-thinking    `reasoning_content` before the words, as DeepSeek writes it
    bench-ended       two words, then the stream ends: no finish reason, no `[DONE]`
    bench-cut         two words, then the connection is closed in the middle of the chunked body
"""

import asyncio
import re
from contextlib import AbstractAsyncContextManager
from typing import Any

import msgspec
from typing_extensions import override

from bench.replies import LAST_CHUNK, STREAM_HEAD, chat_choice, chat_event, chat_usage, chunk

CONTENT_LENGTH = re.compile(rb"\r\ncontent-length:[ \t]*(\d+)", re.IGNORECASE)
THOUGHT = "Let me think."
WORDS = ("Hello", " there")
CACHED = {"cached_tokens": 8}
NOT_FOUND = b"HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n"
PAUSE = 0.02
"""Seconds between events, so that each comes in a read of its own: what is done with several at once is another
question."""


def reply(model: str) -> list[bytes]:
    """The answer, an element for each write."""
    usage = chat_usage(len(WORDS)) | {"prompt_tokens_details": CACHED}
    opening = [STREAM_HEAD, chunk(chat_choice({"role": "assistant", "content": ""}))]
    thoughts = [chunk(chat_choice({"reasoning_content": THOUGHT}))] if model == "bench-thinking" else []
    words = [chunk(chat_choice({"content": word})) for word in WORDS]
    finish = [
        chunk(chat_choice({}, "stop")),
        chunk(chat_event(choices=[], usage=usage)),
        chunk(b"data: [DONE]\n\n"),
    ]
    match model:
        case "bench-cut":
            return opening + words
        case "bench-ended":
            return [*opening, *words, LAST_CHUNK]
        case _:
            return [*opening, *thoughts, *words, *finish, LAST_CHUNK]


class AwkwardUpstream(AbstractAsyncContextManager["AwkwardUpstream"]):
    """Serves on loopback while it is entered."""

    def __init__(self) -> None:
        self.bodies: list[dict[str, Any]] = []
        """What it was asked, in order."""

    @override
    async def __aenter__(self) -> "AwkwardUpstream":
        self.server = await asyncio.start_server(self.serve, "127.0.0.1", 0)
        self.port: int = self.server.sockets[0].getsockname()[1]
        return self

    @override
    async def __aexit__(self, *_: object) -> None:
        self.server.close()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection: answer until the client, or the answer, ends it."""
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                length = CONTENT_LENGTH.search(head)
                body = await reader.readexactly(int(length[1])) if length else b""
                model = self.note(head, body)
                for part in reply(model) if model else [NOT_FOUND]:
                    writer.write(part)
                    await asyncio.sleep(PAUSE)
                if model == "bench-cut":
                    return
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    def note(self, head: bytes, body: bytes) -> str | None:
        """Keep what was asked; the model, or None when it is not Chat."""
        if not head.startswith(b"POST /v1/chat/completions "):
            return None
        asked: dict[str, Any] = msgspec.json.decode(body)
        self.bodies.append(asked)
        return str(asked["model"])
