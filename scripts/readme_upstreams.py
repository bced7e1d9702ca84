"""Scripted upstreams for the channels that a page shows, in place of its example hosts."""

import re
from collections.abc import AsyncGenerator, Iterable
from contextlib import AsyncExitStack, asynccontextmanager

from tests.support.anthropic_upstream import ScriptedAnthropic
from tests.support.gemini_upstream import ScriptedGemini
from tests.support.openai_upstream import ScriptedOpenAI
from tests.support.replies import Reply, Text

_GREETING = Reply(parts=(Text("Good day."),))
_EXAMPLE = re.compile(r"(?P<name>\w+)=(?P<quote>[\"']?)https://[\w.-]*\bexample\.com[^\"'\s]*(?P=quote)")
_CHANNEL = re.compile(r"CHANNEL_(?P<name>\w+?)_BASE_URL")
_ASKED = re.compile(r"\"model\":\s*\"(?P<prefix>\w+)/(?P<model>[^\":]+)(?::(?P<channel>\w+))?\"")


class Upstreams:
    """One of each language; what none of them took is in `violations`."""

    def __init__(self, openai: ScriptedOpenAI, claude: ScriptedAnthropic, gemini: ScriptedGemini) -> None:
        self._servers = (openai, claude, gemini)
        self._urls = {
            "openai": openai.base_url,
            "anthropic": f"{claude.base_url}/v1",
            "gemini": gemini.base_url,
        }
        self._prefixes: dict[str, str] = {}

    def learn(self, commands: Iterable[str]) -> None:
        """Which language a channel speaks is only told by the requests for it: `anthropic/claude-x:channel`."""
        for prefix, _, channel in models_asked(commands):
            self._prefixes[channel.lower()] = prefix

    def in_place_of_examples(self, line: str) -> str:
        """A line of `.env` with one of our addresses instead of a host of example.com."""
        found = _EXAMPLE.fullmatch(line)
        if found is None:
            return line
        channel = _CHANNEL.fullmatch(found["name"])
        prefix = self._prefixes.get(channel["name"].lower() if channel else "", "openai")
        return f"{found['name']}={found['quote']}{self._urls[prefix]}{found['quote']}"

    @property
    def violations(self) -> list[str]:
        return [violation for server in self._servers for violation in server.violations]


def models_asked(commands: Iterable[str]) -> list[tuple[str, str, str]]:
    """Prefix, model and channel of every request that names a prefix; the default channel is empty."""
    found = (asked for command in commands for asked in _ASKED.finditer(command))
    return [(asked["prefix"], asked["model"], asked["channel"] or "") for asked in found]


@asynccontextmanager
async def upstreams(commands: list[str]) -> AsyncGenerator[Upstreams]:
    """Running for as long as the block, and ready for the requests among `commands`."""
    claude = tuple({model for prefix, model, _ in models_asked(commands) if prefix == "anthropic"})
    async with AsyncExitStack() as stack:
        running = Upstreams(
            await stack.enter_async_context(ScriptedOpenAI(_GREETING)),
            await stack.enter_async_context(ScriptedAnthropic(_GREETING, models=claude)),
            await stack.enter_async_context(ScriptedGemini(_GREETING)),
        )
        running.learn(commands)
        yield running
