"""Frames the events of the Responses API."""

from typing import Any

from tests.support.http_answer import json_bytes


def frame(value: dict[str, Any]) -> bytes:
    """One event with its name."""
    return b"event: " + str(value["type"]).encode() + b"\ndata: " + json_bytes(value) + b"\n\n"


class Events:
    """Numbers the events of one answer. With `padded`, deltas have an `obfuscation`."""

    def __init__(self, padded: bool) -> None:
        self._padded = padded
        self._count = 0

    def event(self, type: str, /, **fields: Any) -> bytes:
        self._count += 1
        return frame({"type": type, "sequence_number": self._count - 1} | fields)

    def delta(self, type: str, piece: str, /, **fields: Any) -> bytes:
        padding = {"obfuscation": "x" * (self._count % 7 + 1)} if self._padded else {}
        return self.event(type, **fields, delta=piece, **padding)
