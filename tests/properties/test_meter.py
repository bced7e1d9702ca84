"""Whatever an upstream counts with, from the second turn on the start of a stream tells its number nearly."""

import argparse
import difflib
import email.message
import inspect
import json
import math
import textwrap
from random import Random
from types import ModuleType
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dragoman.messages.events import MessageStart
from dragoman.wire.exchange import HttpRequest
from tests.support.counted_prompts import count_body
from tests.support.ports import Bench, FakeReply, ask, streamed, target

SESSION = (("x-claude-code-session-id", "session-1"),)
SOURCES: tuple[ModuleType, ...] = (argparse, difflib, email.message, textwrap)
CHINESE = "模型无法直接读取文件，因此客户端会先发送一个工具调用，然后把结果作为下一条消息返回。"
GERMAN = "Der Vermittler übersetzt jede Anfrage in die Sprache des Modells und die Antwort wieder zurück. "
TABLE = [{"id": n, "name": f"item {n}", "price": n * 1.25, "tags": ["a", "b"]} for n in range(200)]
TEXTS = [
    *(inspect.getsource(module) for module in SOURCES),
    *(
        "\n\n".join(inspect.getdoc(member) or "" for _, member in inspect.getmembers(module))
        for module in SOURCES
    ),
    json.dumps(TABLE),
    CHINESE * 200,
    GERMAN * 100,
]

COUNTERS = {
    "o200k": lambda body: count_body(body),
    "cl100k": lambda body: count_body(body, "cl100k_base"),
    "o200k times 1.25": lambda body: math.ceil(count_body(body) * 1.25),
}


class CountingUpstream:
    """Answers `ok`, and tells in its last chunk what it counted in the body."""

    def __init__(self, counter: Any) -> None:
        self._counter = counter
        self.counted: list[int] = []

    async def open(self, request: HttpRequest) -> FakeReply:
        body = json.loads(request.body)
        counted = self._counter(body)
        self.counted.append(counted)
        return streamed(*(f"data: {json.dumps(said)}\n\n".encode() for said in _said(counted, body)))


def _said(counted: int, asked: dict[str, Any]) -> list[dict[str, Any]]:
    if "input" in asked:
        item = {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": "ok"}]}
        usage = {"input_tokens": counted, "output_tokens": 1, "total_tokens": counted + 1}
        response = {"status": "completed", "output": [item], "usage": usage}
        return [
            {"type": "response.output_item.done", "output_index": 0, "item": item},
            {"type": "response.completed", "response": response},
        ]
    if "contents" in asked:
        usage = {"promptTokenCount": counted, "candidatesTokenCount": 1, "totalTokenCount": counted + 1}
        parts = {"content": {"role": "model", "parts": [{"text": "ok"}]}}
        return [
            {"candidates": [parts]},
            {"candidates": [{**parts, "finishReason": "STOP"}], "usageMetadata": usage},
        ]
    usage = {"prompt_tokens": counted, "completion_tokens": 1}
    return [
        {"choices": [{"index": 0, "delta": {"content": "ok"}}]},
        {"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}], "usage": usage},
    ]


def piece(random: Random, least: int = 400) -> str:
    """Up to 4,000 bytes of one kind of text."""
    text = random.choice(TEXTS).encode()
    length = random.randint(least, 4000)
    start = random.randint(0, len(text) - length)
    return text[start : start + length].decode(errors="ignore")


def grown(messages: list[dict[str, Any]], random: Random) -> list[dict[str, Any]]:
    """The conversation with one more answer and question, or call and result."""
    number = len(messages)
    if random.random() < 0.5:
        call = {
            "type": "tool_use",
            "id": f"toolu_{number:024d}",
            "name": "Read",
            "input": {"path": piece(random)[:60]},
        }
        result = {"type": "tool_result", "tool_use_id": call["id"], "content": piece(random)}
        return [*messages, {"role": "assistant", "content": [call]}, {"role": "user", "content": [result]}]
    return [
        *messages,
        {"role": "assistant", "content": piece(random)[:800]},
        {"role": "user", "content": piece(random)},
    ]


async def started_with(bench: Bench, messages: list[dict[str, Any]], system: str) -> int:
    """The input tokens that the first event of the answer tells."""
    request = ask(
        SESSION,
        messages=messages,
        system=system,
        tools=[{"name": "Read", "input_schema": {"type": "object"}}],
    )
    starts = [
        said.message.usage.input_tokens
        async for batch in bench.relay.answer(request, "req_1").events()
        for said in batch
        if isinstance(said, MessageStart)
    ]
    [start] = starts
    return start


@pytest.mark.parametrize("counter", COUNTERS)
@pytest.mark.parametrize("dialect", ["openai_chat", "openai_responses", "gemini"])
@settings(max_examples=15)
@given(random=st.randoms(use_true_random=False))
async def test_from_the_second_turn_on_the_first_event_is_near_the_last(
    dialect: str, counter: str, random: Random
) -> None:
    """Case 17: within 15 % of what the upstream counts, whatever it counts with, and never 0."""
    upstream = CountingUpstream(COUNTERS[counter])
    bench = Bench(upstream, target(dialect, "some-model"))
    messages: list[dict[str, Any]] = [{"role": "user", "content": piece(random)}]
    # What agents begin with: one short text of one kind would say little of the next one.
    system = "\n".join(piece(random, least=2000) for _ in range(4))
    for turn in range(random.randint(2, 6)):
        told = await started_with(bench, messages, system)
        assert told > 0
        if turn:
            assert abs(told / upstream.counted[-1] - 1) <= 0.15
        messages = grown(messages, random)
