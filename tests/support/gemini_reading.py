"""Chunks of Gemini's streams, and readings of answers that take several requests."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec

from dragoman.dialects.gemini.reply import GeminiReply
from dragoman.dialects.gemini.shapes import Reading
from dragoman.messages.envelope import Seal
from dragoman.messages.errors import UpstreamFailure
from dragoman.messages.events import Event, MessageStart, Relayed, Said, frame_of
from dragoman.messages.fold import fold
from tests.support.grammar_table import check_stream
from tests.support.reading import (
    check_grammar,
    counting_ids,
    dialogue,
    random_pieces,
    said_to,
    single_bytes,
)
from tests.support.sealing import opened

ESTIMATED_INPUT = 321
"""What the reader is told to expect; no chunk in the tests says this number."""

FIELDS = {
    "tools": msgspec.Raw(b'[{"functionDeclarations":[]}]'),
    "safetySettings": msgspec.Raw(b"[]"),
    "contents": msgspec.Raw(b'[{"role":"user","parts":[{"text":"hi"}]}]'),
}
"""The request that is answered."""


def data(value: Any) -> bytes:
    """A frame of one JSON value."""
    return b"data: " + json.dumps(value).encode() + b"\r\n\r\n"


def chunk(*parts: dict[str, Any], usage: dict[str, int] | None = None, **candidate: Any) -> bytes:
    """A frame with one candidate of these parts and fields."""
    fields: dict[str, Any] = {"index": 0, **candidate}
    if parts:
        fields["content"] = {"role": "model", "parts": list(parts)}
    value: dict[str, Any] = {"candidates": [fields]}
    return data(value if usage is None else value | {"usageMetadata": usage})


def signed(part: dict[str, Any], signature: str | None) -> dict[str, Any]:
    return part if signature is None else part | {"thoughtSignature": signature}


def text(piece: str, signature: str | None = None, **candidate: Any) -> bytes:
    return chunk(signed({"text": piece}, signature), **candidate)


def thought(piece: str, signature: str | None = None) -> bytes:
    return chunk(signed({"text": piece, "thought": True}, signature))


def call_part(name: str, args: Any = None, id: str | None = None, signature: str | None = None) -> Any:
    function = {
        key: value for key, value in (("name", name), ("args", args), ("id", id)) if value is not None
    }
    return signed({"functionCall": function}, signature)


def call(name: str, args: Any = None, id: str | None = None, signature: str | None = None) -> bytes:
    return chunk(call_part(name, args, id, signature))


def end(reason: str = "STOP", *parts: dict[str, Any], **fields: Any) -> bytes:
    """The last chunk."""
    return chunk(*parts, finishReason=reason, **fields)


def counted(prompt: int = 100, candidates: int = 20, **more: int) -> dict[str, int]:
    return {"promptTokenCount": prompt, "candidatesTokenCount": candidates, **more}


def blocked(**feedback: Any) -> bytes:
    return data({"promptFeedback": feedback, "usageMetadata": {"promptTokenCount": 7}})


@dataclass
class Played:
    """What a reader said to the replies of one answer, and what it asked for besides."""

    reader: GeminiReply
    said: list[Said] = field(default_factory=list[Said])
    asked: list[Any] = field(default_factory=list[Any])
    """The bodies of the further requests."""
    paths: list[str] = field(default_factory=list[str])
    kept: dict[str, str] = field(default_factory=dict[str, str])
    failure: UpstreamFailure | None = None

    @property
    def events(self) -> list[Event]:
        return [one for one in self.said if not isinstance(one, Relayed)]

    @property
    def message(self) -> Any:
        """The complete message. AssertionError for an answer that failed or wants another request."""
        assert self.failure is None, f"the reading failed: {self.failure}"
        assert self.reader.finished
        return fold(self.events)

    @property
    def content(self) -> Any:
        return self.message["content"]

    @property
    def kinds(self) -> list[str]:
        return [block["type"] for block in self.content]

    @property
    def texts(self) -> list[str]:
        return [block["text"] for block in self.content if block["type"] == "text"]

    @property
    def stop_reason(self) -> Any:
        return self.message["stop_reason"]

    @property
    def error(self) -> UpstreamFailure:
        assert self.failure is not None, "the reading did not fail"
        return self.failure

    @property
    def start(self) -> MessageStart:
        (start,) = (event for event in self.events if isinstance(event, MessageStart))
        return start


def open_reply(**reading: Any) -> GeminiReply:
    """A reader; `reading` are the fields of Reading."""
    usual: dict[str, Any] = {
        "message_model": "claude-sonnet-5",
        "path": "/models/gemini-3.8-flash:streamGenerateContent?alt=sse",
        "fields": FIELDS,
        "seal": Seal("gemini", "account", "gemini-3"),
        "max_tokens": 32_000,
    }
    return GeminiReply(Reading(**usual | reading), counting_ids(), ESTIMATED_INPUT)


def play(*replies: bytes, **reading: Any) -> Played:
    """Read the replies one after the other, each whole, byte by byte and cut at random places: all three must say the
    same legal events and ask for the same. A reader that asks for more than there are replies is left waiting."""
    whole = _played(open_reply(**reading), [[reply] for reply in replies])
    singly = _played(open_reply(**reading), [single_bytes(reply) for reply in replies])
    split = _played(open_reply(**reading), [list(random_pieces(reply)) for reply in replies])
    for other in (singly, split):
        assert _described(other) == _described(whole)
    complete = whole.failure is None and whole.reader.finished
    check_grammar(whole.said, complete=complete)
    if whole.said:
        check_stream(b"".join(map(frame_of, whole.said)), complete=complete)
    return whole


def play_whole(*bodies: bytes, **reading: Any) -> Played:
    """Read replies that came as JSON, one after the other."""
    played = Played(open_reply(**reading))
    for body in bodies:
        try:
            played.said += played.reader.read_whole(body)
        except UpstreamFailure as failure:
            played.failure = failure
            break
        played.kept |= played.reader.take_kept()
        if not _ask_on(played):
            break
    check_grammar(played.said, complete=played.failure is None and played.reader.finished)
    return played


def hear(*frames: bytes, **reading: Any) -> Played:
    """One reply in frames."""
    return play(b"".join(frames), **reading)


def signatures_in(
    signature: str, account: str = "account", family: str = "gemini-3"
) -> list[tuple[str, ...]]:
    """What the envelope of a thinking block, or a kept one, carries: kind, key and value of each."""
    return [tuple(entry) for entry in payload_of(signature, account, family)["s"]]


def payload_of(signature: str, account: str = "account", family: str = "gemini-3") -> dict[str, Any]:
    payload = opened(signature, "gemini", account=account, family=family)
    assert payload is not None
    return payload


def _played(reader: GeminiReply, replies: Sequence[Sequence[bytes]]) -> Played:
    played = Played(reader)
    for number, pieces in enumerate(replies):
        try:
            for said in said_to(reader, pieces):
                played.said += said
                played.kept |= reader.take_kept()
        except UpstreamFailure as failure:
            instead = reader.take_failure(failure)
            played.failure = failure if instead is None else None
            played.said += instead or ()
            played.kept |= reader.take_kept()
        if played.failure is not None or not _ask_on(played):
            assert number == len(replies) - 1, f"reply {number} ended the answer: {played.failure}"
            assert reader.finished or played.failure is not None
    return played


def _ask_on(played: Played) -> bool:
    written = played.reader.follow_up()
    if written is None:
        return False
    assert played.reader.follow_up() is None
    assert not played.reader.finished
    played.asked.append(json.loads(written.body))
    played.paths.append(written.path)
    return True


def _described(played: Played) -> tuple[Any, ...]:
    failure = played.failure
    error = None if failure is None else (failure.kind, failure.status, failure.error.status, str(failure))
    reader = played.reader
    return dialogue(played.said), played.asked, played.kept, error, reader.usage, reader.stop_reason
