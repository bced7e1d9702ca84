import asyncio

import pytest

from dragoman.dialects.quirks import Quirks
from dragoman.messages.errors import ApiError
from dragoman.messages.estimate import count_conversation
from dragoman.relay.count_tokens import PATIENCE, count_tokens
from tests.support.plain_dialect import PlainDialect
from tests.support.ports import VERTEX, Bench, FakeReply, FakeUpstream, ask, target, unreachable, whole
from tests.support.virtual_time import in_virtual_time, now

QUESTION = ask(counting=True, max_tokens=None, stream=None)
ESTIMATE = count_conversation(QUESTION)
JSON = (("content-type", "application/json"),)


def bench_of(*script, **fields) -> Bench:
    return Bench(FakeUpstream(*script), plain=PlainDialect(counts=True), **fields)


async def test_upstreams_own_count_is_told():
    bench = bench_of(whole(b"1234"))
    assert await count_tokens(bench.gateway, QUESTION, "req_1") == 1234
    assert [request.url for request in bench.upstream.requests] == ["https://upstream.test/count"]
    assert (bench.trace.ending, bench.trace.status, bench.trace.counting) == ("counted", 200, True)
    assert bench.upstream.replies[0].closed == 1


async def test_upstream_without_a_count_is_not_asked():
    bench = Bench(FakeUpstream())
    assert await count_tokens(bench.gateway, QUESTION, "req_1") == ESTIMATE > 0
    assert bench.upstream.requests == []
    assert (bench.trace.ending, bench.trace.status) == ("estimated", 200)


@pytest.mark.parametrize(
    "answer",
    [
        unreachable(),
        whole(b"slow down", 429),
        whole(b"no such route", 404),
        whole(b"broken", 500),
        whole(b"", 302),
        whole(b"not a number"),
        FakeReply(200, JSON, [b"12", unreachable("gone")]),
    ],
    ids=["unreachable", "429", "404", "500", "redirect", "nonsense", "cut"],
)
async def test_any_failure_of_the_upstream_gives_the_estimate(answer):
    bench = bench_of(answer)
    assert await count_tokens(bench.gateway, QUESTION, "req_1") == ESTIMATE
    assert (bench.trace.ending, bench.trace.status) == ("estimated", 200)
    assert all(reply.closed == 1 for reply in bench.upstream.replies)


@pytest.mark.parametrize(
    "slow", [[3600.0], [FakeReply(200, JSON, [b"12", 3600.0, b"34"])]], ids=["head", "body"]
)
def test_slow_count_is_given_up_for_the_estimate(slow):
    bench = bench_of(*slow)

    async def count() -> tuple[int, float]:
        began = now()
        return await count_tokens(bench.gateway, QUESTION, "req_1"), now() - began

    assert in_virtual_time(count()) == (ESTIMATE, PATIENCE)
    assert all(reply.closed == 1 for reply in bench.upstream.replies)


async def test_missing_credential_gives_the_estimate_without_asking():
    bench = bench_of(target=target(credential=""))
    assert await count_tokens(bench.gateway, QUESTION, "req_1") == ESTIMATE
    assert bench.upstream.requests == []


async def test_dialect_that_is_not_spoken_gives_the_estimate():
    bench = bench_of(target=target("openai_responses"))
    assert await count_tokens(bench.gateway, QUESTION, "req_1") == ESTIMATE


async def test_refusal_of_what_a_dialect_made_of_the_request_gives_the_estimate():
    bench = bench_of(whole(b"bad: messages.0: too odd", 400))
    assert await count_tokens(bench.gateway, QUESTION, "req_1") == ESTIMATE
    assert (bench.trace.status, bench.trace.ending) == (200, "estimated")


async def test_count_is_asked_for_with_what_refusals_have_taught():
    bench = bench_of(whole(b"7"))
    learned = Quirks(sampling=False)
    asked: list[Quirks] = []
    write = bench.plain.write_count
    bench.plain.write_count = lambda *given: asked.append(given[2]) or write(*given)
    assert await count_tokens(bench.gateway, QUESTION, "req_1", lambda target: learned) == 7
    assert asked == [learned]


async def test_400_of_a_messages_server_is_relayed_byte_for_byte():
    body = b'{"type":"error", "error":{"type":"invalid_request_error","message":"tools: odd"}}'
    bench = bench_of(whole(body, 400), target=target("anthropic"))
    with pytest.raises(ApiError) as caught:
        await count_tokens(bench.gateway, QUESTION, "req_1")
    assert caught.value.body == body


async def test_token_that_an_upstream_quotes_to_a_count_does_not_reach_the_client():
    body = b'{"type":"error","error":{"type":"invalid_request_error","message":"bad test-token-1"}}'
    bench = bench_of(whole(body, 400), target=target("anthropic", **VERTEX))
    with pytest.raises(ApiError, match="bad") as caught:
        await count_tokens(bench.gateway, QUESTION, "req_1")
    said = caught.value.message + caught.value.body.decode() + bench.trace.error
    assert "test-token-1" not in said


async def test_name_that_cannot_be_a_model_is_a_400():
    bench = bench_of()
    with pytest.raises(ApiError, match="model: "):
        await count_tokens(bench.gateway, ask(counting=True, model="no/such"), "req_1")
    assert bench.trace.status == 400


async def test_count_that_the_client_left_is_settled_once_as_aborted():
    reply = FakeReply(200, JSON, [asyncio.Event()])
    bench = bench_of(reply)
    task = asyncio.ensure_future(count_tokens(bench.gateway, QUESTION, "req_1"))
    while not reply.reads:
        await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert (bench.trace.status, bench.trace.ending, reply.closed) == (499, "client_aborted", 1)


async def test_our_own_mistake_is_reported_and_shown_without_its_text():
    bench = bench_of(ZeroDivisionError("test-key-upstream"))
    with pytest.raises(ApiError) as caught:
        await count_tokens(bench.gateway, QUESTION, "req_1")
    assert (caught.value.status, "test-key" in caught.value.message) == (500, False)
    assert "ZeroDivisionError" in bench.observer.bugs[0]
    assert (bench.trace.status, bench.trace.ending) == (500, "api_error")
