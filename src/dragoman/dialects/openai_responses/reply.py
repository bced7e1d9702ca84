"""Reads a streamed Responses reply as Messages events (spec/openai-responses.md section 12)."""

from collections.abc import Mapping, Sequence
from typing import Any

from msgspec.structs import replace

from dragoman.dialects.dialect import NewId, Written
from dragoman.dialects.openai_envelope import parse_error
from dragoman.dialects.openai_error import read_stream_error
from dragoman.dialects.openai_responses.endings import Ending, ending_of, refusal_of
from dragoman.dialects.openai_responses.items import Items
from dragoman.dialects.openai_responses.output import Output
from dragoman.dialects.openai_responses.shapes import (
    Event,
    Reading,
    Response,
    decode_event,
    decode_response,
    error_of,
    whole_response,
)
from dragoman.dialects.openai_responses.usage import read_usage
from dragoman.messages.errors import UpstreamFailure, UpstreamNonsense
from dragoman.messages.events import Said, Usage
from dragoman.messages.request import MessagesRequest
from dragoman.wire.sse import Frame

_TEXT = "response.output_text.delta"
_OF_ITEMS = (
    "response.output_item.",
    "response.output_text.",
    "response.content_part.",
    "response.refusal.",
    "response.reasoning_",
    "response.function_call_arguments.",
)
_ENDS = frozenset({"response.completed", "response.incomplete"})
_FAILS = frozenset({"response.failed", "response.cancelled"})


class ResponsesReply:
    """One reply. Frames go in, events come out."""

    def __init__(
        self, request: MessagesRequest, reading: Reading, new_id: NewId, estimated_input_tokens: int
    ) -> None:
        self._request = request
        self._output = Output(reading, "msg_" + new_id(), estimated_input_tokens)
        self._items = Items(self._output, new_id)
        self._estimated_input_tokens = estimated_input_tokens
        self.usage: Usage | None = None
        self.stop_reason: str | None = None
        self.withheld: dict[str, int] = {}
        """Section 4.5."""
        self._ended = False
        self._last = b""

    @property
    def finished(self) -> bool:
        return self._ended

    def start(self) -> Sequence[Said]:
        self._output.writer.start()
        return self._output.writer.take()

    def keep_alive(self) -> Sequence[Said]:
        if self._ended:
            return ()
        self._output.keep_alive()
        return self._output.writer.take()

    def feed(self, frame: Frame) -> Sequence[Said]:
        data = frame.data
        if not data or self._ended or data == b"[DONE]":
            return ()
        self._read(decode_event(data), data)
        return self._output.writer.take()

    def read_whole(self, body: bytes) -> Sequence[Said]:
        response = whole_response(body)
        self._output.writer.start()
        if response.status in ("failed", "cancelled") or response.error:
            self._fail(response)
        else:
            self._end(response)
        return self._output.writer.take()

    def finish(self, rest: bytes = b"") -> Sequence[Said]:
        """Without its last event a stream is not complete, even if every item in it is: another may have followed."""
        if not self._ended:
            raise UpstreamNonsense("the upstream closed the stream before the answer was complete")
        return ()

    def follow_up(self) -> Written | None:
        return None

    def take_failure(self, failure: UpstreamFailure) -> Sequence[Said] | None:
        return None

    def take_kept(self) -> Mapping[str, str]:
        kept = self._output.kept
        if kept:
            self._output.kept = {}
        return kept

    def _read(self, event: Event, data: bytes) -> None:
        if event.sequence_number:
            if data == self._last:
                return  # told twice
            self._last = data
        kind = event.type
        if kind == _TEXT and self._items.say(event):
            pass
        elif kind.startswith(_OF_ITEMS):
            self._output.writer.start()
            self._items.read(event)
        elif kind == "error":
            self._raise(error_of(data))
        elif kind in _ENDS:
            self._end(decode_response(bytes(event.response)))
        elif kind in _FAILS:
            self._fail(decode_response(bytes(event.response)))
        else:
            self._output.writer.start()
        if self._output.ended and not self._ended:
            # The visible answer is complete, whatever the model would go on to say.
            self._end(Response(status="completed"))

    def _fail(self, response: Response) -> None:
        error: dict[str, Any] = response.error or {"message": f"the answer ended as `{response.status}`"}
        vendor = parse_error({"error": error})
        refusal = refusal_of(vendor.code, vendor.message)
        if refusal is None:
            self._raise({"error": error})
            return
        self._say_end(response, refusal)

    def _raise(self, value: dict[str, Any]) -> None:
        vendor = parse_error(value)
        refusal = refusal_of(vendor.code, vendor.message)
        if refusal is None:
            raise read_stream_error(value, self._request)
        self._say_end(Response(), refusal)

    def _end(self, response: Response) -> None:
        self._items.finish([] if self._output.ended else response.output)
        self._say_end(response, ending_of(response, self._items, self._output))

    def _say_end(self, response: Response, ending: Ending) -> None:
        self._ended = True
        self._items.finish([])
        self._output.end_text()
        self._output.end_thoughts()
        self.stop_reason = ending.stop_reason
        self.usage = self._usage(response)
        for removed in response.input_transformations:
            reason = str(removed.get("reason"))
            self.withheld[reason] = self.withheld.get(reason, 0) + 1
        details = None
        if ending.stop_reason == "refusal":
            details = {"type": "refusal", "category": ending.category, "explanation": ending.explanation}
        self._output.writer.end(ending.stop_reason, self.usage, ending.stop_sequence, details)

    def _usage(self, response: Response) -> Usage:
        """What the server told; estimates in place of zeros, which would tell clients that there is room left."""
        usage = read_usage(response.usage or {}, response.service_tier, self._output.searches)
        if usage.prompt_tokens:
            return usage
        return replace(
            usage,
            input_tokens=self._estimated_input_tokens,
            output_tokens=usage.output_tokens or self._output.estimated_output_tokens,
        )
