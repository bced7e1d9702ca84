"""A requested name arrives where it was promised, under the promised id and with the promised key: real sockets."""

import asyncio
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import pytest
from tests.live_server.backends import question
from tests.support.anthropic_upstream import ScriptedAnthropic
from tests.support.dragoman_in_process import dragoman_in_process
from tests.support.http_answer import Answer, Hold, json_answer
from tests.support.http_wire import WireRequest, WireServer
from tests.support.openai_flavor import COMPATIBLE
from tests.support.openai_upstream import ScriptedOpenAI
from tests.support.raw_client import Response, ask
from tests.support.replies import Reply, Text, reply

from dragoman.config.today import utc_today
from dragoman.routing.lifecycle import default_model

OPENAI_KEY = "test-key-openai"
ANTHROPIC_KEY = "test-key-anthropic"
CLIENT_KEY = "test-key-client"
OPENAI_MODE: Mapping[str, str] = {}
ANTHROPIC_MODE = {"PREFERRED_PROVIDER": "anthropic"}
HELLO = reply("Hello")


@dataclass
class Vendors:
    """Dragoman with one upstream for each vendor."""

    url: str
    openai: ScriptedOpenAI
    anthropic: ScriptedAnthropic

    async def ask(self, model: str, **fields: Any) -> Response:
        body = question(model=model, stream=False, **fields)
        return await ask(self.url, body, headers={"x-api-key": CLIENT_KEY})

    async def count(self, model: str) -> Response:
        body = question(model=model, stream=None, max_tokens=None)
        return await ask(
            self.url, body, target="/v1/messages/count_tokens", headers={"x-api-key": CLIENT_KEY}
        )

    @property
    def heard(self) -> list[tuple[str, str]]:
        """Vendor and model of each request for a message, those at OpenAI first."""
        return [("openai", body["model"]) for body in self.openai.asked] + [
            ("anthropic", body["model"]) for body in self.anthropic.asked
        ]


@asynccontextmanager
async def vendors(
    env: Mapping[str, str], *, keys: tuple[str, ...] = ("openai", "anthropic")
) -> AsyncGenerator[Vendors]:
    """`keys`: the vendors whose key is set. {openai} and {anthropic} in values are the upstreams' URLs."""
    async with ScriptedOpenAI(HELLO, flavor=COMPATIBLE) as openai, ScriptedAnthropic(HELLO) as anthropic:
        urls = {"openai": openai.base_url, "anthropic": anthropic.base_url}
        settings = {"OPENAI_BASE_URL": urls["openai"], "ANTHROPIC_UPSTREAM_BASE_URL": urls["anthropic"]}
        settings |= {
            setting: key
            for vendor, setting, key in (
                ("openai", "OPENAI_API_KEY", OPENAI_KEY),
                ("anthropic", "ANTHROPIC_API_KEY", ANTHROPIC_KEY),
            )
            if vendor in keys
        }
        settings |= {name: value.format(**urls) for name, value in env.items()}
        async with dragoman_in_process(
            {name: value for name, value in settings.items() if value}
        ) as dragoman:
            yield Vendors(dragoman.url, openai, anthropic)


SIZES = {"BIG_MODEL": "gpt-4o", "SMALL_MODEL": "gpt-4o-mini"}


@pytest.mark.parametrize(
    ("env", "requested", "vendor", "model"),
    [
        pytest.param(SIZES, "claude-3-5-haiku-20241022", "openai", "gpt-4o-mini", id="M01-M07-dated-haiku"),
        pytest.param(SIZES, "haiku", "openai", "gpt-4o-mini", id="M07-haiku"),
        pytest.param(SIZES, "claude-sonnet-4-5-20250929", "openai", "gpt-4o", id="M01-M07-dated-sonnet"),
        pytest.param(SIZES, "sonnet", "openai", "gpt-4o", id="M07-sonnet"),
        pytest.param(SIZES, "claude-opus-4-8", "openai", "gpt-4o", id="M08-T11"),
        pytest.param(SIZES, "claude-next-9", "openai", "gpt-4o", id="T12"),
        pytest.param(SIZES, "claude-sonnet-4-5[1m]", "openai", "gpt-4o", id="T13-alias"),
        pytest.param(SIZES, "gpt-5.1[1m]", "openai", "gpt-5.1", id="T13-plain"),
        pytest.param(SIZES, "openai/gpt-4o", "openai", "gpt-4o", id="M25-M31-openai"),
        pytest.param(ANTHROPIC_MODE, "openai/gpt-4o", "openai", "gpt-4o", id="M31-openai-elsewhere"),
        pytest.param(SIZES, "anthropic/claude-3-opus", "anthropic", "claude-3-opus", id="M31-C15-anthropic"),
        pytest.param(SIZES, "openai/claude-3-haiku", "openai", "claude-3-haiku", id="T20-C08"),
        pytest.param(
            {"BIG_MODEL": "openai/gemini-2.5-pro-cfp"}, "sonnet", "openai", "gemini-2.5-pro-cfp", id="M32-T19"
        ),
        pytest.param(ANTHROPIC_MODE, "claude-haiku-4-5", "anthropic", "claude-haiku-4-5", id="E03-M04-haiku"),
        pytest.param(ANTHROPIC_MODE, "claude-sonnet-5", "anthropic", "claude-sonnet-5", id="E03-M04-sonnet"),
        pytest.param(ANTHROPIC_MODE, "claude-next-9", "anthropic", "claude-next-9", id="E03-other"),
        pytest.param(ANTHROPIC_MODE | SIZES, "sonnet", "anthropic", "sonnet", id="E23"),
        pytest.param(ANTHROPIC_MODE, "gpt-4o", "openai", "gpt-4o", id="T22"),
        pytest.param(ANTHROPIC_MODE, "o3-mini", "openai", "o3-mini", id="M09"),
        pytest.param(ANTHROPIC_MODE, "o1", "openai", "o1", id="M10"),
        pytest.param(ANTHROPIC_MODE, "o1-mini", "openai", "o1-mini", id="M11"),
        pytest.param(ANTHROPIC_MODE, "o1-pro", "openai", "o1-pro", id="M12"),
        pytest.param(ANTHROPIC_MODE, "gpt-4.5-preview", "openai", "gpt-4.5-preview", id="M13"),
        pytest.param(ANTHROPIC_MODE, "gpt-4o", "openai", "gpt-4o", id="M14"),
        pytest.param(ANTHROPIC_MODE, "gpt-4o-audio-preview", "openai", "gpt-4o-audio-preview", id="M15"),
        pytest.param(ANTHROPIC_MODE, "chatgpt-4o-latest", "openai", "chatgpt-4o-latest", id="M16"),
        pytest.param(ANTHROPIC_MODE, "gpt-4o-mini", "openai", "gpt-4o-mini", id="M17"),
        pytest.param(
            ANTHROPIC_MODE, "gpt-4o-mini-audio-preview", "openai", "gpt-4o-mini-audio-preview", id="M18"
        ),
        pytest.param(ANTHROPIC_MODE, "gpt-4.1", "openai", "gpt-4.1", id="M19"),
        pytest.param(ANTHROPIC_MODE, "gpt-4.1-mini", "openai", "gpt-4.1-mini", id="M20"),
    ],
)
async def test_name_arrives_at_its_vendor_under_its_id(
    env: dict[str, str], requested: str, vendor: str, model: str
) -> None:
    """T27 too: the answer has the name that was asked for, or at Anthropic the one that Anthropic gives."""
    async with vendors(env) as scene:
        answer = await scene.ask(requested)
    assert answer.status == 200, answer.body
    assert scene.heard == [(vendor, model)]
    assert answer.json()["model"] == (requested if vendor == "openai" else model)


@pytest.mark.parametrize(("requested", "size"), [("haiku", "small"), ("sonnet", "big"), ("opus", "big")])
async def test_defaults_of_today_are_on_the_wire(requested: str, size: Any) -> None:
    """E01, E18, E19, C01: with nothing set but a key."""
    async with vendors(OPENAI_MODE, keys=("openai",)) as scene:
        await scene.ask(requested)
    assert scene.heard == [("openai", default_model("openai", size, utc_today()))]


@pytest.mark.parametrize("model", ["gpt-5", "gpt-5.1", "o4-mini", "gpt-7-nova"])
@pytest.mark.parametrize("env", [OPENAI_MODE, ANTHROPIC_MODE], ids=["openai", "anthropic"])
async def test_unlisted_openai_models_need_openais_key_only(env: dict[str, str], model: str) -> None:
    """T14."""
    async with vendors(env, keys=("openai",)) as scene:
        assert (await scene.ask(model)).status == 200
    assert scene.heard == [("openai", model)]
    assert scene.openai.wire.requests[0].header("authorization") == f"Bearer {OPENAI_KEY}"


async def test_unknown_claude_never_goes_to_anthropic_unasked() -> None:
    """T12: although a key for Anthropic is there."""
    async with vendors(SIZES) as scene:
        for model in ("claude-next-9", "claude-via-x", "claude-instant-1.2"):
            assert (await scene.ask(model)).status == 200
    assert scene.heard == [("openai", "gpt-4o")] * 3


async def test_missing_openai_key_stops_only_what_needs_it() -> None:
    """E05, E08, T22: Claude's names work; `gpt-4o` is told what is missing and never goes to Anthropic."""
    async with vendors(ANTHROPIC_MODE | {"OPENAI_BASE_URL": ""}, keys=("anthropic",)) as scene:
        refused = await scene.ask("gpt-4o")
        answered = await scene.ask("claude-sonnet-5")
    assert (refused.status, refused.json()["error"]["type"]) == (401, "authentication_error")
    assert "OPENAI_API_KEY" in refused.json()["error"]["message"]
    assert refused.header("x-should-retry") == "false"
    assert answered.status == 200
    assert scene.heard == [("anthropic", "claude-sonnet-5")]


CHANNELS = {
    "CHANNEL_WORK_BASE_URL": "{openai}",
    "CHANNEL_WORK_API_KEY": "test-key-work",
    "CHANNEL_CLAUDE2_BASE_URL": "{anthropic}/v1",
    "CHANNEL_CLAUDE2_API_KEY": "test-key-claude2",
}


@pytest.mark.parametrize(
    ("env", "requested", "vendor", "model", "key"),
    [
        pytest.param({}, "openai/gpt-4o:work", "openai", "gpt-4o", "test-key-work", id="H03-H04-T24-openai"),
        pytest.param({}, "openai/gpt-4o:WORK", "openai", "gpt-4o", "test-key-work", id="H02"),
        pytest.param({}, "gpt-4o:work", "openai", "gpt-4o", "test-key-work", id="H03-no-prefix"),
        pytest.param(
            {},
            "anthropic/claude-3-opus:claude2",
            "anthropic",
            "claude-3-opus",
            "test-key-claude2",
            id="H11-T26",
        ),
        pytest.param(
            {}, "claude-3-5-sonnet:claude2", "anthropic", "claude-3-5-sonnet", "test-key-claude2", id="C08"
        ),
        pytest.param({}, "llama3.1:8b:work", "openai", "llama3.1:8b", "test-key-work", id="C07"),
        pytest.param(
            {"BIG_MODEL": "openai/x:work"}, "sonnet", "openai", "x", "test-key-work", id="H08-openai"
        ),
        pytest.param(
            {"SMALL_MODEL": "anthropic/claude-3-opus:claude2"},
            "haiku",
            "anthropic",
            "claude-3-opus",
            "test-key-claude2",
            id="H08-anthropic",
        ),
    ],
)
async def test_suffix_chooses_endpoint_and_key(
    env: dict[str, str], requested: str, vendor: str, model: str, key: str
) -> None:
    async with vendors(CHANNELS | env) as scene:
        assert (await scene.ask(requested)).status == 200
    assert scene.heard == [(vendor, model)]
    [request] = (scene.openai if vendor == "openai" else scene.anthropic).wire.requests
    assert request.header("authorization" if vendor == "openai" else "x-api-key") in (key, f"Bearer {key}")


async def test_default_endpoint_takes_what_has_no_suffix_with_its_own_key() -> None:
    """H06, C06: `API_KEY` beats the vendor's key, and a suffix beats both."""
    env = CHANNELS | {"OPENAI_BASE_URL": "", "BASE_URL": "{openai}", "API_KEY": "test-key-default"}
    async with vendors(env) as scene:
        for model in ("sonnet", "gpt-4o", "openai/x", "openai/x:work"):
            assert (await scene.ask(model)).status == 200
    shown = [request.header("authorization") for request in scene.openai.wire.requests]
    assert shown == ["Bearer test-key-default"] * 3 + ["Bearer test-key-work"]


@pytest.mark.parametrize(
    "requested", ["claude-sonnet-5", "claude-sonnet-4-5[1m]", "haiku", "anthropic/x:claude2"]
)
async def test_message_and_count_go_to_the_same_model_with_the_same_key(requested: str) -> None:
    """T23, T24, T55, T78."""
    async with vendors(ANTHROPIC_MODE | CHANNELS) as scene:
        await scene.ask(requested)
        counted = await scene.count(requested)
    message, count = scene.anthropic.requests
    assert (message.counting, count.counting) == (False, True)
    assert message.body["model"] == count.body["model"]
    assert message.wire.header("x-api-key") == count.wire.header("x-api-key")
    assert counted.json() == {"input_tokens": max(1, len(count.wire.body) // 4)}


async def test_count_for_a_channel_that_cannot_count_is_an_estimate() -> None:
    """T24, T78."""
    async with vendors(CHANNELS) as scene:
        counted = await scene.count("openai/gpt-4o:work")
    assert counted.json()["input_tokens"] > 0
    assert scene.openai.wire.requests == []


async def test_no_key_is_shown_to_another_vendor() -> None:
    """T15, E08: whatever the route, each upstream sees its own key once and no other; the client's stays here."""
    keys = {OPENAI_KEY, ANTHROPIC_KEY, CLIENT_KEY, "test-key-work", "test-key-claude2", "test-key-gemini"}
    env = CHANNELS | {"GEMINI_API_KEY": "test-key-gemini"}
    routes = {
        "sonnet": {OPENAI_KEY},
        "gpt-5": {OPENAI_KEY},
        "anthropic/claude-3-opus": {ANTHROPIC_KEY},
        "openai/x:work": {"test-key-work"},
        "anthropic/x:claude2": {"test-key-claude2"},
    }
    async with vendors(env) as scene:
        for model, expected in routes.items():
            before = {id(request) for request in scene.openai.wire.requests + scene.anthropic.wire.requests}
            assert (await scene.ask(model)).status == 200
            await scene.count(model)
            now = scene.openai.wire.requests + scene.anthropic.wire.requests
            new = [request for request in now if id(request) not in before]
            assert new
            for request in new:
                said = str(request.headers) + request.target + request.body.decode()
                assert {key for key in keys if key in said} == expected, model


async def test_two_accounts_at_one_provider_are_used_at_the_same_time() -> None:
    """H12."""
    everyone = asyncio.Event()
    waiting = Reply(parts=(Hold(everyone), Text("Hello")))
    async with ScriptedOpenAI(waiting, flavor=COMPATIBLE) as openai:
        env = {
            f"CHANNEL_{name}_{field}": value
            for name in ("ONE", "TWO")
            for field, value in (("BASE_URL", openai.base_url), ("API_KEY", f"test-key-{name.lower()}"))
        }
        async with dragoman_in_process(env) as dragoman:
            names = ["one", "two"] * 5
            asking = [
                asyncio.ensure_future(
                    ask(dragoman.url, question(model=f"gpt-4o:{name}", max_tokens=5000 + at))
                )
                for at, name in enumerate(names)
            ]
            async with asyncio.timeout(10):
                while len(openai.requests) < len(names):
                    await asyncio.sleep(0.01)
            everyone.set()
            answers = await asyncio.gather(*asking)
    assert [answer.status for answer in answers] == [200] * 10
    for call in openai.requests:
        limit = call.body.get("max_tokens") or call.body["max_completion_tokens"]
        assert call.wire.header("authorization") == f"Bearer test-key-{names[limit - 5000]}"


@pytest.mark.parametrize(
    ("setting", "base", "requested", "path"),
    [
        ("OPENAI_BASE_URL", "/openai/v1", "gpt-4o", "/openai/v1/chat/completions"),
        ("OPENAI_BASE_URL", "/v1/", "gpt-4o", "/v1/chat/completions"),
        ("CHANNEL_X_BASE_URL", "/openai/v1", "openai/x:x", "/openai/v1/chat/completions"),
        ("CHANNEL_X_BASE_URL", "/v1", "anthropic/x:x", "/v1/messages"),
        ("CHANNEL_X_BASE_URL", "/proxy/v1", "anthropic/x:x", "/proxy/v1/messages"),
        ("CHANNEL_X_BASE_URL", "", "anthropic/x:x", "/v1/messages"),
        ("ANTHROPIC_UPSTREAM_BASE_URL", "/v1", "anthropic/x", "/v1/messages"),
    ],
)
async def test_path_of_a_base_url_is_kept_and_v1_stands_once(
    setting: str, base: str, requested: str, path: str
) -> None:
    """H14, T26."""

    async def refuse(request: WireRequest) -> Answer:
        return json_answer({"error": {"message": "no"}}, 400)

    async with WireServer(refuse) as server:
        async with dragoman_in_process(
            {setting: server.url + base, "ANTHROPIC_API_KEY": ANTHROPIC_KEY}
        ) as dragoman:
            await ask(dragoman.url, question(model=requested, stream=False))
        assert [request.path for request in server.requests] == [path]
