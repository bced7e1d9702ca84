"""Keys, prompts and our own insides appear in no log and no answer, whatever breaks. A real process at level debug."""

import base64
import re
from pathlib import Path
from typing import Any
from urllib.parse import quote

from tests.live_server.backends import BACKENDS, Scene, question, scripted, settings_for
from tests.live_server.phases import PHASES
from tests.support.dragoman_process import DragomanProcess
from tests.support.openai_flavor import COMPATIBLE
from tests.support.raw_client import Headers, Response, ask
from tests.support.replies import Call, Reasoning, Reply, reply

OURS = {
    name: f"canary-{name.lower().replace('_', '-')}-0123456789"
    for name in (
        "OPENAI_API_KEY",
        "ANTHROPIC_API_KEY",
        "GEMINI_API_KEY",
        "CHANNEL_SPARE_API_KEY",
        "CHANNEL_NEW_API_KEY",
        "DRAGOMAN_API_KEY",
    )
}
THEIRS: dict[str, str | None] = {
    "x-api-key": "canary-client-header-0123456789",
    "authorization": "Bearer canary-client-bearer-0123456789",
    "cookie": "session=canary-client-cookie-0123456789",
    "x-goog-api-key": "canary-client-google-0123456789",
    "proxy-authorization": "Basic canary-client-proxy-0123456789",
}
ASKED = "marker-of-a-prompt"
ANSWERED = "marker-of-an-answer"
PLACE = "a-place-in-the-files"
INSIDES = re.compile(r"Traceback|site-packages|\.py\b|src/dragoman|/home/|/tmp/|0x[0-9a-f]{6}")
MODELS = {
    "openai_chat": "openai/some-model",
    "openai_responses": "gpt-6.2-sol:new",
    "anthropic": "anthropic/some-model",
    "gemini": "gemini/some-model",
}


def forms(secret: str) -> set[str]:
    """The secret as it is, in other codings, and its recognisable beginning."""
    plain = secret.removeprefix("Bearer ").removeprefix("Basic ").removeprefix("session=")
    return {
        plain,
        quote(plain, safe=""),
        base64.b64encode(plain.encode()).decode().rstrip("="),
        plain[: len("canary-") + 12],
    }


async def test_nothing_secret_is_said_whatever_the_upstreams_do(tmp_path: Path) -> None:
    """T86, threats T8 and T9: every fault of test_faults.py and good answers, through every dialect in one process."""
    home = tmp_path / PLACE
    home.mkdir()
    fault = PHASES["1 before the status"]
    broken = False

    def script_of(backend: str) -> Any:
        def script(body: dict[str, Any]) -> Reply:
            if broken:
                return fault.script(scenes[backend], backend, body)
            return reply(Reasoning(ANSWERED), f"{ANSWERED}!", Call("get_weather", {"place": ANSWERED}))

        return script

    answers: list[Response] = []
    async with (
        scripted("openai_chat", script_of("openai_chat"), COMPATIBLE) as chat,
        scripted("openai_responses", script_of("openai_responses")) as responses,
        scripted("anthropic", script_of("anthropic")) as messages,
        scripted("gemini", script_of("gemini")) as gemini,
    ):
        env = settings_for(chat) | settings_for(messages) | settings_for(gemini) | OURS
        env |= {
            "LOG_LEVEL": "debug",
            "CHANNEL_SPARE_BASE_URL": chat.base_url,
            "CHANNEL_NEW_BASE_URL": responses.base_url,
            "CHANNEL_NEW_DIALECT": "openai_responses",
            "PREFERRED_PROVIDER": "openai",
        }
        async with DragomanProcess(env, home) as dragoman:
            scenes = {
                "openai_chat": Scene(dragoman, chat),  # type: ignore[arg-type]
                "openai_responses": Scene(dragoman, responses),  # type: ignore[arg-type]
                "anthropic": Scene(dragoman, messages),  # type: ignore[arg-type]
                "gemini": Scene(dragoman, gemini),  # type: ignore[arg-type]
            }
            for backend in BACKENDS:
                good = await everything_asked(dragoman.url, MODELS[backend])
                assert all(ANSWERED in answer.body.decode() for answer in good)
                assert all(answer.status == 200 for answer in good)
            broken = True
            for fault in PHASES.values():  # noqa: B007 - the script reads it
                for model in (*MODELS.values(), "some-model:spare"):
                    answers += await everything_asked(dragoman.url, model)
            broken = False
            answers += await refused_at_the_door(dragoman.url)
    servers = (chat, responses, messages, gemini)
    upstream = [request for server in servers for request in server.wire.requests]
    shown = "\n".join(f"{answer.headers} {answer.body.decode()}" for answer in answers)
    for place, text in {"log": dragoman.output, "answers": shown}.items():
        for secret in (*OURS.values(), *THEIRS.values()):
            assert [form for form in forms(secret or "") if form in text] == [], place
        assert not INSIDES.search(text), (place, INSIDES.search(text))
        assert PLACE not in text
        assert ASKED not in text
    assert ANSWERED not in dragoman.output
    for request in upstream:
        seen = f"{request.target} {request.headers} {request.body.decode()}"
        assert "canary-client" not in seen
        assert "canary-dragoman" not in seen


def asked(model: str, stream: bool) -> dict[str, Any]:
    tool = {"name": "get_weather", "input_schema": {"type": "object", "properties": {}}}
    message = {"role": "user", "content": ASKED}
    return question(
        model=model, stream=stream, max_tokens=20_000, messages=[message], system=ASKED, tools=[tool]
    )


def with_gate_key() -> dict[str, str | None]:
    """Everything that a client may send of itself, with the one key that opens."""
    return THEIRS | {"x-api-key": OURS["DRAGOMAN_API_KEY"]}


async def everything_asked(url: str, model: str) -> list[Response]:
    target = f"/v1/messages?api_key={THEIRS['x-api-key']}"
    return [
        await ask(url, asked(model, stream), target=target, headers=with_gate_key())
        for stream in (True, False)
    ]


async def refused_at_the_door(url: str) -> list[Response]:
    """Wrong keys, broken bodies, odd names and paths, each with a secret or a marker in it."""
    gate = with_gate_key()
    key = OURS["DRAGOMAN_API_KEY"]
    attempts: list[tuple[bytes | dict[str, Any] | None, Headers, str]] = [
        (asked("x", True), THEIRS, "/v1/messages"),
        (asked("x", True), {"authorization": f"Bearer {key}x"}, "/v1/messages"),
        (asked("x", True), {"authorization": f"Basic {key}"}, "/v1/messages"),
        (f'{{"model": "{ASKED}", '.encode(), gate, "/v1/messages"),
        (asked("x", True) | {"max_tokens": ASKED}, gate, "/v1/messages"),
        (asked("x", True) | {"messages": [{"role": "user", "content": [ASKED]}]}, gate, "/v1/messages"),
        (asked("x\x1b[0m\n" + ASKED, True), gate, "/v1/messages"),
        ({"secret": ASKED}, gate, f"/v1/{ASKED}"),
    ]
    answers: list[Response] = []
    for body, headers, target in attempts:
        answers.append(await ask(url, body, headers=headers, target=target))
        assert answers[-1].status >= 400
    return answers
