"""Events of a Responses stream, as servers write them, and readings of them."""

import json
from dataclasses import dataclass, replace
from typing import Any

from hypothesis import strategies as st

from dragoman.dialects.openai_responses.reply import ResponsesReply
from dragoman.dialects.openai_responses.shapes import Reading
from dragoman.messages.request import MessagesRequest
from tests.support.chat_requests import ask
from tests.support.reading import Heard, counting_ids, hear, hear_whole
from tests.support.replies import Reasoning, Reply, Text
from tests.support.responses_flavor import OPENAI_RESPONSES, STRANGER_RESPONSES, ResponsesFlavor
from tests.support.responses_payload import Voice
from tests.support.responses_reasoning import ReasoningBook
from tests.support.responses_requests import MODEL, SEAL
from tests.support.responses_stream import Speech, whole_response
from tests.support.strategies import mixed_replies

ESTIMATED_INPUT = 321
"""What the reader is told to expect; no event in the tests says this number."""


def event(type: str, /, **fields: Any) -> bytes:
    """A frame of one event."""
    return b"data: " + json.dumps({"type": f"response.{type}", **fields}).encode() + b"\n\n"


def bare(value: Any) -> bytes:
    """A frame of any JSON value."""
    return b"data: " + json.dumps(value).encode() + b"\n\n"


CREATED = event("created", response={"id": "resp_1", "status": "in_progress", "output": []})
SAID_DONE = b"data: [DONE]\n\n"


def added(index: int, type: str, **fields: Any) -> bytes:
    return event("output_item.added", output_index=index, item={"type": type, **fields})


def done(index: int, type: str, **fields: Any) -> bytes:
    return event("output_item.done", output_index=index, item={"type": type, "status": "completed", **fields})


def text(piece: str, index: int = 0, part: int = 0) -> bytes:
    return event("output_text.delta", output_index=index, content_index=part, delta=piece)


def text_part(words: str, *annotations: dict[str, Any]) -> dict[str, Any]:
    return {"type": "output_text", "text": words, "annotations": list(annotations)}


def message_done(words: str, index: int = 0, **fields: Any) -> bytes:
    return done(index, "message", content=[text_part(words)], **fields)


def message(words: str, index: int = 0) -> bytes:
    """A message from its beginning to its end."""
    return added(index, "message", content=[]) + text(words, index) + message_done(words, index)


def summary(piece: str, index: int = 0) -> bytes:
    return event("reasoning_summary_text.delta", output_index=index, summary_index=0, delta=piece)


def summary_part(index: int = 0) -> bytes:
    return event(
        "reasoning_summary_part.added", output_index=index, part={"type": "summary_text", "text": ""}
    )


def thought_done(*parts: str, index: int = 0, id: str = "rs_1", encrypted: str | None = "gAAAAAB") -> bytes:
    told = [{"type": "summary_text", "text": part} for part in parts]
    held = {} if encrypted is None else {"encrypted_content": encrypted}
    return done(index, "reasoning", id=id, summary=told, **held)


def thought(*parts: str, index: int = 0, **fields: Any) -> bytes:
    """A reasoning item from its beginning to its end."""
    pieces = b"".join(summary_part(index) + summary(part, index) for part in parts)
    return added(index, "reasoning", summary=[]) + pieces + thought_done(*parts, index=index, **fields)


def arguments(piece: str, index: int = 0) -> bytes:
    return event("function_call_arguments.delta", output_index=index, delta=piece)


def call_done(
    json_text: Any, index: int = 0, name: str = "Read", call_id: str = "call_1", **fields: Any
) -> bytes:
    return done(index, "function_call", name=name, call_id=call_id, arguments=json_text, **fields)


def call(json_text: str = "{}", index: int = 0, name: str = "Read", call_id: str = "call_1") -> bytes:
    """A function call from its beginning to its end."""
    begun = added(index, "function_call", name=name, call_id=call_id, arguments="")
    return begun + arguments(json_text, index) + call_done(json_text, index, name, call_id)


def response(status: str = "completed", *output: dict[str, Any], **fields: Any) -> dict[str, Any]:
    return {"id": "resp_1", "status": status, "output": list(output), **fields}


def completed(*output: dict[str, Any], **fields: Any) -> bytes:
    return event("completed", response=response("completed", *output, **fields))


def incomplete(reason: str = "max_output_tokens", *output: dict[str, Any], **fields: Any) -> bytes:
    details = {"incomplete_details": {"reason": reason}}
    return event("incomplete", response=response("incomplete", *output, **details, **fields))


def usage(prompt: int = 100, output: int = 20, **fields: Any) -> dict[str, Any]:
    return {"input_tokens": prompt, "output_tokens": output, "total_tokens": prompt + output, **fields}


def open_reply(request: MessagesRequest | None = None, **reading: Any) -> ResponsesReply:
    """A reader; `reading` are the fields of Reading."""
    fields: dict[str, Any] = {"message_model": "claude-sonnet-5", "seal": SEAL, "thoughts": "shown"}
    return ResponsesReply(request or ask(), Reading(**(fields | reading)), counting_ids(), ESTIMATED_INPUT)


def hear_responses(*frames: bytes, **reading: Any) -> Heard:
    """The frames read in three ways."""
    return hear(lambda: open_reply(**reading), b"".join(frames))


def hear_answer(*frames: bytes, ending: bytes | None = None, **reading: Any) -> Heard:
    """The frames of an answer that begins well and, unless told otherwise, ends well."""
    return hear_responses(CREATED, *frames, ending or completed(), **reading)


def hear_response(body: bytes | dict[str, Any], **reading: Any) -> Heard:
    """A whole answer read."""
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    return hear_whole(lambda: open_reply(**reading), data)


def content(heard: Heard) -> Any:
    """The blocks of the complete message."""
    return heard.message["content"]


def text_block(words: str, **fields: Any) -> dict[str, Any]:
    return {"type": "text", "text": words, **fields}


@dataclass(frozen=True)
class ResponsesStream:
    """A streamed answer, and the same answer whole."""

    raw: bytes
    whole: bytes
    reply: Reply
    flavor: ResponsesFlavor

    @property
    def text(self) -> str:
        return "".join(part.text for part in self.reply.parts if isinstance(part, Text))

    @property
    def thoughts(self) -> list[str]:
        """What each reasoning item shows."""
        told = [part.text for part in self.reply.parts if isinstance(part, Reasoning)]
        if self.flavor.plain_reasoning:
            return told
        return ["\n\n".join(filter(None, one.split("\n\n"))) for one in told]

    @property
    def calls(self) -> list[tuple[str, Any]]:
        """Name and arguments of each call, in order."""
        return [(call.name, json.loads(call.arguments_json)) for call in self.reply.calls]

    @property
    def end(self) -> int:
        """Where the frame of the last event is complete."""
        return self.raw.index(b"\n\n", self.raw.rindex(b"event: response.completed")) + 2


ASKED = {
    "model": MODEL,
    "input": [{"type": "message", "role": "user", "content": "hi"}],
    "include": ["reasoning.encrypted_content", "web_search_call.action.sources"],
    "reasoning": {"effort": "high", "summary": "auto"},
    "store": False,
}
"""A request that hides nothing of the answer."""


def responses_stream(reply: Reply, flavor: ResponsesFlavor = OPENAI_RESPONSES) -> ResponsesStream:
    """The bytes with which a server of `flavor` says `reply`."""
    raw = said_by(reply, voice_of(ASKED, flavor, _SameBook()))
    whole, _ = whole_response(reply, voice_of(ASKED, flavor, _SameBook()))
    return ResponsesStream(raw, json.dumps(whole).encode(), reply, flavor)


def said_by(reply: Reply, voice: Voice) -> bytes:
    """The stream of one answer. AssertionError if it has faults of the wire."""
    steps = list(Speech(reply, voice).steps())
    assert all(isinstance(step, bytes) for step in steps)
    return b"".join(step for step in steps if isinstance(step, bytes))


def voice_of(body: dict[str, Any], flavor: ResponsesFlavor, book: ReasoningBook) -> Voice:
    """For one answer to `body`."""
    numbers = counting_ids()
    return Voice(
        id="resp_1",
        body=body,
        account="scripted",
        flavor=flavor,
        book=book,
        withheld=(),
        padded=flavor.model_rules,
        new_id=lambda begins: begins + numbers()[:8] * (8 if flavor.long_call_ids else 1),
    )


class _SameBook(ReasoningBook):
    """Gives out the same reasoning for the same script, so that two renderings are alike."""

    def __init__(self) -> None:
        super().__init__()
        self._server = 0


responses_flavors = st.builds(
    lambda plain, encrypts, arguments, at_once, empty, late, long, done, usage: replace(
        STRANGER_RESPONSES if plain else OPENAI_RESPONSES,
        plain_reasoning=plain,
        encrypts=encrypts,
        arguments=arguments,
        text_at_once=at_once,
        empty_output=empty,
        names_late=late,
        long_call_ids=long,
        says_done=done,
        usage=usage,
    ),
    st.booleans(),
    st.sampled_from(["on_request", "always", "never"]),
    st.sampled_from(["deltas", "done", "item"]),
    *[st.booleans()] * 5,
    st.sampled_from(["openai", "older", "never"]),
)
"""Every way of telling an answer."""

responses_streams = st.builds(responses_stream, mixed_replies, responses_flavors)
