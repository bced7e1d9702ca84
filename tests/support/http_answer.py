"""What goes back for one request, as data: an Answer is a head and steps, where a step is bytes or a mishap.

It knows HTTP/1.1 framing and nothing of any vendor; http_wire.py carries answers out.
"""

import asyncio
import json
import zlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

REASONS = {200: "OK", 400: "Bad Request", 401: "Unauthorized", 404: "Not Found", 429: "Too Many Requests"}


@dataclass(frozen=True)
class Pause:
    """Say nothing for so many seconds."""

    seconds: float


@dataclass(frozen=True)
class Stall:
    """Say nothing more until the client hangs up or the server is closed."""


@dataclass(frozen=True)
class Reset:
    """Send a TCP RST."""


@dataclass(frozen=True)
class Cut:
    """Close the connection here, without the end that HTTP asks for."""


@dataclass(frozen=True)
class GarbageChunkSize:
    """A chunk whose size is no number; the connection is closed after it."""


@dataclass(frozen=True)
class Hold:
    """Say nothing until the test sets the event."""

    event: asyncio.Event


Fault = Pause | Stall | Reset | Cut | GarbageChunkSize | Hold
Step = bytes | Fault

Split = int | Sequence[int] | None
"""How body bytes are cut into writes: None as scripted, an int for pieces of that size, or absolute offsets."""


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What goes back for one request."""

    status: int = 200
    headers: tuple[tuple[str, str], ...] = ()
    body: tuple[Step, ...] = ()
    framing: Literal["chunked", "length", "close", "raw"] = "length"
    """`close`: neither length nor chunks, the end is the end of the connection. `raw`: the steps are everything
    that is sent, status line included."""
    before_head: tuple[Fault, ...] = ()
    split: Split = None
    declared_length: int | None = None
    """A content-length other than the true one."""
    gzip: bool = False
    keep_alive: bool = True


def json_bytes(value: object) -> bytes:
    """Compact JSON in UTF-8; halves of a surrogate pair, which UTF-8 cannot carry, are written as escapes."""
    try:
        return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
    except UnicodeEncodeError:
        return json.dumps(value, separators=(",", ":")).encode()


def json_answer(body: object, status: int = 200, headers: Iterable[tuple[str, str]] = ()) -> Answer:
    """A JSON body with its content type."""
    return Answer(
        status=status, headers=(("content-type", "application/json"), *headers), body=(json_bytes(body),)
    )


def html_answer(status: int = 200) -> Answer:
    """What a captive portal or a proxy's error page looks like."""
    page = b"<!DOCTYPE html>\n<html><head><title>Sign in</title></head><body>Sign in</body></html>\n"
    return Answer(status=status, headers=(("content-type", "text/html; charset=utf-8"),), body=(page,))


def split_steps(steps: Iterable[Step], split: Split) -> Iterator[Step]:
    """The same bytes in other pieces; what happens between them stays at its place."""
    if split is None:
        yield from steps
        return
    position = 0
    for step in steps:
        if not isinstance(step, bytes):
            yield step
            continue
        yield from _pieces(step, split, position)
        position += len(step)


def _pieces(data: bytes, split: int | Sequence[int], position: int) -> Iterator[bytes]:
    if isinstance(split, int):
        yield from (data[at : at + split] for at in range(0, len(data), split))
        return
    inner = sorted(cut - position for cut in split if position < cut < position + len(data))
    for start, end in zip([0, *inner], [*inner, len(data)], strict=True):
        yield data[start:end]


def compressed(steps: Iterable[Step]) -> Iterator[Step]:
    """The steps with their bytes as one gzip stream, flushed after each step."""
    gzipper = zlib.compressobj(wbits=31)
    for step in steps:
        if isinstance(step, bytes):
            yield gzipper.compress(step) + gzipper.flush(zlib.Z_SYNC_FLUSH)
        else:
            yield step
    yield gzipper.flush()


def chunk_bytes(data: bytes) -> bytes:
    """One chunk of the chunked framing."""
    return b"%x\r\n%b\r\n" % (len(data), data)


def head_bytes(answer: Answer, steps: Iterable[Step]) -> bytes:
    """The status line and headers, for a body of `steps`."""
    reason = REASONS.get(answer.status, "Scripted")
    lines = [f"HTTP/1.1 {answer.status} {reason}", *(f"{name}: {value}" for name, value in answer.headers)]
    if answer.gzip:
        lines.append("content-encoding: gzip")
    if answer.framing == "chunked":
        lines.append("transfer-encoding: chunked")
    elif answer.framing == "length":
        length = sum(len(step) for step in steps if isinstance(step, bytes))
        lines.append(
            f"content-length: {length if answer.declared_length is None else answer.declared_length}"
        )
    if not answer.keep_alive or answer.framing == "close":
        lines.append("connection: close")
    return "\r\n".join([*lines, "", ""]).encode("latin-1")
