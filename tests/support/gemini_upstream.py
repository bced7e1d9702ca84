"""A strict, scripted Gemini backend on a real socket: AI Studio, or Vertex."""

from dataclasses import replace
from typing import Any

from typing_extensions import override

from tests.support.gemini_api import GeminiApi, GeminiCall
from tests.support.gemini_flavor import AI_STUDIO, GeminiFlavor
from tests.support.gemini_signatures import Signatures
from tests.support.http_answer import Answer
from tests.support.http_wire import WireRequest
from tests.support.replies import Reply, Script
from tests.support.scripted_server import ScriptedServer


class ScriptedGemini(ScriptedServer):
    """`async with ScriptedGemini(script) as upstream`: `upstream.base_url` ends in `/v1beta`.

    With `vertex`, or a flavor that says so, it ends in `/v1beta1/projects/{project}/locations/{location}`, and access
    tokens take the place of keys. It refuses what the real server refuses, in its words; `violations` lists those
    refusals, so that a test can say that there were none. `signatures` counts the thought signatures.
    """

    def __init__(
        self,
        script: Script,
        *,
        flavor: GeminiFlavor = AI_STUDIO,
        vertex: bool = False,
        key: str | None = None,
        token: str | None = None,
        project: str = "scripted-project",
        location: str = "global",
        models: tuple[str, ...] | None = None,
        tokens: int | None = None,
    ) -> None:
        super().__init__()
        self.api = GeminiApi(
            script,
            flavor=replace(flavor, vertex=flavor.vertex or vertex),
            key=key,
            token=token,
            project=project,
            location=location,
            models=models,
            tokens=tokens,
        )

    @property
    def host_url(self) -> str:
        return self.wire.url

    @property
    def base_url(self) -> str:
        return self.host_url + self.api.base_path

    @property
    def flavor(self) -> GeminiFlavor:
        return self.api.flavor

    @property
    def requests(self) -> list[GeminiCall]:
        """The accepted requests, counts included."""
        return self.api.requests

    @property
    def asked(self) -> list[dict[str, Any]]:
        """The bodies of the accepted requests for an answer."""
        return self.api.asked

    @property
    def counted(self) -> list[dict[str, Any]]:
        """The bodies of the accepted requests to countTokens."""
        return self.api.counted

    @property
    def violations(self) -> list[str]:
        """The messages of the refusals."""
        return self.api.violations

    @property
    def signatures(self) -> Signatures:
        return self.api.signatures

    def rendered(self, reply: Reply, body: dict[str, Any]) -> Answer:
        """The HTTP answer that says `reply` to the request `body`, which a script is asked about."""
        return self.api.rendered(reply, body)

    @override
    async def _answer(self, request: WireRequest) -> Answer:
        return self.api.answer(request)
