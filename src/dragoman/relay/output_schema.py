"""Whether an answer fits the schema that the client asked for (docs/decisions/0037)."""

from collections.abc import Iterable
from typing import Any

from dragoman.dialects.dialect import Loss
from dragoman.dialects.output_format import FIELD
from dragoman.messages.errors import ApiError
from dragoman.messages.events import (
    ContentBlockDelta,
    ContentBlockStart,
    MessageDelta,
    Said,
    ServerToolUseBlock,
    TextDelta,
    WholeBlockStart,
)
from dragoman.messages.request import MessagesRequest
from dragoman.relay.ports import SchemaChecker
from dragoman.relay.trace import Trace
from dragoman.wire.jsonbytes import JsonError, decode
from dragoman.wire.jsonvalues import as_object

LARGEST_ANSWER = 1024 * 1024
"""Characters; what is longer is not checked."""

NOT_JSON = "not JSON"


def output_check(request: MessagesRequest) -> "OutputCheck | None":
    """For a request that wants its answer to fit a schema; None for all others."""
    raw = request.raw
    output, older = raw.get("output_config"), raw.get("output_format")
    if output is None and older is None:
        return None
    for wanted in (as_object(output).get("format"), older):
        form = as_object(wanted)
        if form.get("type") == "json_schema":
            return OutputCheck(as_object(form.get("schema")))
    return None


class OutputCheck:
    """Hears one answer, and judges it when it is over.

    What a server that speaks Messages says is its own, and not judged. Neither is what ended early: only `end_turn` says
    that the answer is whole.
    """

    def __init__(self, schema: dict[str, Any]) -> None:
        self._schema = schema
        self._pieces: list[str] = []
        self._length = 0
        self._whole = False

    def hear(self, said: Iterable[Said]) -> None:
        """Events of the answer, as the client gets them."""
        for event in said:
            match event:
                case ContentBlockDelta(delta=TextDelta(text)):
                    self._length += len(text)
                    if self._length <= LARGEST_ANSWER:
                        self._pieces.append(text)
                case WholeBlockStart() | ContentBlockStart(content_block=ServerToolUseBlock()):
                    # What a model says before it searches is not its answer.
                    self._pieces, self._length = [], 0
                case MessageDelta(delta=ending):
                    self._whole = ending.stop_reason == "end_turn"
                case _:
                    pass

    async def mismatch(self, checker: SchemaChecker | None) -> str | None:
        """Where the answer breaks the schema, and what it breaks; None if it does not, or is not to be judged."""
        if not self._whole or self._length > LARGEST_ANSWER:
            return None
        answer = "".join(self._pieces)
        try:
            decode(answer.encode("utf-8", "replace"))
        except JsonError:
            return NOT_JSON
        return None if checker is None else await checker.mismatch(self._schema, answer)


def note(mismatch: str, trace: Trace) -> None:
    """For the log line, and for the header of an answer that is not out yet."""
    trace.schema_mismatch = mismatch
    trace.losses += (Loss(FIELD, "dropped", f"the answer does not match the schema ({mismatch})"),)


def refusal(trace: Trace) -> ApiError:
    """What stands in the answer's place in strict mode. Another answer may fit, so that clients may ask again."""
    return ApiError(
        502,
        f"{FIELD}: the answer of `{trace.upstream_model}` on `{trace.channel}` does not match the schema "
        f"({trace.schema_mismatch}); DRAGOMAN_STRICT=true refuses it",
    )
