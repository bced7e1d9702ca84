"""One conversation that changes its backend again and again: nobody refuses it, and each gets its own signatures back."""

import re
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from anthropic import AsyncAnthropic

from tests.live_server.conversation import THINKING, Conversation
from tests.live_server.sdk import sdk
from tests.live_server.sessions import anthropic_settings, gemini_settings, openai_settings
from tests.support.anthropic_rules import blocks_of
from tests.support.anthropic_upstream import ScriptedAnthropic
from tests.support.dragoman_in_process import dragoman_in_process
from tests.support.gemini_flavor import GeminiFlavor
from tests.support.gemini_upstream import ScriptedGemini
from tests.support.openai_flavor import DEEPSEEK
from tests.support.openai_upstream import ScriptedOpenAI
from tests.support.replies import Call, Reasoning, Text, reply
from tests.support.vertex_cloud import ScriptedVertex

pytestmark = pytest.mark.filterwarnings(
    "ignore::DeprecationWarning:anthropic", "ignore:The model:DeprecationWarning"
)

SIGNS = frozenset({"calls", "thoughts", "texts"})
MODELS = {
    "gemini": "gemini/gemini-3.8-flash",
    "anthropic": "anthropic/claude-sonnet-5",
    "openai": "openai/deepseek-chat",
    "vertex claude": "vertex_ai/claude-opus-5-5",
    "vertex gemini": "vertex_ai/gemini-3.8-flash",
}
CLAUDES = ("anthropic", "vertex claude")
WORDS = "I look there."
THOUGHT = "Where is it?"
STEP = reply(Reasoning(THOUGHT, 5), Text(WORDS, 4), Call("get_weather", {"place": "Chur"}, sizes=3))
ROUND = ("gemini", "anthropic", "openai", "vertex claude", "gemini", "vertex gemini", "anthropic", "gemini")


@dataclass
class World:
    """One Dragoman with every kind of upstream behind it."""

    client: AsyncAnthropic
    gemini: ScriptedGemini
    anthropic: ScriptedAnthropic
    openai: ScriptedOpenAI
    google: ScriptedVertex

    @property
    def violations(self) -> list[str]:
        refusing = (self.gemini, self.anthropic, self.openai, self.google)
        return [complaint for upstream in refusing for complaint in upstream.violations]


@asynccontextmanager
async def world(keys: Path) -> AsyncGenerator[World]:
    flavor = GeminiFlavor(signs=SIGNS)
    async with (
        ScriptedGemini(STEP, flavor=flavor) as gemini,
        ScriptedAnthropic(STEP) as anthropic,
        ScriptedOpenAI(STEP, flavor=DEEPSEEK) as openai,
        # Claude's signatures are good at each of its doors.
        ScriptedVertex(
            gemini=STEP,
            claude=STEP,
            flavor=GeminiFlavor(vertex=True, signs=SIGNS),
            signatures=anthropic.signatures,
        ) as google,
    ):
        settings = {
            **google.settings(keys),
            **gemini_settings(gemini),
            **anthropic_settings(anthropic),
            **openai_settings(openai),
            "USE_VERTEX_AUTH": "false",
        }
        async with dragoman_in_process(settings) as dragoman, sdk(dragoman.url) as client:
            yield World(client, gemini, anthropic, openai, google)


def signed_by(message: Any) -> list[str]:
    return [block.signature for block in message.content if block.type == "thinking"]


def signatures_in(body: dict[str, Any]) -> list[str]:
    """Those of the thinking blocks in the body of a Messages request."""
    blocks = [block for message in body["messages"] for block in blocks_of(message)]
    return [block["signature"] for block in blocks if block["type"] == "thinking"]


@pytest.mark.parametrize("turns", [False, True], ids=["within one tool loop", "from question to question"])
async def test_conversation_goes_from_backend_to_backend_and_back(turns: bool, tmp_path: Path) -> None:
    """T02, T42, case 40: no 400 anywhere; an own signature comes back byte for byte, and a foreign one never."""
    conversation = Conversation(thinking=THINKING)
    conversation.say("How is the weather?")
    claudes: list[str] = []
    async with world(tmp_path) as scene:
        for name in ROUND:
            message = await conversation.step(scene.client, model=MODELS[name])
            assert message.stop_reason == "tool_use"
            assert [block.text for block in message.content if block.type == "text"] == [WORDS]
            if name in CLAUDES:
                claudes += signed_by(message)
            if turns:
                conversation.say(f"And after {name}?")
        # Each is asked once more, so that what it signed last comes back too.
        for name, model in MODELS.items():
            message = await conversation.step(scene.client, model=model)
            if name in CLAUDES:
                sent = (
                    scene.anthropic.asked[-1] if name == "anthropic" else scene.google.claude.calls[-1].body
                )
                assert signatures_in(sent) == claudes
                claudes += signed_by(message)
            if turns:
                conversation.say(f"And at the end, after {name}?")
    assert len(claudes) == 5
    learned = [complaint for complaint in scene.violations if "reasoning_content" in complaint]
    # A server that nobody knows is sent no reasoning until it asks for it.
    assert scene.violations == learned
    assert len(learned) <= 1
    for signatures in (scene.gemini.signatures, scene.google.gemini.signatures):
        # Only what its last answer signed has not come back.
        assert len(signatures.missing) == 3
        assert signatures.verified == signatures.issued - 3 > 0
    said = str(scene.openai.asked[-1])
    assert not any(signature in said for signature in claudes)


async def test_signatures_are_the_accounts_own(tmp_path: Path) -> None:
    """Case 40: the same model behind Google's two doors; neither is shown what the other signed."""
    conversation = Conversation(thinking=THINKING)
    conversation.say("How is the weather?")
    async with world(tmp_path) as scene:
        for name in ("gemini", "vertex gemini"):
            await conversation.step(scene.client, model=MODELS[name])
        sent = str(scene.google.gemini.asked[-1])
        assert scene.violations == []
        [signature] = re.findall(
            r'"functionCall".*?"thoughtSignature":"([^"]+)"', scene.gemini.sent[0].decode()
        )
        assert signature not in sent
        assert scene.google.gemini.signatures.skipped == 1
        assert scene.gemini.signatures.verified == 0
