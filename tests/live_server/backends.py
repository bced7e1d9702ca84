"""Dragoman in this process between a client and a scripted upstream of any dialect."""

from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import pytest

from dragoman.relay.ports import Fetcher
from dragoman.server.sse_response import Patience
from tests.live_server.sessions import (
    anthropic_settings,
    gemini_settings,
    openai_settings,
    responses_settings,
)
from tests.support.anthropic_upstream import ScriptedAnthropic
from tests.support.dragoman_in_process import InProcess, dragoman_in_process
from tests.support.gemini_upstream import ScriptedGemini
from tests.support.openai_flavor import OPENAI, Flavor
from tests.support.openai_upstream import ScriptedOpenAI
from tests.support.replies import Script
from tests.support.responses_flavor import OPENAI_RESPONSES, ResponsesFlavor
from tests.support.responses_upstream import ScriptedResponses

BACKENDS = ("openai_chat", "openai_responses", "anthropic", "gemini")
ALWAYS_STREAMED = ("openai_responses", "gemini")
"""Those that are asked for a stream whatever the client wants."""
every_backend = pytest.mark.parametrize("backend", BACKENDS)

MODELS = {
    "openai_chat": "some-model",
    "openai_responses": "gpt-6.2-sol",
    "anthropic": "some-model",
    "gemini": "gemini-3.8-flash",
}
"""A name of each backend's own. What nobody knows of is no model of Gemini's or OpenAI's that thinks."""

Upstream = ScriptedOpenAI | ScriptedResponses | ScriptedAnthropic | ScriptedGemini
AnyFlavor = Flavor | ResponsesFlavor
"""A flavor counts for the dialect that it is of."""


@dataclass(frozen=True)
class Scene:
    """A running Dragoman and the upstream behind it."""

    dragoman: InProcess
    upstream: Upstream

    @property
    def url(self) -> str:
        return self.dragoman.url


def scripted(backend: str, script: Script, flavor: AnyFlavor = OPENAI) -> Upstream:
    """An upstream that speaks this dialect."""
    match backend:
        case "openai_chat":
            return ScriptedOpenAI(script, flavor=flavor if isinstance(flavor, Flavor) else OPENAI)
        case "openai_responses":
            own = flavor if isinstance(flavor, ResponsesFlavor) else OPENAI_RESPONSES
            return ScriptedResponses(script, flavor=own)
        case "gemini":
            return ScriptedGemini(script)
        case _:
            return ScriptedAnthropic(script)


def settings_for(upstream: Upstream) -> dict[str, str]:
    """The environment of a Dragoman whose every model is there."""
    if isinstance(upstream, ScriptedOpenAI):
        return openai_settings(upstream)
    if isinstance(upstream, ScriptedResponses):
        return responses_settings(upstream)
    if isinstance(upstream, ScriptedGemini):
        return gemini_settings(upstream)
    return anthropic_settings(upstream)


@asynccontextmanager
async def served(
    backend: str,
    script: Script,
    *,
    flavor: AnyFlavor = OPENAI,
    env: Mapping[str, str] | None = None,
    patience: Patience | None = None,
    idle_seconds: float | None = None,
    fetcher: Fetcher | None = None,
) -> AsyncGenerator[Scene]:
    """Both running; `env` adds settings."""
    async with scripted(backend, script, flavor) as upstream:
        settings = settings_for(upstream) | dict(env or {})
        async with dragoman_in_process(
            settings, patience=patience, idle_seconds=idle_seconds, fetcher=fetcher
        ) as dragoman:
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


def last_words(body: dict[str, Any]) -> str:
    """The text that a body of any backend's ends with."""
    last = said_before(body)[-1]
    content = last["parts"] if "parts" in last else last["content"]
    return content if isinstance(content, str) else content[-1]["text"]


def said_before(body: dict[str, Any]) -> list[dict[str, Any]]:
    """The conversation in a body of any backend's."""
    return body.get("contents") or body.get("input") or body["messages"]
