"""Reads streamed replies of generateContent as one Messages answer (spec/gemini.md sections 8 to 10).

One answer may take several requests: Gemini asks to be called again for a long text, a malformed call is asked for
anew while nothing was said, and a side call runs on its own. The next request is `follow_up`'s.
"""

from collections.abc import Sequence
from typing import Any, cast

import msgspec
from typing_extensions import override

from dragoman.dialects.dialect import NewId, Written
from dragoman.dialects.gemini.calls import Calls
from dragoman.dialects.gemini.endings import CUT, Hop, Verdict, conclude
from dragoman.dialects.gemini.errors import read_stream_error, said_of
from dragoman.dialects.gemini.grounding import Grounding
from dragoman.dialects.gemini.output import Output
from dragoman.dialects.gemini.server_parts import read_server_part
from dragoman.dialects.gemini.shapes import Candidate, Chunk, Part, Reading, decode_chunk
from dragoman.dialects.gemini.side_calls import SideCalls
from dragoman.dialects.gemini.usage import UsageSum
from dragoman.dialects.translated_reply import TranslatedReply
from dragoman.messages.errors import UpstreamFailure, UpstreamNonsense
from dragoman.messages.events import Said, Usage
from dragoman.wire.jsonbytes import JsonError, decode, encode, join_object
from dragoman.wire.sse import Frame, SseDecoder

MOST_IDLE_RESUMES = 3
"""Requests in a row that go on without saying anything."""

MOST_STRAY_BYTES = 1024 * 1024
_END_OF_CONTENTS = b"]}]"


class GeminiReply(TranslatedReply[Output]):
    """One answer. Frames go in, events come out."""

    def __init__(self, reading: Reading, new_id: NewId, estimated_input_tokens: int) -> None:
        super().__init__(Output(reading, "msg_" + new_id(), estimated_input_tokens))
        self._reading = reading
        self._side = SideCalls(reading, new_id) if reading.side_tools else None
        self._grounding = Grounding(reading, new_id)
        self._calls = Calls(reading, self._output, self._side, new_id)
        self._estimated_input_tokens = estimated_input_tokens
        self._sum = UsageSum()
        self._hop = Hop()
        self._fields = reading.fields
        """The question as the next request asks it."""
        self._asked = reading.fields
        """The question of the running request, perhaps with a note; what it told to go on from holds for that."""
        self._next: dict[str, msgspec.Raw] | None = None
        self._tries = 0
        self._idle = 0
        self._token: str | None = None
        self._stray = bytearray()

    @property
    def usage(self) -> Usage | None:
        return self._sum.known

    def feed(self, frame: Frame) -> Sequence[Said]:
        if self._ended:
            return ()
        if frame.data is None:
            self._take_stray(frame.raw)
        elif frame.data:
            self._read(decode_chunk(frame.data), frame.data)
        return self._output.writer.take()

    def read_whole(self, body: bytes) -> Sequence[Said]:
        """An answer in one piece; also the array of chunks that a stream without `alt=sse` is."""
        try:
            value = decode(body)
        except JsonError:
            raise UpstreamNonsense("the upstream answered with JSON that cannot be read") from None
        chunks = cast("list[Any]", value) if isinstance(value, list) else [value]
        for chunk in chunks:
            data = encode(chunk)
            self._read(decode_chunk(data), data)
        return self.finish()

    def finish(self, rest: bytes = b"") -> Sequence[Said]:
        if self._ended:
            return ()
        self._take_rest(rest)
        if self._side is not None and self._side.running is not None:
            if self._hop.was_cut:
                raise UpstreamNonsense(CUT)
            self._side.end_request(self._output)
            self._go_on_beside(self._side)
        elif not self._ended:
            self._conclude()
        return self._output.writer.take()

    @override
    def follow_up(self) -> Written | None:
        fields, self._next = self._next, None
        if fields is None:
            return None
        self._hop = Hop()
        self._output.characters = 0
        self._sum.end_request()
        return Written(self._reading.path, join_object(fields))

    @override
    def take_failure(self, failure: UpstreamFailure) -> Sequence[Said] | None:
        if self._side is None or self._side.running is None:
            return None
        self._stray.clear()
        self._side.give_up(self._output)
        self._go_on_beside(self._side)
        return self._output.writer.take()

    def _take_stray(self, raw: bytes) -> None:
        """A frame without data: comments, or an error that lost its framing."""
        if raw.lstrip()[:1] in (b"{", b"[", b"}", b"]") or self._stray:
            self._stray += raw
        if len(self._stray) > MOST_STRAY_BYTES:
            raise UpstreamNonsense("the upstream sent a long text that is no event stream")

    def _take_rest(self, rest: bytes) -> None:
        """What came after the last frame: its blank line may be missing, or it is an error without any framing."""
        text = bytes(self._stray) + rest
        self._stray.clear()
        error = read_stream_error(text, self._reading.message_model) if text.strip() else None
        if error is not None:
            raise error
        for frame in SseDecoder().feed(rest + b"\n\n") if rest else ():
            if not frame.data:
                continue
            try:
                chunk = decode_chunk(frame.data)
            except UpstreamNonsense:
                return  # a cut: whatever it was, it is not there
            self._read(chunk, frame.data)

    def _read(self, chunk: Chunk, data: bytes) -> None:
        if chunk.error is not None:
            error = read_stream_error(data, self._reading.message_model)
            raise error or UpstreamNonsense(f"the upstream reported an error: {said_of(chunk.error)}")
        hop = self._hop
        hop.chunks += 1
        if chunk.usageMetadata is not None:
            self._sum.note(chunk.usageMetadata)
        if hop.chunks == 1:
            self._start()
        hop.note_feedback(chunk.promptFeedback)
        if not chunk.candidates:
            return
        candidate = chunk.candidates[0]
        hop.note(candidate)
        if self._side is not None:
            if self._side.running is not None:
                self._side.read(candidate)
                return
            self._side.note_parts(data)
        self._read_candidate(candidate)

    def _start(self) -> None:
        """The first chunk normally tells the true size of the prompt."""
        self._output.writer.start(self._sum.at_start)

    def _read_candidate(self, candidate: Candidate) -> None:
        content = candidate.content
        if content is not None and content.parts:
            for part in content.parts:
                if self._output.text_end.stopped_by is None:
                    self._read_part(part)
        if candidate.groundingMetadata is not None or candidate.urlContextMetadata is not None:
            self._grounding.note(candidate.groundingMetadata, candidate.urlContextMetadata)
        if self._output.text_end.stopped_by is not None:
            # All that follows would be thrown away: stop paying for it.
            self._sum.leave(self._output.estimated_tokens, counted=self._hop.finish_reason is not None)
            self._end(Verdict("end", "max_tokens"))

    def _read_part(self, part: Part) -> None:
        output = self._output
        if part.says_something:
            self._hop.parts += 1
        if part.functionCall is not None:
            if not self._calls.reads_beside(part):
                self._grounding.say(output)
            self._calls.read(part, part.functionCall)
        elif part.thought:
            output.thought(part.text or "", part.thoughtSignature)
        elif part.text is not None:
            if part.text:
                output.text(part.text)
            if part.thoughtSignature:
                output.sign_text(part.thoughtSignature)
        elif part.toolCall is not None or part.toolResponse is not None:
            self._grounding.note_part(part)
        elif not read_server_part(part, output, self._calls.new_server_id) and part.thoughtSignature:
            output.sign_text(part.thoughtSignature)

    def _conclude(self) -> None:
        if self._hop.finish_reason == "MAX_TOKENS":
            self._calls.drop_partial()
        if self._hop.finish_reason not in (None, "CONTINUATION"):
            self._calls.finish()
            self._output.say_held_back()
        if self._side is not None and self._side.any and self._hop.finish_reason is not None:
            self._go_on_beside(self._side)
            return
        verdict = conclude(
            self._hop,
            said=self._output.said,
            called=bool(self._output.writer.tool_calls),
            searched=self._reading.searches,
            tries=self._tries,
        )
        if verdict.what == "again":
            self._tries += 1
            self._output.begin_anew()
            if self._side is not None:
                self._side.model_parts = []
            self._next = self._asked = self._with_note(verdict.note)
        elif verdict.what == "go_on":
            self._go_on()
        else:
            self._end(verdict)

    def _go_on(self) -> None:
        """The same request with the token of where to go on, unless that leads nowhere."""
        token = self._hop.token
        self._idle = 0 if self._hop.parts else self._idle + 1
        usage = self._sum.known
        enough = usage is not None and usage.output_tokens >= self._reading.max_tokens
        if token is None or token == self._token or enough or self._idle >= MOST_IDLE_RESUMES:
            self._end(Verdict("end", "max_tokens"))
            return
        self._token = token
        self._grounding.go_on(self._output.waiting_bytes)
        self._next = self._asked | {"continuationToken": msgspec.Raw(encode(token))}

    def _go_on_beside(self, side: SideCalls) -> None:
        """The next side call, or the model again with the results of all."""
        fields = side.next_request(self._output)
        if fields is not None:
            self._next = fields
            return
        self._sum.searches = side.searches
        if self._output.writer.tool_calls:
            # The client runs its own calls of the same turn first; the results travel with its next request.
            self._end(Verdict("end", "tool_use"))
            return
        if not side.end_round():
            self._end(Verdict("end", "pause_turn"))
            return
        self._fields = self._fields | {"contents": msgspec.Raw(side.go_on(self._fields["contents"]))}
        self._fields["toolConfig"] = msgspec.Raw(encode({"functionCallingConfig": {"mode": "AUTO"}}))
        self._next = self._asked = self._fields

    def _with_note(self, note: str) -> dict[str, msgspec.Raw]:
        """The request as it was, or with a note at its end."""
        contents = bytes(self._fields["contents"])
        if not note or not contents.endswith(_END_OF_CONTENTS):
            return self._fields
        part = encode({"text": note})
        told = contents[: -len(_END_OF_CONTENTS)] + b"," + part + _END_OF_CONTENTS
        return self._fields | {"contents": msgspec.Raw(told)}

    def _end(self, verdict: Verdict) -> None:
        self._ended = True
        output = self._output
        output.finish()
        self._grounding.say(output)
        self._sum.searches = max(self._sum.searches, self._grounding.searches)
        if verdict.note:
            output.show_block(verdict.note)
        self.stop_reason, stop_sequence = self._ending(verdict)
        if not output.said and self.stop_reason != "refusal":
            output.writer.text("")
        details = None
        if self.stop_reason == "refusal":
            details = {"type": "refusal", "category": None, "explanation": verdict.details}
        usage = self._sum.at_end(self._estimated_input_tokens)
        output.writer.end(self.stop_reason, usage, stop_sequence, details)

    def _ending(self, verdict: Verdict) -> tuple[str, str | None]:
        if self._output.writer.tool_calls:
            return "tool_use", None
        if (ending := self._output.text_end.ending) is not None:
            return ending
        usage, window = self._sum.known, self._reading.context_window
        if verdict.stop_reason == "max_tokens" and usage is not None and window is not None:
            full = usage.prompt_tokens + usage.output_tokens >= window
            return ("model_context_window_exceeded" if full else "max_tokens"), None
        return verdict.stop_reason, None
