"""Tools of the API's that cannot stand beside functions: each call becomes a request of its own, within the same
answer (spec/gemini.md section 10).

The model calls a function that stands for the tool; the reader asks a further request with nothing but the built-in
tool, shows what came back as the tool's own blocks, and gives the model its text as the function's result.
"""

from typing import Any, cast

import msgspec

from dragoman.dialects.dialect import NewId
from dragoman.dialects.gemini.grounding import Grounding
from dragoman.dialects.gemini.output import Output
from dragoman.dialects.gemini.server_tools import (
    NOT_ACCESSIBLE,
    say_fetched,
    say_found,
    say_server_tool,
    server_tool_id,
)
from dragoman.dialects.gemini.shapes import Candidate, Reading, SideTool
from dragoman.dialects.gemini.tools import side_request_tools
from dragoman.messages.fields import Fields
from dragoman.wire.jsonbytes import JsonError, decode, encode
from dragoman.wire.jsonvalues import as_object, objects_in

_PROMPTS: dict[SideTool, str] = {
    "web_search": "Search the web for what follows, and tell what the best sources say.\n\n{}",
    "web_fetch": "Read the page at this address, and tell what it says.\n\n{}",
}
_ARGUMENTS: dict[SideTool, str] = {"web_search": "query", "web_fetch": "url"}
MOST_REFUSED_ROUNDS = 2
"""Requests of the model's in a row whose calls were all refused."""
_TOO_MANY = "max_uses_exceeded"


class SideCall:
    """One call, from the function call that asked for it to its result."""

    def __init__(self, kind: SideTool, tool_use_id: str, part: Fields) -> None:
        self.kind: SideTool = kind
        self.tool_use_id = tool_use_id
        self.part = part
        """The model's part, as it has to come back."""
        call = cast("Fields", part["functionCall"])
        self.asked = str(as_object(call.get("args")).get(_ARGUMENTS[kind]) or "")
        self.name = str(call.get("name"))
        self.id: Any = call.get("id")
        self.response: Fields = {}
        self.texts: list[str] = []


class SideCalls:
    """The side calls of one answer."""

    def __init__(self, reading: Reading, new_id: NewId) -> None:
        self._reading = reading
        self._new_id = new_id
        self._left = reading.most_side_calls
        self._waiting: list[SideCall] = []
        self._done: list[SideCall] = []
        self._ran = False
        self._refused_rounds = 0
        self._grounding: Grounding | None = None
        self.running: SideCall | None = None
        """The call whose own request is under way."""
        self.model_parts: list[Fields] = []
        """All that the model has said in the request that made the calls."""
        self.searches = 0

    @property
    def any(self) -> bool:
        """Whether the last request of the model made side calls."""
        return bool(self._waiting or self._done)

    def note_parts(self, data: bytes) -> None:
        """The parts of a chunk as they came, but for thoughts."""
        try:
            parts: Any = decode(data)["candidates"][0]["content"]["parts"]
        except (JsonError, KeyError, IndexError, TypeError):
            return
        for part in objects_in(parts):
            self._note_part(part)

    def _note_part(self, part: Fields) -> None:
        """An empty text, such as the last chunk has, may not come back; pieces of one text are one part."""
        if part.get("thought") or part.get("text") == "":
            return
        last = self.model_parts[-1] if self.model_parts else {}
        if set(part) == set(last) == {"text"}:
            last["text"] += part["text"]
        else:
            self.model_parts.append(part)

    def begin(self, kind: SideTool, part: Fields, output: Output) -> None:
        """The model called the tool."""
        call = SideCall(kind, server_tool_id(self._new_id), part)
        say_server_tool(output, call.tool_use_id, kind, {_ARGUMENTS[kind]: call.asked})
        self._waiting.append(call)

    def next_request(self, output: Output) -> dict[str, msgspec.Raw] | None:
        """The fields of the next call's own request; None when every call has its result."""
        while self._waiting:
            call = self._waiting.pop(0)
            if self._left <= 0:
                self._refuse(call, output)
                continue
            self._left -= 1
            self._ran = True
            self.running = call
            self._grounding = Grounding(self._reading, self._new_id)
            tools = side_request_tools(call.kind, self._reading.domains, self._reading.excludes_domains)
            prompt = _PROMPTS[call.kind].format(call.asked)
            asked = [{"role": "user", "parts": [{"text": prompt}]}]
            filters = {
                name: value for name, value in self._reading.fields.items() if name == "safetySettings"
            }
            return {
                "tools": msgspec.Raw(encode(tools)),
                **filters,
                "contents": msgspec.Raw(encode(asked)),
            }
        return None

    def read(self, candidate: Candidate) -> None:
        """What the call's own request says."""
        assert self.running is not None
        assert self._grounding is not None
        for part in (candidate.content.parts if candidate.content is not None else None) or ():
            if part.text and not part.thought:
                self.running.texts.append(part.text)
        self._grounding.note(candidate.groundingMetadata, candidate.urlContextMetadata)

    def end_request(self, output: Output) -> None:
        """The call's own request has ended: show what it found."""
        call, grounding = self.running, self._grounding
        assert call is not None
        assert grounding is not None
        self.running = None
        text = "".join(call.texts)
        results = grounding.results()
        if call.kind == "web_fetch" and grounding.unread:
            told = text or "the page could not be read"
            self._finish(call, {"error": told}, [], NOT_ACCESSIBLE, output)
            return
        if not text and not results:
            self._finish(call, {"error": "the tool returned nothing"}, [], "unavailable", output)
            return
        self.searches += grounding.searches
        listed = [f"{result['title']} — {result['url']}" for result in results]
        told = "\n".join([text, *(["Sources:", *listed] if listed else [])])
        self._finish(call, {"output": told}, results, "", output)

    def give_up(self, output: Output) -> None:
        """The call's own request has failed."""
        call = self.running
        assert call is not None
        self.running = None
        self._finish(call, {"error": "the tool is out of order"}, [], "unavailable", output)

    def end_round(self) -> bool:
        """Whether the model is to be asked again: not if it goes on to call what it has used up."""
        self._refused_rounds = 0 if self._ran else self._refused_rounds + 1
        self._ran = False
        return self._refused_rounds < MOST_REFUSED_ROUNDS

    def go_on(self, contents: msgspec.Raw) -> bytes:
        """`contents` with what the model said, and the results of its calls; ready for the next calls."""
        model = {"role": "model", "parts": self.model_parts}
        user = {"role": "user", "parts": [{"functionResponse": call.response} for call in self._done]}
        self.model_parts = []
        self._done = []
        return bytes(contents)[:-1] + b"," + encode(model) + b"," + encode(user) + b"]"

    def _refuse(self, call: SideCall, output: Output) -> None:
        self._finish(call, {"error": "this tool was used too often in one answer"}, [], _TOO_MANY, output)

    def _finish(
        self, call: SideCall, response: Fields, results: list[Fields], error: str, output: Output
    ) -> None:
        call.response = {"name": call.name, "response": response}
        if call.id is not None:
            call.response = {"id": call.id, **call.response}
        self._done.append(call)
        envelope = output.seal_parts(call.tool_use_id, [call.part], [{"functionResponse": call.response}])
        if call.kind == "web_fetch":
            say_fetched(output, call.tool_use_id, call.asked, response.get("output", ""), error=error)
        else:
            say_found(output, call.tool_use_id, results, envelope=envelope, error=error)
