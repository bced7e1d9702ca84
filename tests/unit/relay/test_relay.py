import msgspec
import pytest

from dragoman.dialects.quirks import Quirks
from dragoman.messages.errors import ApiError
from dragoman.relay.relay import MOST_REMEMBERED_NAMES
from tests.support.plain_dialect import PlainDialect, lines
from tests.support.ports import Bench, FakeUpstream, ask, streamed, target, whole

LEARNED = msgspec.structs.replace(Quirks(), images=False)


def test_quirks_are_those_of_the_target_until_something_was_learned():
    bench = Bench(FakeUpstream())
    assert bench.relay.quirks(bench.target) is bench.target.quirks


def test_what_was_learned_holds_for_that_model_on_that_channel_only():
    bench = Bench(FakeUpstream())
    bench.relay.learn(bench.target, LEARNED)
    assert bench.relay.quirks(target()) == LEARNED
    assert bench.relay.quirks(target(model="plain-2")) == Quirks()
    assert bench.relay.quirks(target(name="elsewhere")) == Quirks()


def test_two_relays_do_not_share_what_they_learned():
    one, other = Bench(FakeUpstream()), Bench(FakeUpstream())
    one.relay.learn(one.target, LEARNED)
    assert other.relay.quirks(other.target) == Quirks()


async def test_answers_of_one_relay_are_independent():
    bench = Bench(
        FakeUpstream(streamed(lines("text a", "end end_turn")), streamed(lines("text b", "end max_tokens")))
    )
    one, other = bench.relay.answer(ask(), "req_1"), bench.relay.answer(ask(), "req_2")
    assert b'"text":"a"' in await one.message()
    assert b'"text":"b"' in await other.message()
    assert [(trace.request_id, trace.ending) for trace in bench.observer.traces] == [
        ("req_1", "end_turn"),
        ("req_2", "max_tokens"),
    ]


async def test_counting_asks_the_upstream():
    bench = Bench(FakeUpstream(whole(b"42")), plain=PlainDialect(counts=True))
    assert await bench.relay.count(ask(counting=True), "req_1") == 42


def test_request_that_got_no_further_than_the_door_is_recorded():
    bench = Bench(FakeUpstream())
    bench.relay.refuse(ApiError(401, "wrong key"), "req_1")
    trace = bench.trace
    assert (trace.request_id, trace.status, trace.ending) == ("req_1", 401, "authentication_error")
    assert (trace.error, trace.started, trace.ended) == ("wrong key", 1000.0, 1000.0)


def test_mistake_at_the_door_is_reported_and_recorded_without_its_text():
    bench = Bench(FakeUpstream())
    error = bench.relay.report(ZeroDivisionError("secret"), "req_1")
    assert (error.status, "secret" in error.message) == (500, False)
    assert "ZeroDivisionError" in bench.observer.bugs[0]
    assert (bench.trace.request_id, bench.trace.status) == ("req_1", 500)


def test_model_map_is_asked_once_for_each_name():
    bench = Bench(FakeUpstream())
    assert bench.relay.target("claude-sonnet-5") is bench.relay.target("claude-sonnet-5") is bench.target
    bench.relay.target("claude-opus-5-5")
    assert bench.gateway.model_map.asked == ["claude-sonnet-5", "claude-opus-5-5"]


def test_names_that_clients_make_up_do_not_fill_the_memory():
    bench = Bench(FakeUpstream())
    for number in range(2 * MOST_REMEMBERED_NAMES):
        assert bench.relay.target(f"made-up-{number}") is bench.target
    bench.relay.target("made-up-0")
    assert bench.gateway.model_map.asked.count("made-up-0") == 2


def test_name_that_cannot_be_a_model_is_refused_each_time():
    bench = Bench(FakeUpstream())
    for _ in range(2):
        with pytest.raises(ApiError, match="model: "):
            bench.relay.target("no/such")
