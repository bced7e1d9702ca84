"""A strict, scripted Gemini backend on a real socket: AI Studio, or Vertex."""

from dataclasses import replace
from types import TracebackType
from typing import Any, Self

from tests.support.gemini_api import GeminiApi, GeminiCall
from tests.support.gemini_flavor import AI_STUDIO, GeminiFlavor
from tests.support.gemini_signatures import Signatures
from tests.support.http_answer import Answer
from tests.support.http_wire import WireRequest, WireServer
from tests.support.replies import Reply, Script


class ScriptedGemini:
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
        self.wire = WireServer(self._answer)

    async def __aenter__(self) -> Self:
        await self.wire.__aenter__()
        self.host_url = self.wire.url
        self.base_url = self.host_url + self.api.base_path
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.wire.__aexit__(kind, error, trace)

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

    @property
    def sent(self) -> list[bytes]:
        """The exact body bytes of each answer so far, in the order of the requests."""
        return [request.sent for request in self.wire.requests]

    def rendered(self, reply: Reply, body: dict[str, Any]) -> Answer:
        """The HTTP answer that says `reply` to the request `body`, which a script is asked about."""
        return self.api.rendered(reply, body)

    async def _answer(self, request: WireRequest) -> Answer:
        return self.api.answer(request)
