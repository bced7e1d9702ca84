"""Long sessions with Gemini lose no thought signature: not over many turns, nor over a restart. Real sockets, the SDK."""

from collections.abc import Callable
from contextlib import AsyncExitStack
from typing import Any

import pytest
from anthropic import AsyncAnthropic

from dragoman.dialects.gemini.signatures import SKIP
from tests.live_server.conversation import THINKING, Conversation
from tests.live_server.sdk import sdk
from tests.live_server.sessions import GEMINI_KEY, gemini_settings
from tests.support.dragoman_in_process import dragoman_in_process
from tests.support.gemini_flavor import GeminiFlavor
from tests.support.gemini_upstream import ScriptedGemini
from tests.support.replies import Call, Part, Reasoning, Reply, Text, reply

pytestmark = pytest.mark.filterwarnings(
    "ignore::DeprecationWarning:anthropic", "ignore:The model:DeprecationWarning"
)

SIGNING = GeminiFlavor(signs=frozenset({"calls", "thoughts", "texts"}))


def looking(steps: int) -> Callable[[dict[str, Any]], Reply]:
    """The model looks so often, in every shape that a step can have, and then answers."""

    def script(body: dict[str, Any]) -> Reply:
        step = sum(content["role"] == "model" for content in body["contents"])
        if step >= steps:
            return reply(Reasoning("All of it."), "Sun everywhere.")
        shapes: list[tuple[Part, ...]] = [
            (Reasoning(f"Thought {step}.", 4), look(f"{step}")),
            (Text(f"I look {step}.", 5), look(f"{step}"), look(f"{step}b")),
            (Reasoning(f"Thought {step}."), Text(f"I look {step}."), look(f"{step}")),
            (look(f"{step}"), look(f"{step}b"), look(f"{step}c")),
        ]
        return reply(*shapes[step % len(shapes)])

    return script


def look(place: str) -> Call:
    return Call("get_weather", {"place": place})


async def client_of(upstream: ScriptedGemini, stack: AsyncExitStack) -> AsyncAnthropic:
    """The SDK before a Dragoman that has just started."""
    dragoman = await stack.enter_async_context(dragoman_in_process(gemini_settings(upstream)))
    return await stack.enter_async_context(sdk(dragoman.url))


async def looked(upstream: ScriptedGemini, conversation: Conversation, steps: int, restart: bool) -> None:
    """The whole session, through one Dragoman or through two, the second of which has kept nothing."""
    conversation.say("How is the weather?")
    async with AsyncExitStack() as stack:
        client = await client_of(upstream, stack)
        for number in range(steps):
            if restart and number == steps // 2:
                await stack.aclose()
                client = await client_of(upstream, stack)
            assert (await conversation.step(client)).stop_reason == "tool_use"
        message = await conversation.step(client)
    assert message.content[-1].text == "Sun everywhere."


@pytest.mark.parametrize(("steps", "restart"), [(200, True), (40, False)], ids=["restarted", "one process"])
async def test_two_hundred_tool_steps_lose_no_signature(steps: int, restart: bool) -> None:
    """T42, R15: with thinking on the client's own history carries them, whatever the gateway has forgotten."""
    async with ScriptedGemini(looking(steps), key=GEMINI_KEY, flavor=SIGNING) as upstream:
        await looked(upstream, Conversation(thinking=THINKING), steps, restart)
    assert upstream.violations == []
    signatures = upstream.signatures
    assert signatures.skipped == 0
    # Only the last answer's two, of its thought and of its text, have had no request to come back in.
    assert len(signatures.missing) == 2
    assert signatures.verified == signatures.issued - 2 > steps
    sent = [part for content in upstream.asked[-1]["contents"] for part in content["parts"]]
    assert len([part for part in sent if "thoughtSignature" in part]) == signatures.verified


async def test_client_without_thinking_loses_no_signature_of_a_call() -> None:
    """T42: the gateway keeps them, by the ids of the calls."""
    steps = 60
    async with ScriptedGemini(looking(steps), key=GEMINI_KEY, flavor=SIGNING) as upstream:
        await looked(upstream, Conversation(), steps, restart=False)
    assert upstream.violations == []
    assert upstream.signatures.skipped == 0
    assert [signed.kind for signed in upstream.signatures.missing] == ["text"]


async def test_client_without_thinking_goes_on_after_a_restart() -> None:
    """T42: what nobody has any more is replaced by the value that skips the check; new signatures come back."""
    steps = 40
    async with ScriptedGemini(looking(steps), key=GEMINI_KEY, flavor=SIGNING) as upstream:
        await looked(upstream, Conversation(), steps, restart=True)
    assert upstream.violations == []
    sent = [part for content in upstream.asked[-1]["contents"] for part in content["parts"]]
    given = [
        part["thoughtSignature"] for part in sent if "functionCall" in part and "thoughtSignature" in part
    ]
    assert [signature == SKIP for signature in given] == [True] * 20 + [False] * 20
    assert upstream.signatures.skipped == 21 * 20
