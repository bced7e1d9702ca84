"""Streams of a plausible Gemini server, what they say and which signatures they carry, for hypothesis; readers of them."""

import base64
import itertools
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import msgspec
from hypothesis import strategies as st

from dragoman.dialects.dialect import Written
from dragoman.dialects.gemini.reply import GeminiReply
from dragoman.dialects.gemini.shapes import Reading
from dragoman.messages.envelope import Seal
from dragoman.messages.errors import UpstreamFailure
from dragoman.messages.events import Said
from tests.support.gemini_flavor import AI_STUDIO, GeminiFlavor
from tests.support.gemini_stream import Voice, array_steps, chunk_steps, whole_response
from tests.support.reading import counting_ids, hear_once
from tests.support.replies import Call, Reasoning, Reply, Text
from tests.support.strategies import mixed_replies

ESTIMATED_INPUT = 321
"""What the reader is told to expect."""

ASKED = {
    "contents": msgspec.Raw(b'[{"role":"user","parts":[{"text":"hi"}]}]'),
    "safetySettings": msgspec.Raw(b"[]"),
}

gemini_flavors = st.builds(
    lambda signs, together, vertex, nameless: GeminiFlavor(
        signs=signs, calls_together=together, vertex=vertex, no_call_ids=nameless
    ),
    st.frozensets(st.sampled_from(["calls", "thoughts", "texts", "trailing"])),
    *[st.booleans()] * 3,
)
more_than_thoughts = mixed_replies.filter(
    lambda reply: not all(isinstance(part, Reasoning) for part in reply.parts)
)
"""Text, thoughts and calls in any order, and not only thoughts."""


@dataclass(frozen=True)
class GeminiStream:
    """A streamed answer of one request."""

    raw: bytes
    reply: Reply
    flavor: GeminiFlavor
    whole: bytes
    """The same answer as generateContent gives it."""
    array: bytes
    """The same as streamGenerateContent gives it without `alt=sse`."""
    signed: dict[str | None, str]
    """The signature of each signed call by its id; that of everything else (the last one) under `words`."""

    @property
    def text(self) -> str:
        return "".join(part.text for part in self.reply.parts if isinstance(part, Text))

    @property
    def thoughts(self) -> str:
        return "".join(part.text for part in self.reply.parts if isinstance(part, Reasoning))

    @property
    def calls(self) -> list[tuple[str, Any]]:
        """Name and arguments of each call, in order."""
        return [(call.name, json.loads(call.arguments_json)) for call in self.reply.calls]

    @property
    def end(self) -> int:
        """Where the chunk is complete that says why the answer finished; its blank line may be missing."""
        at = self.raw.rindex(b"data: ")
        assert b'"finishReason"' in self.raw[at:]
        return len(self.raw.rstrip(b"\r\n"))


def gemini_stream(
    reply: Reply, flavor: GeminiFlavor = AI_STUDIO, continuation: str | None = None
) -> GeminiStream:
    """The bytes with which a server of `flavor` says `reply`."""
    signed: dict[str | None, str] = {}

    def voice() -> Voice:
        numbers, ids = itertools.count(1), itertools.count()

        def sign(call: Call | None, call_id: str | None) -> str:
            signature = base64.b64encode(b"signature %d" % next(numbers)).decode()
            signed["words" if call is None else call_id] = signature
            return signature

        return Voice(
            model="gemini-3.8-flash",
            id="response-1",
            flavor=flavor,
            thoughts_asked=True,
            calls_named=not flavor.no_call_ids,
            signs=flavor.signs,
            sign=sign,
            new_call_id=lambda: f"call{next(ids)}",
            continuation=continuation,
        )

    raw = _joined(chunk_steps(reply, voice()))
    whole = json.dumps(whole_response(reply, voice())).encode()
    return GeminiStream(raw, reply, flavor, whole, _joined(array_steps(reply, voice())), signed)


def _joined(steps: Iterable[Any]) -> bytes:
    pieces = list(steps)
    assert all(isinstance(piece, bytes) for piece in pieces)
    return b"".join(pieces)


gemini_streams = st.builds(gemini_stream, more_than_thoughts, gemini_flavors)


def data(value: Any) -> bytes:
    """A frame of one JSON value."""
    return b"data: " + json.dumps(value).encode() + b"\n\n"


def open_gemini(**reading: Any) -> GeminiReply:
    """A reader; `reading` are the fields of Reading."""
    fields: dict[str, Any] = {
        "message_model": "claude-sonnet-5",
        "path": "/models/gemini-3.8-flash:streamGenerateContent?alt=sse",
        "fields": ASKED,
        "seal": Seal("gemini", "ours", "gemini-3"),
        "thinking": "shown",
        "max_tokens": 10**6,
    }
    return GeminiReply(Reading(**(fields | reading)), counting_ids(), ESTIMATED_INPUT)


@dataclass(frozen=True)
class Read:
    """What came of reading one answer."""

    said: list[Said]
    failure: UpstreamFailure | None
    kept: dict[str, str]
    wanted: Written | None
    """The request that should follow the last one."""
    reader: GeminiReply


def read_answer(*streams: Sequence[bytes], **reading: Any) -> Read:
    """Read the replies to the requests of one answer, each in pieces, up to a failure."""
    reader = open_gemini(**reading)
    said: list[Said] = []
    kept: dict[str, str] = {}
    wanted: Written | None = None
    for pieces in streams:
        heard = hear_once(reader, pieces)
        said += heard.said
        kept |= reader.take_kept()
        if heard.failure is not None:
            return Read(said, heard.failure, kept, None, reader)
        wanted = reader.follow_up()
    return Read(said, None, kept, wanted, reader)


def in_hops(reply: Reply, at: int) -> tuple[Reply, Reply]:
    """The reply in two: the first goes on in the second."""
    return (
        replace(reply, parts=reply.parts[:at], finish="CONTINUATION"),
        replace(reply, parts=reply.parts[at:]),
    )
