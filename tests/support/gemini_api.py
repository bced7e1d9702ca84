"""A strict, scripted Gemini server without its socket: a request goes in, an answer comes out.

It can stand alone (gemini_upstream.py), or answer for a part of the addresses of a greater server.
"""

import hashlib
import itertools
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs

from tests.support.gemini_continuation import Continuations
from tests.support.gemini_flavor import AI_STUDIO, GeminiFlavor
from tests.support.gemini_models import generation, real_name
from tests.support.gemini_payload import parsed
from tests.support.gemini_refusal import Refused, error_of
from tests.support.gemini_replies import GoogleFailure
from tests.support.gemini_route import Route, ask_credential, find_route
from tests.support.gemini_rules import check_count, check_request
from tests.support.gemini_signatures import Signatures, Signed
from tests.support.gemini_stream import Voice, array_steps, chunk_steps, whole_response
from tests.support.http_answer import Answer, json_answer
from tests.support.http_wire import WireRequest
from tests.support.replies import Call, Failure, Reply, Script, ScriptReader
from tests.support.scripted_server import streamed

MODELS = ("gemini-3.8-flash", "gemini-3.5-flash-lite", "gemini-4-neon", "gemini-2.5-flash-lite")


@dataclass(frozen=True)
class GeminiCall:
    """One request that was accepted."""

    wire: WireRequest
    body: dict[str, Any]
    model: str
    method: str

    @property
    def streaming(self) -> bool:
        return self.method == "streamGenerateContent"


class GeminiApi:
    """Handles the addresses of one flavor.

    `key` is the only API key accepted, if given, and `token` the only access token (Vertex); `models` are the ones
    that exist, if given; `tokens` is what countTokens answers, if given.
    """

    def __init__(
        self,
        script: Script,
        *,
        flavor: GeminiFlavor = AI_STUDIO,
        key: str | None = None,
        token: str | None = None,
        project: str = "scripted-project",
        location: str = "global",
        models: tuple[str, ...] | None = None,
        tokens: int | None = None,
    ) -> None:
        self._script = ScriptReader(script)
        self.flavor = flavor
        self.project = project
        self.location = location
        self._credential = token if flavor.vertex else key
        self._models = models
        self._tokens = tokens
        self._ids = itertools.count(1)
        self._continuations = Continuations()
        self._running: tuple[Route, WireRequest] | None = None
        self.requests: list[GeminiCall] = []
        self.violations: list[str] = []
        self.signatures = Signatures()

    @property
    def base_path(self) -> str:
        """What stands before the models in every address of generation."""
        if self.flavor.vertex:
            return f"/v1beta1/projects/{self.project}/locations/{self.location}"
        return "/v1beta"

    @property
    def asked(self) -> list[dict[str, Any]]:
        """The bodies of the accepted requests for an answer."""
        return [call.body for call in self.requests if call.method != "countTokens"]

    @property
    def counted(self) -> list[dict[str, Any]]:
        """The bodies of the accepted requests to countTokens."""
        return [call.body for call in self.requests if call.method == "countTokens"]

    def answer(self, request: WireRequest) -> Answer:
        """What the server says to this request."""
        streaming = ":streamGenerateContent" in request.path
        as_list = streaming and (self.flavor.vertex or not _wants_events(request))
        try:
            ask_credential(request, self._credential, self.flavor)
            if request.method == "GET":
                return self._listed(request)
            route = find_route(request, self.base_path, self.flavor, self._models)
            body = parsed(request.body)
            if route.method == "countTokens":
                check_count(body, route.model, self.flavor)
            else:
                self._check_generate(body, route, request)
        except Refused as refused:
            self.violations.append(refused.message)
            return _error_answer(refused.error, as_list)
        self.requests.append(GeminiCall(request, body, route.model, route.method))
        if route.method == "countTokens":
            return self._count(request)
        self._running = route, request
        return self.rendered(self._script.next_reply(body), body)

    def _check_generate(self, body: dict[str, Any], route: Route, request: WireRequest) -> None:
        check_request(body, route.model, self.flavor)
        self._continuations.check(body)
        owner = self._owner(request, route.model)
        self.signatures.check(body["contents"], owner, route.model, self.flavor)

    def _owner(self, request: WireRequest, model: str) -> str:
        """Whose signatures a request may bring: access tokens change, a project stays."""
        whose = self.project if self.flavor.vertex else request.header("x-goog-api-key")
        return f"{whose} {generation(model)}"

    def _count(self, request: WireRequest) -> Answer:
        total = self._tokens or max(1, len(request.body) // 4)
        details = [{"modality": "TEXT", "tokenCount": total}]
        return json_answer({"totalTokens": total, "promptTokensDetails": details})

    def rendered(self, reply: Reply, body: dict[str, Any]) -> Answer:
        """The answer that says `reply` to the request that is being answered. A `stream` in `body`, which no real one
        has, decides whether it comes in pieces."""
        assert self._running is not None
        route, request = self._running
        events = _wants_events(request)
        streaming = body.get("stream", route.method == "streamGenerateContent")
        if reply.answer is not None:
            return reply.answer
        if reply.failure is not None:
            return _failure_answer(reply.failure, streaming and (self.flavor.vertex or not events))
        voice = self._voice(reply, route, request, body)
        if not streaming:
            return json_answer(whole_response(reply, voice), headers=reply.headers)
        media = "text/event-stream" if events else "application/json; charset=UTF-8"
        steps = chunk_steps(reply, voice) if events else array_steps(reply, voice)
        return streamed(steps, reply, reply.headers, media)

    def _voice(self, reply: Reply, route: Route, request: WireRequest, body: dict[str, Any]) -> Voice:
        owner = self._owner(request, route.model)

        def sign(call: Call | None, call_id: str | None) -> str:
            if call is None:
                return self.signatures.sign(Signed(owner, "text"))
            assert not isinstance(call.arguments, str)
            return self.signatures.sign(Signed(owner, "call", call_id, call.name, call.arguments))

        thinking = (body.get("generationConfig") or {}).get("thinkingConfig") or {}
        modern = generation(route.model) >= 3
        return Voice(
            model=real_name(route.model),
            id=self._digest("response", 22),
            flavor=self.flavor,
            thoughts_asked=thinking.get("includeThoughts") is True,
            calls_named=modern and not self.flavor.no_call_ids,
            signs=self.flavor.signs if modern else frozenset(),
            sign=sign,
            new_call_id=lambda: self._digest("call", 8),
            continuation=self._continuations.token_for(reply, body),
        )

    def _listed(self, request: WireRequest) -> Answer:
        names = self._models or MODELS
        if self.flavor.vertex:
            if request.path.rpartition("/")[2] != "models":
                raise Refused(f"Not found: {request.path}", code=404)
            listed = [{"name": f"publishers/google/models/{name}", "launchStage": "GA"} for name in names]
            return json_answer({"publisherModels": listed})
        described = {f"/v1beta/models/{name}": _described(name) for name in names}
        if request.path == "/v1beta/models":
            return json_answer({"models": list(described.values())})
        if request.path not in described:
            raise Refused(f"Model is not found: {request.path.removeprefix('/v1beta/')}", code=404)
        return json_answer(described[request.path])

    def _digest(self, purpose: str, length: int) -> str:
        # Two servers never give the same ids.
        seed = f"{self.base_path}{purpose}{next(self._ids)}"
        return hashlib.sha256(seed.encode()).hexdigest()[:length]


def _wants_events(request: WireRequest) -> bool:
    return parse_qs(request.target.partition("?")[2]).get("alt") == ["sse"]


def _described(name: str) -> dict[str, Any]:
    return {
        "name": f"models/{name}",
        "displayName": name,
        "inputTokenLimit": 1_048_576,
        "outputTokenLimit": 65_536,
        "supportedGenerationMethods": ["generateContent", "countTokens"],
        "thinking": True,
    }


def _error_answer(error: dict[str, Any], as_list: bool, headers: tuple[tuple[str, str], ...] = ()) -> Answer:
    body = {"error": error}
    return json_answer([body] if as_list else body, error["code"], headers)


def _failure_answer(failure: Failure, as_list: bool) -> Answer:
    details = failure.details if isinstance(failure, GoogleFailure) else ()
    error = error_of(failure.status, failure.message, failure.type, tuple(details))
    return _error_answer(error, as_list, failure.headers)
