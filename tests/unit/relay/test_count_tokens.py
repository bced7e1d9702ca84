import asyncio
import math

import pytest

from dragoman.dialects.quirks import Quirks
from dragoman.messages.errors import ApiError
from dragoman.messages.estimate import read_prompt
from dragoman.relay.count_tokens import PATIENCE, SMALL_BODY
from dragoman.relay.upstream_counts import ABSENCE_SECONDS, AT_ONCE
from tests.support.clock import ManualClock
from tests.support.plain_dialect import PlainDialect
from tests.support.ports import (
    VERTEX,
    Bench,
    FakeReply,
    FakeTokenizer,
    FakeUpstream,
    ask,
    target,
    unreachable,
    whole,
)
from tests.support.virtual_time import in_virtual_time, now

QUESTION = ask(counting=True, max_tokens=None, stream=None)
ESTIMATE = read_prompt(QUESTION).estimate()
JSON = (("content-type", "application/json"),)


def bench_of(*script, **fields) -> Bench:
    return Bench(FakeUpstream(*script), plain=PlainDialect(counts=True), **fields)


async def test_upstreams_own_count_is_told():
    bench = bench_of(whole(b"1234"))
    assert await bench.relay.count(QUESTION, "req_1") == 1234
    assert [request.url for request in bench.upstream.requests] == ["https://upstream.test/count"]
    assert (bench.trace.ending, bench.trace.status, bench.trace.counting) == ("counted", 200, True)
    assert bench.upstream.replies[0].closed == 1


async def test_labels_for_citations_count_too():
    found = {
        "type": "search_result",
        "source": "s",
        "title": "t",
        "content": [{"type": "text", "text": "owl"}],
    }
    message = {"role": "user", "content": [found | {"citations": {"enabled": True}}]}
    bench = bench_of(whole(b"7"))
    await bench.relay.count(ask(counting=True, max_tokens=None, stream=None, messages=[message]), "req_1")
    assert "【1-1】owl" in bench.upstream.requests[0].body.decode()


async def test_upstream_without_a_count_is_not_asked():
    bench = Bench(FakeUpstream())
    assert await bench.relay.count(QUESTION, "req_1") == ESTIMATE > 0
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
    assert await bench.relay.count(QUESTION, "req_1") == ESTIMATE
    assert (bench.trace.ending, bench.trace.status) == ("estimated", 200)
    assert all(reply.closed == 1 for reply in bench.upstream.replies)


@pytest.mark.parametrize(
    "slow", [[3600.0], [FakeReply(200, JSON, [b"12", 3600.0, b"34"])]], ids=["head", "body"]
)
def test_slow_count_is_given_up_for_the_estimate(slow):
    bench = bench_of(*slow)

    async def count() -> tuple[int, float]:
        began = now()
        return await bench.relay.count(QUESTION, "req_1"), now() - began

    assert in_virtual_time(count()) == (ESTIMATE, PATIENCE)
    assert all(reply.closed == 1 for reply in bench.upstream.replies)


async def test_missing_credential_gives_the_estimate_without_asking():
    bench = bench_of(target=target(credential=""))
    assert await bench.relay.count(QUESTION, "req_1") == ESTIMATE
    assert bench.upstream.requests == []


async def test_refusal_of_what_a_dialect_made_of_the_request_gives_the_estimate():
    bench = bench_of(whole(b"bad: messages.0: too odd", 400))
    assert await bench.relay.count(QUESTION, "req_1") == ESTIMATE
    assert (bench.trace.status, bench.trace.ending) == (200, "estimated")


async def test_count_is_asked_for_with_what_refusals_have_taught():
    bench = bench_of(whole(b"7"))
    learned = Quirks(sampling=False)
    asked: list[Quirks] = []
    write = bench.plain.write_count
    bench.plain.write_count = lambda *given: asked.append(given[2]) or write(*given)
    bench.relay.learn(bench.target, learned)
    assert await bench.relay.count(QUESTION, "req_1") == 7
    assert asked == [learned]


async def test_400_of_a_messages_server_is_relayed_byte_for_byte():
    body = b'{"type":"error", "error":{"type":"invalid_request_error","message":"tools: odd"}}'
    bench = bench_of(whole(body, 400), target=target("anthropic"))
    with pytest.raises(ApiError) as caught:
        await bench.relay.count(QUESTION, "req_1")
    assert caught.value.body == body


async def test_token_that_an_upstream_quotes_to_a_count_does_not_reach_the_client():
    body = b'{"type":"error","error":{"type":"invalid_request_error","message":"bad test-token-1"}}'
    bench = bench_of(whole(body, 400), target=target("anthropic", **VERTEX))
    with pytest.raises(ApiError, match="bad") as caught:
        await bench.relay.count(QUESTION, "req_1")
    said = caught.value.message + caught.value.body.decode() + bench.trace.error
    assert "test-token-1" not in said


async def test_name_that_cannot_be_a_model_is_a_400():
    bench = bench_of()
    with pytest.raises(ApiError, match="model: "):
        await bench.relay.count(ask(counting=True, model="no/such"), "req_1")
    assert bench.trace.status == 400


async def test_count_that_the_client_left_is_settled_once_as_aborted():
    reply = FakeReply(200, JSON, [asyncio.Event()])
    bench = bench_of(reply)
    task = asyncio.ensure_future(bench.relay.count(QUESTION, "req_1"))
    while not reply.reads:
        await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert (bench.trace.status, bench.trace.ending, reply.closed) == (499, "client_aborted", 1)


async def test_our_own_mistake_is_reported_and_shown_without_its_text():
    bench = bench_of(ZeroDivisionError("test-key-upstream"))
    with pytest.raises(ApiError) as caught:
        await bench.relay.count(QUESTION, "req_1")
    assert (caught.value.status, "test-key" in caught.value.message) == (500, False)
    assert "ZeroDivisionError" in bench.observer.bugs[0]
    assert (bench.trace.status, bench.trace.ending) == (500, "api_error")


def endings(bench: Bench) -> list[str]:
    return [trace.ending for trace in bench.observer.traces]


async def test_the_same_count_is_asked_for_once():
    bench = bench_of(whole(b"1234"), whole(b"5"))
    assert [await bench.relay.count(QUESTION, "req_1") for _ in range(3)] == [1234] * 3
    other = ask(counting=True, max_tokens=None, stream=None, system="more")
    assert await bench.relay.count(other, "req_2") == 5
    assert endings(bench) == ["counted"] * 4


async def test_counts_of_another_beta_or_credential_are_not_shared():
    bench = bench_of(whole(b"1"), whole(b"2"), whole(b"3"), target=target(passthrough_credentials=True))
    told = [
        await bench.relay.count(ask(headers, counting=True), "req_1")
        for headers in ((), (("anthropic-beta", "x"),), (("x-api-key", "k"),), ())
    ]
    assert told == [1, 2, 3, 1]


async def test_an_estimate_is_not_kept():
    bench = bench_of(whole(b"slow down", 429), whole(b"1234"))
    assert [await bench.relay.count(QUESTION, "req_1") for _ in range(2)] == [ESTIMATE, 1234]


@pytest.mark.parametrize("status", [404, 405])
async def test_a_server_without_a_count_is_not_asked_again_for_a_while(status):
    clock = ManualClock()
    bench = bench_of(whole(b"no such route", status), whole(b"1234"), clock=clock)
    other = ask(counting=True, max_tokens=None, stream=None, system="more")
    assert await bench.relay.count(QUESTION, "req_1") == ESTIMATE
    assert await bench.relay.count(other, "req_2") == read_prompt(other).estimate()
    assert len(bench.upstream.requests) == 1
    clock.advance(ABSENCE_SECONDS)
    assert await bench.relay.count(QUESTION, "req_3") == 1234


async def test_a_model_that_is_not_there_keeps_no_other_from_being_counted():
    bench = bench_of(whole(b"model: plain-1 is unknown", 404), whole(b"1234"))
    assert await bench.relay.count(QUESTION, "req_1") == ESTIMATE
    assert await bench.relay.count(QUESTION, "req_2") == ESTIMATE
    assert len(bench.upstream.requests) == 1
    bench.gateway.model_map.target = target(model="plain-2")
    elsewhere = ask(counting=True, model="claude-opus-4-8")
    assert await bench.relay.count(elsewhere, "req_3") == 1234


def test_a_burst_waits_no_longer_than_one_count():
    """`/context` asks for some 25 at once."""
    bench = bench_of(*[3600.0] * AT_ONCE)
    questions = [ask(counting=True, system=f"part {number}") for number in range(25)]

    async def burst() -> tuple[list[int], float]:
        began = now()
        counts = await asyncio.gather(*(bench.relay.count(question, "req_1") for question in questions))
        return counts, now() - began

    counted, took = in_virtual_time(burst())
    assert counted == [read_prompt(question).estimate() for question in questions]
    assert took == PATIENCE
    assert len(bench.upstream.requests) == AT_ONCE


class TestVocabularies:
    WORDS = ask(counting=True, messages=[{"role": "user", "content": "one two three"}])

    async def test_what_no_upstream_counts_is_counted_with_the_models_vocabulary(self):
        tokenizer = FakeTokenizer()
        bench = Bench(FakeUpstream(), target=target("openai_chat", "gpt-4"), tokenizer=tokenizer)
        counted = await bench.relay.count(self.WORDS, "req_1")
        assert 3 <= counted <= 3 + 10
        assert (endings(bench), tokenizer.asked) == (["tokenized"], ["cl100k_base"])

    async def test_without_the_vocabulary_it_is_estimated(self):
        bench = Bench(
            FakeUpstream(), target=target("openai_chat", "gpt-5"), tokenizer=FakeTokenizer("o200k_base")
        )
        assert await bench.relay.count(QUESTION, "req_1") == ESTIMATE
        assert endings(bench) == ["estimated"]

    async def test_another_vendors_tokens_are_more(self):
        counted = []
        for model in ("gpt-5", "anthropic/claude-opus-4.8"):
            bench = Bench(FakeUpstream(), target=target("openai_chat", model), tokenizer=FakeTokenizer())
            counted.append(await bench.relay.count(self.WORDS, "req_1"))
        assert counted[1] >= 1.5 * counted[0]

    async def test_a_small_request_for_openais_models_is_not_worth_another_one(self):
        bench = bench_of(whole(b"1234"), target=target(model="gpt-5"), tokenizer=FakeTokenizer())
        assert await bench.relay.count(self.WORDS, "req_1") < 20
        large = ask(counting=True, system="word " * SMALL_BODY)
        assert await bench.relay.count(large, "req_2") == 1234
        assert endings(bench) == ["tokenized", "counted"]

    @pytest.mark.parametrize(
        "changes",
        [
            {"target": target(model="gpt-5"), "tokenizer": FakeTokenizer("o200k_base")},
            {"target": target(model="gpt-5")},
            {"target": target(model="qwen3"), "tokenizer": FakeTokenizer()},
        ],
        ids=["no vocabulary", "no tokenizer", "not the model's own"],
    )
    async def test_otherwise_the_upstream_is_asked_for_a_small_one_too(self, changes):
        bench = bench_of(whole(b"1234"), **changes)
        assert await bench.relay.count(self.WORDS, "req_1") == 1234

    async def test_a_messages_server_counts_everything_itself(self):
        answer = whole(b'{"input_tokens": 1234}')
        bench = bench_of(answer, target=target("anthropic", "gpt-5"), tokenizer=FakeTokenizer())
        assert await bench.relay.count(self.WORDS, "req_1") == 1234


class TestWhatAnswersTaught:
    async def test_an_estimate_is_multiplied(self):
        bench = Bench(FakeUpstream())
        bench.relay.meter.learn("somewhere", "plain-1", None, 1000, 1500)
        assert await bench.relay.count(QUESTION, "req_1") == math.ceil(ESTIMATE * 1.5)

    @pytest.mark.parametrize(("model", "factor"), [("plain-1", 1.5), ("gpt-5", 1.0)])
    async def test_a_count_with_a_vocabulary_only_where_it_is_not_the_models_own(self, model, factor):
        counted = []
        for ratio in (1.0, 1.5):
            bench = Bench(FakeUpstream(), target=target(model=model), tokenizer=FakeTokenizer())
            bench.relay.meter.learn("somewhere", model, None, 1000, round(1000 * ratio))
            counted.append(await bench.relay.count(QUESTION, "req_1"))
        assert counted[1] == math.ceil(counted[0] * factor)
