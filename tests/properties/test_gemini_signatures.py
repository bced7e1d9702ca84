"""The law of thought signatures: what Gemini signs comes back as it was, whoever lost what on the way.

Whole conversations are played against the strict server without sockets, as an agent plays them: it echoes what it was
told and answers every call. Its store may be emptied at any point, as by a restart.
"""

import json
from dataclasses import dataclass, field, replace
from typing import Any, cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dragoman.dialects.dialect import Origin
from dragoman.dialects.gemini.gemini import Gemini
from dragoman.messages.fold import fold
from dragoman.messages.parse import parse_request
from dragoman.routing.presets import quirks_for
from tests.support.gemini_api import GeminiApi
from tests.support.gemini_flavor import GeminiFlavor
from tests.support.http_wire import Connection, WireRequest
from tests.support.reading import counting_ids, hear
from tests.support.replies import Call, Reasoning, Reply, Text
from tests.support.strategies import json_objects, sizes, texts

MODEL = "gemini-3.8-flash"
TOOLS = [{"name": name, "input_schema": {"type": "object"}} for name in ("Bash", "mcp__a__b", "1st")]
SHOWN, OMITTED = {"type": "adaptive"}, {"type": "adaptive", "display": "omitted"}


@dataclass
class Agent:
    """A client with a conversation, Dragoman's dialect behind it and the strict server behind that."""

    api: GeminiApi
    thinking: dict[str, Any] | None
    messages: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    store: dict[str, str] = field(default_factory=dict[str, str])

    def ask(self) -> dict[str, Any]:
        """One request and the answer to it, which goes into the conversation."""
        body: dict[str, Any] = {"model": "claude-x", "max_tokens": 32000, "stream": True, "tools": TOOLS}
        body |= {"messages": self.messages} | ({"thinking": self.thinking} if self.thinking else {})
        request = parse_request(json.dumps(body).encode(), ())
        url = "https://us-central1-aiplatform.googleapis.com" if self.api.flavor.vertex else "https://x.test"
        quirks = quirks_for(url, MODEL, "gemini", "vertex" if self.api.flavor.vertex else "direct")
        written = Gemini().write_request(request, MODEL, quirks, Origin("ours", self.store.get))
        heard = hear(
            lambda: Gemini().open_reply(request, written, self.ids_of_turn()), self.exchange(written)
        )
        self.store |= heard.kept
        message = fold(heard.events)
        self.messages.append({"role": "assistant", "content": message["content"]})
        return message

    def ids_of_turn(self) -> Any:
        """Fresh ids, the same for every reading of one reply."""
        turn, new_id = len(self.messages), counting_ids()
        return lambda: f"{turn:02d}{new_id()[2:]}"

    def exchange(self, written: Any) -> bytes:
        """The bytes with which the server answers. AssertionError if it refuses."""
        secret = ("authorization", "Bearer t") if self.api.flavor.vertex else ("x-goog-api-key", "k")
        middle = "/publishers/google" if self.api.flavor.vertex else ""
        target = self.api.base_path + middle + written.path
        wire = WireRequest("POST", target, [secret], written.body, cast("Connection", None), 0.0)
        answer = self.api.answer(wire)
        assert self.api.violations == []
        return b"".join(cast("bytes", step) for step in answer.body)

    def reply_to(self, message: dict[str, Any], words: str) -> None:
        """Results for all calls, or the next question."""
        results = [
            {"type": "tool_result", "tool_use_id": block["id"], "content": words}
            for block in message["content"]
            if block["type"] == "tool_use"
        ]
        self.messages.append({"role": "user", "content": results or [{"type": "text", "text": words}]})


def _numbered(replies: list[Reply]) -> list[Reply]:
    """No text twice: the store tells texts apart by what they say."""
    return [
        replace(
            reply,
            parts=tuple(
                replace(part, text=f"{number} {part.text}") if isinstance(part, Text) else part
                for part in reply.parts
            ),
        )
        for number, reply in enumerate(replies)
    ]


steps = st.lists(
    st.builds(
        lambda thoughts, said, calls: Reply(parts=(*thoughts, *said, *calls)),
        st.lists(st.builds(Reasoning, texts, sizes), max_size=1),
        st.lists(st.builds(Text, texts, sizes), max_size=1),
        st.lists(st.builds(Call, st.sampled_from(["Bash", "mcp__a__b"]), json_objects), max_size=3),
    ).filter(lambda reply: any(not isinstance(part, Reasoning) for part in reply.parts)),
    min_size=1,
    max_size=5,
).map(_numbered)
flavors = st.builds(
    lambda words, thoughts, together, vertex: GeminiFlavor(
        signs=frozenset({"calls", *words, *thoughts}), calls_together=together, vertex=vertex
    ),
    st.sampled_from([(), ("texts",), ("trailing",)]),
    st.sampled_from([(), ("thoughts",)]),
    st.booleans(),
    st.booleans(),
)


def play(agent: Agent, replies: list[Reply], restart: int | None = None) -> int:
    """The whole conversation, and one more question so that the last signatures come back too.

    Returns how many signatures there were before that question.
    """
    agent.messages.append({"role": "user", "content": "begin"})
    for number in range(len(replies) + 1):
        if number == restart:
            agent.store.clear()
        issued = agent.api.signatures.issued
        agent.reply_to(agent.ask(), f"words {number}")
    return issued


def agent_for(replies: list[Reply], flavor: GeminiFlavor, thinking: dict[str, Any] | None) -> Agent:
    return Agent(GeminiApi([*replies, Reply(parts=(Text("end"),))], flavor=flavor), thinking)


def unreturned_calls(agent: Agent) -> list[Any]:
    return [signed for signed in agent.api.signatures.missing if signed.kind == "call"]


@pytest.mark.parametrize("thinking", [None, SHOWN, OMITTED], ids=["unasked", "shown", "omitted"])
@settings(max_examples=25, deadline=None)
@given(replies=steps, flavor=flavors)
def test_with_its_store_no_signature_is_lost_or_altered(thinking, replies, flavor):
    agent = agent_for(replies, flavor, thinking)
    issued = play(agent, replies)
    assert agent.api.signatures.verified == issued
    assert agent.api.signatures.skipped == 0


@pytest.mark.parametrize("thinking", [SHOWN, OMITTED], ids=["shown", "omitted"])
@settings(max_examples=25, deadline=None)
@given(replies=steps, flavor=flavors, data=st.data())
def test_after_a_restart_the_thinking_blocks_carry_the_signatures(thinking, replies, flavor, data):
    agent = agent_for(replies, flavor, thinking)
    play(agent, replies, restart=data.draw(st.integers(0, len(replies))))
    assert unreturned_calls(agent) == []
    assert agent.api.signatures.skipped == 0


@settings(max_examples=25, deadline=None)
@given(replies=steps, flavor=flavors, data=st.data())
def test_after_a_restart_without_thinking_the_check_is_skipped_and_nothing_refused(replies, flavor, data):
    agent = agent_for(replies, flavor, None)
    restart = data.draw(st.integers(0, len(replies)))
    play(agent, replies, restart)
    called_before = any(reply.calls for reply in replies[:restart])
    assert (agent.api.signatures.skipped > 0) == called_before
