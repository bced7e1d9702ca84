"""Several turns with one running client: the user's side of it, as hosts of the client's SDK speak it.

Each line of the client's input and output is one JSON object. Besides the messages of both sides there are requests
with answers: the client asks whether it may use a tool, and the host changes the model.
"""

import asyncio
import contextlib
import itertools
import json
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from tests.support.claude_code import ClaudeCode, ClaudeRun

TALKING = ("--input-format", "stream-json", "--permission-prompt-tool", "stdio")

Decide = Callable[[str, dict[str, Any]], str | None]
"""Name and input of a tool that the client may not use unasked: None allows it, words refuse it."""


def allow(_name: str, _input: dict[str, Any]) -> None:
    """What a user says who trusts everything."""


class ClaudeSession:
    """A running client. Nothing that it is waited for may take longer than `patience` seconds."""

    def __init__(self, process: asyncio.subprocess.Process, decide: Decide, patience: float) -> None:
        assert process.stdin is not None
        assert process.stdout is not None
        assert process.stderr is not None
        self._process = process
        self._in, self._out = process.stdin, process.stdout
        self._stderr = asyncio.ensure_future(process.stderr.read())
        self._decide = decide
        self._patience = patience
        self._ids = itertools.count(1)
        self.events: list[dict[str, Any]] = []
        """Every line of the client so far."""
        self.asked: list[tuple[str, dict[str, Any]]] = []
        """Name and input of each tool that it asked leave for."""

    async def say(self, text: str) -> str:
        """The client's last words on this turn of the user. AssertionError if it failed."""
        message = {"role": "user", "content": text}
        self._send({"type": "user", "message": message, "parent_tool_use_id": None, "session_id": ""})
        return await self.result()

    async def result(self) -> str:
        """The last words of the next turn that ends: also of one that the client began by itself."""
        event = await self._until(lambda event: event["type"] == "result")
        assert not event["is_error"], self._story
        return str(event["result"])

    async def use_model(self, name: str) -> None:
        """From the next request on."""
        request_id = f"host-{next(self._ids)}"
        asked = {"subtype": "set_model", "model": name}
        self._send({"type": "control_request", "request_id": request_id, "request": asked})
        answer = await self._until(
            lambda event: (
                event["type"] == "control_response" and event["response"]["request_id"] == request_id
            )
        )
        assert answer["response"]["subtype"] == "success", answer

    async def end(self) -> ClaudeRun:
        """Says goodbye, and tells how it went."""
        self._in.close()
        async with asyncio.timeout(self._patience):
            async for line in self._out:
                self._take(line)
            code = await self._process.wait()
        return ClaudeRun(code, self.events, (await self._stderr).decode(errors="replace"))

    @property
    def _story(self) -> str:
        return ClaudeRun(None, self.events, "").story

    def _send(self, message: Mapping[str, Any]) -> None:
        self._in.write(json.dumps(message).encode() + b"\n")

    async def _until(self, wanted: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        try:
            async with asyncio.timeout(self._patience):
                async for line in self._out:
                    event = self._take(line)
                    if event and wanted(event):
                        return event
        except TimeoutError:
            raise AssertionError(f"not within {self._patience} s: {self._story}") from None
        errors = (await self._stderr).decode(errors="replace")
        raise AssertionError(f"the client ended: {self._story}{errors}")

    def _take(self, line: bytes) -> dict[str, Any]:
        if not line.startswith(b"{"):
            return {}
        event: dict[str, Any] = json.loads(line)
        self.events.append(event)
        if event["type"] == "control_request" and event["request"]["subtype"] == "can_use_tool":
            self._answer(event["request_id"], event["request"])
        return event

    def _answer(self, request_id: str, request: dict[str, Any]) -> None:
        name, given = request["tool_name"], request["input"]
        self.asked.append((name, given))
        refusal = self._decide(name, given)
        decision = (
            {"behavior": "allow", "updatedInput": given}
            if refusal is None
            else {"behavior": "deny", "message": refusal}
        )
        answer = {"subtype": "success", "request_id": request_id, "response": decision}
        self._send({"type": "control_response", "response": answer})


@contextlib.asynccontextmanager
async def claude_session(
    client: ClaudeCode,
    base_url: str,
    *,
    workdir: Path,
    model: str,
    args: Sequence[str] = (),
    env: Mapping[str, str] | None = None,
    decide: Decide = allow,
    patience: float = 40,
) -> AsyncGenerator[ClaudeSession]:
    """A client that waits for its user's first words; killed if it still runs at the end. `env` adds variables."""
    every = (*TALKING, *args, "--model", model)
    env = {"ANTHROPIC_AUTH_TOKEN": "test-token", **(env or {})}
    async with client.started(base_url, workdir=workdir, args=every, extra_env=env) as process:
        yield ClaudeSession(process, decide, patience)
