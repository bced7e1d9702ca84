"""A strict, scripted Messages backend on a real socket."""

import base64
import hashlib
import json
from dataclasses import dataclass
from typing import Any

from typing_extensions import override

from tests.support.anthropic_rules import Refused, check_request
from tests.support.anthropic_stream import Voice, event_steps, whole_message
from tests.support.http_answer import Answer, json_answer
from tests.support.http_wire import WireRequest
from tests.support.replies import Failure, Reply, Script, ScriptReader
from tests.support.scripted_server import ScriptedServer, streamed

ERROR_TYPES = {
    400: "invalid_request_error",
    401: "authentication_error",
    402: "billing_error",
    403: "permission_error",
    404: "not_found_error",
    413: "request_too_large",
    429: "rate_limit_error",
    504: "timeout_error",
    529: "overloaded_error",
}


@dataclass(frozen=True)
class MessagesCall:
    """One request to /v1/messages or count_tokens that was JSON."""

    wire: WireRequest
    body: dict[str, Any]
    counting: bool

    @property
    def streaming(self) -> bool:
        return self.body.get("stream") is True


class ScriptedAnthropic(ScriptedServer):
    """`async with ScriptedAnthropic(script) as upstream`: `upstream.base_url` is the origin, without `/v1`.

    It refuses what the real API refuses, in its words; `violations` lists those refusals, so that a test can
    say that there were none. `credentials`: `x-api-key` as API keys are sent by Claude Code, `bearer`, or
    `either`; `key` is the only one accepted, if given. `tokens` is what count_tokens answers.
    """

    def __init__(
        self,
        script: Script,
        *,
        credentials: str = "x-api-key",
        key: str | None = None,
        tokens: int | None = None,
        models: tuple[str, ...] = ("claude-opus-5-5", "claude-sonnet-5"),
    ) -> None:
        super().__init__()
        self._script = ScriptReader(script)
        self._credentials = credentials
        self._key = key
        self._tokens = tokens
        self._models = models
        self._ids = 0
        self.door = ""
        """Stands in every id, as `vrtx_` does on Vertex AI."""
        self.requests: list[MessagesCall] = []
        self.violations: list[str] = []
        self.signatures: dict[str, str] = {}
        """Every signature that was issued, and the thinking text that it signs."""

    @property
    def base_url(self) -> str:
        return self.wire.url

    @property
    def asked(self) -> list[dict[str, Any]]:
        """The bodies of the requests for a message."""
        return [call.body for call in self.requests if not call.counting]

    @override
    async def _answer(self, request: WireRequest) -> Answer:
        if request.method in ("HEAD", "GET") and request.path in ("/", "/api/hello"):
            return Answer()
        refusal = self._unauthorized(request)
        if refusal is not None:
            return refusal
        if request.method == "GET" and request.path == "/v1/models":
            return self._model_list()
        if request.method != "POST" or request.path not in ("/v1/messages", "/v1/messages/count_tokens"):
            return self.failure(Failure(status=404, message=f"Not found: {request.path}"))
        return self._messages(request)

    def _unauthorized(self, request: WireRequest) -> Answer | None:
        authorization = request.header("authorization") or ""
        bearer = authorization.removeprefix("Bearer ") if authorization.startswith("Bearer ") else ""
        header = request.header("x-api-key") or ""
        allowed = {"x-api-key": [header], "bearer": [bearer], "either": [header, bearer]}[self._credentials]
        given = next((key for key in allowed if key), "")
        if not given:
            message = "x-api-key header is required" if not bearer else "Invalid bearer token"
        elif self._key is not None and given != self._key:
            message = "invalid x-api-key" if given == header else "Invalid bearer token"
        else:
            return None
        self.violations.append(message)
        return self.failure(Failure(status=401, message=message))

    def _messages(self, request: WireRequest) -> Answer:
        counting = request.path.endswith("count_tokens")
        try:
            if request.header("anthropic-version") not in ("2023-06-01", "2026-10-21"):
                raise Refused("anthropic-version: header is required")
            try:
                body = json.loads(request.body)
            except ValueError:
                raise Refused("The request body is not valid JSON") from None
            check_request(body, self.signatures, counting=counting)
        except Refused as refused:
            self.violations.append(str(refused))
            return self.failure(Failure(status=400, message=str(refused)))
        self.requests.append(MessagesCall(request, body, counting))
        if counting:
            return json_answer({"input_tokens": self._tokens or max(1, len(request.body) // 4)})
        return self.rendered(self._script.next_reply(body), body)

    def rendered(self, reply: Reply, body: dict[str, Any]) -> Answer:
        """The HTTP answer that says `reply` to a request `body`."""
        if reply.answer is not None:
            return reply.answer
        if reply.failure is not None:
            return self.failure(reply.failure)
        headers = (("request-id", self._new_id("req_")), *reply.headers)
        voice = Voice(
            model=body["model"],
            message_id=self._new_id("msg_"),
            new_tool_id=lambda: self._new_id("toolu_"),
            sign=self._sign,
            thinking_shown=(body.get("thinking") or {}).get("display") != "omitted",
        )
        if body.get("stream") is not True:
            return json_answer(whole_message(reply, voice), headers=headers)
        return streamed(event_steps(reply, voice), reply, headers)

    def failure(self, failure: Failure) -> Answer:
        """An error in the API's shape."""
        request_id = self._new_id("req_")
        kind = failure.type or ERROR_TYPES.get(failure.status, "api_error")
        error = {"type": kind, "message": failure.message}
        body = {"type": "error", "error": error, "request_id": request_id}
        return json_answer(body, failure.status, (("request-id", request_id), *failure.headers))

    def _model_list(self) -> Answer:
        created = "2026-01-01T00:00:00Z"
        data = [
            {"type": "model", "id": model, "display_name": model, "created_at": created}
            for model in self._models
        ]
        return json_answer(
            {"data": data, "has_more": False, "first_id": data[0]["id"], "last_id": data[-1]["id"]}
        )

    def _new_id(self, prefix: str) -> str:
        self._ids += 1
        digest = hashlib.sha256(f"{prefix}{self._ids}".encode()).hexdigest()
        return f"{prefix}{self.door}01{digest[:22]}"

    def _sign(self, text: str) -> str:
        self._ids += 1
        digest = hashlib.sha512(f"{self._ids}{self.door}{text}".encode()).digest()
        signature = base64.b64encode(b"scripted" + digest * 4).decode()
        self.signatures[signature] = text
        return signature
