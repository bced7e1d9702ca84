"""Counts an input as /responses/input_tokens does: the same request always gives the same number."""

import json
from collections.abc import Iterator
from typing import Any

import toktok

IMAGE_TOKENS = {"low": 85, "auto": 765, "high": 1105, "original": 1500}
FILE_TOKENS = 1500
ITEM_TOKENS = 4
"""What frames an item."""


def count_input(body: dict[str, Any]) -> int:
    """The input tokens of a request, in the tokens of o200k_base."""
    items = body["input"] if isinstance(body["input"], list) else [{"content": body["input"]}]
    texts: list[str] = [body.get("instructions") or ""]
    fixed = 3
    for item in items:
        fixed += ITEM_TOKENS
        for part in _parts(item):
            if isinstance(part, str):
                texts.append(part)
            elif part["type"] == "input_image":
                fixed += IMAGE_TOKENS[part.get("detail") or "auto"]
            elif part["type"] == "input_file":
                fixed += FILE_TOKENS
            else:
                texts.append(part.get("text") or part.get("refusal") or "")
    for told in [*(body.get("tools") or ()), (body.get("text") or {}).get("format") or {}]:
        texts.append(json.dumps(told, sort_keys=True) if told else "")
    return fixed + sum(toktok.batch_count(texts, "o200k_base"))


def _parts(item: dict[str, Any]) -> Iterator[str | dict[str, Any]]:
    """Whatever of an item the model reads."""
    for field in ("content", "output", "summary"):
        value = item.get(field) or ()
        if isinstance(value, str):
            yield value
        else:
            yield from value
    for field in ("name", "arguments"):
        if item.get(field):
            yield item[field]
    if item.get("encrypted_content"):
        # What is hidden is paid for by its length.
        yield "x " * (len(item["encrypted_content"]) // 16)
    if item.get("tools"):
        yield json.dumps(item["tools"], sort_keys=True)
