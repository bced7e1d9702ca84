import json

import pytest

from dragoman.messages.errors import UpstreamFailure, UpstreamNonsense
from dragoman.upstream.litellm_reply import DONE, StreamReply, WholeReply, next_frame
from tests.support.virtual_time import in_virtual_time
from tests.unit.upstream.litellm_fakes import Chunk, Stream


def reply_of(stream: Stream, let_go: list, idle_seconds: float = 10.0) -> StreamReply:
    return StreamReply(stream, b"data: {}\n\n", str.upper, idle_seconds, let_go.append)


def data(frame: bytes) -> dict:
    assert frame.startswith(b"data: ")
    assert frame.endswith(b"\n\n")
    return json.loads(frame[6:])


async def test_chunks_become_frames_and_the_end_is_marked():
    stream, gone = Stream(Chunk("a"), Chunk("b", "stop")), []
    reply = reply_of(stream, gone)
    assert await reply.read() == b"data: {}\n\n"
    assert data(await reply.read()) == Chunk("a").value
    assert data(await reply.read()) == Chunk("b", "stop").value
    assert gone == []
    assert [await reply.read(), await reply.read()] == [DONE, b""]
    reply.close()
    assert gone == [stream]


async def test_failure_is_a_frame_and_the_end():
    stream, gone = Stream(ValueError("the words")), []
    reply = reply_of(stream, gone)
    await reply.read()
    error = data(await reply.read())["error"]
    assert (error["message"], error["status"]) == ("THE WORDS", 502)
    assert await reply.read() == b""
    assert gone == [stream]


async def test_ending_that_the_vendor_did_not_say_is_an_error():
    frame = await next_frame(Stream(Chunk("", "stop"), finish=None))
    assert "broke off" in data(frame)["error"]["message"]


async def test_ending_of_a_stream_of_another_kind_is_taken_as_it_is():
    stream = Stream(Chunk("", "stop"))
    del stream.received_finish_reason
    assert data(await next_frame(stream)) == Chunk("", "stop").value


def test_silence_is_a_timeout():
    async def silence() -> UpstreamFailure:
        reply = reply_of(Stream(60.0), gone)
        await reply.read()
        with pytest.raises(UpstreamFailure) as raised:
            await reply.read()
        return raised.value

    gone: list = []
    failure = in_virtual_time(silence())
    assert (failure.kind, failure.error.status) == ("broke_midway", 504)
    assert len(gone) == 1


async def test_closed_reply_lets_the_stream_go_once():
    gone: list = []
    reply = reply_of(Stream(Chunk("a")), gone)
    reply.close()
    reply.close()
    assert len(gone) == 1
    assert await reply.read() == b""


async def test_stream_is_read_whole_up_to_a_size():
    whole = await reply_of(Stream(Chunk("a")), []).read_all(1000)
    assert whole.startswith(b"data: {}\n\n")
    assert whole.endswith(DONE)
    with pytest.raises(UpstreamNonsense):
        await reply_of(Stream(Chunk("a")), []).read_all(5)


def test_draining_ends_in_time():
    async def drained() -> list:
        gone: list = []
        for stream in (Stream(Chunk("a")), Stream(60.0), Stream(ValueError("x"))):
            reply = reply_of(stream, gone)
            await reply.drain()
            reply.close()
        return gone

    assert len(in_virtual_time(drained())) == 3


async def test_whole_reply_is_read_in_any_way():
    assert (await WholeReply(200, b"abc").read_all(3)) == b"abc"
    with pytest.raises(UpstreamNonsense):
        await WholeReply(200, b"abcd").read_all(3)
    reply = WholeReply(429, b"abc", (("retry-after", "7"),))
    assert (reply.head.status, reply.head.header("retry-after")) == (429, "7")
    assert reply.head.header("content-type") == "application/json"
    assert [await reply.read(), await reply.read()] == [b"abc", b""]
    for let_go in ("drain", "close"):
        reply = WholeReply(200, b"abc")
        waiting = getattr(reply, let_go)()
        if waiting is not None:
            await waiting
        assert await reply.read() == b""
