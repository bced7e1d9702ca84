"""One answer made of several rounds: the model calls tools that the gateway runs, is told what came of them, and goes
on. The client sees one message, in which those calls are `server_tool_use` (docs/decisions/0030)."""

from collections.abc import Iterable, Sequence
from typing import Any

import msgspec
from msgspec.structs import replace

from dragoman.emulation.citations.pages import Pages
from dragoman.emulation.server_tools import ServerTool, losses_of, rewritten, with_functions
from dragoman.emulation.tool_history import unrolled
from dragoman.emulation.tool_results import as_tool_result, is_error, server_id
from dragoman.messages.events import (
    ContentBlockDelta,
    ContentBlockStart,
    ContentBlockStop,
    Ending,
    Event,
    MessageDelta,
    MessageStart,
    MessageStop,
    Relayed,
    Said,
    ServerToolUseBlock,
    ToolUseBlock,
    Usage,
    WholeBlockStart,
)
from dragoman.messages.fields import Fields
from dragoman.messages.fold import Fold
from dragoman.messages.request import MessagesRequest
from dragoman.wire.jsonvalues import as_object

MOST_ROUNDS = 10
"""Of calls in one answer; the API pauses the turn then, too."""

_COUNTED = {"web_search": "web_search_requests", "web_fetch": "web_fetch_requests"}


class ServerCall(msgspec.Struct, frozen=True):
    """A call that the gateway has to answer."""

    tool: ServerTool
    id: str
    """The client's."""
    input: Fields
    uses: int
    """Earlier calls of the same tool in this answer."""


class ToolRounds:
    """Turns what is said in each round into one message: round after round, `hear` what the reader says until it is
    finished, answer `calls`, and ask the upstream `request`, until it is `over`."""

    def __init__(
        self, request: MessagesRequest, tools: dict[str, ServerTool], pages: Pages | None = None
    ) -> None:
        raw = request.raw
        self._pages = pages
        changes: Fields = {"tools": with_functions(raw, tools)}
        if pages is None:
            changes["messages"] = unrolled(raw["messages"], tools)
        else:
            changes["messages"] = unrolled(raw["messages"], tools, pages.labels)
        self.request = rewritten(request, changes)
        """What the upstream is asked in this round."""
        self.losses = losses_of(request, tools)
        self.over = False
        """The last event was said."""
        self._tools = tools
        self.ran: dict[str, int] = {}
        """Calls that were answered, by the kind of the tool."""
        self._uses: dict[str, int] = {}
        self._counts: dict[str, int] = {}
        self._rounds = 0
        self._blocks = 0
        self._offset = 0
        """The client's index of this round's first block."""
        self._fold = Fold()
        self._called = False
        self._held: MessageDelta | None = None
        self._content: list[Fields] = []
        """What was said in the round whose ending is held."""
        self._first: Usage | None = None
        self._earlier = Usage()

    def hear(self, said: Iterable[Said]) -> list[Said]:
        """The same events as the client gets them."""
        heard: list[Said] = []
        for event in said:
            if isinstance(event, Relayed):
                heard.append(event)
                continue
            self._fold.take(event)
            turned = self._turned(event)
            if turned is not None:
                heard.append(turned)
        return heard

    @property
    def calls(self) -> list[ServerCall]:
        """What is to be answered before the model goes on; none if the message has its end."""
        if self._held is None:
            return []
        uses = dict(self._uses)
        calls: list[ServerCall] = []
        for block in self._calls_said():
            tool = self._tools[block["name"]]
            calls.append(ServerCall(tool, server_id(block["id"]), block["input"], uses.get(tool.name, 0)))
            uses[tool.name] = uses.get(tool.name, 0) + 1
        return calls

    def answered(self, results: Sequence[Fields]) -> list[Said]:
        """The results' blocks, one for each of `calls` in their order; and the end, where the client has to go on."""
        content = self._content
        said: list[Said] = [event for block in results for event in self._whole(block)]
        for call, result in zip(self.calls, results, strict=True):
            self._uses[call.tool.name] = call.uses + 1
            self.ran[call.tool.kind] = self.ran.get(call.tool.kind, 0) + 1
            if call.tool.kind in _COUNTED and not is_error(result):
                name = _COUNTED[call.tool.kind]
                self._counts[name] = self._counts.get(name, 0) + 1
        self._rounds += 1
        own = any(block["type"] == "tool_use" and block["name"] not in self._tools for block in content)
        if own or self._rounds == MOST_ROUNDS:
            return said + self._end("tool_use" if own else "pause_turn")
        self._go_on(content, results)
        return said

    def usage(self, now: Usage) -> Usage:
        """Of the whole answer. Input counts once, as the first round told it (ADR 0024). `now`: of this round."""
        first, earlier = self._first or now, self._earlier
        details = _sum(earlier.output_tokens_details, now.output_tokens_details)
        counts = _sum(_sum(_upstreams(earlier), _upstreams(now)), self._counts)
        return replace(
            first,
            output_tokens=earlier.output_tokens + now.output_tokens,
            output_tokens_details=details,
            server_tool_use=counts or msgspec.UNSET,
        )

    def _turned(self, event: Event) -> Event | None:
        match event:
            case ContentBlockDelta() | ContentBlockStop():
                return replace(event, index=self._offset + event.index) if self._offset else event
            case ContentBlockStart():
                self._blocks += 1
                return ContentBlockStart(self._offset + event.index, self._shown(event.content_block))
            case WholeBlockStart():
                self._blocks += 1
                return replace(event, index=self._offset + event.index)
            case MessageStart():
                return None if self._rounds else event
            case MessageDelta():
                if self._called and event.delta.stop_reason == "tool_use":
                    self._held, self._content = event, self._fold.message()["content"]
                    return None
                return replace(event, usage=self.usage(event.usage))
            case MessageStop():
                self.over = self._held is None
                return event if self.over else None
            case _:
                return event

    def _shown(self, block: Any) -> Any:
        if not isinstance(block, ToolUseBlock) or block.name not in self._tools:
            return block
        self._called = True
        return ServerToolUseBlock(server_id(block.id), block.name)

    def _told(self, result: Fields) -> Fields:
        return as_tool_result(result, () if self._pages is None else self._pages.labels(result))

    def _calls_said(self) -> list[Fields]:
        return [
            block for block in self._content if block["type"] == "tool_use" and block["name"] in self._tools
        ]

    def _whole(self, block: Fields) -> tuple[Event, Event]:
        index = self._blocks
        self._blocks += 1
        return WholeBlockStart(index, block), ContentBlockStop(index)

    def _end(self, stop_reason: str) -> list[Said]:
        usage = self._held.usage if self._held is not None else Usage()
        self._held = None
        self.over = True
        return [MessageDelta(Ending(stop_reason), self.usage(usage)), MessageStop()]

    def _go_on(self, content: list[Fields], results: Sequence[Fields]) -> None:
        if self._held is not None:
            now = self._held.usage
            self._first = self._first or now
            self._earlier = Usage(
                output_tokens=self._earlier.output_tokens + now.output_tokens,
                output_tokens_details=_sum(self._earlier.output_tokens_details, now.output_tokens_details),
                server_tool_use=_sum(_upstreams(self._earlier), _upstreams(now)) or msgspec.UNSET,
            )
        raw = self.request.raw
        turns = [
            {"role": "assistant", "content": content},
            {"role": "user", "content": [self._told(block) for block in results]},
        ]
        changes: Fields = {"messages": [*raw["messages"], *turns]}
        choice = as_object(raw.get("tool_choice"))
        if choice.get("type") in ("any", "tool"):
            # A model that must search in every round never answers.
            kept = {name: value for name, value in choice.items() if name != "name"}
            changes["tool_choice"] = {**kept, "type": "auto"}
        self.request = rewritten(self.request, changes)
        self._held, self._called = None, False
        self._fold = Fold()
        self._offset = self._blocks


def _upstreams(usage: Usage) -> dict[str, int] | None:
    """Calls of tools that the upstream itself ran."""
    return None if usage.server_tool_use is msgspec.UNSET else usage.server_tool_use


def _sum(one: dict[str, int] | None, other: dict[str, int] | None) -> dict[str, int] | None:
    if one is None or other is None:
        return one or other
    return {name: one.get(name, 0) + other.get(name, 0) for name in {**one, **other}}
