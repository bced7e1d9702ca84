"""A conversation as Gemini's contents (spec/gemini.md sections 2.2, 3.4, 5 and 6).

Turns alternate, begin and end with the user, and each function call is answered in the content right behind it. The
bytes of a content depend on nothing after it, so that the upstream's cache holds from turn to turn.
"""

from collections.abc import Iterator
from typing import Any

import msgspec

from dragoman.dialects.block_parts import Part
from dragoman.dialects.dialect import Origin
from dragoman.dialects.gemini.parts import PartWriter
from dragoman.dialects.gemini.signatures import (
    DIALECT,
    SKIP,
    Envelopes,
    OwnParts,
    TurnSignatures,
    model_family,
    read_own_parts,
)
from dragoman.dialects.gemini.tools import tool_name
from dragoman.dialects.history import Call, Placed, Turn, note_text, read_history
from dragoman.dialects.losses import Losses
from dragoman.dialects.plain_text import reminder, server_tool_text
from dragoman.dialects.quirks import Quirks
from dragoman.dialects.tool_ids import UpstreamIds
from dragoman.messages.blocks import (
    Compaction,
    RedactedThought,
    ServerToolResult,
    ServerToolUse,
    Text,
    Thought,
    UnknownBlock,
)
from dragoman.messages.errors import invalid_request
from dragoman.messages.request import Conversation
from dragoman.messages.tool_json import as_tool_input
from dragoman.wire.jsonvalues import objects_in

Content = dict[str, Any]

BEGINNING = "[conversation continues]"
CONTINUE = "Continue exactly where the previous message stopped; output only the continuation."


class WrittenContents(msgspec.Struct, frozen=True):
    contents: list[Content]
    media_bytes: int
    """Base64 of images and files among the contents."""
    media_tokens: int
    """What those images and files weigh, estimated."""


def write_contents(
    conversation: Conversation, model: str, quirks: Quirks, origin: Origin, losses: Losses, *, searches: bool
) -> WrittenContents:
    """All contents. `searches`: the request has a built-in tool, so that earlier calls of it may stand as they were.

    Raises ApiError (400) for a conversation that says nothing.
    """
    writer = _Writer(conversation, model, quirks, origin, losses, searches)
    for turn in read_history(conversation).turns:
        writer.write_turn(turn)
    return writer.finish()


class _Writer:
    def __init__(
        self,
        conversation: Conversation,
        model: str,
        quirks: Quirks,
        origin: Origin,
        losses: Losses,
        searches: bool,
    ) -> None:
        self._quirks = quirks
        self._signs = quirks.thought_signatures != "never" and not quirks.skip_signatures
        self._origin = origin
        self._losses = losses
        self._searches = searches
        self._envelopes = Envelopes(origin.seal(DIALECT, model_family(model)), losses)
        self._parts = PartWriter(conversation.tools, model, quirks, losses)
        self._ids = UpstreamIds(quirks)
        self._contents: list[Content] = []
        self._responses: list[Part] = []
        """Function responses to the calls of the step that is being written."""
        self._beside: list[Part] = []
        """Media of those results, where they have to stand behind all responses."""

    def write_turn(self, turn: Turn) -> None:
        if turn.role == "assistant":
            self._write_assistant(turn)
        elif turn.role == "system":
            if note := note_text(turn, self._losses):
                self._add("user", [{"text": reminder(note)}])
        else:
            told = [part for orphan in turn.orphans for part in self._parts.orphan(orphan)]
            self._add("user", told + self._parts.parts(turn.blocks))

    def finish(self) -> WrittenContents:
        if not self._contents:
            raise invalid_request("messages: at least one message must have content")
        if self._contents[0]["role"] == "model":
            self._contents.insert(0, {"role": "user", "parts": [{"text": BEGINNING}]})
        if self._contents[-1]["role"] == "model":
            self._losses.approximated("messages", "the model cannot go on with an answer; it is asked to")
            self._add("user", [{"text": CONTINUE}])
        return WrittenContents(
            self._contents, self._parts.blocks.media_bytes, self._parts.blocks.media_tokens
        )

    def _add(self, role: str, parts: list[Part]) -> None:
        """Parts of a role; neighbours of one role are one content."""
        if not parts:
            return
        if self._contents and self._contents[-1]["role"] == role:
            self._contents[-1]["parts"] += parts
        else:
            self._contents.append({"role": role, "parts": list(parts)})

    def _write_assistant(self, turn: Turn) -> None:
        thoughts = [one for one in turn.blocks if isinstance(one.block, Thought)] if self._signs else []
        signatures = TurnSignatures(self._envelopes, self._origin, thoughts)
        own = {
            placed.block.tool_use_id: self._own_parts(placed.block, placed.path)
            for placed in turn.blocks
            if isinstance(placed.block, ServerToolResult)
        }
        asked: dict[str, ServerToolUse] = {}
        for number, said in enumerate(turn.said):
            if isinstance(said, Call):
                self._write_call(said, signatures)
                continue
            block = said.block
            if isinstance(block, ServerToolUse):
                asked[block.id] = block
                self._write_side_calls(own.get(block.id))
            elif isinstance(block, ServerToolResult):
                use = asked.pop(block.tool_use_id, None)
                self._write_server_result(use, block, own[block.tool_use_id])
            else:
                self._add("model", self._said(said, _next_thought(turn.said, number), signatures))
        for use in asked.values():
            self._add("model", [{"text": server_tool_text(use, None)}])
        self._end_step()

    def _said(self, placed: Placed, following: Thought | None, signatures: TurnSignatures) -> list[Part]:
        block = placed.block
        match block:
            case Text() if block.text:
                signature = signatures.of_text(block.text, following) if self._signs else None
                return [_signed({"text": block.text}, signature)]
            case Thought() if self._signs and block.thinking:
                # The text of a thought goes back only where the model signed it (section 4.3).
                signature = signatures.carried(block, "thought")
                return [_signed({"text": block.thinking, "thought": True}, signature)] if signature else []
            case Text() | Thought() | RedactedThought() | Compaction():
                return []
            case UnknownBlock(type="fallback" | "mcp_tool_listing"):
                return []
            case _:
                self._losses.dropped(placed.path, "the block has no place in an assistant message")
                return []

    def _write_call(self, call: Call, signatures: TurnSignatures) -> None:
        named: Part = {"id": self._ids.claim(call.use.id)} if self._quirks.call_ids else {}
        named["name"] = tool_name(call.use.name)
        part = {"functionCall": named | {"args": as_tool_input(call.use.input)}}
        self._add("model", [self._signed_call(part, signatures.of_call(call.use.id))])
        response, media = self._parts.response(call, named)
        self._responses.append(response)
        self._beside += media

    def _signed_call(self, part: Part, signature: str | None) -> Part:
        """The first call of a step has to be signed."""
        signature = signature if self._signs else None
        if signature is None and not self._responses and self._quirks.thought_signatures == "required":
            signature = SKIP
        return _signed(part, signature)

    def _end_step(self) -> None:
        """The results of the calls that the model made together, right behind them."""
        self._add("user", self._responses + self._beside)
        self._responses = []
        self._beside = []

    def _write_side_calls(self, own: OwnParts | None) -> None:
        """Calls that ran in requests of their own: they stand among the other calls of their step."""
        for call, response in zip(own.calls, own.responses, strict=True) if own is not None else ():
            called, answered = dict(call["functionCall"]), dict(response["functionResponse"])
            upstream_id = called.pop("id", None)
            answered.pop("id", None)
            if upstream_id is not None and self._quirks.call_ids:
                call_id = {"id": self._ids.claim(upstream_id)}
                called, answered = call_id | called, call_id | answered
            self._add("model", [self._signed_call({"functionCall": called}, call.get("thoughtSignature"))])
            self._responses.append({"functionResponse": answered})

    def _write_server_result(
        self, use: ServerToolUse | None, result: ServerToolResult, own: OwnParts
    ) -> None:
        """What this dialect itself told of a search goes back as it was; another's is told as text."""
        if use is not None and own.calls:
            # The model went on only after it had all results of its step.
            self._end_step()
        elif use is not None and own.parts:
            self._add("model", own.parts if self._signs else [_unsigned(part) for part in own.parts])
        else:
            self._add("model", [{"text": server_tool_text(use, result)}])

    def _own_parts(self, result: ServerToolResult, path: str) -> OwnParts:
        if not self._searches:
            return OwnParts()
        kept = self._origin.kept(result.tool_use_id)
        for envelope in (*([kept] if kept is not None else []), *_sealed_in(result.content)):
            if opened := self._envelopes.open(envelope):
                own = read_own_parts(opened)
                return own if own.calls or self._quirks.search_with_functions else OwnParts()
            self._envelopes.judge(envelope, f"{path}.content")
        return OwnParts()


def _signed(part: Part, signature: str | None) -> Part:
    return part if signature is None else part | {"thoughtSignature": signature}


def _unsigned(part: Part) -> Part:
    return {name: value for name, value in part.items() if name != "thoughtSignature"}


def _next_thought(said: list[Placed | Call], number: int) -> Thought | None:
    """The thinking block that carries the signature of the text at this place: the next block."""
    following = said[number + 1] if number + 1 < len(said) else None
    block = following.block if isinstance(following, Placed) else None
    return block if isinstance(block, Thought) else None


def _sealed_in(content: Any) -> Iterator[str]:
    """The envelopes in the entries of a search result."""
    for entry in objects_in(content):
        if isinstance(sealed := entry.get("encrypted_content"), str):
            yield sealed
