"""What a reader may tell a MessageWriter, for hypothesis, and a record of what was told."""

import json
from dataclasses import dataclass, field
from typing import Any

from hypothesis import strategies as st

from dragoman.messages.events import Event, Usage
from dragoman.messages.writer import MessageWriter
from tests.support.replies import cut
from tests.support.strategies import any_text, json_objects, sizes, tool_names


@dataclass(frozen=True)
class Say:
    """More text, more thinking, or an empty event that keeps the client awake."""

    kind: str
    """text, thinking, open_thinking, keep_alive or ponder."""
    piece: str = ""


@dataclass(frozen=True)
class Begin:
    """A tool call begins; `key` is its number in the message."""

    key: int
    name: str


@dataclass(frozen=True)
class Feed:
    """The next piece of a call's JSON."""

    key: int
    piece: str


Step = Say | Begin | Feed

says = st.one_of(
    st.builds(Say, st.sampled_from(["text", "text", "thinking"]), any_text),
    st.builds(Say, st.sampled_from(["open_thinking", "keep_alive", "ponder"])),
)


@st.composite
def scripts(draw: st.DrawFn, *, interrupted: bool) -> list[Step]:
    """Steps in which the pieces of several calls mix. `interrupted`: text may come before a call is complete."""
    steps: list[Step] = list(draw(st.lists(says, max_size=5)))
    pieces: list[list[Step]] = []
    for key in range(draw(st.integers(0, 3))):
        text = json.dumps(draw(json_objects), ensure_ascii=draw(st.booleans()))
        pieces.append([Begin(key, draw(tool_names)), *[Feed(key, piece) for piece in cut(text, draw(sizes))]])
    while pieces:
        # Calls begin in the order of their keys; their pieces come in any order.
        begun = sum(not isinstance(waiting[0], Begin) for waiting in pieces)
        at = draw(st.integers(0, min(begun, len(pieces) - 1)))
        steps.append(pieces[at].pop(0))
        if not pieces[at]:
            pieces.pop(at)
        if interrupted and draw(st.integers(0, 3)) == 0:
            steps.append(draw(says))
    return steps


@dataclass
class Told:
    """What the writer was told, in words that need no index."""

    events: list[Event] = field(default_factory=list[Event])
    spoken: list[tuple[str, str]] = field(default_factory=list[tuple[str, str]])
    """Text and thinking in order; neighbours of one kind are one entry."""
    calls: dict[int, tuple[str, str]] = field(default_factory=dict[int, tuple[str, str]])
    """Name and JSON of each call, as far as the writer took it."""
    before_call: dict[int, str] = field(default_factory=dict[int, str])
    """All text that was said before a call began."""

    @property
    def text(self) -> str:
        return "".join(piece for kind, piece in self.spoken if kind == "text")

    def add(self, kind: str, piece: str) -> None:
        if self.spoken and self.spoken[-1][0] == kind:
            self.spoken[-1] = (kind, self.spoken[-1][1] + piece)
        elif piece:
            self.spoken.append((kind, piece))


def tell(steps: list[Step], usage: Usage, *, signs: bool) -> Told:
    """Lets a writer say the steps. `signs`: thinking is signed before something else opens, as readers do."""
    writer = MessageWriter("msg_1", "claude-sonnet-5", 321)
    told = Told()
    for step in steps:
        thinks = isinstance(step, Say) and step.kind in ("thinking", "open_thinking", "ponder", "keep_alive")
        if signs and not thinks:
            writer.end_thinking("signature")
        _take(step, writer, told)
        told.events += writer.take()
    if signs:
        writer.end_thinking("signature")
    writer.end("tool_use" if told.calls else "end_turn", usage)
    told.events += writer.take()
    return told


def _take(step: Step, writer: MessageWriter, told: Told) -> None:
    match step:
        case Say("text", piece):
            writer.text(piece)
            told.add("text", piece)
        case Say("thinking", piece):
            writer.thinking(piece)
            told.add("thinking", piece)
        case Say("open_thinking"):
            writer.open_thinking()
        case Say(kind):
            writer.keep_alive(thinking=kind == "ponder")
        case Begin(key, name):
            told.before_call[key] = told.text
            told.calls[key] = (name, "")
            writer.tool_call(key, f"toolu_{key}", name)
        case Feed(key, piece):
            if writer.tool_input(key, piece):
                name, text = told.calls[key]
                told.calls[key] = (name, text + piece)


usages = st.builds(
    lambda fresh, written, read, said, details: Usage(
        input_tokens=fresh,
        cache_creation_input_tokens=written,
        cache_read_input_tokens=read,
        output_tokens=said,
        output_tokens_details=details,
    ),
    *[st.integers(0, 10_000)] * 4,
    st.one_of(st.none(), st.builds(lambda count: {"thinking_tokens": count}, st.integers(0, 100))),
)


def blocks_of(events: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Type, name and joined content of each block of a checked stream."""
    blocks: list[dict[str, Any]] = []
    for event in events:
        if event["type"] == "content_block_start":
            block = event["content_block"]
            blocks.append(
                {"type": block["type"], "id": block.get("id"), "name": block.get("name"), "said": ""}
            )
        elif event["type"] == "content_block_delta":
            delta = event["delta"]
            for name in ("text", "thinking", "partial_json"):
                blocks[event["index"]]["said"] += delta.get(name, "")
    return blocks
