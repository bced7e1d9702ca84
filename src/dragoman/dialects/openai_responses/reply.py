"""Reads a streamed Responses reply as Messages events (spec/openai-responses.md section 12)."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

from dragoman.dialects.dialect import NewId
from dragoman.dialects.openai_envelope import parse_error
from dragoman.dialects.openai_error import read_stream_error
from dragoman.dialects.openai_responses.endings import Ending, ending_of, refusal_of
from dragoman.dialects.openai_responses.items import OF_ITEMS, Items
from dragoman.dialects.openai_responses.output import Output
from dragoman.dialects.openai_responses.shapes import (
    Event,
    Reading,
    Response,
    decode_event,
    decode_response,
    error_of,
    failure_of,
    whole_response,
)
from dragoman.dialects.openai_responses.usage import read_usage
from dragoman.dialects.translated_reply import TranslatedReply
from dragoman.dialects.usage_numbers import with_estimates
from dragoman.messages.errors import UpstreamNonsense
from dragoman.messages.events import Said, Usage
from dragoman.messages.request import MessagesRequest
from dragoman.wire.sse import Frame

_TEXT = "response.output_text.delta"
_ENDS = frozenset({"response.completed", "response.incomplete"})
_FAILS = frozenset({"response.failed", "response.cancelled"})


class ResponsesReply(TranslatedReply[Output]):
    """One reply. Frames go in, events come out."""

    def __init__(
        self, request: MessagesRequest, reading: Reading, new_id: NewId, estimated_input_tokens: int
    ) -> None:
        super().__init__(Output(reading, "msg_" + new_id(), estimated_input_tokens))
        self._request = request
        self._items = Items(self._output, new_id)
        self._estimated_input_tokens = estimated_input_tokens
        self.usage: Usage | None = None
        self._last = b""

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
            self._fail(failure_of(response), response)
        else:
            self._end(response)
        return self._output.writer.take()

    def finish(self, rest: bytes = b"") -> Sequence[Said]:
        """Without its last event a stream is not complete, even if every item in it is: another may have followed."""
        if not self._ended:
            raise UpstreamNonsense("the upstream closed the stream before the answer was complete")
        return ()

    def _read(self, event: Event, data: bytes) -> None:
        if event.sequence_number:
            if data == self._last:
                return  # told twice
            self._last = data
        kind = event.type
        if kind == _TEXT and self._items.say(event):
            pass
        elif kind.startswith(OF_ITEMS):
            self._output.writer.start()
            self._items.read(event)
        elif kind == "error":
            self._fail(error_of(data), Response())
        elif kind in _ENDS:
            self._end(decode_response(bytes(event.response)))
        elif kind in _FAILS:
            response = decode_response(bytes(event.response))
            self._fail(failure_of(response), response)
        else:
            self._output.writer.start()
        if self._output.ended and not self._ended:
            # The visible answer is complete, whatever the model would go on to say.
            self._end(Response(status="completed"))

    def _fail(self, told: dict[str, Any], response: Response) -> None:
        """An error; some are the model's refusal, which ends the answer."""
        vendor = parse_error(told)
        refusal = refusal_of(vendor.code, vendor.message)
        if refusal is None:
            raise read_stream_error(told, self._request)
        self._items.finish([])
        self._say_end(response, refusal)

    def _end(self, response: Response) -> None:
        self._items.finish([] if self._output.ended else response.output)
        self._say_end(response, ending_of(response, self._items, self._output))

    def _say_end(self, response: Response, ending: Ending) -> None:
        self._ended = True
        self._output.end_text()
        self._output.end_thoughts()
        self.stop_reason = ending.stop_reason
        told = read_usage(response.usage or {}, response.service_tier, self._output.searches)
        self.usage = with_estimates(told, self._estimated_input_tokens, self._output.estimated_output_tokens)
        self.withheld = Counter(str(removed.get("reason")) for removed in response.input_transformations)
        details = None
        if ending.stop_reason == "refusal":
            details = {"type": "refusal", "category": ending.category, "explanation": ending.explanation}
        self._output.writer.end(ending.stop_reason, self.usage, ending.stop_sequence, details)
