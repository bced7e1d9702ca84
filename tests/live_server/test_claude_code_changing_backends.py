"""One conversation of the real Claude Code whose backend is another one at every turn."""

import re
import uuid
from collections.abc import AsyncGenerator, Callable, Iterable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from tests.live_server.coding import folders
from tests.live_server.sessions import OPENAI_KEY, anthropic_settings, gemini_settings, openai_settings
from tests.support.anthropic_rules import blocks_of
from tests.support.anthropic_upstream import ScriptedAnthropic
from tests.support.claude_code import ClaudeCode
from tests.support.claude_session import claude_session
from tests.support.dragoman_process import DragomanProcess
from tests.support.gemini_flavor import GeminiFlavor
from tests.support.gemini_upstream import ScriptedGemini
from tests.support.openai_flavor import DEEPSEEK
from tests.support.openai_upstream import ScriptedOpenAI
from tests.support.replies import Call, Reasoning, Reply, Script, Text, reply
from tests.support.responses_upstream import ScriptedResponses
from tests.support.told import Read, Told, told_anthropic, told_gemini, told_openai, told_responses

__all__ = ["folders"]

pytestmark = pytest.mark.claude_code

Upstream = ScriptedAnthropic | ScriptedGemini | ScriptedOpenAI | ScriptedResponses


def responses_channel(upstream: ScriptedResponses) -> dict[str, str]:
    """The environment for a second server of OpenAI's kind, beside the one at the usual address."""
    return {
        "CHANNEL_GPT_API_KEY": OPENAI_KEY,
        "CHANNEL_GPT_BASE_URL": upstream.base_url,
        "CHANNEL_GPT_DIALECT": "openai_responses",
    }


@dataclass(frozen=True)
class Backend:
    """One of those between whom the conversation goes."""

    model: str
    """By this name the client asks for it."""
    read: Read
    upstream: Callable[[Script], Upstream]
    settings: Callable[[Any], dict[str, str]]


SIGNS = GeminiFlavor(signs=frozenset({"calls", "thoughts", "texts"}))
BACKENDS = {
    "Gemini": Backend(
        "gemini/gemini-3.8-flash", told_gemini, partial(ScriptedGemini, flavor=SIGNS), gemini_settings
    ),
    "Claude": Backend("anthropic/claude-sonnet-5", told_anthropic, ScriptedAnthropic, anthropic_settings),
    "GPT": Backend("gpt-6.2-sol:gpt", told_responses, ScriptedResponses, responses_channel),
    "DeepSeek": Backend(
        "openai/deepseek-chat", told_openai, partial(ScriptedOpenAI, flavor=DEEPSEEK), openai_settings
    ),
}
ROUND = ("Gemini", "Claude", "DeepSeek", "GPT", "Claude", "GPT", "Gemini", "DeepSeek", "Claude", "GPT")


class Notes:
    """A task of one note a turn: the model reads it, and tells the words of all notes that it knows of."""

    def __init__(self, work: Path, turns: int) -> None:
        self._words = [f"word-{uuid.uuid4().hex[:12]}" for _ in range(turns)]
        self._files = [work / f"note-{number}.txt" for number in range(turns)]
        for file, said in zip(self._files, self._words, strict=True):
            file.write_text(said)

    def question(self, number: int) -> str:
        return f"Read note {number}, please."

    def answer(self, number: int) -> str:
        return "So far: " + ", ".join(self._words[: number + 1])

    def script(self, who: str) -> Script:
        """What the model at this backend says."""
        return lambda body: self._next(who, BACKENDS[who].read(body))

    def _next(self, who: str, told: Told) -> Reply:
        if not told.seen.tools:
            # The client asks whether a model is there before it changes to one that it does not know.
            return reply("Hi.")
        *_, number = re.findall(r"Read note (\d+), please\.", "\n".join(told.words))
        file = str(self._files[int(number)])
        before, after = thoughts_of(who, int(number))
        if file not in [call.arguments["file_path"] for call in told.seen.calls]:
            return reply(
                Reasoning(before, 5), Text("I look there.", 4), Call("Read", {"file_path": file}, sizes=7)
            )
        known = re.findall(r"word-\w+", "\n".join(call.result for call in told.seen.calls))
        return reply(Reasoning(after, 6), "So far: " + ", ".join(known))


@dataclass(frozen=True)
class World:
    """Every backend, and the environment of a Dragoman that reaches them all."""

    upstreams: dict[str, Upstream]
    settings: dict[str, str]

    @property
    def anthropic(self) -> ScriptedAnthropic:
        upstream = self.upstreams["Claude"]
        assert isinstance(upstream, ScriptedAnthropic)
        return upstream

    @property
    def gemini(self) -> ScriptedGemini:
        upstream = self.upstreams["Gemini"]
        assert isinstance(upstream, ScriptedGemini)
        return upstream

    @property
    def violations(self) -> list[str]:
        return [complaint for upstream in self.upstreams.values() for complaint in upstream.violations]


@asynccontextmanager
async def world(notes: Notes) -> AsyncGenerator[World]:
    async with AsyncExitStack() as stack:
        upstreams = {
            who: await stack.enter_async_context(backend.upstream(notes.script(who)))
            for who, backend in BACKENDS.items()
        }
        settings: dict[str, str] = {}
        for who, backend in BACKENDS.items():
            settings |= backend.settings(upstreams[who])
        yield World(upstreams, settings)


def check_nobody_was_shown_what_is_not_its_own(
    scene: World, backends: Sequence[str], events: list[dict[str, Any]]
) -> None:
    """T02, case 40. `backends` are those of the turns, `events` what the client was given."""
    learned = [complaint for complaint in scene.violations if "reasoning_content" in complaint]
    # A server that nobody knows is sent no reasoning until it asks for it.
    assert scene.violations == learned
    assert len(learned) <= 1

    # Claude's own blocks come back as they were, each of them, in order.
    issued = [(text, signature) for signature, text in scene.anthropic.signatures.items()]
    for body in scene.anthropic.asked:
        thoughts = thoughts_in(body["messages"])
        assert thoughts == issued[: len(thoughts)]
    # Only its last answer is not followed by a request.
    assert thoughts == issued[:-1] != []

    # So do Gemini's signatures, but for those of its last answer and of what it said when asked whether it is there.
    signatures = scene.gemini.signatures
    assert signatures.verified > 0
    assert {signed.kind for signed in signatures.missing} == {"text"}
    assert len(signatures.missing) <= 3

    gpt = scene.upstreams["GPT"]
    assert isinstance(gpt, ScriptedResponses)
    assert gpt.withheld == []
    assert gpt.reasoning.verified > 1
    assert gpt.reasoning.verified == gpt.reasoning.issued - 1

    # DeepSeek is told what it thought itself.
    turns = [number for number, who in enumerate(backends) if who == "DeepSeek"]
    own = [text for number in turns for text in thoughts_of("DeepSeek", number)]
    messages = scene.upstreams["DeepSeek"].asked[-1]["messages"]
    reasoning = [message["reasoning_content"] for message in messages if message.get("reasoning_content")]
    assert reasoning == own[:-1]

    shown = {signature for _, signature in thoughts_in(event.get("message", {}) for event in events)}
    assert len(shown - set(scene.anthropic.signatures)) > 1
    for who, upstream in scene.upstreams.items():
        foreign = shown - set(scene.anthropic.signatures) if who == "Claude" else shown
        sent = b"".join(request.body for request in upstream.wire.requests).decode()
        assert not [signature for signature in foreign if signature in sent]


def thoughts_of(who: str, number: int) -> tuple[str, str]:
    """What it thinks before it reads a note, and after."""
    return f"{who} looks for note {number}.", f"{who} has note {number}."


def thoughts_in(messages: Iterable[dict[str, Any]]) -> list[tuple[str, str]]:
    """Text and signature of each thinking block."""
    blocks = [block for message in messages for block in blocks_of(message)]
    return [(block["thinking"], block["signature"]) for block in blocks if block["type"] == "thinking"]


async def test_a_session_changes_its_model_at_every_turn(
    claude_code: ClaudeCode, folders: tuple[Path, Path]
) -> None:
    """The client sends each model only what that model thought; text, calls and results it sends to all."""
    work, home = folders
    notes = Notes(work, len(ROUND))
    async with world(notes) as scene, DragomanProcess(scene.settings, home) as dragoman:
        first = BACKENDS[ROUND[0]].model
        async with claude_session(claude_code, dragoman.url, workdir=work, model=first) as session:
            for number, who in enumerate(ROUND):
                await session.use_model(BACKENDS[who].model)
                assert await session.say(notes.question(number)) == notes.answer(number), scene.violations
            assert not (await session.end()).failed
    check_nobody_was_shown_what_is_not_its_own(scene, ROUND, session.events)


async def test_another_backend_stands_behind_the_models_name_at_every_turn(
    claude_code: ClaudeCode, folders: tuple[Path, Path], tmp_path: Path
) -> None:
    """The client takes all that was thought for the thoughts of one model, and sends them to everybody.

    For that the name is one that Claude itself answers to. Each turn is a start of the client, which reads the
    conversation from its disk, and one of Dragoman with a setting changed.
    """
    work, home = folders
    backends = ("Claude", "GPT", "Gemini", "DeepSeek", "Claude", "GPT")
    notes = Notes(work, len(backends))
    events: list[dict[str, Any]] = []
    async with world(notes) as scene:
        for number, who in enumerate(backends):
            settings = scene.settings | {"PREFERRED_PROVIDER": "openai", "BIG_MODEL": BACKENDS[who].model}
            async with DragomanProcess(settings, home) as dragoman:
                run = await claude_code.run(
                    notes.question(number),
                    dragoman.url,
                    workdir=work,
                    model="claude-sonnet-5",
                    args=("--continue",) if number else (),
                    home=tmp_path,
                )
            assert run.result_text == notes.answer(number), scene.violations
            events += run.events
    check_nobody_was_shown_what_is_not_its_own(scene, backends, events)
