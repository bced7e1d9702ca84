"""The official Python SDK as a client of Dragoman."""

from typing import Any

from anthropic import AsyncAnthropic, DefaultAsyncHttpxClient

CLIENT_KEY = "test-key-client"

WEATHER: dict[str, Any] = {
    "name": "get_weather",
    "description": "The weather of a place.",
    "input_schema": {
        "type": "object",
        "properties": {"place": {"type": "string"}},
        "required": ["place"],
    },
}


def sdk(url: str, **options: Any) -> AsyncAnthropic:
    """A client without retries; `options` replace the SDK's own. To be closed with `async with`."""
    # Nothing here is encrypted, and reading the trusted certificates takes longer than a test.
    http = DefaultAsyncHttpxClient(base_url=url, verify=False)
    return AsyncAnthropic(
        **{"base_url": url, "api_key": CLIENT_KEY, "max_retries": 0, "http_client": http, **options}
    )


def message_of(**fields: Any) -> dict[str, Any]:
    """The arguments of a small request; `fields` replace its own."""
    return {
        "model": "claude-sonnet-5",
        "max_tokens": 1000,
        "messages": [{"role": "user", "content": "hi"}],
        **fields,
    }


async def told(client: Any, streams: bool, **fields: Any) -> Any:
    """The message, asked for in either way."""
    if not streams:
        return await client.messages.create(**message_of(**fields))
    async with client.messages.stream(**message_of(**fields)) as stream:
        return await stream.get_final_message()
