"""A strict, scripted Claude on Vertex AI: a request goes in, an answer comes out.

It can stand alone on a real socket, or answer for a part of the addresses of a greater server (`is_addressed`, `answer`).
"""

import json
import re
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

from typing_extensions import override

from tests.support.anthropic_rules import Refused
from tests.support.anthropic_upstream import ScriptedAnthropic
from tests.support.http_answer import Answer, json_answer
from tests.support.http_wire import WireRequest
from tests.support.replies import Script, ScriptReader
from tests.support.scripted_server import ScriptedServer
from tests.support.vertex_claude_rules import BETAS, FIELDS, check_vertex_request

GOOGLES_WORDS = {
    400: "INVALID_ARGUMENT",
    401: "UNAUTHENTICATED",
    403: "PERMISSION_DENIED",
    404: "NOT_FOUND",
    429: "RESOURCE_EXHAUSTED",
    500: "INTERNAL",
    503: "UNAVAILABLE",
    504: "DEADLINE_EXCEEDED",
}
_PATH = re.compile(
    r"/v1/projects/(?P<project>[^/]+)/locations/(?P<location>[^/]+)/publishers/anthropic/models/"
    r"(?P<model>[^/]+):(?P<verb>rawPredict|streamRawPredict)"
)


@dataclass(frozen=True)
class VertexCall:
    """One request that was accepted; `model` is the path's, or of a count the body's."""

    wire: WireRequest
    body: dict[str, Any]
    model: str
    counting: bool

    @property
    def betas(self) -> list[str]:
        value = self.wire.header("anthropic-beta")
        return value.split(",") if value else []


class ScriptedVertexClaude(ScriptedServer):
    """`async with ScriptedVertexClaude(script) as upstream`: `upstream.base_url` ends in `/locations/...`.

    It refuses what Vertex AI refuses: `violations` lists these refusals, so that a test can say that there were
    none. A scripted failure is Google's envelope, in an array as the streaming method sends it; one with a `type` is
    Anthropic's. `betas` and `fields` are those that the models know, `models` those that exist, `token` is the only
    one accepted, `tokens` is what a count answers, and `largest` the most bytes of a request. `signatures` is the book
    of another server of Claude's: what is signed at one door is good at the other.
    """

    def __init__(
        self,
        script: Script,
        *,
        project: str = "scripted-project",
        location: str = "global",
        token: str = "test-token",
        tokens: int = 17,
        models: tuple[str, ...] = (
            "claude-sonnet-4-5@20250929",
            "claude-haiku-4-5@20251001",
            "claude-opus-5-5",
        ),
        betas: frozenset[str] = BETAS,
        fields: frozenset[str] = FIELDS,
        largest: int = 30 * 1024 * 1024,
        signatures: dict[str, str] | None = None,
    ) -> None:
        super().__init__()
        self._script = ScriptReader(script)
        self._place = (project, location)
        self._token = token
        self._tokens = tokens
        self._models = models
        self._betas = betas
        self._fields = fields
        self._largest = largest
        self._voice = ScriptedAnthropic(())
        self._voice.door = "vrtx_"
        if signatures is not None:
            self._voice.signatures = signatures
        self.calls: list[VertexCall] = []
        self.violations: list[str] = []

    @property
    def base_url(self) -> str:
        project, location = self._place
        return f"{self.wire.url}/v1/projects/{project}/locations/{location}"

    @property
    def signatures(self) -> dict[str, str]:
        """Every signature that was issued, and the thinking text that it signs."""
        return self._voice.signatures

    @staticmethod
    def is_addressed(request: WireRequest) -> bool:
        """Whether the request is for Claude's part of Vertex AI."""
        return "/publishers/anthropic/" in request.path

    @override
    async def _answer(self, request: WireRequest) -> Answer:
        return self.answer(request)

    def answer(self, request: WireRequest) -> Answer:
        """The answer to one request."""
        place = _PATH.fullmatch(request.target)
        if request.method != "POST" or place is None or (place["project"], place["location"]) != self._place:
            return self._refuse(404, f"no such method: {request.method} {request.target}")
        if request.header("authorization") != f"Bearer {self._token}":
            return self._refuse(401, "Request had invalid authentication credentials.")
        if len(request.body) > self._largest:
            size = f"The request size ({len(request.body)} bytes) exceeds 30.000MB limit."
            return self._refuse(400, size, status="FAILED_PRECONDITION")
        model, verb = unquote(place["model"]), place["verb"]
        counting = model == "count-tokens"
        if not counting and model not in self._models:
            project, location = self._place
            return self._refuse(
                404,
                f"Publisher Model `projects/{project}/locations/{location}/publishers/anthropic/models/{model}` was not "
                "found or your project does not have access to it. Please ensure you are using a valid model version.",
            )
        return self._predict(request, model, verb, counting)

    def _predict(self, request: WireRequest, model: str, verb: str, counting: bool) -> Answer:
        try:
            try:
                body = json.loads(request.body)
            except ValueError:
                raise Refused("The request body is not valid JSON") from None
            check_vertex_request(
                body,
                request.headers,
                model,
                signatures=self.signatures,
                betas=self._betas,
                fields=self._fields,
                counting=counting,
            )
            if (body.get("stream") is True) is not (verb == "streamRawPredict"):
                raise Refused(f"stream: this is not for {verb}")
        except Refused as refused:
            self.violations.append(str(refused))
            return self._anthropics_error(400, str(refused), "invalid_request_error")
        self.calls.append(VertexCall(request, body, body["model"] if counting else model, counting))
        if counting:
            return json_answer({"input_tokens": self._tokens})
        reply = self._script.next_reply(body)
        failure = reply.failure
        if failure is None:
            return self._voice.rendered(reply, {"model": model.partition("@")[0], **body})
        if failure.type is not None:
            return self._anthropics_error(failure.status, failure.message, failure.type)
        answer = google_answer(failure.status, failure.message, in_array=verb == "streamRawPredict")
        return Answer(status=answer.status, headers=(*answer.headers, *failure.headers), body=answer.body)

    def _refuse(self, code: int, message: str, status: str = "") -> Answer:
        self.violations.append(message)
        return google_answer(code, message, status=status)

    @staticmethod
    def _anthropics_error(status: int, message: str, type: str) -> Answer:
        request_id = "req_vrtx_01scripted"
        body = {"type": "error", "error": {"type": type, "message": message}, "request_id": request_id}
        return json_answer(body, status, (("request-id", request_id),))


def google_answer(
    code: int, message: str, *, status: str = "", details: tuple[Any, ...] = (), in_array: bool = False
) -> Answer:
    """An error in Google's envelope."""
    error: dict[str, Any] = {"code": code, "message": message, "status": status or GOOGLES_WORDS[code]}
    body = {"error": error | ({"details": list(details)} if details else {})}
    return json_answer([body] if in_array else body, code)
