"""Long sessions with Responses lose no reasoning: not over many turns, nor over a restart. Real sockets, the SDK."""

from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest
from anthropic import AsyncAnthropic

from tests.live_server.conversation import THINKING, Conversation
from tests.live_server.sdk import WEATHER, sdk
from tests.live_server.sessions import OPENAI_KEY, responses_settings
from tests.support.dragoman_in_process import dragoman_in_process
from tests.support.dragoman_process import DragomanProcess
from tests.support.replies import Call, Part, Reasoning, Reply, Text, reply
from tests.support.responses_prefix import prefix_violations
from tests.support.responses_upstream import ScriptedResponses

pytestmark = pytest.mark.filterwarnings(
    "ignore::DeprecationWarning:anthropic", "ignore:The model:DeprecationWarning"
)

STEPS = 30
OMITTED = {"type": "adaptive", "display": "omitted"}


def look(place: str) -> Call:
    return Call("get_weather", {"place": place})


def looking(body: dict[str, Any]) -> Reply:
    """The model looks STEPS times, in every shape that a step can have, and then answers."""
    step = len({str(item["output"]) for item in body["input"] if "output" in item})
    if step >= STEPS:
        return reply(Reasoning("Enough."), "Sun everywhere.")
    shapes: list[tuple[Part, ...]] = [
        (Reasoning(f"Where is {step}?\n\nThere.", 5), look(f"{step}")),
        (Reasoning("Aloud."), Text("I look.", 3), look(f"{step}")),
        (look(f"{step}"),),
        (Reasoning("Both."), look(f"{step}"), look(f"{step}b")),
        (Reasoning("First."), Text("One."), Reasoning("Then."), look(f"{step}")),
    ]
    return reply(*shapes[step % len(shapes)])


async def looked(client: AsyncAnthropic, conversation: Conversation, steps: int, model: str) -> None:
    """So many steps of the session."""
    for _ in range(steps):
        assert (await conversation.step(client, model=model)).stop_reason == "tool_use"


def check_whole(upstream: ScriptedResponses) -> None:
    """Every thought came back as it was, but the last answer's; what was before it never changed."""
    assert upstream.violations == []
    assert upstream.declined == []
    assert upstream.withheld == []
    book = upstream.reasoning
    assert len(book.missing) == 1
    assert book.verified == book.issued - 1 >= STEPS
    assert prefix_violations(upstream.turns) == []


@pytest.mark.parametrize("thinking", [THINKING, OMITTED], ids=["shown", "omitted"])
async def test_reasoning_comes_back_over_a_restart(thinking: dict[str, Any], tmp_path: Path) -> None:
    """Section 4, T42, R15: the client's history carries it, and the key of its seals is made of the settings."""
    conversation = Conversation(thinking=thinking)
    conversation.say("How is the weather?")
    async with ScriptedResponses(looking, key=OPENAI_KEY) as upstream:
        settings = responses_settings(upstream)
        for steps in (STEPS // 2, STEPS - STEPS // 2):
            async with DragomanProcess(settings, tmp_path) as dragoman, sdk(dragoman.url) as client:
                await looked(client, conversation, steps, "claude-sonnet-5")
                if len(conversation.messages) > 2 * STEPS:
                    message = await conversation.step(client)
    assert message.content[-1].text == "Sun everywhere."
    check_whole(upstream)


async def test_client_without_thinking_loses_no_reasoning() -> None:
    """Section 4.2: the gateway keeps it, by the ids of the calls, for a model that thinks unasked."""
    conversation = Conversation()
    conversation.say("How is the weather?")
    async with (
        ScriptedResponses(looking, key=OPENAI_KEY) as upstream,
        dragoman_in_process(responses_settings(upstream)) as dragoman,
        sdk(dragoman.url) as client,
    ):
        await looked(client, conversation, STEPS, "openai/gpt-6-astra")
        message = await conversation.step(client, model="openai/gpt-6-astra")
    assert [block.type for block in message.content] == ["text"]
    check_whole(upstream)


async def test_client_without_thinking_goes_on_after_a_restart() -> None:
    """Section 4.2: what nobody has any more is gone, and nobody refuses the rest."""
    conversation = Conversation()
    conversation.say("How is the weather?")
    async with ScriptedResponses(looking, key=OPENAI_KEY) as upstream:
        for steps in (STEPS // 2, STEPS - STEPS // 2):
            async with AsyncExitStack() as stack:
                dragoman = await stack.enter_async_context(dragoman_in_process(responses_settings(upstream)))
                client = await stack.enter_async_context(sdk(dragoman.url))
                await looked(client, conversation, steps, "openai/gpt-6-astra")
    assert upstream.violations == []
    assert STEPS // 2 <= upstream.reasoning.verified < upstream.reasoning.issued - 1


async def test_client_that_writes_its_history_anew_changes_no_prefix() -> None:
    """Section 3, determinism: tools in another order, contents as strings and as blocks."""
    other = {**WEATHER, "name": "get_time"}
    conversation = Conversation(thinking=THINKING)
    conversation.say("How is the weather?")
    async with (
        ScriptedResponses(looking, key=OPENAI_KEY) as upstream,
        dragoman_in_process(responses_settings(upstream)) as dragoman,
        sdk(dragoman.url) as client,
    ):
        for number in range(6):
            conversation.fields["tools"] = [WEATHER, other] if number % 2 else [other, WEATHER]
            await conversation.step(client)
            conversation.messages = [rewritten(message, number % 2 == 0) for message in conversation.messages]
            conversation.say(f"And at {number}?")
    assert upstream.violations == []
    assert upstream.withheld == []
    assert prefix_violations(upstream.turns) == []


def rewritten(message: dict[str, Any], blocks: bool) -> dict[str, Any]:
    """The same message with its plain texts as blocks or as strings, also those of tool results."""

    def content(value: Any) -> Any:
        if isinstance(value, str):
            return [{"type": "text", "text": value}] if blocks else value
        if not blocks and [block["type"] for block in value] == ["text"]:
            return value[0]["text"]
        return [
            block | {"content": content(block["content"])} if block["type"] == "tool_result" else block
            for block in value
        ]

    return message | {"content": content(message["content"])}
