"""What a tokenizer counts in the body that a backend gets, and how far the estimate is from it.

`uv run python -m tests.support.counted_prompts` prints the distribution for the recorded requests of Claude Code, which
docs/concepts/counting.md quotes.
"""

import json
import math
import statistics
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import toktok

from dragoman.dialects.dialect import Dialect
from dragoman.dialects.gemini.gemini import Gemini
from dragoman.dialects.openai_chat.chat import OpenAIChat
from dragoman.dialects.openai_responses.responses import OpenAIResponses
from dragoman.messages.estimate import read_prompt
from dragoman.messages.parse import parse_request
from dragoman.messages.request import MessagesRequest
from dragoman.routing.presets import quirks_for

RECORDED = Path(__file__).parents[1] / "fixtures" / "claude-code"
AROUND_A_MESSAGE = 4
VENDORS: dict[str, tuple[Dialect, str, str]] = {
    "openai_chat": (OpenAIChat(), "https://api.openai.com/v1", "gpt-4.1"),
    "openai_responses": (OpenAIResponses(), "https://api.openai.com/v1", "gpt-6.2-sol"),
    "gemini": (Gemini(), "https://generativelanguage.googleapis.com", "gemini-3.8-flash"),
}
"""By dialect: itself, a base URL and a model there."""


def tokens(text: str, vocabulary: str = "o200k_base") -> int:
    return toktok.batch_count([text], vocabulary)[0]


def count_body(sent: dict[str, Any], vocabulary: str = "o200k_base") -> int:
    """Texts, calls, results and tools of a Chat, Responses or Gemini request, and four tokens for each message. Media are not
    counted."""
    if "contents" in sent:
        system = sent.get("systemInstruction", {"parts": []})["parts"]
        turns = [turn["parts"] for turn in sent["contents"]]
        texts = [*_texts(system), *(text for parts in turns for text in _texts(parts))]
        number = len(turns) + bool(system)
    elif "input" in sent:
        instructions = [sent["instructions"]] if "instructions" in sent else []
        texts = [*instructions, *(text for item in sent["input"] for text in _item_texts(item))]
        number = len(sent["input"]) + len(instructions)
    else:
        texts = [text for message in sent["messages"] for text in _chat_texts(message)]
        number = len(sent["messages"])
    if sent.get("tools"):
        texts.append(json.dumps(sent["tools"], separators=(",", ":"), ensure_ascii=False))
    return AROUND_A_MESSAGE * number + sum(toktok.batch_count(texts, vocabulary))


def _chat_texts(message: dict[str, Any]) -> Iterator[str]:
    content = message.get("content") or ""
    yield from [content] if isinstance(content, str) else [part.get("text", "") for part in content]
    for call in message.get("tool_calls", ()):
        yield json.dumps(call["function"])


def _item_texts(item: dict[str, Any]) -> Iterator[str]:
    if item["type"] == "function_call":
        yield json.dumps({name: item[name] for name in ("name", "arguments")}, ensure_ascii=False)
    elif item["type"] == "additional_tools":
        yield json.dumps(item["tools"], separators=(",", ":"), ensure_ascii=False)
    else:
        content = item.get("content", item.get("output", ""))
        yield from [content] if isinstance(content, str) else [part.get("text", "") for part in content]


def _texts(parts: list[dict[str, Any]]) -> Iterator[str]:
    for part in parts:
        if "text" in part:
            yield part["text"]
        for kind in ("functionCall", "functionResponse"):
            if kind in part:
                yield json.dumps(part[kind], ensure_ascii=False)


def recorded_requests() -> Iterator[tuple[str, MessagesRequest]]:
    """Every recorded conversation without media, by the name of its file and its place there."""
    for path in sorted(RECORDED.glob("*.json")):
        for number, recorded in enumerate(json.loads(path.read_text("utf-8"))["requests"]):
            body = recorded.get("body")
            if not body or not body.get("messages") or "base64" in json.dumps(body):
                continue
            body = {"model": "m", "max_tokens": 1, **body}
            yield f"{path.stem}-{number}", parse_request(json.dumps(body).encode(), ())


def estimate_and_count(dialect: str, request: MessagesRequest) -> tuple[int, int]:
    """What `message_start` would say at first, and what o200k counts in the same body."""
    spoken, base_url, model = VENDORS[dialect]
    written = spoken.write_request(request, model, quirks_for(base_url, model, dialect))
    return written.estimated_input_tokens, count_body(json.loads(written.body))


def count_here(request: MessagesRequest) -> int:
    """What count_tokens answers where it counts with a vocabulary."""
    prompt = read_prompt(request)
    texts = prompt.written()
    return sum(toktok.batch_count(texts, "o200k_base")) + len(texts) + prompt.tokens


def main() -> None:
    requests = list(recorded_requests())
    rows = {name: [estimate_and_count(name, request) for _, request in requests] for name in VENDORS}
    rows["count_tokens"] = [
        (count_here(request), count)
        for (_, request), (_, count) in zip(requests, rows["openai_chat"], strict=True)
    ]
    for name, pairs in rows.items():
        errors = sorted(estimate / count - 1 for estimate, count in pairs if count >= 100)
        small = [abs(estimate - count) for estimate, count in pairs if count < 100]
        middle, low, high = statistics.mean(errors), errors[0], errors[-1]
        nine = errors[math.ceil(len(errors) * 0.9) - 1]
        print(
            f"{name}: {len(errors)} requests of 100 tokens or more: mean {middle:+.1%}, 90 % up to {nine:+.1%}, "
            f"all from {low:+.1%} to {high:+.1%}; {len(small)} smaller: off by at most {max(small)} tokens"
        )


if __name__ == "__main__":
    main()
