"""Law: an answer that is cut before its end marker is a failure for the client, whatever came before the cut."""

import asyncio
import itertools
import json
import re

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dragoman.messages.errors import ApiError
from dragoman.messages.events import MessageStop, Relayed
from tests.support.anthropic_stream import Voice, event_steps
from tests.support.gemini_streams import gemini_streams
from tests.support.ports import Bench, FakeUpstream, streamed, target
from tests.support.replies import Reply
from tests.support.responses_reading import responses_streams
from tests.support.strategies import byte_splits, chat_streams, line_endings, replies

SLOW = [HealthCheck.too_slow]
"""Large values are drawn, and the machine may be busy."""

THINKING = {"type": "adaptive"}


def messages_stream(reply: Reply) -> bytes:
    """The reply as a server that speaks Messages streams it."""
    ids = itertools.count()
    voice = Voice(
        model="claude-sonnet-5",
        message_id="msg_1",
        new_tool_id=lambda: f"toolu_{next(ids)}",
        sign=lambda text: "c2ln",
        thinking_shown=True,
    )
    return b"".join(step for step in event_steps(reply, voice) if isinstance(step, bytes))


def end_of_chat(raw: bytes) -> int:
    """Where the frame ends that says why the answer finished."""
    for frame in re.finditer(rb"data: (.*)\n\n", raw):
        if frame[1] != b"[DONE]" and any(c.get("finish_reason") for c in json.loads(frame[1])["choices"]):
            return frame.end()
    raise AssertionError("the stream never finishes")


chats = st.tuples(st.just("openai_chat"), chat_streams.map(lambda chat: (chat.raw, end_of_chat(chat.raw))))
relays = st.tuples(st.just("anthropic"), replies().map(messages_stream).map(lambda raw: (raw, len(raw))))


geminis = st.tuples(
    st.just("gemini"),
    # The last blank line may be missing, so the end of a last line is the end of the answer.
    gemini_streams.map(lambda stream: stream.raw.replace(b"\r\n", b"\n")).map(
        lambda raw: (raw, len(raw.rstrip(b"\n")))
    ),
)
responses = st.tuples(
    st.just("openai_responses"), responses_streams.map(lambda stream: (stream.raw, stream.end))
)
streams = st.one_of(chats, relays, geminis, responses)


@st.composite
def cut_streams(draw: st.DrawFn) -> tuple[str, list[bytes]]:
    """A dialect and a stream in it, in pieces, up to any byte before its end marker is complete."""
    dialect, (raw, end) = draw(streams)
    kept = raw[: draw(st.integers(0, end - 1))].replace(b"\n", draw(line_endings))
    return dialect, draw(byte_splits(kept))


@st.composite
def ended_streams(draw: st.DrawFn) -> tuple[str, list[bytes]]:
    """The same, but cut only after the end marker."""
    dialect, (raw, end) = draw(streams)
    kept = raw[: draw(st.integers(end, len(raw)))].replace(b"\n", draw(line_endings))
    return dialect, draw(byte_splits(kept))


def bench_of(dialect: str, pieces: list[bytes]) -> Bench:
    """Every request gets the same reply: Gemini is asked once more where nothing came at all."""
    replies = [streamed(*(piece for piece in pieces if piece)) for _ in range(2)]
    return Bench(FakeUpstream(*replies), target(dialect))


def status_of(dialect: str, pieces: list[bytes]) -> int:
    """Of the failure: a server that says nothing twice is overloaded."""
    whole = re.sub(rb"\r\n|\r", b"\n", b"".join(pieces))
    return 529 if dialect == "gemini" and not _has_chunk(whole) else 502


def _has_chunk(stream: bytes) -> bool:
    first = stream.partition(b"\n\n")[0].removeprefix(b"data: ")
    try:
        json.loads(first)
    except ValueError:
        return False
    return True


async def heard(answer) -> tuple[list[str], ApiError | None]:
    """The names of the events that a client got, and the error after them."""
    names: list[str] = []
    try:
        async for batch in answer.events():
            names += [said.name if isinstance(said, Relayed) else type(said).__name__ for said in batch]
    except ApiError as error:
        return names, error
    return names, None


@settings(max_examples=100, deadline=None, suppress_health_check=SLOW)
@given(cut_streams())
def test_stream_that_is_cut_is_a_failure_and_never_complete(case):
    bench = bench_of(*case)
    answer = bench.answer(thinking=THINKING)
    names, error = asyncio.run(heard(answer))
    assert error is not None
    assert error.status == status_of(*case)
    assert not {"message_stop", MessageStop.__name__} & set(names)
    assert not answer.complete
    assert bench.trace.ending == ("api_error" if error.status == 502 else "overloaded_error")


@settings(max_examples=60, deadline=None, suppress_health_check=SLOW)
@given(cut_streams().filter(lambda case: case[0] != "anthropic"))
def test_no_message_is_made_of_a_stream_that_is_cut(case):
    bench = bench_of(*case)
    with pytest.raises(ApiError) as caught:
        asyncio.run(bench.answer(stream=False, thinking=THINKING).message())
    assert caught.value.status == bench.trace.status == status_of(*case)


@settings(max_examples=60, deadline=None, suppress_health_check=SLOW)
@given(ended_streams())
def test_stream_that_reached_its_end_marker_is_complete(case):
    bench = bench_of(*case)
    answer = bench.answer(thinking=THINKING)
    names, error = asyncio.run(heard(answer))
    assert error is None
    assert names[-1] in ("message_stop", MessageStop.__name__)
    assert answer.complete
    assert (bench.trace.status, bench.trace.ending in ("end_turn", "tool_use")) == (200, True)
