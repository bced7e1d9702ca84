"""What `message_start` says before the upstream counts, against the vocabulary of OpenAI's models."""

import json
from pathlib import Path
from typing import Any

import pytest
import toktok

from dragoman.dialects.openai_chat.request import write_request
from dragoman.messages.parse import parse_request
from dragoman.routing.presets import quirks_for

RECORDED = sorted(Path(__file__).parents[1].joinpath("fixtures", "claude-code").glob("*.json"))
LEAST = 500
"""Tokens; below, a few of them are many per cent, and no meter is near its end."""


def conversations() -> list[Any]:
    return [
        pytest.param(request["body"], id=f"{path.stem}-{number}")
        for path in RECORDED
        for number, request in enumerate(json.loads(path.read_text("utf-8"))["requests"])
        if request["path"].endswith("/messages") and "base64" not in json.dumps(request["body"])
    ]


def tokens(text: str) -> int:
    return sum(toktok.batch_count([text], "o200k_base"))


def counted(sent: dict[str, Any]) -> int:
    """Content, calls and tools in tokens, and four for each message."""
    total = tokens(json.dumps(sent.get("tools", ""), separators=(",", ":"), ensure_ascii=False))
    for message in sent["messages"]:
        content = message.get("content") or ""
        texts = [content] if isinstance(content, str) else [part.get("text", "") for part in content]
        calls = [json.dumps(call["function"]) for call in message.get("tool_calls", ())]
        total += 4 + sum(tokens(text) for text in (*texts, *calls))
    return total


@pytest.mark.parametrize("body", conversations())
def test_estimate_of_a_recorded_request_is_near_the_count(body: dict[str, Any]) -> None:
    """Case 17: within 15 %."""
    request = parse_request(json.dumps(body).encode(), ())
    written = write_request(request, "gpt-4.1", quirks_for("https://api.openai.com/v1", "gpt-4.1"))
    count = counted(json.loads(written.body))
    assert written.estimated_input_tokens > 0
    if count >= LEAST:
        assert abs(written.estimated_input_tokens / count - 1) <= 0.15
