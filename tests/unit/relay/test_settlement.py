from dragoman.dialects.quirks import Quirks
from dragoman.messages.events import Usage
from dragoman.relay.attempt import Attempt
from dragoman.relay.settlement import settle
from dragoman.relay.trace import Trace
from dragoman.wire.exchange import ReplyHead
from dragoman.wire.sse import Frame
from tests.support.plain_dialect import lines
from tests.support.ports import Bench, FakeUpstream, ask, streamed


def new_trace() -> Trace:
    return Trace("req_1", "claude-sonnet-5", streaming=True, started=1000.0)


def attempt_of(bench: Bench, *said: bytes) -> Attempt:
    attempt = Attempt(bench.gateway, ask(), bench.target, Quirks())
    for line in said:
        attempt.reader.feed(Frame(line, b"", b""))
    return attempt


def test_observer_is_told_once_with_the_time_of_the_end():
    bench = Bench(FakeUpstream())
    bench.clock.advance(2.5)
    settle(bench.gateway, new_trace(), None)
    assert (bench.trace.started, bench.trace.ended) == (1000.0, 1002.5)


def test_usage_and_ending_are_what_the_reader_heard():
    bench = Bench(FakeUpstream())
    settle(bench.gateway, new_trace(), attempt_of(bench, b"text a", b"usage 5", b"end end_turn"))
    assert (bench.trace.usage, bench.trace.ending) == (Usage(input_tokens=5), "end_turn")


def test_reasoning_that_was_withheld_is_noted():
    bench = Bench(FakeUpstream())
    attempt = attempt_of(bench, b"end end_turn")
    attempt.reader.withheld = {"prefix_mismatch": 1}
    settle(bench.gateway, new_trace(), attempt)
    assert bench.trace.withheld == {"prefix_mismatch": 1}


async def test_citations_that_name_nothing_are_noted():
    bench = Bench(FakeUpstream(streamed(lines("text so【9-9】", "end end_turn"))))
    found = {
        "type": "search_result",
        "source": "s",
        "title": "t",
        "content": [{"type": "text", "text": "owl"}],
    }
    message = {"role": "user", "content": [found | {"citations": {"enabled": True}}]}
    attempt = Attempt(bench.gateway, ask(messages=[message]), bench.target, Quirks())
    async for _ in attempt.events():
        pass
    settle(bench.gateway, new_trace(), attempt)
    assert bench.trace.unfounded_citations == 1


def test_ending_that_is_known_already_is_kept():
    bench = Bench(FakeUpstream())
    trace = new_trace()
    trace.ending = "client_aborted"
    settle(bench.gateway, trace, attempt_of(bench, b"text a", b"end end_turn"))
    assert bench.trace.ending == "client_aborted"


def test_id_that_the_upstream_gave_is_noted_under_either_name():
    for name in ("request-id", "x-request-id"):
        bench = Bench(FakeUpstream())
        attempt = attempt_of(bench)
        attempt.head = ReplyHead(200, ((name, "up_1"),))
        settle(bench.gateway, new_trace(), attempt)
        assert bench.trace.upstream_request_id == "up_1"


def test_id_that_quotes_the_key_is_not_noted():
    bench = Bench(FakeUpstream())
    attempt = attempt_of(bench)
    attempt.head = ReplyHead(200, (("request-id", f"up_{attempt.credential}"), ("x-request-id", "up_2")))
    settle(bench.gateway, new_trace(), attempt)
    assert bench.trace.upstream_request_id == "up_2"
