"""Says a Reply as the Responses API does: the events of a stream, and the items that they build up
(spec/openai-responses.md sections 4.2, 10.2, 12.3)."""

from collections.abc import Iterator, Mapping
from typing import Any

from tests.support.http_answer import Cut, GarbageChunkSize, Reset, Stall, Step
from tests.support.replies import (
    Call,
    Item,
    Ping,
    Raw,
    Reasoning,
    Refusal,
    Reply,
    StreamError,
    Text,
    cut,
    unsaid,
)
from tests.support.responses_events import Events
from tests.support.responses_items import plain_items
from tests.support.responses_models import has_phases
from tests.support.responses_payload import (
    UNFINISHED,
    Voice,
    beginning,
    ending,
    failed,
    is_json_object,
)
from tests.support.responses_reasoning import Issued
from tests.support.responses_said import OpenMessage, say_summary, say_thoughts

OUTPUT_TYPES = frozenset(
    (
        "message",
        "web_search_call",
        "reasoning",
        "function_call",
        "compaction",
        "mcp_call",
        "mcp_list_tools",
        "code_interpreter_call",
        "image_generation_call",
        "file_search_call",
        "tool_search_call",
        "tool_search_output",
        "custom_tool_call",
    )
)
"""An Item of these types is a piece of the output; any other is an event."""

LOSSES = (Cut, Reset, Stall, GarbageChunkSize, Raw, StreamError)
"""After these, what was said may not have arrived."""


class Speech:
    """One answer. Its steps are to be taken once; afterwards `output` has the items that were said to their end."""

    def __init__(self, reply: Reply, voice: Voice) -> None:
        self._reply = reply
        self._voice = voice
        self._events = Events(voice.padded)
        self._message: OpenMessage | None = None
        self._thought: Issued | None = None
        """The last reasoning that was given out."""
        self._count = 0
        self.output: list[dict[str, Any]] = []
        self.last: dict[str, Any] = {}
        """The response object of the last event."""

    @property
    def complete(self) -> bool:
        """Whether the answer got to its good end, and nothing of it is lost."""
        lost = any(isinstance(part, LOSSES) for part in self._reply.parts)
        return self.last.get("status") == "completed" and not lost

    def steps(self) -> Iterator[Step]:
        """The stream as bytes and faults, in order."""
        for name in ("created", "in_progress"):
            yield self._events.event(f"response.{name}", response=beginning(self._voice))
        for part in self._reply.parts:
            if isinstance(part, StreamError):
                yield self._error(part)
                return
            yield from self._part(part)
        if self._reply.finishes:
            yield from self._close()
        if self._reply.finishes and self._reply.ends:
            self.last = ending(self._reply, self._voice, self.output)
            yield self._events.event(f"response.{self.last['status']}", response=self.last)
        if self._voice.flavor.says_done:
            yield b"data: [DONE]\n\n"

    def _part(self, part: Any) -> Iterator[Step]:
        match part:
            case Text():
                yield from self._open_message()
                assert self._message is not None
                yield from self._message.say(part.text, part.sizes)
            case Refusal(text):
                yield from self._open_message()
                assert self._message is not None
                yield from self._message.refuse(text)
            case Reasoning() if self._voice.thinks:
                yield from self._close()
                yield from self._reason(part)
            case Reasoning():
                pass
            case Call():
                yield from self._close()
                yield from self._call(part)
            case Ping():
                yield self._events.event("keepalive")
            case Item(value) if value.get("type") in OUTPUT_TYPES:
                yield from self._close()
                yield from self._item(value)
            case Item(value):
                yield self._foreign(value)
            case _:
                yield unsaid(part)

    def _foreign(self, value: Mapping[str, Any]) -> bytes:
        """An event in the vendor's words; its response object is filled up."""
        if isinstance(value.get("response"), Mapping):
            self.last = beginning(self._voice) | {"output": self.output} | dict(value["response"])
            value = dict(value) | {"response": self.last}
        return self._events.event(str(value.get("type", "message")), **value)

    def _error(self, error: StreamError) -> bytes:
        self.last = failed(error, self._voice)
        match self._voice.flavor.errors:
            case "failed":
                return self._events.event("response.failed", response=self.last)
            case "nested":
                told = {"type": error.type, "code": error.code, "message": error.message, "param": None}
                return self._events.event("error", error=told)
            case "flat":
                return self._events.event("error", code=error.code, message=error.message, param=None)

    @property
    def _phase(self) -> dict[str, str]:
        """What the model says of its messages."""
        if not self._voice.flavor.phases or not has_phases(self._voice.body["model"]):
            return {}
        return {"phase": "commentary" if self._reply.calls else "final_answer"}

    def _open_message(self) -> Iterator[Step]:
        if self._message is None:
            item: dict[str, Any] = {
                "id": self._voice.new_id("msg_"),
                "type": "message",
                "status": "in_progress",
                "role": "assistant",
                "content": [],
            }
            item |= self._phase
            yield from self._begin(item)
            self._message = OpenMessage(item, self._count - 1, self._events, self._voice.flavor)

    def _close(self) -> Iterator[Step]:
        """The end of the message that is open, if one is."""
        if self._message is None:
            return
        yield from self._message.end()
        item, self._message = self._message.item, None
        yield from self._finish(item, "completed")

    def _begin(self, item: dict[str, Any], shown: Mapping[str, Any] | None = None) -> Iterator[Step]:
        """`shown` is what is told of the item so far, if that is not all of it."""
        if self._thought is not None:
            self._thought.turn_ids.add(item["id"])
            if self._thought.follower is None:
                self._thought.follower = item
        self._count += 1
        yield self._events.event(
            "response.output_item.added",
            output_index=self._count - 1,
            item=dict(item if shown is None else shown),
        )

    def _finish(self, item: dict[str, Any], status: str | None) -> Iterator[Step]:
        if status is not None:
            item["status"] = status
        if status == "completed" and self._reply.finish in UNFINISHED and self._is_last(item):
            item["status"] = "incomplete"
        self.output.append(item)
        yield self._events.event("response.output_item.done", output_index=self._count - 1, item=dict(item))

    def _is_last(self, item: dict[str, Any]) -> bool:
        """Whether the answer breaks off in this item. Calls whose arguments are whole got to their end."""
        last = next((part for part in reversed(self._reply.parts) if isinstance(part, (Text, Call))), None)
        if item["type"] == "function_call":
            return not is_json_object(item["arguments"])
        return item["type"] == "message" and isinstance(last, Text)

    def _call(self, call: Call) -> Iterator[Step]:
        flavor = self._voice.flavor
        text = call.arguments_json
        call_id = call.id or self._voice.new_id("call_")
        item: dict[str, Any] = {
            "id": self._voice.new_id("fc_"),
            "type": "function_call",
            "status": "in_progress",
            "arguments": "",
            "call_id": call_id,
            "name": call.name,
        }
        yield from self._begin(item, item | {"call_id": "", "name": ""} if flavor.names_late else None)
        place = {"item_id": item["id"], "output_index": self._count - 1}
        if flavor.arguments == "deltas":
            for piece in cut(text, call.sizes):
                yield self._events.delta("response.function_call_arguments.delta", piece, **place)
        item["arguments"] = text
        # A call that is cut off has no end of its arguments.
        if flavor.arguments != "item":
            yield self._events.event("response.function_call_arguments.done", **place, arguments=text)
        yield from self._finish(item, "completed")

    def _reason(self, thoughts: Reasoning) -> Iterator[Step]:
        voice, book = self._voice, self._voice.book
        item: dict[str, Any] = {"id": book.new_id(), "type": "reasoning", "summary": []}
        shown = dict(item)
        if voice.flavor.plain_reasoning:
            item["content"] = [{"type": "reasoning_text", "text": thoughts.text}]
        elif voice.summarizes:
            parts = [part for part in thoughts.text.split("\n\n") if part]
            item["summary"] = [{"type": "summary_text", "text": part} for part in parts]
        if voice.encrypts:
            item["encrypted_content"] = book.encrypted(thoughts.text)
            shown["encrypted_content"] = item["encrypted_content"][:40]
        before = [*plain_items(voice.body["input"]), *plain_items(self.output)]
        user = voice.body.get("safety_identifier")
        yield from self._begin(item, shown)
        self._thought = Issued(item, voice.account, voice.body["model"], user, before)
        book.enter(self._thought)
        place = {"item_id": item["id"], "output_index": self._count - 1}
        for index, part in enumerate(item["summary"]):
            yield from say_summary(part, thoughts.sizes, self._events, place | {"summary_index": index})
        for index, part in enumerate(item.get("content", ())):
            yield from say_thoughts(part, thoughts.sizes, self._events, place | {"content_index": index})
        yield from self._finish(item, None)

    def _item(self, value: Mapping[str, Any]) -> Iterator[Step]:
        """A piece of the output in the vendor's words."""
        begins = {"message": "msg_", "web_search_call": "ws_", "reasoning": "rs_", "function_call": "fc_"}
        item = {"id": self._voice.new_id(begins.get(value["type"], "item_"))} | dict(value)
        if item["type"] == "web_search_call":
            yield from self._search(item)
            return
        if item["type"] != "message":
            yield from self._begin(item)
            yield from self._finish(item, item.get("status"))
            return
        content = item.get("content", [])
        item = {"status": "in_progress", "role": "assistant"} | self._phase | item | {"content": []}
        yield from self._begin(item)
        message = OpenMessage(item, self._count - 1, self._events, self._voice.flavor)
        for part in content:
            yield from message.take(part)
        yield from message.end()
        yield from self._finish(item, "completed")

    def _search(self, item: dict[str, Any]) -> Iterator[Step]:
        status = item.get("status", "completed")
        if "web_search_call.action.sources" not in self._voice.included:
            item["action"] = {key: value for key, value in item["action"].items() if key != "sources"}
        yield from self._begin(item, item | {"status": "in_progress"})
        for name in ("in_progress", "searching", "completed"):
            if name != "completed" or status == "completed":
                yield self._events.event(
                    f"response.web_search_call.{name}", item_id=item["id"], output_index=self._count - 1
                )
        yield from self._finish(item, status)


def whole_response(reply: Reply, voice: Voice) -> tuple[dict[str, Any], Speech]:
    """The answer to a request without `stream`, and how it came about."""
    speech = Speech(reply, voice)
    for _ in speech.steps():
        pass
    if not speech.last:
        speech.last = ending(reply, voice, speech.output)
    return speech.last, speech
