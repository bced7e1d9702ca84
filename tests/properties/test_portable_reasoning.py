"""Whoever reasoned in a history, each upstream gets its own reasoning back as it was, and nothing of anybody else's."""

import base64
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from dragoman.dialects.dialect import Loss, Origin, Written
from dragoman.dialects.quirks import Quirks
from dragoman.dialects.registry import DIALECTS
from dragoman.messages.envelope import Seal
from dragoman.messages.parse import parse_request
from dragoman.routing.presets import quirks_for

KEY = b"secret"
SEALS = {
    "deepseek": Seal("openai_chat", "one", "deepseek", KEY),
    "kimi": Seal("openai_chat", "one", "kimi", KEY),
    "deepseek elsewhere": Seal("openai_chat", "two", "deepseek", KEY),
    "deepseek of another gateway": Seal("openai_chat", "one", "deepseek", b"another secret"),
    "gemini": Seal("gemini", "one", "gemini-3", KEY),
    "gemini elsewhere": Seal("gemini", "two", "gemini-3", KEY),
    "gemini before": Seal("gemini", "one", "gemini-2", KEY),
    "responses": Seal("openai_responses", "one", "gpt", KEY),
    "responses elsewhere": Seal("openai_responses", "two", "gpt", KEY),
}
BROKEN = "its seal is broken"
OTHER_VERSION = "another version of Dragoman sealed it"


def mark_of(number: int) -> str:
    """Stands in all that a block says and holds."""
    return f"Mark{number:03}x"


def sealed(seal: Seal, number: int) -> str:
    """What the dialect seals with a thought."""
    mark = mark_of(number)
    detail = {"type": "reasoning.encrypted", "data": f"data of {mark}\u2028", "index": number}
    holds: dict[str, tuple[dict[str, Any], str]] = {
        "openai_chat": ({"f": "reasoning", "t": f"held \u00e9 by {mark}\n", "d": [detail]}, ""),
        "gemini": ({"s": [["thought", "", mark]]}, ""),
        "openai_responses": ({"i": f"rs_{mark}", "s": [f"summary by {mark}"]}, f"gAAAAABo{mark}-_=="),
    }
    return seal.close(*holds[seal.dialect])


def altered(signature: str) -> str:
    place = signature.index(".", 5) + 4
    return signature[:place] + ("A" if signature[place] != "A" else "B") + signature[place + 1 :]


DAMAGES: dict[str, Callable[[str], str]] = {
    "whole": lambda signature: signature,
    "altered": altered,
    "cut": lambda signature: signature[:-3],
    "cut short": lambda signature: signature[: signature.index(".", 5) + 3],
    "newer": lambda signature: "dgm3" + signature[4:],
    "older": lambda signature: "dgm1" + signature[4:],
}


@dataclass(frozen=True)
class Thought:
    """A thinking block of a history."""

    owner: str
    """Of SEALS, or `genuine`, `encrypted`, `unsigned`."""
    damage: str = "whole"
    """Of DAMAGES; none but ours is damaged."""

    @property
    def seal(self) -> Seal | None:
        return SEALS.get(self.owner)

    def block(self, number: int) -> dict[str, Any]:
        mark = mark_of(number)
        if self.seal is not None:
            signature = DAMAGES[self.damage](sealed(self.seal, number))
        else:
            own = base64.b64encode(f"signed {mark}".encode()).decode()
            signature = {"genuine": f"EqQB{own}+/==", "encrypted": f"gAAAAABo{own}", "unsigned": ""}[
                self.owner
            ]
        return {"type": "thinking", "thinking": f"said \u2028/ by {mark}", "signature": signature}

    def opens(self, seal: Seal) -> bool:
        return self.seal == seal and self.damage == "whole"

    def fault(self, seal: Seal) -> str | None:
        """Why it is a loss for whoever has this seal."""
        if self.seal is None:
            return None
        if self.damage in ("newer", "older"):
            return OTHER_VERSION
        own = self.seal.dialect == seal.dialect
        return BROKEN if own and (self.damage != "whole" or self.seal.key != seal.key) else None


Turns = list[list[Thought]]
thoughts = st.one_of(
    st.builds(Thought, st.sampled_from(list(SEALS)), st.sampled_from(list(DAMAGES))),
    st.builds(Thought, st.sampled_from([*SEALS, "genuine", "encrypted", "unsigned"])),
)
histories = st.lists(st.lists(thoughts, max_size=4), min_size=1, max_size=4)
every_owner = [[Thought(owner) for owner in [*SEALS, "genuine", "encrypted", "unsigned"]]]
every_damage = [[Thought(owner, damage) for damage in DAMAGES] for owner in SEALS]
quick = settings(max_examples=60, deadline=None)


def blocks_of(turns: Turns) -> list[list[dict[str, Any]]]:
    """The thinking blocks of each turn; numbers go through the whole history."""
    numbers = iter(range(1000))
    return [[thought.block(next(numbers)) for thought in turn] for turn in turns]


def body_of(turns: Turns) -> dict[str, Any]:
    """A history in which each turn thinks, speaks and calls a tool."""
    messages: list[dict[str, Any]] = [{"role": "user", "content": "begin"}]
    for number, blocks in enumerate(blocks_of(turns)):
        call = {"type": "tool_use", "id": f"toolu_{number}", "name": "Bash", "input": {}}
        answer = {"type": "tool_result", "tool_use_id": call["id"], "content": "done"}
        text = {"type": "text", "text": f"turn {number}"}
        messages.append({"role": "assistant", "content": [*blocks, text, call]})
        messages.append({"role": "user", "content": [answer]})
    tools = [{"name": "Bash", "input_schema": {"type": "object", "properties": {}}}]
    return {"model": "m", "max_tokens": 100, "messages": messages, "tools": tools}


def write(turns: Turns, dialect: str, model: str, quirks: Quirks) -> Written:
    request = parse_request(json.dumps(body_of(turns)).encode(), ())
    return DIALECTS[dialect].write_request(request, model, quirks, Origin("one", seal_key=KEY))


def told_by_chat(body: Any, field: str) -> list[Any]:
    """The reasoning of each assistant message; None where there is none."""
    return [message.get(field) for message in body["messages"] if message["role"] == "assistant"]


def told_by_gemini(body: Any, _: str) -> list[Any]:
    turns = [content["parts"] for content in body["contents"] if content["role"] == "model"]
    return [[part for part in parts if part.get("thought")] or None for parts in turns]


def told_by_responses(body: Any, _: str) -> list[Any]:
    """Each turn ends with a call."""
    turns: list[Any] = []
    reasoning: list[Any] = []
    for item in body["input"]:
        if item["type"] == "reasoning":
            reasoning.append(item)
        if item["type"] == "function_call":
            turns.append(reasoning or None)
            reasoning = []
    assert not reasoning
    return turns


def text_of(numbers: list[int]) -> Any:
    return "".join(f"held \u00e9 by {mark_of(number)}\n" for number in numbers)


def details_of(numbers: list[int]) -> Any:
    return [
        {"type": "reasoning.encrypted", "data": f"data of {mark_of(number)}\u2028", "index": number}
        for number in numbers
    ]


def parts_of(numbers: list[int]) -> Any:
    return [
        {"text": f"said \u2028/ by {mark}", "thought": True, "thoughtSignature": mark}
        for mark in map(mark_of, numbers)
    ]


def items_of(numbers: list[int]) -> Any:
    return [
        {
            "type": "reasoning",
            "id": f"rs_{mark}",
            "summary": [{"type": "summary_text", "text": f"summary by {mark}"}],
            "encrypted_content": f"gAAAAABo{mark}-_==",
        }
        for mark in map(mark_of, numbers)
    ]


@dataclass(frozen=True)
class Upstream:
    """A model, and how its reasoning goes back to it."""

    owner: str
    model: str
    quirks: Quirks
    told: Callable[[Any, str], list[Any]]
    """Finds the reasoning of each turn in a body."""
    expected: Callable[[list[int]], Any]
    """The same, from the numbers of the thoughts that are its own."""

    @property
    def seal(self) -> Seal:
        return SEALS[self.owner]


BACK = Quirks(reasoning_back="always")
DETAILS = Quirks(reasoning_back="always", reasoning_field="reasoning_details")
GEMINI = quirks_for("https://generativelanguage.googleapis.com/v1beta", "gemini-3.8-flash", "gemini")
UPSTREAMS = [
    Upstream("deepseek", "deepseek-v4", BACK, told_by_chat, text_of),
    Upstream("kimi", "moonshotai/kimi-k2", BACK, told_by_chat, text_of),
    Upstream("deepseek", "deepseek/deepseek-v4", DETAILS, told_by_chat, details_of),
    Upstream("gemini", "gemini-3.8-flash", GEMINI, told_by_gemini, parts_of),
    Upstream("responses", "gpt-5.5", BACK, told_by_responses, items_of),
]


@pytest.mark.parametrize("upstream", UPSTREAMS, ids=lambda upstream: upstream.model)
@quick
@example(turns=every_owner)
@example(turns=every_damage)
@given(turns=histories)
def test_each_upstream_gets_its_own_reasoning_and_no_other(upstream: Upstream, turns: Turns):
    written = write(turns, upstream.seal.dialect, upstream.model, upstream.quirks)
    numbers = iter(range(1000))
    own = [[n for thought in turn for n in [next(numbers)] if thought.opens(upstream.seal)] for turn in turns]
    told = upstream.told(json.loads(written.body), upstream.quirks.reasoning_field)
    assert told == [upstream.expected(numbers) if numbers else None for numbers in own]
    everything = json.dumps(json.loads(written.body))
    mine = {number for numbers in own for number in numbers}
    for number, block in enumerate(block for blocks in blocks_of(turns) for block in blocks):
        assert (mark_of(number) in everything) == (number in mine)
        assert not block["signature"] or block["signature"] not in everything
    assert "dgm" not in everything


@pytest.mark.parametrize("upstream", UPSTREAMS, ids=lambda upstream: upstream.model)
@quick
@example(turns=every_owner)
@example(turns=every_damage)
@given(turns=histories)
def test_what_should_have_opened_is_named_and_nothing_else(upstream: Upstream, turns: Turns):
    first: dict[str, Loss] = {}
    for turn, said in enumerate(turns):
        for place, thought in enumerate(said):
            if (why := thought.fault(upstream.seal)) is not None:
                field = f"messages.{2 * turn + 1}.content.{place}.signature"
                first.setdefault(why, Loss(field, "dropped", why))
    assert write(turns, upstream.seal.dialect, upstream.model, upstream.quirks).losses == tuple(
        first.values()
    )


@quick
@example(turns=every_owner)
@example(turns=every_damage)
@given(turns=histories)
def test_a_server_that_speaks_messages_gets_all_thoughts_but_those_we_sealed(turns: Turns):
    written = write(turns, "anthropic", "claude-sonnet-5", Quirks())
    sent = json.loads(written.body)["messages"]
    for turn, blocks, message in zip(turns, blocks_of(turns), sent[1::2], strict=True):
        theirs = [block for thought, block in zip(turn, blocks, strict=True) if thought.seal is None]
        assert message["content"][:-2] == theirs
        assert all(json.dumps(block).encode() in written.body for block in theirs)
    assert b"dgm" not in written.body
    ours = any(thought.seal is not None for turn in turns for thought in turn)
    assert bool(written.losses) is ours
