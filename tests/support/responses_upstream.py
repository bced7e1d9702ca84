"""A strict, scripted backend that speaks OpenAI's Responses, on a real socket."""

from dataclasses import dataclass
from typing import Any

from typing_extensions import override

from tests.support.http_answer import Answer, json_answer
from tests.support.http_wire import WireRequest
from tests.support.openai_refusal import Refused
from tests.support.openai_server import OpenAIServer, bearer_of, parsed, unknown_path
from tests.support.replies import Reply, Script, ScriptReader
from tests.support.responses_counts import count_input
from tests.support.responses_flavor import OPENAI_RESPONSES, ResponsesFlavor
from tests.support.responses_payload import Voice
from tests.support.responses_prefix import PrefixLedger, Turn
from tests.support.responses_reasoning import ReasoningBook
from tests.support.responses_refusal import Declined
from tests.support.responses_rules import check_request
from tests.support.responses_stream import Speech, whole_response
from tests.support.scripted_server import streamed

PATHS = ("/v1/responses", "/v1/responses/input_tokens")


@dataclass(frozen=True)
class ResponsesCall:
    """One request that was accepted, to /responses or to /responses/input_tokens."""

    wire: WireRequest
    body: dict[str, Any]

    @property
    def streaming(self) -> bool:
        return self.body.get("stream") is True

    @property
    def counting(self) -> bool:
        return self.wire.path.endswith("/input_tokens")


class ScriptedResponses(OpenAIServer):
    """`async with ScriptedResponses(script) as upstream`: `upstream.base_url` ends in `/v1`.

    It refuses what the real API (or the server that `flavor` describes) refuses, in its words; `violations` lists
    those refusals and the promises that an accepted request breaks, so that a test can say that there were none.
    `declined` has the refusals that only a switched on mode of `flavor` brought about. `key` is the only one
    accepted, if given; `models` are the ones that exist, if given.
    """

    def __init__(
        self,
        script: Script,
        *,
        flavor: ResponsesFlavor = OPENAI_RESPONSES,
        key: str | None = None,
        models: tuple[str, ...] | None = None,
    ) -> None:
        super().__init__(key, models)
        self._script = ScriptReader(script)
        self.flavor = flavor
        self._ledger = PrefixLedger()
        self.reasoning = ReasoningBook()
        """Counts the reasoning items: `issued`, `verified`, `missing`."""
        self.requests: list[ResponsesCall] = []
        """The accepted requests, counts included."""
        self.turns: list[Turn] = []
        """The accepted requests for an answer and what was answered."""
        self.withheld: list[dict[str, str]] = []
        """Every `input_transformations` so far: reasoning that came back and did not fit."""
        self.violations: list[str] = []
        self.declined: list[str] = []

    @property
    def asked(self) -> list[dict[str, Any]]:
        """The bodies of the accepted requests for an answer."""
        return [call.body for call in self.requests if not call.counting]

    @property
    def counted(self) -> list[dict[str, Any]]:
        """The bodies of the accepted requests for a count."""
        return [call.body for call in self.requests if call.counting]

    @override
    async def _answer(self, request: WireRequest) -> Answer:
        counting = request.path == PATHS[1]
        try:
            account = self._account(request)
            self._check_path(request)
            body = parsed(request)
            broken = check_request(body, self.flavor, counting=counting)
            self._check_model(body["model"])
            withheld = self.reasoning.check(body, account, self.flavor)
        except Refused as refused:
            (self.declined if isinstance(refused, Declined) else self.violations).append(refused.message)
            return self._error(refused.error, refused.status)
        self.violations += broken
        self.requests.append(ResponsesCall(request, body))
        if counting:
            counted = {"object": "response.input_tokens", "input_tokens": count_input(body)}
            return json_answer(counted, headers=(self._request_id(),))
        if self.flavor.strict_prefix:
            self.violations += self._ledger.check(body)
        self.withheld += withheld
        return self._said(self._script.next_reply(body), body, account, withheld)

    def _account(self, request: WireRequest) -> str:
        key = (request.header("api-key") or "") if self.flavor.api_key_header else bearer_of(request)
        self._check_key(key)
        return key

    def _check_path(self, request: WireRequest) -> None:
        unknown = unknown_path(request)
        if request.method != "POST" or request.path not in PATHS:
            raise unknown
        if request.path == PATHS[1] and self.flavor.no_count is not None:
            raise Declined(unknown.message, code="unknown_url", status=self.flavor.no_count)

    def rendered(self, reply: Reply, body: dict[str, Any], account: str = "scripted") -> Answer:
        """The HTTP answer that says `reply` to a request `body`."""
        return self._said(reply, body, account, [])

    def _said(
        self, reply: Reply, body: dict[str, Any], account: str, withheld: list[dict[str, str]]
    ) -> Answer:
        if reply.answer is not None:
            return reply.answer
        if reply.failure is not None:
            return self._failure(reply.failure)
        voice = self._voice(body, account, withheld)
        headers = (self._request_id(), *reply.headers)
        if body.get("stream") is not True or self.flavor.answers_json:
            response, speech = whole_response(reply, voice)
            self._enter(body, speech)
            return json_answer(response, headers=headers)
        speech = Speech(reply, voice)
        steps = tuple(speech.steps())
        self._enter(body, speech)
        return streamed(steps, reply, headers)

    def _voice(self, body: dict[str, Any], account: str, withheld: list[dict[str, str]]) -> Voice:
        options = body.get("stream_options") or {}
        return Voice(
            id=self._new_id("resp_"),
            body=body,
            account=account,
            flavor=self.flavor,
            book=self.reasoning,
            withheld=withheld,
            padded=self.flavor.model_rules and options.get("include_obfuscation") is not False,
            new_id=self._new_id,
        )

    def _enter(self, body: dict[str, Any], speech: Speech) -> None:
        turn = Turn(body, tuple(speech.output), speech.complete)
        self.turns.append(turn)
        self._ledger.enter(turn)

    def _new_id(self, begins: str) -> str:
        length = {"call_": 64 if self.flavor.long_call_ids else 24}.get(begins, 48)
        return begins + self._digest(begins, length)
