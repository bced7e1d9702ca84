"""Reads a streamed Chat Completions reply as Messages events (spec/openai-chat.md sections 7 and 8)."""

from collections.abc import Sequence
from typing import Any, cast

import msgspec
from msgspec.structs import replace

from dragoman.dialects.chunk_json import decode_chunk, decode_object
from dragoman.dialects.dialect import NewId
from dragoman.dialects.openai_chat.output import Output
from dragoman.dialects.openai_chat.search_reader import SearchReader
from dragoman.dialects.openai_chat.shapes import Choice, Chunk, Piece, Reading
from dragoman.dialects.openai_chat.tool_calls import ToolCalls
from dragoman.dialects.openai_chat.usage import read_usage, told_searches
from dragoman.dialects.openai_error import read_stream_error
from dragoman.dialects.translated_reply import TranslatedReply
from dragoman.dialects.usage_numbers import with_estimates
from dragoman.messages.errors import UpstreamNonsense
from dragoman.messages.events import Said, Usage
from dragoman.wire.sse import Frame

_CHUNK = msgspec.json.Decoder(Chunk)

STOP_REASONS = {
    "stop": "end_turn",
    "length": "max_tokens",
    "model_context_window_exceeded": "max_tokens",
    "tool_calls": "tool_use",
    "function_call": "tool_use",
    "content_filter": "refusal",
    "sensitive": "refusal",
}
"""`finish_reason` to stop reason; whatever is not here ends the turn (section 7.2)."""

FAILED = frozenset({"error", "abort", "insufficient_system_resource", "network_error"})
"""A `finish_reason` that is a failure, not an ending."""


class ChatReply(TranslatedReply[Output]):
    """One reply. Frames go in, events come out; what is held is only what cannot be said yet."""

    def __init__(self, reading: Reading, new_id: NewId, estimated_input_tokens: int) -> None:
        super().__init__(Output(reading, "msg_" + new_id(), estimated_input_tokens))
        self._calls = ToolCalls(self._output, reading, new_id)
        search = reading.search
        self._search = SearchReader(self._output, search, new_id) if search is not None else None
        self._searches = 0
        self._estimated_input_tokens = estimated_input_tokens
        self.usage: Usage | None = None
        self._service_tier: str | None = None
        self._finish_reason: str | None = None
        self._refusal: list[str] = []

    def feed(self, frame: Frame) -> Sequence[Said]:
        data = frame.data
        if not data or self._ended:
            return ()
        if data == b"[DONE]":
            self._end()
            return self._output.writer.take()
        self._read(decode_chunk(data, _CHUNK), data)
        return self._output.writer.take()

    def read_whole(self, body: bytes) -> Sequence[Said]:
        chunk = decode_chunk(body, _CHUNK)
        if chunk.error is None and chunk.object != "error" and not chunk.choices:
            raise UpstreamNonsense("the upstream answered with JSON that is not a chat completion")
        self._read(chunk, body)
        self._finish_reason = self._finish_reason or "stop"
        self._end()
        return self._output.writer.take()

    def finish(self, rest: bytes = b"") -> Sequence[Said]:
        if not self._ended:
            if self._finish_reason is None:
                raise UpstreamNonsense("the upstream closed the stream before the answer was complete")
            self._end()
        return self._output.writer.take()

    def _read(self, chunk: Chunk, data: bytes) -> None:
        if chunk.error is not None or chunk.object == "error":
            raise read_stream_error(decode_object(data))
        self._output.writer.start()
        if chunk.choices:
            for choice in chunk.choices:
                if not choice.index:
                    self._read_choice(choice)
        usage: Any = chunk.usage or (chunk.x_groq or {}).get("usage")
        if usage and isinstance(usage, dict):
            self._service_tier = chunk.service_tier or self._service_tier
            self.usage = read_usage(cast("dict[str, Any]", usage), self._service_tier)
            if self._search is not None:
                self._searches = told_searches(cast("dict[str, Any]", usage))
        # A server that finished by itself still tells its usage.
        if self._output.text_end.stopped_by is not None and self._finish_reason is None:
            self._end()

    def _read_choice(self, choice: Choice) -> None:
        piece = choice.delta or choice.message
        if piece is not None:
            self._read_piece(piece)
        reason = choice.finish_reason
        if not reason:
            return
        if reason in FAILED:
            said = {"error": {"code": reason, "message": f"the answer ended with `{reason}`"}}
            raise read_stream_error(said)
        self._finish_reason = reason
        matched = choice.stop_reason or choice.matched_stop
        if isinstance(matched, str):
            self._output.server_matched(matched)

    def _read_piece(self, piece: Piece) -> None:
        self._read_reasoning(piece)
        if self._search is not None:
            self._read_with_sources(piece, self._search)
        elif piece.content:
            self._read_content(piece.content)
        if piece.refusal:
            self._refusal.append(piece.refusal)
            self._output.text(piece.refusal)
        if piece.tool_calls:
            for call in piece.tool_calls:
                self._calls.read(call)
        elif piece.function_call is not None:
            self._calls.read_legacy(piece.function_call)

    def _read_reasoning(self, piece: Piece) -> None:
        """The first of the four spellings: servers that send two say the same in both."""
        if piece.reasoning_details:
            self._output.reasoning_details(piece.reasoning_details)
        if piece.reasoning_content:
            self._output.reasoning(piece.reasoning_content, "reasoning_content")
        elif piece.reasoning and isinstance(piece.reasoning, str):
            self._output.reasoning(piece.reasoning, "reasoning")
        elif piece.thinking:
            self._output.reasoning(piece.thinking, "reasoning_content")
        else:
            for detail in piece.reasoning_details or ():
                text = detail.get("text") or detail.get("summary")
                if isinstance(text, str) and text:
                    self._output.reasoning(text, "reasoning_details")

    def _read_with_sources(self, piece: Piece, search: SearchReader) -> None:
        search.note(piece.annotations)
        if piece.content:
            search.before_text(piece.content)
            self._read_content(piece.content)
        search.cite()
        if piece.tool_calls or piece.function_call is not None:
            search.before_call()

    def _read_content(self, content: Any) -> None:
        if isinstance(content, str):
            self._output.text(content)
        elif isinstance(content, list):
            for part in cast("list[Any]", content):
                self._read_part(part)

    def _read_part(self, part: Any) -> None:
        """A part of Mistral's content list: text, or `{"type": "thinking", "thinking": [texts]}`."""
        if not isinstance(part, dict):
            return
        part = cast("dict[str, Any]", part)
        if part.get("type") == "thinking":
            thoughts: Any = part.get("thinking")
            for inner in cast("list[Any]", thoughts if isinstance(thoughts, list) else [thoughts]):
                text = cast("dict[str, Any]", inner).get("text") if isinstance(inner, dict) else inner
                if isinstance(text, str) and text:
                    self._output.reasoning(text, "reasoning_content")
        elif isinstance(part.get("text"), str):
            self._output.text(part["text"])

    def _end(self) -> None:
        if self._ended:
            return
        self._ended = True
        self._output.finish()
        searches = self._search.finish(self._searches) if self._search is not None else 0
        self.stop_reason, stop_sequence = self._ending()
        self.usage = with_estimates(
            self.usage or Usage(), self._estimated_input_tokens, self._output.estimated_output_tokens
        )
        if searches:
            self.usage = replace(self.usage, server_tool_use={"web_search_requests": searches})
        details = None
        if self.stop_reason == "refusal":
            details = {"type": "refusal", "category": None, "explanation": "".join(self._refusal) or None}
        self._output.writer.end(self.stop_reason, self.usage, stop_sequence, details)

    def _ending(self) -> tuple[str, str | None]:
        if (ending := self._output.text_end.ending) is not None:
            return ending
        if self._refusal:
            return "refusal", None
        reason = STOP_REASONS.get(self._finish_reason or "stop", "end_turn")
        if self._output.writer.tool_calls and reason == "end_turn":
            return "tool_use", None
        if reason == "tool_use" and not self._output.writer.tool_calls:
            return "end_turn", None
        return reason, None
