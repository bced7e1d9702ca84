"""The parts of an item while they are said: texts with their annotations, refusals, and what was thought."""

from collections.abc import Iterator, Mapping
from typing import Any

from tests.support.replies import Sizes, cut
from tests.support.responses_events import Events
from tests.support.responses_flavor import ResponsesFlavor


class OpenMessage:
    """A message to whose `item` more can be added. Texts that follow each other are one part."""

    def __init__(self, item: dict[str, Any], index: int, events: Events, flavor: ResponsesFlavor) -> None:
        self.item = item
        self._index = index
        self._events = events
        self._flavor = flavor
        self._open: dict[str, Any] | None = None
        """The text part that can go on."""

    @property
    def _place(self) -> dict[str, Any]:
        return {
            "item_id": self.item["id"],
            "output_index": self._index,
            "content_index": len(self.item["content"]) - 1,
        }

    def say(self, text: str, sizes: Sizes) -> Iterator[bytes]:
        """More of the text."""
        if self._open is None:
            self._open = {"type": "output_text", "annotations": [], "logprobs": [], "text": ""}
            yield from self._add(self._open)
        self._open["text"] += text
        if not self._flavor.text_at_once:
            for piece in cut(text, sizes):
                yield self._events.delta(
                    "response.output_text.delta", piece, **self._place, logprobs=list[Any]()
                )

    def refuse(self, text: str) -> Iterator[bytes]:
        """A part that declines."""
        yield from self.end()
        part = {"type": "refusal", "refusal": ""}
        yield from self._add(part)
        part["refusal"] = text
        for piece in cut(text, None):
            yield self._events.delta("response.refusal.delta", piece, **self._place)
        yield self._events.event("response.refusal.done", **self._place, refusal=text)
        yield self._events.event("response.content_part.done", **self._place, part=dict(part))

    def take(self, part: Mapping[str, Any]) -> Iterator[bytes]:
        """A whole part in the vendor's words: its text, then its annotations."""
        if part["type"] == "refusal":
            yield from self.refuse(part["refusal"])
            return
        yield from self.end()
        yield from self.say(part["text"], 8)
        assert self._open is not None
        for index, annotation in enumerate(part.get("annotations", ())):
            self._open["annotations"].append(dict(annotation))
            yield self._events.event(
                "response.output_text.annotation.added",
                **self._place,
                annotation_index=index,
                annotation=dict(annotation),
            )
        yield from self.end()

    def end(self) -> Iterator[bytes]:
        """The end of the open text, if there is one."""
        if self._open is None:
            return
        part, self._open = self._open, None
        yield self._events.event(
            "response.output_text.done", **self._place, text=part["text"], logprobs=list[Any]()
        )
        yield self._events.event("response.content_part.done", **self._place, part=dict(part))

    def _add(self, part: dict[str, Any]) -> Iterator[bytes]:
        self.item["content"].append(part)
        yield self._events.event("response.content_part.added", **self._place, part=dict(part))


def say_summary(
    part: Mapping[str, str], sizes: Sizes, events: Events, place: dict[str, Any]
) -> Iterator[bytes]:
    """A part of a summary from its beginning to its end; `place` says whose it is."""
    yield events.event("response.reasoning_summary_part.added", **place, part={**part, "text": ""})
    yield from _say(part["text"], sizes, events, "response.reasoning_summary_text", place)
    yield events.event("response.reasoning_summary_part.done", **place, part=part)


def say_thoughts(
    part: Mapping[str, str], sizes: Sizes, events: Events, place: dict[str, Any]
) -> Iterator[bytes]:
    """The same for thoughts that are said themselves."""
    yield events.event("response.content_part.added", **place, part={**part, "text": ""})
    yield from _say(part["text"], sizes, events, "response.reasoning_text", place)
    yield events.event("response.content_part.done", **place, part=part)


def _say(text: str, sizes: Sizes, events: Events, kind: str, place: dict[str, Any]) -> Iterator[bytes]:
    for piece in cut(text, sizes):
        yield events.delta(f"{kind}.delta", piece, **place)
    yield events.event(f"{kind}.done", **place, text=text)
