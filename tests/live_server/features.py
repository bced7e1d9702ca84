"""The real Claude Code in a conversation through Dragoman with a scripted model behind any dialect."""

import contextlib
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from tests.live_server.sessions import gemini_settings, openai_settings, responses_settings
from tests.support.claude_code import ClaudeCode
from tests.support.claude_session import ClaudeSession, Decide, allow, claude_session
from tests.support.dragoman_process import DragomanProcess
from tests.support.gemini_upstream import ScriptedGemini
from tests.support.http_answer import json_bytes
from tests.support.openai_upstream import ScriptedOpenAI
from tests.support.replies import Reply, Script, Usage, failing, reply
from tests.support.responses_flavor import ResponsesFlavor
from tests.support.responses_upstream import ScriptedResponses
from tests.support.told import Read, Told, told_gemini, told_openai, told_responses

Upstream = ScriptedOpenAI | ScriptedResponses | ScriptedGemini


@dataclass(frozen=True)
class Way:
    """A dialect, and what is asked for on the client's side to come there."""

    name: str
    model: str
    upstream: Callable[[Script], Upstream]
    settings: Callable[[Any], Mapping[str, str]]
    read: Read


STRICT_RESPONSES = partial(ScriptedResponses, flavor=ResponsesFlavor(strict_prefix=True))
WAYS = (
    Way("openai_chat", "gpt-4.1", ScriptedOpenAI, openai_settings, told_openai),
    Way("openai_responses", "claude-opus-4-8", STRICT_RESPONSES, responses_settings, told_responses),
    Way("gemini", "claude-opus-4-8", ScriptedGemini, gemini_settings, told_gemini),
)

every_way = pytest.mark.parametrize("way", WAYS, ids=lambda way: way.name)


@dataclass(frozen=True)
class Talk:
    """All who take part."""

    session: ClaudeSession
    dragoman: DragomanProcess
    upstream: Upstream
    read: Read

    @property
    def told(self) -> list[Told]:
        """What the upstream was told so far, request by request."""
        return [self.read(body) for body in self.upstream.asked]


Model = Callable[[Told], Reply]
"""What a scripted model says to what it is told. Requests on the side, which offer no tools, do not reach it."""


@contextlib.asynccontextmanager
async def talking(
    client: ClaudeCode,
    folders: tuple[Path, Path],
    way: Way,
    model: Model,
    *,
    args: Sequence[str] = (),
    env: Mapping[str, str] | None = None,
    decide: Decide = allow,
) -> AsyncGenerator[Talk]:
    """A client that waits for its user's first words; `env` adds variables of its own. At the end AssertionError if the
    upstream refused anything."""

    faults: list[Exception] = []

    def script(body: dict[str, Any]) -> Reply:
        try:
            told = way.read(body)
            said = model(told) if told.seen.tools else reply("All right.")
        except Exception as fault:  # noqa: BLE001 - the client would ask again and again where nobody answers
            faults.append(fault)
            return failing(400, repr(fault))
        # The client's context meter goes by what a backend bills.
        return replace(said, usage=Usage(prompt=len(json_bytes(body)) // 4))

    work, home = folders
    async with way.upstream(script) as upstream, DragomanProcess(way.settings(upstream), home) as dragoman:
        async with claude_session(
            client, dragoman.url, workdir=work, model=way.model, args=args, env=env, decide=decide
        ) as session:
            try:
                yield Talk(session, dragoman, upstream, way.read)
                assert not (await session.end()).failed
            finally:
                # What was refused says best why a conversation failed.
                assert (faults, upstream.violations) == ([], []), (
                    f"{faults} {upstream.violations} {dragoman.output}"
                )
