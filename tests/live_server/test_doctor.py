"""`dragoman doctor` and `dragoman explain` as processes, beside scripted upstreams and a real gateway."""

import asyncio
import json
from pathlib import Path
from typing import Any

from tests.live_server.backends import question
from tests.support.anthropic_upstream import ScriptedAnthropic
from tests.support.certificates import serving_as
from tests.support.dragoman_in_process import dragoman_in_process
from tests.support.dragoman_process import free_port
from tests.support.gemini_upstream import ScriptedGemini
from tests.support.http_answer import Answer, Stall
from tests.support.http_wire import WireRequest, WireServer
from tests.support.openai_upstream import ScriptedOpenAI
from tests.support.raw_client import ask
from tests.support.replies import Text, reply
from tests.unit.cli.running import run_command

KEY = "test-key-that-is-right"
WRONG = "test-key-that-is-wrong"


async def doctor(env: dict[str, str], cwd: Path) -> tuple[int, dict[str, dict[str, Any]], str]:
    """Exit code, findings by what was looked at, and all output. Nothing but the scripted servers is asked."""
    environ = {"PORT": str(free_port()), "HOME": str(cwd), **env}
    done = await asyncio.to_thread(run_command, "doctor", "--json", environ=environ, cwd=cwd)
    assert done.stderr == ""
    return (
        done.returncode,
        {found["check"]: found for found in json.loads(done.stdout)["checks"]},
        done.stdout,
    )


def channel(name: str, url: str, key: str, dialect: str = "openai_chat") -> dict[str, str]:
    prefix = f"CHANNEL_{name.upper()}"
    return {f"{prefix}_BASE_URL": url, f"{prefix}_API_KEY": key, f"{prefix}_DIALECT": dialect}


async def test_right_keys_wrong_keys_and_closed_ports_are_told_apart(tmp_path: Path) -> None:
    closed = f"http://127.0.0.1:{free_port()}/v1"
    async with ScriptedOpenAI([], key=KEY) as openai, ScriptedAnthropic([], key=KEY) as anthropic:
        env = {
            "OPENAI_BASE_URL": openai.base_url,
            "OPENAI_API_KEY": KEY,
            **channel("mistyped", openai.base_url, WRONG),
            **channel("closed", closed, KEY),
            **channel("claude", anthropic.base_url, KEY, "anthropic"),
            **channel("claude2", anthropic.base_url, WRONG, "anthropic"),
        }
        code, found, output = await doctor(env, tmp_path)
        asked = [request.target for request in (*openai.wire.requests, *anthropic.wire.requests)]
    assert code == 1
    assert {
        name: (finding["state"], finding["code"]) for name, finding in found.items() if "channel" in name
    } == {
        "channel openai": ("ok", ""),
        "channel mistyped": ("failure", "D012"),
        "channel closed": ("failure", "D009"),
        "channel claude": ("ok", ""),
        "channel claude2": ("failure", "D012"),
    }
    assert "CHANNEL_MISTYPED_API_KEY" in found["channel mistyped"]["cause"]
    assert found["channel mistyped"]["mend"] == "export CHANNEL_MISTYPED_API_KEY=YOUR_KEY"
    assert sorted(asked) == ["/v1/models"] * 2 + ["/v1/models?limit=1"] * 2
    assert KEY not in output
    assert WRONG not in output


async def test_all_is_well_and_a_person_reads_it(tmp_path: Path) -> None:
    async with ScriptedOpenAI([], key=KEY) as openai:
        env = {
            "OPENAI_BASE_URL": openai.base_url,
            "OPENAI_API_KEY": KEY,
            "BIG_MODEL": "some-model",
            "SMALL_MODEL": "some-model",
            "PORT": str(free_port()),
            "HOME": str(tmp_path),
        }
        done = await asyncio.to_thread(run_command, "doctor", environ=env, cwd=tmp_path)
    assert done.returncode == 0
    assert done.stderr == "asking openai, at most 5 s ...\n"
    assert "ok     channel openai: `127.0.0.1` answers with this key" in done.stdout.splitlines()
    assert "\x1b" not in done.stdout


async def test_upstreams_are_asked_at_once_and_not_waited_for(tmp_path: Path) -> None:
    async def stall(request: WireRequest) -> Answer:
        return Answer(before_head=(Stall(),))

    loop = asyncio.get_running_loop()
    async with WireServer(stall) as silent:
        env: dict[str, str] = {}
        for number in range(3):
            env |= channel(f"silent{number}", f"{silent.url}/{number}/v1", KEY)
        began = loop.time()
        _, found, _ = await doctor(env, tmp_path)
    assert loop.time() - began < 10
    assert [found[f"channel silent{number}"]["code"] for number in range(3)] == ["D011"] * 3


async def test_a_certificate_that_nobody_knows_is_told(tmp_path: Path) -> None:
    serving, _ = serving_as(tmp_path / "certificate.pem", "localhost")

    async def answer(request: WireRequest) -> Answer:
        return Answer()

    async with WireServer(answer, tls=serving) as server:
        url = f"https://localhost:{server.port}/v1"
        code, found, _ = await doctor(channel("own", url, KEY), tmp_path)
        trusting = {"SSL_CERT_FILE": str(tmp_path / "certificate.pem")}
        _, trusted, _ = await doctor(channel("own", url, KEY) | trusting, tmp_path)
    assert (code, found["channel own"]["code"]) == (1, "D010")
    assert trusted["channel own"]["code"] == "D013"


async def test_geminis_key_is_tried_at_its_own_list(tmp_path: Path) -> None:
    async with ScriptedGemini([], key=KEY) as gemini:
        env = channel("right", gemini.base_url, KEY, "gemini") | channel(
            "wrong", gemini.base_url, WRONG, "gemini"
        )
        _, found, _ = await doctor(env, tmp_path)
        assert [request.target.rpartition("/")[2] for request in gemini.wire.requests] == [
            "models?pageSize=1"
        ] * 2
    assert (found["channel right"]["state"], found["channel wrong"]["code"]) == ("ok", "D012")


async def test_a_server_without_a_list_of_models_is_a_warning(tmp_path: Path) -> None:
    async def no_such_path(request: WireRequest) -> Answer:
        return Answer(status=404)

    async with WireServer(no_such_path) as server:
        _, found, _ = await doctor(channel("bare", f"{server.url}/v1", KEY), tmp_path)
    assert (found["channel bare"]["state"], found["channel bare"]["code"]) == ("warning", "D021")


async def test_who_has_the_port_is_told(tmp_path: Path) -> None:
    async with dragoman_in_process({}) as own:
        code, found, _ = await doctor({"PORT": str(own.port)}, tmp_path)
        assert (code, found["port"]["state"]) == (0, "ok")
        assert "Dragoman" in found["port"]["cause"]
    async with ScriptedOpenAI([]) as other:
        code, found, _ = await doctor({"PORT": str(other.wire.port)}, tmp_path)
    assert (code, found["port"]["code"]) == (1, "D003")
    assert found["port"]["mend"] == "dragoman serve --port 0"


async def test_explain_shows_what_the_gateway_really_sends(tmp_path: Path) -> None:
    """Path, headers and body, but for the credential."""
    body = question(top_k=3, stream=True)
    file = tmp_path / "body.json"
    file.write_text(json.dumps(body))
    async with ScriptedOpenAI([reply(Text("fine", 1))], key=KEY) as openai:
        env = {
            "OPENAI_BASE_URL": openai.base_url,
            "OPENAI_API_KEY": KEY,
            "BIG_MODEL": "some-model",
            "SMALL_MODEL": "some-model",
        }
        async with dragoman_in_process(env) as dragoman:
            answer = await ask(dragoman.url, body)
        assert answer.status == 200
        arguments = ("--model", body["model"], "--body", str(file), "--json")
        done = await asyncio.to_thread(run_command, "explain", *arguments, environ=env, cwd=tmp_path)
        [sent] = openai.wire.requests
        shown = json.loads(done.stdout)["request"]
        assert shown["url"] == f"{openai.base_url.removesuffix('/v1')}{sent.target}"
        assert shown["body"] == sent.json()
        for name, value in shown["headers"].items():
            assert sent.header(name) == value
        assert not {"authorization", "x-api-key"} & {name.lower() for name in shown["headers"]}
    assert len(openai.wire.requests) == 1
