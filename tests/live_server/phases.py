"""When and how an upstream's answer breaks, row by row: on the wire, in its frames, in what it says."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from tests.live_server.backends import Scene
from tests.support.http_answer import (
    Answer,
    Cut,
    Fault,
    GarbageChunkSize,
    Pause,
    Reset,
    html_answer,
    json_answer,
)
from tests.support.replies import Call, Raw, Reply, StreamError, Text, reply

CALL = Call("get_weather", {"place": "Bern"}, sizes=4)
EVENTS = (("content-type", "text/event-stream"),)

CALL_BEGAN = {
    **dict.fromkeys(("openai_chat", "anthropic", "gemini"), b"get_weather"),
    # Its first events repeat the request's tools.
    "openai_responses": b"function_call_arguments.delta",
}
MORE_OF_CALL = {
    **dict.fromkeys(("openai_chat", "anthropic", "gemini"), b"ace"),
    "openai_responses": b'"delta":"ace',
}

Script = Callable[[Scene, str, dict[str, Any]], Reply]


def plainly(answer: Reply) -> Script:
    return lambda scene, backend, body: answer


def after(marker: bytes | dict[str, bytes], fault: Fault, *, upto: int | None = None) -> Script:
    """A good answer up to the frame with this marker (or only the first bytes of that frame), then the fault."""

    def script(scene: Scene, backend: str, body: dict[str, Any]) -> Reply:
        answer = scene.upstream.rendered(reply(Text("I look. ", 4), CALL), body | {"stream": True})
        steps = [step for step in answer.body if isinstance(step, bytes)]
        wanted = marker if isinstance(marker, bytes) else marker[backend]
        place = next(number for number, step in enumerate(steps) if wanted in step)
        last = steps[place] if upto is None else steps[place][:upto]
        return Reply(answer=replace(answer, body=(*steps[:place], last, fault)))

    return script


def raw(*steps: bytes | Fault) -> Script:
    return plainly(Reply(answer=Answer(body=steps, framing="raw")))


@dataclass(frozen=True)
class Phase:
    """When and how the connection breaks."""

    script: Script
    committed: bool
    """Whether a stream to the client has begun by then."""
    status: int = 502
    whole: bool = True
    """Whether an upstream that is asked for no stream breaks too."""
    empty: bool = False
    """A good answer without a word: Gemini is asked anew, once, and then counts as overloaded."""

    def status_of(self, backend: str) -> int:
        """What the client is told while it still can be a status."""
        return 529 if self.empty and backend == "gemini" else self.status


PHASES = {
    "1 before the status": Phase(plainly(Reply(answer=Answer(before_head=(Reset(),)))), False),
    "1 before the status, politely": Phase(plainly(Reply(answer=Answer(before_head=(Cut(),)))), False),
    "2 in the headers": Phase(raw(b"HTTP/1.1 200 OK\r\ncontent-type: text/ev", Cut()), False),
    "2 in the headers, reset": Phase(raw(b"HTTP/1.1 200 OK\r\ncontent-type: text/ev", Reset()), False),
    "2 no HTTP at all": Phase(raw(b"SSH-2.0-OpenSSH_9.9\r\n\r\n", Cut()), False),
    "3 before the first event": Phase(
        plainly(Reply(answer=Answer(headers=EVENTS, body=(Cut(),), framing="chunked"))), False
    ),
    "3 before the first event, a clean end": Phase(
        plainly(Reply(answer=Answer(headers=EVENTS, framing="chunked"))), False, empty=True
    ),
    "4 inside the first event": Phase(
        plainly(reply(Raw(b'data: {"choices":[{"ind'), Cut())), False, whole=False
    ),
    "4 inside an event": Phase(after(b"ok. ", Cut(), upto=30), True, whole=False),
    "4 inside an event, reset": Phase(after(b"ok. ", Reset(), upto=30), True, whole=False),
    "5 between blocks": Phase(after(b"ok. ", Cut()), True, whole=False),
    "6 in the JSON of a call": Phase(after(CALL_BEGAN, Cut()), True, whole=False),
    "6 in the JSON of a call, a later piece": Phase(after(MORE_OF_CALL, Reset()), True, whole=False),
    "9 a clean end without an end marker": Phase(
        plainly(reply("Once upon", CALL, finishes=False, ends=False)), True, whole=False
    ),
    "10 garbage for a chunk size": Phase(
        # The pause, so that the words are there before the garbage is.
        plainly(reply("Once upon", Pause(0.05), GarbageChunkSize())),
        True,
        whole=False,
    ),
    "10 garbage for the first chunk size": Phase(
        plainly(Reply(answer=Answer(headers=EVENTS, body=(GarbageChunkSize(),), framing="chunked"))), False
    ),
    "11 less than the content-length": Phase(
        plainly(Reply(answer=Answer(headers=EVENTS, body=(b": hm\n\n", Cut()), declared_length=99))), False
    ),
    "12 a page with status 200": Phase(plainly(Reply(answer=html_answer())), False),
    "13 a page with status 502": Phase(plainly(Reply(answer=html_answer(502))), False),
    "13 nothing with status 500": Phase(plainly(Reply(answer=Answer(status=500))), False, 500),
    "13 nothing with status 200": Phase(plainly(Reply(answer=Answer())), False, empty=True),
    "13 JSON that is no answer": Phase(plainly(Reply(answer=json_answer({"ok": True}))), False, empty=True),
    "13 JSON that is an error": Phase(
        plainly(
            Reply(answer=json_answer({"type": "error", "error": {"type": "api_error", "message": "no"}}))
        ),
        False,
        500,
    ),
    "14 an error event first": Phase(
        plainly(reply(StreamError("no", "overloaded_error", "server_is_overloaded"))), False, 529, whole=False
    ),
    "14 an error event later": Phase(
        plainly(reply("Once", StreamError("no", "overloaded_error", "server_is_overloaded"))),
        True,
        529,
        whole=False,
    ),
    "15 a broken gzip stream": Phase(
        plainly(
            Reply(
                answer=Answer(
                    headers=(*EVENTS, ("content-encoding", "gzip")), body=(b"no gzip",), framing="chunked"
                )
            )
        ),
        False,
    ),
    "15 a frame that is no JSON": Phase(
        plainly(reply("Once", Raw(b"event: content_block_start\ndata: {oops}\n\n"))), True, whole=False
    ),
}
