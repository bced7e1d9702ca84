"""One server that speaks both of OpenAI's languages, as OpenAI itself and many gateways do."""

from typing_extensions import override

from tests.support.http_answer import Answer
from tests.support.http_wire import WireRequest
from tests.support.openai_upstream import ScriptedOpenAI
from tests.support.responses_upstream import PATHS, ScriptedResponses
from tests.support.scripted_server import ScriptedServer


class ScriptedBoth(ScriptedServer):
    """`async with ScriptedBoth(chat, responses) as upstream`: both are asked on the port of this one; neither is to be
    started itself."""

    def __init__(self, chat: ScriptedOpenAI, responses: ScriptedResponses) -> None:
        super().__init__()
        self.chat = chat
        self.responses = responses

    @property
    def base_url(self) -> str:
        return f"{self.wire.url}/v1"

    @property
    def paths(self) -> list[str]:
        """Where it was asked, in order, refused requests included."""
        return [request.path.removeprefix("/v1/") for request in self.wire.requests]

    @override
    async def _answer(self, request: WireRequest) -> Answer:
        return await (self.responses if request.path in PATHS else self.chat).answer_to(request)
