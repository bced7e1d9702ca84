"""Stands for LiteLLM where it is not what is tested."""

import asyncio
from collections.abc import Mapping
from typing import Any


class Chunk:
    """As pydantic's objects: tells its value."""

    def __init__(self, text: str = "", finish: str | None = None) -> None:
        self.value = {"choices": [{"delta": {"content": text}, "finish_reason": finish}]}

    def model_dump(self, **options: Any) -> dict[str, Any]:
        assert options == {"mode": "json", "exclude_none": True}
        return self.value


class Stream:
    """As CustomStreamWrapper: chunks, exceptions or seconds of silence, in turn."""

    def __init__(self, *steps: Chunk | Exception | float, finish: str | None = "stop") -> None:
        self._steps = list(steps)
        self.received_finish_reason = finish
        self.closed = 0

    def __aiter__(self) -> "Stream":
        return self

    async def __anext__(self) -> Chunk:
        while self._steps:
            step = self._steps.pop(0)
            if isinstance(step, Exception):
                raise step
            if isinstance(step, Chunk):
                return step
            await asyncio.sleep(step)
        raise StopAsyncIteration

    async def aclose(self) -> None:
        self.closed += 1


class FakeLibrary:
    """Implements `Library`: answers with what it is given, or raises it."""

    def __init__(self, *answers: Any, vendor: str = "openai") -> None:
        self._answers = list(answers)
        self._vendor = vendor
        self.arguments: list[dict[str, Any]] = []
        self.closed = 0

    def vendor_of(self, model: str) -> str:
        return self._vendor

    async def complete(self, arguments: Mapping[str, Any]) -> Any:
        self.arguments.append(dict(arguments))
        answer = self._answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        if isinstance(answer, float):
            await asyncio.sleep(answer)
        return answer

    async def close(self) -> None:
        self.closed += 1
