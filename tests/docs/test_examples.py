"""The requests that the documents show are sent, to a Dragoman that has the `.env` that they show."""

import asyncio
import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

import pytest

from dragoman.wire.jsonbytes import decode
from tests.docs.pages import ROOT, code_blocks, environment_files, shell_commands, shown
from tests.support.anthropic_upstream import ScriptedAnthropic
from tests.support.dragoman_process import DragomanProcess
from tests.support.gemini_upstream import ScriptedGemini
from tests.support.openai_flavor import DEEPSEEK
from tests.support.openai_upstream import ScriptedOpenAI
from tests.support.replies import Reply, Text

README = ROOT / "README.md"
CHANNELS = ROOT / "docs/guides/channels.md"
VENDORS = ROOT / "docs/guides/vendors.md"
GOOGLE = ROOT / "docs/guides/google.md"
DOCUMENTED = "http://localhost:8082"
GREETING = Reply(parts=(Text("Good day."),))


def curl_commands(page: Path) -> list[list[str]]:
    return [shlex.split(command) for command in shell_commands(page) if command.startswith("curl ")]


def send(command: list[str], url: str) -> dict[str, Any]:
    """What curl would get. It adds no header of its own that matters here."""
    [_, address, *options] = command
    headers: dict[str, str] = {}
    body = b""
    for option, value in zip(options[::2], options[1::2], strict=True):
        match option:
            case "-H":
                name, _, content = value.partition(": ")
                headers[name] = content
            case "-d":
                body = value.encode()
            case _:
                raise AssertionError(f"{option} is not read by this test")
    with urlopen(Request(address.replace(DOCUMENTED, url), body, headers), timeout=20) as answer:
        return decode(answer.read())


def documented_settings(page: Path, hosts: Mapping[str, str]) -> str:
    """The page's `.env` lines with the hosts of this test in place of the examples'."""
    text = "\n".join(environment_files(page))
    for example, ours in hosts.items():
        text = text.replace(f'"{example}"', f'"{ours}"')
    assert ".example.com" not in text
    return text


async def test_the_first_example_is_answered_by_the_demo_without_any_key(tmp_path: Path) -> None:
    (tmp_path / ".env").write_bytes((ROOT / ".env.example").read_bytes())
    command = curl_commands(README)[0]
    async with DragomanProcess({}, tmp_path) as dragoman:
        message = await asyncio.to_thread(send, command, dragoman.url)
    assert message["type"] == "message"
    assert "demo model" in message["content"][0]["text"]


@pytest.mark.parametrize("page", [README, CHANNELS], ids=shown)
async def test_the_channel_examples_reach_their_channel_with_its_key(page: Path, tmp_path: Path) -> None:
    """H09, H10 and H11: nothing but a content type is sent, and prefix and suffix do not reach the upstream."""
    async with (
        ScriptedOpenAI(GREETING) as chat,
        ScriptedAnthropic(GREETING, models=("claude-3-opus",)) as messages,
    ):
        hosts = {
            "https://llm.example.com/openai/v1": chat.base_url,
            "https://claude.example.com/v1": f"{messages.base_url}/v1",
        }
        (tmp_path / ".env").write_text(documented_settings(page, hosts), "utf-8")
        commands = [
            command for command in curl_commands(page) if "/" in decode(command[-1].encode())["model"]
        ]
        async with DragomanProcess({}, tmp_path) as dragoman:
            for command in commands:
                answer = await asyncio.to_thread(send, command, dragoman.url)
                assert answer["content"] == [{"type": "text", "text": "Good day."}]
        assert not chat.violations
        assert not messages.violations
        asked = {call.wire.header("authorization"): call.body["model"] for call in chat.requests}
        keys = ["your-key-for-work", "your-default-key"][: len(chat.requests)]
        assert asked == {f"Bearer {key}": "gpt-4o" for key in keys}
        [call] = messages.requests
        assert (call.wire.header("x-api-key"), call.body["model"]) == (
            "your-second-claude-key",
            "claude-3-opus",
        )
        assert len(commands) == len(chat.requests) + 1


async def test_the_second_google_account_is_asked_with_its_own_key(tmp_path: Path) -> None:
    [command] = curl_commands(GOOGLE)
    channel = [line for line in environment_files(GOOGLE) if line.startswith("CHANNEL_GEMINI2_")]
    async with ScriptedGemini(GREETING, key="your-second-gemini-key") as gemini:
        settings = "\n".join(channel).replace("https://gemini.example.com/v1beta", gemini.base_url)
        (tmp_path / ".env").write_text(settings, "utf-8")
        async with DragomanProcess({}, tmp_path) as dragoman:
            answer = await asyncio.to_thread(send, command, dragoman.url)
    assert answer["content"] == [{"type": "text", "text": "Good day."}]
    assert len(gemini.asked) == 1
    assert gemini.violations == []


async def test_the_vendors_example_reaches_the_vendor_with_its_key(tmp_path: Path) -> None:
    [command] = curl_commands(VENDORS)
    first = next(block.text for block in code_blocks(VENDORS) if block.text.startswith("# .env"))
    async with ScriptedOpenAI(GREETING, flavor=DEEPSEEK, key="your-deepseek-key") as deepseek:
        (tmp_path / ".env").write_text(f"{first}DEEPSEEK_BASE_URL={deepseek.base_url}\n", "utf-8")
        async with DragomanProcess({}, tmp_path) as dragoman:
            answer = await asyncio.to_thread(send, command, dragoman.url)
    assert answer["content"] == [{"type": "text", "text": "Good day."}]
    assert [body["model"] for body in deepseek.asked] == ["deepseek-chat"]
    assert deepseek.violations == []
