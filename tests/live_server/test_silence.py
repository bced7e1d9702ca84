"""What a client hears while the upstream is silent, and what the upstream hears when the client is gone."""

import asyncio
from dataclasses import replace
from typing import Any

import pytest

from dragoman.server.sse_response import Patience
from tests.live_server.backends import Scene, every_backend, last_words, question, served
from tests.live_server.sessions import ANTHROPIC_KEY
from tests.support.dragoman_in_process import dragoman_in_process
from tests.support.gemini_replies import candidate_item
from tests.support.grammar_table import check_stream, fold_stream
from tests.support.http_answer import Answer, Hold, Pause, Stall
from tests.support.http_wire import WireRequest, WireServer
from tests.support.openai_flavor import COMPATIBLE
from tests.support.raw_client import Call, ask, calling
from tests.support.replies import Reasoning, Reply, Text, reply

HURRIED = Patience(ping=0.05, head=0.1, event=60)
WATCHED = Patience(ping=0.05, head=0.1, event=0.15)
"""As for a client whose watchdog counts events and no pings."""
IDLE = 0.6
PING = b"event: ping\n"
AT_ONCE = 1.0
"""Seconds within which an upstream must know (R6, T75)."""


async def heard(call: Call, wanted: bytes, times: int) -> None:
    """Reads until `wanted` came so often."""
    while call.response.body.count(wanted) < times:
        assert await call.piece(), call.response.body


NEVER = Reply(answer=Answer(before_head=(Stall(),)))
HALF = Reply(
    answer=Answer(
        headers=(("content-type", "application/json"),), body=(b'{"id":', Stall()), declared_length=1000
    )
)
MOMENTS: dict[str, tuple[Reply, dict[str, Any], bytes]] = {
    "streamed, after words": (reply("Once ", Stall()), {}, b"Once "),
    "streamed, before words": (reply(Stall()), {}, b""),
    "streamed, before the head": (NEVER, {}, b""),
    "whole, in the body": (HALF, {"stream": False}, b""),
    "whole, before the head": (NEVER, {"stream": False}, b""),
    "whole but long, in the stream": (reply("Once ", Stall()), {"stream": False, "max_tokens": 20_000}, b""),
}
"""What the upstream does, what is asked, and what the client reads before it leaves. An answer without a stream may
be streamed by the upstream."""


@every_backend
async def test_pings_fill_the_silence_before_the_first_word(backend: str) -> None:
    """T74, case 13: the upstream's head is there, its model thinks."""
    silence = asyncio.Event()
    async with served(backend, reply(Hold(silence), "Hello"), patience=HURRIED) as scene:
        async with calling(scene.url, question()) as call:
            await heard(call, PING, 3)
            assert call.response.body.startswith(b"event: message_start\n")
            silence.set()
            events = check_stream((await call.rest()).body)
    assert fold_stream(events)["content"] == [{"type": "text", "text": "Hello"}]


@every_backend
async def test_pings_fill_the_silence_between_words(backend: str) -> None:
    """T74."""
    silence = asyncio.Event()
    script = reply("Once ", Hold(silence), "upon", Hold(silence), " a time")
    async with served(backend, script, patience=HURRIED) as scene, calling(scene.url, question()) as call:
        await call.until(b"Once ")
        await heard(call, PING, 3)
        silence.set()
        events = check_stream((await call.rest()).body)
    text = "".join(block["text"] for block in fold_stream(events)["content"])
    assert text == "Once upon a time"


@every_backend
async def test_headers_go_out_in_time_although_the_upstream_has_not_answered_at_all(backend: str) -> None:
    """T74, point 6: from then on bytes keep coming, and the answer still arrives whole."""
    silence = asyncio.Event()
    script = reply("Hello", before_head=(Hold(silence),))
    async with served(backend, script, patience=HURRIED) as scene, calling(scene.url, question()) as call:
        assert (await call.head()).status == 200
        for _ in range(3):
            assert await call.piece()
        silence.set()
        events = check_stream((await call.rest()).body)
    assert fold_stream(events)["content"] == [{"type": "text", "text": "Hello"}]


@every_backend
async def test_failure_after_the_headers_went_out_is_an_error_event(backend: str) -> None:
    """T72: a 429 that came too late for a status."""
    silence = asyncio.Event()

    refused = Answer(
        status=429,
        headers=(("content-type", "application/json"),),
        body=(b'{"type":"error","error":{"type":"rate_limit_error","message":"slow down, please"}}',),
        before_head=(Hold(silence),),
    )
    async with served(backend, Reply(answer=refused), patience=HURRIED) as scene:
        async with calling(scene.url, question()) as call:
            assert (await call.head()).status == 200
            silence.set()
            events = check_stream((await call.rest()).body)
    assert events[-1]["error"]["type"] == "rate_limit_error"
    assert "slow down, please" in events[-1]["error"]["message"]
    assert events[-1]["request_id"]


@every_backend
async def test_empty_delta_comes_in_time_for_clients_that_ignore_pings(backend: str) -> None:
    """Point 6, spec/claude-code.md section 7: in the open text block."""
    silence = asyncio.Event()
    async with served(backend, lambda body: paused(scene, silence, body), patience=WATCHED) as scene:
        async with calling(scene.url, question()) as call:
            await heard(call, b'"text_delta","text":""', 2)
            silence.set()
            events = check_stream((await call.rest()).body)
    texts = [block["text"] for block in fold_stream(events)["content"]]
    assert "".join(texts) == "Once upon a time"


def paused(scene: Scene, silence: asyncio.Event, body: dict[str, Any]) -> Reply:
    """`Once upon a time`, with a silence in the middle of its block."""
    answer = scene.upstream.rendered(reply(Text("Once upon a time", 9)), body)
    steps = list(answer.body)
    middle = next(n for n, step in enumerate(steps) if isinstance(step, bytes) and b" a time" in step)
    return Reply(answer=replace(answer, body=(*steps[:middle], Hold(silence), *steps[middle:])))


@pytest.mark.parametrize("thinks", [True, False], ids=["thinking", "plain"])
async def test_empty_delta_comes_although_the_model_has_said_nothing(thinks: bool) -> None:
    """Point 6: a block is opened for it, which is thinking where the client allows thinking."""
    silence = asyncio.Event()
    thinking = {"type": "enabled", "budget_tokens": 1024} if thinks else None
    body = question(model="some-model", max_tokens=4000, thinking=thinking)
    async with (
        served("openai_chat", reply(Hold(silence), "Hello"), flavor=COMPATIBLE, patience=WATCHED) as scene,
        calling(scene.url, body) as call,
    ):
        await heard(call, b'"thinking":""}' if thinks else b'"text":""}', 3)
        silence.set()
        events = check_stream((await call.rest()).body)
    message = fold_stream(events)
    assert [block["type"] for block in message["content"]] == ["thinking", "text"] if thinks else ["text"]
    assert message["content"][-1]["text"] == "Hello"


async def test_hidden_reasoning_is_no_silence_for_the_client() -> None:
    """T64, T74: thoughts that the client did not ask for keep the line alive by pings."""
    thoughts = Reasoning("hm " * 40, 3)
    script = reply(thoughts, "Hello", before_head=())
    slow = replace(script, split=1)
    flavor = replace(COMPATIBLE, reasoning="reasoning_content")
    async with served("openai_chat", slow, flavor=flavor, patience=HURRIED) as scene:
        events = check_stream((await ask(scene.url, question(model="some-model"))).body)
    assert fold_stream(events)["content"] == [{"type": "text", "text": "Hello"}]


@every_backend
@pytest.mark.parametrize("begun", [True, False], ids=["after words", "before words"])
async def test_dead_upstream_is_an_error_and_not_endless_pings(backend: str, begun: bool) -> None:
    """Case 13, R9: pings until the idle limit, then one error, then the end."""
    script = reply(*(["Once "] if begun else []), Stall())
    started = asyncio.get_running_loop().time()
    async with served(backend, script, patience=HURRIED, idle_seconds=IDLE) as scene:
        answer = await ask(scene.url, question())
        events = check_stream(answer.body)
        await scene.upstream.wire.connections[0].client_hung_up(AT_ONCE)
    assert answer.body.count(PING) >= 3
    assert events[-1]["type"] == "error"
    assert events[-1]["error"]["type"] == "timeout_error"
    assert "silent" in events[-1]["error"]["message"]
    assert IDLE <= answer.pieces[-1][0] - started < IDLE + 3


@every_backend
@pytest.mark.parametrize("stream", [True, False], ids=["streamed", "whole"])
async def test_upstream_that_never_answers_is_a_504_while_a_status_can_be_sent(
    backend: str, stream: bool
) -> None:
    """R8, R9, T83."""
    async with served(backend, NEVER, idle_seconds=0.2) as scene:
        answer = await ask(scene.url, question(stream=stream))
        await scene.upstream.wire.connections[0].client_hung_up(AT_ONCE)
    assert answer.status == 504
    assert answer.json()["error"]["type"] == "timeout_error"


@every_backend
@pytest.mark.parametrize("moment", MOMENTS)
async def test_client_that_hangs_up_stops_the_upstream(backend: str, moment: str) -> None:
    """R6, T75, T90: within a second, without a second try, and settled as 499."""
    script, fields, wanted = MOMENTS[moment]
    if backend == "anthropic" and "in the stream" in moment:
        script = HALF
    async with served(backend, script, patience=Patience()) as scene:
        async with calling(scene.url, question(**fields)) as call:
            if wanted:
                await call.until(wanted)
            await asked(scene)
            left = asyncio.get_running_loop().time()
            call.hang_up()
            noticed = await scene.upstream.wire.connections[0].client_hung_up(AT_ONCE)
        trace = await settled(scene)
    assert noticed - left < AT_ONCE
    assert (trace.status, trace.ending) == (499, "client_aborted")
    assert len(scene.upstream.wire.requests) == 1


async def asked(scene: Scene) -> None:
    """Waits until the upstream has the request."""
    async with asyncio.timeout(5):
        while not scene.upstream.wire.requests:
            await asyncio.sleep(0.005)


async def settled(scene: Scene) -> Any:
    """The one settled request."""
    async with asyncio.timeout(5):
        while not scene.dragoman.observer.traces:
            await asyncio.sleep(0.005)
    (trace,) = scene.dragoman.observer.traces
    return trace


@every_backend
async def test_clients_that_leave_at_once_leave_nothing_behind(backend: str) -> None:
    """R6, R7: twenty that close as soon as the request is out; then one that stays is answered."""

    def script(body: dict[str, Any]) -> Reply:
        return reply("Hello") if last_words(body) == "stay" else reply("Once ", Stall())

    async with served(backend, script) as scene:
        for number in range(20):
            async with calling(scene.url, question(stream=number % 2 == 0)):
                await asyncio.sleep(0.001 * (number % 5))
        stays = question(stream=False, messages=[{"role": "user", "content": "stay"}])
        assert (await ask(scene.url, stays)).status == 200
        for connection in scene.upstream.wire.connections[:-1]:
            await connection.client_hung_up(AT_ONCE)


@pytest.mark.parametrize("backend", ["openai_chat", "anthropic"])
async def test_stream_ends_although_the_upstream_keeps_its_socket_open(backend: str) -> None:
    """Case 12: the end of the message is the end of the stream. Gemini has no end marker: more may follow a finish
    reason, until the body ends."""

    def script(body: dict[str, Any]) -> Reply:
        answer = scene.upstream.rendered(reply("Hello"), body)
        return Reply(answer=replace(answer, body=(*answer.body, Stall())))

    async with served(backend, script) as scene:
        async with calling(scene.url, question()) as call:
            await call.until(b"event: message_stop")
            last = asyncio.get_running_loop().time()
            answer = await call.rest()
        assert answer.pieces[-1][0] - last < 0.8
        check_stream(answer.body)
        if backend == "openai_chat":
            whole = await ask(scene.url, question(stream=False))
            assert whole.json()["content"][0]["text"] == "Hello"
        await scene.upstream.wire.connections[0].client_hung_up(3)


async def test_silence_after_geminis_finish_reason_ends_the_answer() -> None:
    """Case 12: only the end of the body was lost, so that the idle limit is no error."""
    script = reply("Hello", candidate_item(finishReason="STOP"), Stall(), finishes=False)
    async with served("gemini", script, patience=HURRIED, idle_seconds=IDLE) as scene:
        events = check_stream((await ask(scene.url, question())).body)
        await scene.upstream.wire.connections[0].client_hung_up(AT_ONCE)
    assert fold_stream(events)["content"] == [{"type": "text", "text": "Hello"}]
    assert len(scene.upstream.wire.requests) == 1


@every_backend
async def test_connection_serves_one_request_after_the_other(backend: str) -> None:
    """R7: what is left after the last event is read, so that the next request need not connect again."""

    def script(body: dict[str, Any]) -> Reply:
        answer = scene.upstream.rendered(reply("Hello"), body)
        # The end of the HTTP message comes a little after the end of the stream.
        return Reply(answer=replace(answer, body=(*answer.body, Pause(0.03))))

    async with served(backend, script) as scene:
        for number in range(6):
            answer = await ask(scene.url, question(stream=number % 2 == 0))
            assert answer.status == 200
            await asyncio.sleep(0.06)
    assert len(scene.upstream.wire.connections) == 1


async def test_count_that_nobody_waits_for_is_given_up() -> None:
    """R6, T75."""

    async def never(request: WireRequest) -> Answer:
        await asyncio.Event().wait()
        return Answer()

    async with WireServer(never) as upstream:
        env = {
            "ANTHROPIC_API_KEY": ANTHROPIC_KEY,
            "ANTHROPIC_UPSTREAM_BASE_URL": upstream.url,
            "PREFERRED_PROVIDER": "anthropic",
        }
        async with dragoman_in_process(env) as dragoman:
            target = "/v1/messages/count_tokens"
            async with calling(dragoman.url, question(stream=None, max_tokens=None), target=target) as call:
                while not upstream.requests:
                    await asyncio.sleep(0.005)
                call.hang_up()
                await upstream.connections[0].client_hung_up(AT_ONCE)


async def test_upstream_is_stopped_once_a_stop_sequence_was_said() -> None:
    """T37, T60: the client does not wait for the rest, and it is not paid for."""
    script = reply("one END two", Stall())
    async with served("openai_chat", script, flavor=COMPATIBLE) as scene:
        started = asyncio.get_running_loop().time()
        answer = await ask(scene.url, question(model="some-model", stop_sequences=["END"]))
        assert asyncio.get_running_loop().time() - started < 0.8
        await scene.upstream.wire.connections[0].client_hung_up(3)
    message = fold_stream(check_stream(answer.body))
    assert message["content"] == [{"type": "text", "text": "one "}]
    assert (message["stop_reason"], message["stop_sequence"]) == ("stop_sequence", "END")


async def test_hanging_requests_delay_nobody() -> None:
    """T89: fifty backend calls hang, in both ways; health, the model list and a count are answered at once."""
    silence = asyncio.Event()
    async with served("openai_chat", reply("Hello", before_head=(Hold(silence),))) as scene:
        hanging = [
            asyncio.ensure_future(ask(scene.url, question(stream=number % 2 == 0, max_tokens=20_000)))
            for number in range(50)
        ]
        async with asyncio.timeout(10):
            while len(scene.upstream.wire.requests) < 50:
                await asyncio.sleep(0.01)
        started = asyncio.get_running_loop().time()
        assert (await ask(scene.url, target="/health", method="GET")).status == 200
        assert (await ask(scene.url, target="/v1/models?limit=1000", method="GET")).status == 200
        counted = await ask(scene.url, question(stream=None), target="/v1/messages/count_tokens")
        assert counted.json()["input_tokens"] > 0
        assert asyncio.get_running_loop().time() - started < 0.5
        assert not any(task.done() for task in hanging)
        silence.set()
        answers = await asyncio.gather(*hanging)
    assert {answer.status for answer in answers} == {200}
