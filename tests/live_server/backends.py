"""Dragoman in this process between a client and a scripted upstream of either dialect."""

from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import pytest

from dragoman.server.sse_response import Patience
from tests.live_server.sessions import anthropic_settings, openai_settings
from tests.support.anthropic_upstream import ScriptedAnthropic
from tests.support.dragoman_in_process import InProcess, dragoman_in_process
from tests.support.openai_flavor import OPENAI, Flavor
from tests.support.openai_upstream import ScriptedOpenAI
from tests.support.replies import Script

BACKENDS = ("openai_chat", "anthropic")
every_backend = pytest.mark.parametrize("backend", BACKENDS)

Upstream = ScriptedOpenAI | ScriptedAnthropic


@dataclass(frozen=True)
class Scene:
    """A running Dragoman and the upstream behind it."""

    dragoman: InProcess
    upstream: Upstream

    @property
    def url(self) -> str:
        return self.dragoman.url


def scripted(backend: str, script: Script, flavor: Flavor = OPENAI) -> Upstream:
    """An upstream that speaks this dialect."""
    return ScriptedOpenAI(script, flavor=flavor) if backend == "openai_chat" else ScriptedAnthropic(script)


def settings_for(upstream: Upstream) -> dict[str, str]:
    """The environment of a Dragoman whose every model is there."""
    if isinstance(upstream, ScriptedOpenAI):
        return openai_settings(upstream)
    return anthropic_settings(upstream)


@asynccontextmanager
async def served(
    backend: str,
    script: Script,
    *,
    flavor: Flavor = OPENAI,
    env: Mapping[str, str] | None = None,
    patience: Patience | None = None,
    idle_seconds: float | None = None,
) -> AsyncGenerator[Scene]:
    """Both running; `env` adds settings."""
    async with scripted(backend, script, flavor) as upstream:
        settings = settings_for(upstream) | dict(env or {})
        async with dragoman_in_process(settings, patience=patience, idle_seconds=idle_seconds) as dragoman:
            yield Scene(dragoman, upstream)


def question(**fields: Any) -> dict[str, Any]:
    """The body of a small streamed request; `fields` replace its own, None removes one."""
    body = {
        "model": "claude-sonnet-5",
        "max_tokens": 1000,
        "stream": True,
        "messages": [{"role": "user", "content": "hi"}],
        **fields,
    }
    return {name: value for name, value in body.items() if value is not None}
