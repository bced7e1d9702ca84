import asyncio

import pytest

from dragoman.messages.errors import ApiError
from dragoman.server.hangup import CancelOnHangup
from dragoman.server.sse_response import Patience, SseResponse, encoded_headers, sse_headers
from tests.support.asgi import AsgiClient
from tests.support.grammar_table import check_stream, fold_stream
from tests.support.plain_dialect import lines
from tests.support.ports import Bench, FakeReply, FakeUpstream, streamed, target, unreachable, whole
from tests.support.virtual_time import in_virtual_time, now

GOOD = lines("start", "text a", "text b", "end end_turn")
DELTA = b'event: content_block_delta\ndata: {"type":"content_block_delta","index":0,"delta":{}}\n\n'
STOP = b'event: message_stop\ndata: {"type":"message_stop"}\n\n'


class Stream:
    """One response, sent in virtual time to a client that records it."""

    def __init__(self, *script, dialect: str = "plain", patience: Patience | None = None, drain=None) -> None:
        self.bench = Bench(FakeUpstream(*script), target(dialect))
        self.client = AsgiClient(drain=drain)
        self._patience = patience or Patience()
        self.error: ApiError | None = None
        self.hung_up = False

    def run(self, meanwhile=None) -> "Stream":
        """Until the response is over and another hour has passed. `meanwhile(stream)` runs beside it."""
        in_virtual_time(self._run(meanwhile))
        return self

    async def _run(self, meanwhile) -> None:
        self.began = now()
        tasks = asyncio.all_tasks()
        beside = asyncio.ensure_future(meanwhile(self)) if meanwhile else None
        async with CancelOnHangup({}, self.client.receive) as hangup:
            answer = self.bench.answer()
            response = SseResponse(self.client.send, answer, "req_1", self._patience, hangup)
            try:
                await response.run()
            except ApiError as error:
                self.error = error
        self.hung_up = hangup.happened
        self.answered = hangup.answered
        self.ended = now() - self.began
        await asyncio.sleep(3600.0)
        if beside is not None:
            await beside
        assert asyncio.all_tasks() == tasks

    @property
    def times(self) -> list[float]:
        """Seconds from the beginning to each piece."""
        return [round(at - self.began, 3) for at, _ in self.client.chunks]

    @property
    def types(self) -> list[list[str]]:
        """The types of the events in each piece."""
        return [
            [line.removeprefix("event: ") for line in body.decode().split("\n") if line.startswith("event: ")]
            for _, body in self.client.chunks
        ]

    @property
    def text(self) -> str:
        return fold_stream(check_stream(self.client.body))["content"][0]["text"]


def test_answer_is_a_head_and_a_piece_for_each_read():
    stream = Stream(
        streamed(lines("start", "text a"), 1.0, lines("text b"), 1.0, lines("end end_turn"))
    ).run()
    assert stream.client.status == 200
    assert stream.client.headers == {
        "content-type": "text/event-stream; charset=utf-8",
        "cache-control": "no-cache",
        "x-accel-buffering": "no",
        "request-id": "req_1",
    }
    assert stream.times == [0, 1, 2]
    assert stream.text == "ab"
    assert stream.client.complete


def test_last_event_ends_the_response_without_an_empty_piece():
    stream = Stream(streamed(GOOD)).run()
    assert stream.types[-1][-1] == "message_stop"


def test_response_does_not_wait_for_the_upstream_to_close():
    reply = streamed(GOOD, asyncio.Event())
    stream = Stream(reply).run()
    assert (stream.times, stream.ended) == ([0], 0)


def test_relayed_stream_is_byte_for_byte_the_upstreams():
    raw = b": hi\n\n" + DELTA + b"event: odd\r\ndata: {}\r\n\r\n" + STOP
    stream = Stream(streamed(raw, headers=(("request-id", "req_up"),)), dialect="anthropic").run()
    assert stream.client.body == raw
    assert stream.client.headers["request-id"] == "req_up"


def test_failure_before_anything_was_sent_is_raised_for_an_http_status():
    stream = Stream(whole(b"busy: later", 529)).run()
    assert (stream.error.status, stream.client.status) == (529, None)


def test_failure_after_content_is_an_error_event_that_ends_the_response():
    stream = Stream(streamed(lines("start", "text a"), 1.0, lines("fail busy"))).run()
    events = check_stream(stream.client.body)
    assert events[-1] == {
        "type": "error",
        "error": {"type": "overloaded_error", "message": "busy"},
        "request_id": "req_1",
    }
    assert stream.client.complete
    assert stream.error is None


def test_error_event_has_the_id_that_the_head_has():
    headers = (("request-id", "req_up"), ("anthropic-x", "1"))
    said = DELTA.replace(b"content_block_delta", b"message_start")
    stream = Stream(streamed(said, DELTA, headers=headers), dialect="anthropic").run()
    assert stream.client.headers["request-id"] == "req_up"
    assert b'"request_id":"req_up"' in stream.client.body.partition(b"event: error")[2]


def test_stream_that_is_cut_ends_with_an_error_event():
    stream = Stream(streamed(lines("start", "text a"))).run()
    assert check_stream(stream.client.body)[-1]["type"] == "error"


def test_silence_after_the_start_is_filled_with_pings():
    stream = Stream(streamed(lines("start"), 35.0, lines("text ab", "end end_turn"))).run()
    assert stream.times == [10, 20, 30, 35]
    assert stream.types[:3] == [["message_start", "ping"], ["ping"], ["ping"]]
    assert stream.text == "ab"


def test_silence_in_the_middle_of_a_block_is_filled_with_pings():
    stream = Stream(
        streamed(lines("start", "text a"), 12.0, lines("text b"), 12.0, lines("end end_turn"))
    ).run()
    assert stream.times == [0, 10, 12, 22, 24]
    assert stream.text == "ab"


def test_silence_of_a_relayed_upstream_is_filled_with_pings():
    stream = Stream(streamed(DELTA, 25.0, STOP), dialect="anthropic").run()
    assert stream.times == [0, 10, 20, 25]
    assert stream.types == [["content_block_delta"], ["ping"], ["ping"], ["message_stop"]]


def test_busy_stream_has_no_pings():
    words = [piece for _ in range(20) for piece in (lines("text a"), 7.0)]
    stream = Stream(streamed(lines("start"), *words, lines("end end_turn"))).run()
    assert b"ping" not in stream.client.body
    assert stream.text == "a" * 20


def test_head_waits_for_an_upstream_that_has_not_answered():
    stream = Stream(24.0, whole(b"busy: later", 529)).run()
    assert (stream.error.status, stream.client.status, stream.ended) == (529, None, 24)


def test_head_goes_out_after_25_seconds_and_then_the_line_is_kept_alive():
    stream = Stream(48.0, streamed(GOOD)).run()
    assert stream.times == [25, 35, 45, 48]
    assert stream.types[0] == ["message_start", "ping"]
    assert stream.text == "ab"


def test_head_goes_out_with_a_comment_before_a_relayed_upstream_answered():
    stream = Stream(30.0, streamed(DELTA + STOP), dialect="anthropic").run()
    assert stream.times == [25, 30]
    assert stream.client.chunks[0][1].startswith(b": ")
    assert stream.client.body.endswith(DELTA + STOP)


def test_upstream_that_began_and_says_nothing_is_given_ten_seconds():
    stream = Stream(15.0, streamed(lines("start"), 30.0, lines("text ab", "end end_turn"))).run()
    assert stream.times[0] == pytest.approx(15.5, abs=0.5)
    assert stream.text == "ab"


def test_failure_after_silence_committed_the_head_is_an_error_event_and_no_second_head():
    stream = Stream(40.0, whole(b"busy: later", 529)).run()
    assert stream.error is None
    assert [event["type"] for event in check_stream(stream.client.body)] == [
        "message_start",
        "ping",
        "ping",
        "error",
    ]
    assert stream.client.complete


def test_failure_to_connect_after_silence_is_an_error_event_too():
    stream = Stream(40.0, unreachable("gone"), dialect="anthropic").run()
    assert check_stream(stream.client.body)[-1]["error"]["message"] == "gone"


@pytest.mark.parametrize("start", [("start",), ("start", "text a")], ids=["before a block", "in a block"])
def test_long_silence_has_a_real_event_every_four_minutes(start):
    stream = Stream(streamed(lines(*start), 900.0, lines("text b", "end end_turn"))).run()
    real = [at for at, types in zip(stream.times, stream.types, strict=True) if set(types) != {"ping"}]
    assert max(later - earlier for earlier, later in zip(real, real[1:], strict=False)) <= 250
    quiet = zip(stream.times, stream.times[1:], strict=False)
    assert max(later - earlier for earlier, later in quiet) <= 10
    assert stream.text == ("b" if len(start) == 1 else "ab")


def test_patience_is_as_configured():
    patience = Patience(ping=1.0, head=2.0, event=3.0)
    stream = Stream(
        2.5, streamed(2.0, lines("start", "text a"), 4.0, lines("end end_turn")), patience=patience
    ).run()
    assert stream.times[0] == pytest.approx(2.5, abs=0.5)
    gaps = [later - earlier for earlier, later in zip(stream.times, stream.times[1:], strict=False)]
    assert max(gaps) <= 1.05
    assert stream.text == "a"


def test_client_that_reads_slowly_gets_a_legal_stream_without_heaped_pings():
    async def drain() -> None:
        await asyncio.sleep(15.0)

    stream = Stream(
        streamed(lines("start", "text a"), 1.0, lines("text b", "end end_turn")), drain=drain
    ).run()
    assert stream.text == "ab"
    assert b"ping" not in stream.client.body


def test_nothing_follows_an_error_event_although_a_ping_was_due_at_that_moment():
    slow = asyncio.Event()

    async def drain() -> None:
        if len(stream.client.chunks) == 2:
            await slow.wait()

    async def release(stream: Stream) -> None:
        await asyncio.sleep(20.0)
        slow.set()

    said = [lines("start", "text a"), 3.0, lines("text b"), 10.0, lines("fail busy")]
    stream = Stream(streamed(*said), drain=drain)
    stream.run(release)
    assert stream.times == [0, 3, 20]
    assert stream.types[2] == ["error"]
    assert stream.answered


def test_hang_up_in_a_silence_stops_the_upstream_and_the_pings():
    async def leave(stream: Stream) -> None:
        await asyncio.sleep(15.0)
        stream.client.hang_up()

    reply = streamed(lines("start", "text a"), 3000.0, lines("end end_turn"))
    stream = Stream(reply).run(leave)
    assert (stream.hung_up, stream.ended, reply.closed) == (True, 15, 1)
    assert stream.times == [0, 10]
    assert stream.bench.trace.ending == "client_aborted"


def test_disconnect_after_the_last_event_is_no_hang_up():
    stream = Stream(streamed(GOOD)).run()
    assert not stream.hung_up
    assert (stream.bench.trace.status, stream.bench.trace.ending) == (200, "end_turn")


def test_page_is_a_failure_before_the_head():
    stream = Stream(FakeReply(200, (("content-type", "text/html"),), [b"<"])).run()
    assert (stream.error.status, stream.client.status) == (502, None)


def test_our_request_id_stands_where_the_upstream_gave_none():
    assert (b"request-id", b"req_1") in sse_headers((), "req_1")
    assert [
        value for name, value in sse_headers((("request-id", "req_up"),), "req_1") if name == b"request-id"
    ] == [b"req_up"]


def test_header_values_beyond_latin_1_do_not_break_the_response():
    assert encoded_headers((("x-note", "é漢"),), "req_1")[0] == (b"x-note", b"\xe9?")
