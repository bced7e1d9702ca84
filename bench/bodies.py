"""What the driver asks: Messages requests as the real Claude Code sends them, small and large, as HTTP bytes.

The large one is a recorded request of several tool turns, its conversation grown with plausible file reads.
"""

from copy import deepcopy
from pathlib import Path
from typing import Any

import msgspec

FIXTURE = Path(__file__).parents[1] / "tests/fixtures/claude-code/tools_multi_turn.json"
LARGE_BYTES = 300_000
LINES = (
    "from collections.abc import Iterator, Mapping",
    "",
    "def read_rows(path: str, *, limit: int | None = None) -> Iterator[Mapping[str, str]]:",
    '    """Rows of a table, one dict each; stops after `limit` rows."""',
    '    with open(path, encoding="utf-8") as file:',
    '        names = next(file).rstrip("\\n").split("\\t")',
    "        for number, line in enumerate(file):",
    "            if limit is not None and number >= limit:",
    "                return",
    '            yield dict(zip(names, line.rstrip("\\n").split("\\t"), strict=True))',
    "",
    "# Größe, naïve, 表: what a parser meets in the wild — it must come out as it went in.",
)
RECORDED_HEADERS = (
    ("accept", "application/json"),
    ("content-type", "application/json"),
    ("user-agent", "claude-cli/2.1.197 (external, sdk-cli)"),
    ("x-claude-code-session-id", "00000000-0000-4000-8000-000000000001"),
    ("x-stainless-lang", "js"),
    ("x-stainless-retry-count", "0"),
    ("x-stainless-timeout", "600"),
    ("anthropic-beta", "claude-code-20250219,interleaved-thinking-2025-05-14,effort-2025-11-24"),
    ("anthropic-dangerous-direct-browser-access", "true"),
    ("anthropic-version", "2023-06-01"),
    ("x-api-key", "test-key"),
    ("x-app", "cli"),
    ("accept-encoding", "gzip, deflate, br, zstd"),
)


def small_body(model: str, *, stream: bool) -> dict[str, Any]:
    """One short question."""
    messages = [{"role": "user", "content": "Say hello."}]
    return {"model": model, "max_tokens": 1024, "messages": messages, "stream": stream}


def recorded_body() -> dict[str, Any]:
    """The largest request body of the recorded session."""
    recording = msgspec.json.decode(FIXTURE.read_bytes())
    bodies: list[dict[str, Any]] = [request["body"] for request in recording["requests"]]
    return max(bodies, key=lambda body: len(msgspec.json.encode(body)))


def read_turn(number: int, lines: int) -> list[dict[str, Any]]:
    """An assistant that reads a file, and the file as Claude Code numbers its lines."""
    call = {
        "type": "tool_use",
        "id": f"toolu_bench{number:06d}",
        "name": "Read",
        "input": {
            "file_path": f"/project/src/rows_{number}.py",
            "offset": 1 + number * lines,
            "limit": lines,
        },
    }
    content = "\n".join(f"{number * lines + n + 1}\t{LINES[n % len(LINES)]}" for n in range(lines))
    result = {"type": "tool_result", "tool_use_id": call["id"], "content": content}
    return [
        {"role": "assistant", "content": [{"type": "text", "text": f"I read part {number}."}, call]},
        {"role": "user", "content": [result]},
    ]


def large_body(model: str, size: int = LARGE_BYTES) -> dict[str, Any]:
    """The recorded request for `model`, streamed, grown to `size` bytes of JSON or just above."""
    body: dict[str, Any] = deepcopy(recorded_body()) | {"model": model, "stream": True}
    number = 0
    missing = size - len(msgspec.json.encode(body))
    while missing > 0:
        turn = read_turn(number, 120)
        body["messages"] += turn
        missing -= len(msgspec.json.encode(turn)) - 1
        number += 1
    return body


def http_request(port: int, path: str, body: dict[str, Any], key: str = "test-key") -> bytes:
    """A whole HTTP/1.1 request, ready to write; `key` is what the server wants of its clients."""
    payload = msgspec.json.encode(body)
    own = {"host": f"127.0.0.1:{port}"} | dict(RECORDED_HEADERS)
    headers = own | {"x-api-key": key, "content-length": str(len(payload))}
    head = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    return f"POST {path} HTTP/1.1\r\n{head}\r\n".encode() + payload
