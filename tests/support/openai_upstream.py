"""A strict, scripted Chat Completions backend on a real socket."""

import hashlib
import json
from dataclasses import dataclass
from typing import Any

from typing_extensions import override

from tests.support.http_answer import Answer, json_answer
from tests.support.http_wire import WireRequest
from tests.support.openai_flavor import OPENAI, Flavor
from tests.support.openai_refusal import Refused
from tests.support.openai_rules import check_request
from tests.support.openai_stream import Voice, chunk_steps, whole_completion
from tests.support.replies import Failure, Reply, Script, ScriptReader
from tests.support.scripted_server import ScriptedServer

ERROR_TYPES = {
    401: "invalid_request_error",
    403: "invalid_request_error",
    404: "invalid_request_error",
    429: "rate_limit_error",
}


@dataclass(frozen=True)
class ChatCall:
    """One request to /chat/completions that was accepted."""

    wire: WireRequest
    body: dict[str, Any]

    @property
    def streaming(self) -> bool:
        return self.body.get("stream") is True


class ScriptedOpenAI(ScriptedServer):
    """`async with ScriptedOpenAI(script) as upstream`: `upstream.base_url` ends in `/v1`.

    It refuses what the real API (or the server that `flavor` describes) refuses, in its words; `violations` lists
    those refusals, so that a test can say that there were none. `key` is the only one accepted, if given;
    `models` are the ones that exist, if given.
    """

    def __init__(
        self,
        script: Script,
        *,
        flavor: Flavor = OPENAI,
        key: str | None = None,
        models: tuple[str, ...] | None = None,
    ) -> None:
        super().__init__()
        self._script = ScriptReader(script)
        self.flavor = flavor
        self._key = key
        self._models = models
        self._ids = 0
        self.requests: list[ChatCall] = []
        self.violations: list[str] = []

    @property
    def base_url(self) -> str:
        return f"{self.wire.url}/v1"

    @property
    def asked(self) -> list[dict[str, Any]]:
        """The bodies of the accepted requests."""
        return [call.body for call in self.requests]

    @override
    async def _answer(self, request: WireRequest) -> Answer:
        try:
            self._check_key(request)
            if request.method == "GET" and request.path == "/v1/models":
                return self._model_list()
            if request.method != "POST" or request.path != "/v1/chat/completions":
                raise Refused(f"Invalid URL ({request.method} {request.path})", status=404)
            body = parsed(request)
            check_request(body, self.flavor)
            self._check_model(body["model"])
        except Refused as refused:
            self.violations.append(refused.message)
            return self._error(refused.error, refused.status)
        self.requests.append(ChatCall(request, body))
        return self.rendered(self._script.next_reply(body), body)

    def _check_key(self, request: WireRequest) -> None:
        authorization = request.header("authorization") or ""
        scheme, _, key = authorization.partition(" ")
        if scheme != "Bearer" or not key:
            raise Refused(
                "You didn't provide an API key. You need to provide your API key in an Authorization header using"
                " Bearer auth (i.e. Authorization: Bearer YOUR_KEY).",
                status=401,
            )
        if self._key is not None and key != self._key:
            raise Refused(
                f"Incorrect API key provided: {key[:4]}****. You can find your API key at"
                " https://platform.openai.com/account/api-keys.",
                code="invalid_api_key",
                status=401,
            )

    def _check_model(self, model: str) -> None:
        if self._models is not None and model not in self._models:
            raise Refused(
                f"The model `{model}` does not exist or you do not have access to it.",
                code="model_not_found",
                status=404,
            )

    def rendered(self, reply: Reply, body: dict[str, Any]) -> Answer:
        """The HTTP answer that says `reply` to a request `body`."""
        if reply.answer is not None:
            return reply.answer
        if reply.failure is not None:
            return self._failure(reply.failure)
        options = body.get("stream_options") or {}
        voice = Voice(
            model=body["model"],
            id=f"chatcmpl-{self._digest('chat', 24)}",
            flavor=self.flavor,
            usage_asked=options.get("include_usage") is True,
            padded=self.flavor.name == "openai" and options.get("include_obfuscation") is not False,
            new_tool_id=self._tool_id,
        )
        headers = (("x-request-id", f"req_{self._digest('req', 32)}"), *reply.headers)
        if body.get("stream") is not True:
            return json_answer(whole_completion(reply, voice), headers=headers)
        return Answer(
            headers=(("content-type", "text/event-stream; charset=utf-8"), *headers),
            body=tuple(chunk_steps(reply, voice)),
            framing="chunked",
            split=reply.split,
            gzip=reply.gzip,
            before_head=reply.before_head,
        )

    def _failure(self, failure: Failure) -> Answer:
        usual = "server_error" if failure.status >= 500 else "invalid_request_error"
        error = {
            "message": failure.message,
            "type": failure.type or ERROR_TYPES.get(failure.status, usual),
            "param": failure.param,
            "code": failure.code,
        }
        return self._error(error, failure.status, failure.headers)

    def _error(self, error: dict[str, Any], status: int, headers: tuple[tuple[str, str], ...] = ()) -> Answer:
        body = {"object": "error", **error} if self.flavor.flat_errors else {"error": error}
        return json_answer(body, status, (("x-request-id", f"req_{self._digest('req', 32)}"), *headers))

    def _model_list(self) -> Answer:
        names = self._models or ("gpt-5", "gpt-4.1")
        data = [{"id": name, "object": "model", "created": 0, "owned_by": "scripted"} for name in names]
        return json_answer({"object": "list", "data": data})

    def _tool_id(self, place: int) -> str:
        if self.flavor.repeats_tool_ids:
            return f"call_{place}"
        if self.flavor.nine_char_ids:
            return self._digest("call", 9)
        return f"call_{self._digest('call', 24)}"

    def _digest(self, purpose: str, length: int) -> str:
        self._ids += 1
        return hashlib.sha256(f"{purpose}{self._ids}".encode()).hexdigest()[:length]


def parsed(request: WireRequest) -> Any:
    """The JSON of a request. Raises Refused if it is none."""
    media = (request.header("content-type") or "").partition(";")[0].strip()
    if media != "application/json":
        raise Refused(
            f"Unsupported media type: '{media}'. Expected 'application/json'.",
            code="unsupported_content_type",
        )
    try:
        return json.loads(request.body)
    except ValueError:
        raise Refused(
            "We could not parse the JSON body of your request. (HINT: This likely means you aren't using your"
            " HTTP library correctly.)"
        ) from None
