"""A strict, scripted Chat Completions backend on a real socket."""

from dataclasses import dataclass
from typing import Any

from typing_extensions import override

from tests.support.http_answer import Answer, json_answer
from tests.support.http_wire import WireRequest
from tests.support.openai_flavor import OPENAI, Flavor
from tests.support.openai_refusal import Refused
from tests.support.openai_rules import check_request
from tests.support.openai_server import OpenAIServer, bearer_of, parsed, unknown_path
from tests.support.openai_stream import Voice, chunk_steps, whole_completion
from tests.support.replies import Reply, Script, ScriptReader
from tests.support.scripted_server import streamed


@dataclass(frozen=True)
class ChatCall:
    """One request to /chat/completions that was accepted."""

    wire: WireRequest
    body: dict[str, Any]

    @property
    def streaming(self) -> bool:
        return self.body.get("stream") is True


class ScriptedOpenAI(OpenAIServer):
    """`async with ScriptedOpenAI(script) as upstream`: `upstream.base_url` ends in `/v1`.

    It refuses what the real API (or the server that `flavor` describes) refuses, in its words; `violations` lists
    those refusals, so that a test can say that there were none. `key` is the only one accepted, if given, and `""`
    means that none may come; `models` are the ones that exist, if given.
    """

    def __init__(
        self,
        script: Script,
        *,
        flavor: Flavor = OPENAI,
        key: str | None = None,
        models: tuple[str, ...] | None = None,
    ) -> None:
        super().__init__(key, models)
        self._script = ScriptReader(script)
        self.flavor = flavor
        self.requests: list[ChatCall] = []
        self.violations: list[str] = []

    @property
    def asked(self) -> list[dict[str, Any]]:
        """The bodies of the accepted requests."""
        return [call.body for call in self.requests]

    @override
    async def _answer(self, request: WireRequest) -> Answer:
        try:
            self._check_key(bearer_of(request))
            if request.method == "GET" and request.path == "/v1/models":
                return self._model_list()
            if request.method != "POST" or request.path != "/v1/chat/completions":
                raise unknown_path(request)
            body = parsed(request)
            check_request(body, self.flavor)
            self._check_model(body["model"])
        except Refused as refused:
            self.violations.append(refused.message)
            return self._error(refused.error, refused.status)
        self.requests.append(ChatCall(request, body))
        return self.rendered(self._script.next_reply(body), body)

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
        headers = (self._request_id(), *reply.headers)
        if body.get("stream") is not True:
            return json_answer(whole_completion(reply, voice), headers=headers)
        return streamed(chunk_steps(reply, voice), reply, headers)

    @override
    def _envelope(self, error: dict[str, Any]) -> dict[str, Any]:
        return {"object": "error", **error} if self.flavor.flat_errors else {"error": error}

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
