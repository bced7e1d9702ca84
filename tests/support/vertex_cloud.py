"""A whole scripted Google Cloud on this machine: the token endpoint, Gemini and Claude behind one address."""

from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from typing_extensions import override

from tests.support.gemini_api import GeminiApi
from tests.support.gemini_flavor import VERTEX, GeminiFlavor
from tests.support.google_identity import ScriptedIdentity, written
from tests.support.http_answer import Answer
from tests.support.http_wire import WireRequest
from tests.support.replies import Script
from tests.support.scripted_server import ScriptedServer
from tests.support.vertex_upstream import ScriptedVertexClaude

PROJECT = "test-project"
TOKEN = "ya29.test-token-1"
"""The first token that the scripted identity grants."""


class ScriptedVertex(ScriptedServer):
    """`async with ScriptedVertex(gemini=..., claude=...) as google`: one script for each family of models.

    Only `token` is accepted, which is the one that the identity grants, and only for the project and the location.
    """

    def __init__(
        self,
        *,
        gemini: Script = (),
        claude: Script = (),
        location: str = "us-central1",
        flavor: GeminiFlavor = VERTEX,
        token: str = TOKEN,
        **claude_rules: Any,
    ) -> None:
        super().__init__()
        self.location = location
        self.identity = ScriptedIdentity()
        self.identity.same_token = token == TOKEN
        self.gemini = GeminiApi(gemini, flavor=flavor, token=token, project=PROJECT, location=location)
        self.claude = ScriptedVertexClaude(
            claude, project=PROJECT, location=location, token=token, **claude_rules
        )

    @override
    async def __aenter__(self) -> Self:
        await self.identity.__aenter__()
        return await super().__aenter__()

    @override
    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await super().__aexit__(kind, error, trace)
        await self.identity.__aexit__(kind, error, trace)

    @property
    def violations(self) -> list[str]:
        """The messages of all refusals."""
        return [*self.gemini.violations, *self.claude.violations]

    def settings(self, folder: Path, **more: str) -> Mapping[str, str]:
        """The environment of a Dragoman that works with a service account's key file in `folder`."""
        key_file = written(folder, self.identity.service_account())
        return {
            "USE_VERTEX_AUTH": "true",
            "PREFERRED_PROVIDER": "google",
            "VERTEX_PROJECT": PROJECT,
            "VERTEX_LOCATION": self.location,
            "VERTEX_CREDENTIALS_PATH": str(key_file),
            "VERTEX_BASE_URL": self.wire.url,
            **more,
        }

    @override
    async def _answer(self, request: WireRequest) -> Answer:
        if self.claude.is_addressed(request):
            return self.claude.answer(request)
        return self.gemini.answer(request)
