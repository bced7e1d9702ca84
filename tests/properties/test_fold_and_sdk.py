"""Law: the message that we fold is the one that the official SDK accumulates from the same bytes."""

import asyncio
from dataclasses import replace

import anthropic
import httpx2
from hypothesis import given, settings
from hypothesis import strategies as st

from dragoman.dialects.web_search_tool import SearchTool
from dragoman.messages.events import Event, frame_of
from dragoman.messages.fold import fold
from tests.support.gemini_replies import fetched, ran_code, searched
from tests.support.gemini_streams import gemini_stream, more_than_thoughts, read_answer
from tests.support.message_scripts import scripts, tell, usages
from tests.support.reading import said_to
from tests.support.responses_reading import open_reply, responses_stream
from tests.support.responses_replies import cited
from tests.support.responses_replies import searched as searched_by_responses
from tests.support.strategies import mixed_replies


async def accumulated(stream: bytes) -> dict:
    """What `messages.stream(...).get_final_message()` makes of a response body."""

    def answer(request: httpx2.Request) -> httpx2.Response:
        return httpx2.Response(200, headers={"content-type": "text/event-stream"}, content=stream)

    transport = httpx2.AsyncClient(transport=httpx2.MockTransport(answer))
    async with (
        anthropic.AsyncAnthropic(api_key="test-key-client", http_client=transport, max_retries=0) as client,
        client.messages.stream(
            model="claude-sonnet-5", max_tokens=100, messages=[{"role": "user", "content": "hi"}]
        ) as streamed,
    ):
        return (await streamed.get_final_message()).to_dict()


def folded(events: list[Event]) -> dict:
    """Our message. The SDK takes the service tier from the start only, where no backend has told it yet."""
    message = fold(events)
    assert message["usage"].pop("service_tier") is None
    return message


@settings(max_examples=40, deadline=None)
@given(scripts(interrupted=False), usages)
def test_folded_message_is_what_the_official_sdk_accumulates(steps, usage):
    events = tell(steps, usage, signs=True).events
    theirs = asyncio.run(accumulated(b"".join(frame_of(event) for event in events)))
    theirs["usage"].pop("service_tier")
    assert folded(events) == theirs


found = searched(
    ["q1", "q2"], [("https://a.test", "a.test"), ("https://b.test", "b.test")], [(0, 4, "", [0, 1])]
)
told_beside = st.sampled_from(
    [found, fetched(("https://a.test", "SUCCESS")), ran_code("1/0", "no", "OUTCOME_FAILED")]
)


@settings(max_examples=40, deadline=None)
@given(more_than_thoughts, told_beside, st.integers(0, 6), st.booleans())
def test_blocks_of_tools_that_run_upstream_are_what_the_official_sdk_accumulates(reply, beside, at, holds):
    parts = (*reply.parts[:at], beside, *reply.parts[at:])
    stream = gemini_stream(replace(reply, parts=parts))
    events = read_answer([stream.raw], searches=True, holds_text=holds).said
    theirs = asyncio.run(accumulated(b"".join(frame_of(event) for event in events)))
    theirs["usage"].pop("service_tier")
    ours = folded(events)
    assert any(block["type"] == "server_tool_use" for block in ours["content"])
    assert ours == theirs


found_by_responses = searched_by_responses("q", ["https://a.test", "https://b.test/x"])
told_of_it = cited("In Bern, yes", ("Bern", "https://a.test", "A"))


@settings(max_examples=40, deadline=None)
@given(
    mixed_replies,
    st.sampled_from([(found_by_responses,), (found_by_responses, told_of_it)]),
    st.integers(0, 6),
)
def test_searches_of_responses_are_what_the_official_sdk_accumulates(reply, beside, at):
    parts = (*reply.parts[:at], *beside, *reply.parts[at:])
    stream = responses_stream(replace(reply, parts=parts))
    reader = open_reply(search=SearchTool("web_search"))
    events = [event for some in said_to(reader, [stream.raw]) for event in some]
    theirs = asyncio.run(accumulated(b"".join(frame_of(event) for event in events)))
    theirs["usage"].pop("service_tier")
    ours = fold(events)
    ours["usage"].pop("service_tier")
    assert any(block["type"] == "server_tool_use" for block in ours["content"])
    assert ours == theirs
