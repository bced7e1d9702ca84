"""Server-sent events: bytes to frames and back (WHATWG HTML, "Server-sent events").

Frames end at a blank line; lines end at LF, CR or CRLF and at nothing else, so U+2028 inside JSON is data. A
frame keeps the bytes it came in: all frames' bytes together are the stream's.
"""

import re

import msgspec

MAX_FRAME_BYTES = 16 * 1024 * 1024
"""No vendor sends more in one event; an endless line must not fill the memory."""

_BLANK_LINE = re.compile(rb"(?:\r\n|\n|\r(?!\n))(?:\r\n|\n|\r(?!\n))")
_LINE_END = re.compile(rb"\r\n|\n|\r")
_BOM = b"\xef\xbb\xbf"


class Frame(msgspec.Struct, frozen=True, gc=False):
    """One event of the stream."""

    data: bytes | None
    """The `data:` lines joined by LF; None for a frame of comments only."""
    event: bytes
    """The `event:` line, or empty."""
    raw: bytes
    """The bytes of the whole frame with its blank line."""


class FrameTooLarge(ValueError):
    """An event is larger than MAX_FRAME_BYTES."""


class SseDecoder:
    """Fed bytes in any pieces, gives the frames that they complete."""

    def __init__(self) -> None:
        self._rest = bytearray()
        self._has_cr = False
        self._at_start = True

    def feed(self, data: bytes) -> list[Frame]:
        """The frames that `data` completes. Raises FrameTooLarge."""
        if self._at_start:
            data = self._skip_bom(data)
        if b"\r" in data:
            self._has_cr = True
        if self._has_cr:
            return self._feed_any_line_end(data)
        if not self._rest:
            *blocks, rest = data.split(b"\n\n")
            self._rest += rest
            return [_frame(block, b"\n") for block in blocks]
        return self._feed_to_rest(data)

    @property
    def rest(self) -> bytes:
        """The bytes after the last complete frame."""
        return bytes(self._rest)

    def finish(self) -> list[Frame]:
        """The frames of an ended stream: none, unless its very last line end was still ambiguous.

        A frame without its blank line is not complete, and is dropped as the standard says.
        """
        if not self._rest.endswith(b"\r"):
            return []
        return self._take(bytes(self._rest) + b"\n", added=1)

    def _skip_bom(self, data: bytes) -> bytes:
        if self._rest:
            data = bytes(self._rest) + data
            self._rest.clear()
        if len(data) < len(_BOM) and _BOM.startswith(data):
            self._rest += data
            return b""
        self._at_start = False
        return data.removeprefix(_BOM)

    def _feed_to_rest(self, data: bytes) -> list[Frame]:
        rest = self._rest
        start = max(len(rest) - 1, 0)
        rest += data
        if rest.find(b"\n\n", start) < 0:
            if len(rest) > MAX_FRAME_BYTES:
                raise FrameTooLarge("an event of the stream is larger than 16 MiB")
            return []
        *blocks, tail = bytes(rest).split(b"\n\n")
        self._rest = bytearray(tail)
        return [_frame(block, b"\n") for block in blocks]

    def _feed_any_line_end(self, data: bytes) -> list[Frame]:
        start = max(len(self._rest) - 3, 0)
        self._rest += data
        if self._rest.find(b"\r\n\r\n", start) < 0 and not _BLANK_LINE.search(self._rest, start):
            if len(self._rest) > MAX_FRAME_BYTES:
                raise FrameTooLarge("an event of the stream is larger than 16 MiB")
            return []
        return self._take(bytes(self._rest))

    def _take(self, text: bytes, added: int = 0) -> list[Frame]:
        """Cut complete frames from `text`; a CR at its end may be half of a CRLF and waits."""
        if not added and text.count(b"\r") == text.count(b"\n") == text.count(b"\r\n"):
            # One kind of line end: a plain search finds the same as the pattern, at a tenth of the cost.
            *blocks, rest = text.split(b"\r\n\r\n")
            self._rest = bytearray(rest)
            return [_frame(block, b"\r\n") for block in blocks]
        frames: list[Frame] = []
        position = 0
        for match in _BLANK_LINE.finditer(text):
            end = match.end()
            if end == len(text) and text.endswith(b"\r"):
                break
            frames.append(_frame_of_any_lines(text[position : end - (added if end == len(text) else 0)]))
            position = end
        self._rest = bytearray(text[position:])
        return frames


def _frame(block: bytes, line_end: bytes) -> Frame:
    """The frame of a block with its blank line, all lines of which end alike; the two shapes that nearly all events
    have are read without looking at each line."""
    raw = block + line_end + line_end
    first_end = block.find(b"\n")
    if first_end < 0:
        if block[:6] == b"data: ":
            return Frame(block[6:], b"", raw)
    elif (
        block[:7] == b"event: "
        and block.startswith(b"data: ", first_end + 1)
        and block.find(b"\n", first_end + 1) < 0
    ):
        return Frame(block[first_end + 7 :], block[7 : first_end + 1 - len(line_end)], raw)
    return _frame_of_any_lines(raw)


def _frame_of_any_lines(raw: bytes) -> Frame:
    data: list[bytes] = []
    event = b""
    for line in _LINE_END.split(raw):
        name, colon, value = line.partition(b":")
        if not name:
            continue
        value = value[1:] if colon and value.startswith(b" ") else value
        if name == b"data":
            data.append(value)
        elif name == b"event":
            event = value
    return Frame(b"\n".join(data) if data else None, event, raw)


def comment(text: str) -> bytes:
    """A comment frame: bytes on the line that say nothing."""
    return b": " + text.encode() + b"\n\n"
