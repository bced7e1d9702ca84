"""A client that keeps its history as the official SDK hands it over, and runs every tool that the model calls."""

from typing import Any

from anthropic import AsyncAnthropic

from tests.live_server.sdk import WEATHER

THINKING = {"type": "enabled", "budget_tokens": 2048}


class Conversation:
    """One conversation; `fields` go with each of its requests."""

    def __init__(self, **fields: Any) -> None:
        self.fields: dict[str, Any] = {"max_tokens": 8000, "tools": [WEATHER], **fields}
        self.messages: list[dict[str, Any]] = []

    def say(self, text: str) -> None:
        """The user's next words."""
        self.messages.append({"role": "user", "content": text})

    async def step(self, client: AsyncAnthropic, **fields: Any) -> Any:
        """The model's next message. Its calls have their results at once, so that the next step may follow."""
        asked = {"model": "claude-sonnet-5", **self.fields, **fields, "messages": self.messages}
        async with client.messages.stream(**asked) as stream:
            message = await stream.get_final_message()
        self.messages.append({"role": "assistant", "content": message.to_dict()["content"]})
        results = [
            {"type": "tool_result", "tool_use_id": block.id, "content": f"sun at {len(self.messages)}"}
            for block in message.content
            if block.type == "tool_use"
        ]
        if results:
            self.messages.append({"role": "user", "content": results})
        return message
