"""The official client of a scripted server of OpenAI's kind, and a reader that takes its stream as it is."""

import json
from typing import Any

import aiohttp
import openai

from tests.support.openai_server import OpenAIServer

KEY = "test-key-openai"


def client_of(upstream: OpenAIServer, key: str = KEY) -> openai.AsyncOpenAI:
    return openai.AsyncOpenAI(api_key=key, base_url=upstream.base_url, max_retries=0)


async def stream_lines(upstream: OpenAIServer, path: str, body: dict[str, Any]) -> list[Any]:
    """The lines of a streamed answer, read without an SDK: data as JSON, names of events and whatever else as strings."""
    async with (
        aiohttp.ClientSession() as session,
        session.post(
            upstream.base_url + path, json=body | {"stream": True}, headers={"authorization": f"Bearer {KEY}"}
        ) as answer,
    ):
        raw = (await answer.read()).decode()
    texts = [line.removeprefix("data: ") for line in raw.split("\n") if line]
    return [json.loads(text) if text.startswith("{") else text for text in texts]
