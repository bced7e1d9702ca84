"""Reads a message item: its texts, its refusal, and the sources of its texts (spec/openai-responses.md 10.3, 12.3)."""

from typing import Any

from dragoman.dialects.found_pages import url_citation
from dragoman.dialects.openai_responses.output import Output
from dragoman.dialects.openai_responses.shapes import Event
from dragoman.wire.jsonbytes import encode
from dragoman.wire.jsonvalues import objects_in


class MessageReader:
    """Each part of the message is a block of its own. Implements `ItemReader`."""

    def __init__(self, output: Output) -> None:
        self._output = output
        self._part = -1
        """The number of the part that is being said; -1 before the first."""
        self._pieces: list[str] = []
        self._finished: set[int] = set()
        self._cited: set[bytes] = set()
        self._uncited: list[dict[str, Any]] = []
        """Sources of text that has not come yet."""

    def read(self, event: Event) -> None:
        number = event.content_index or 0
        match event.type:
            case "response.output_text.delta":
                self.say(number, event.delta or "")
            case "response.output_text.done":
                self._say_rest(number, event.text)
            case "response.refusal.delta":
                self._refuse(number, event.delta or "")
            case "response.refusal.done":
                self._refuse_rest(number, event.refusal)
            case "response.output_text.annotation.added":
                self._cite(number, event.annotation or {})
            case _:
                pass

    def say(self, number: int, piece: str) -> None:
        """More text of the part `number`."""
        if number != self._part:
            self._begin(number)
        self._pieces.append(piece)
        self._output.text(piece)
        if self._uncited:
            self._say_citations()

    def end(self, item: dict[str, Any]) -> None:
        for number, part in enumerate(objects_in(item.get("content"))):
            if part.get("type") == "output_text":
                self._say_rest(number, part.get("text"))
                for annotation in objects_in(part.get("annotations")):
                    self._cite(number, annotation)
            elif part.get("type") == "refusal":
                self._refuse_rest(number, part.get("refusal"))
        self._finish_part()

    @property
    def _so_far(self) -> str:
        if len(self._pieces) > 1:
            self._pieces = ["".join(self._pieces)]
        return self._pieces[0] if self._pieces else ""

    def _begin(self, number: int) -> None:
        if self._part >= 0:
            self._finish_part()
        self._part = number
        self._pieces = []

    def _finish_part(self) -> None:
        self._finished.add(self._part)
        self._output.end_text(self._say_last_citations)

    def _say_rest(self, number: int, whole: Any) -> str:
        """Say what of a part's whole text was not streamed, and return it; some servers tell it only at the end."""
        if not isinstance(whole, str) or not whole or number in self._finished:
            return ""
        said = self._so_far if number == self._part else ""
        if len(whole) <= len(said) or not whole.startswith(said):
            return ""
        rest = whole[len(said) :]
        self.say(number, rest)
        return rest

    def _refuse(self, number: int, piece: str) -> None:
        if piece:
            self._output.refusal.append(piece)
            self.say(number, piece)

    def _refuse_rest(self, number: int, whole: Any) -> None:
        if rest := self._say_rest(number, whole):
            self._output.refusal.append(rest)

    def _cite(self, number: int, annotation: dict[str, Any]) -> None:
        key = encode([number, *(annotation.get(name) for name in ("url", "start_index", "end_index"))])
        is_new = key not in self._cited and number not in self._finished
        if annotation.get("type") == "url_citation" and is_new:
            self._cited.add(key)
            self._uncited.append(annotation)
            self._say_citations()

    def _say_citations(self) -> None:
        """Those whose text is there."""
        if self._output.writer.open_block == "text":
            length = sum(map(len, self._pieces))
            due = [one for one in self._uncited if not _is_later(one, length)]
            self._uncited = [one for one in self._uncited if _is_later(one, length)]
            self._say_each(due)

    def _say_last_citations(self) -> None:
        self._say_each(self._uncited)
        self._uncited = []

    def _say_each(self, annotations: list[dict[str, Any]]) -> None:
        search = self._output.reading.search
        for annotation in annotations:
            citation = url_citation(annotation, self._so_far, search) if search is not None else None
            if citation is not None:
                self._output.writer.citation(citation)


def _is_later(annotation: dict[str, Any], length: int) -> bool:
    end = annotation.get("end_index")
    return isinstance(end, int) and end > length
