"""Law: the message that we fold is the one that the official SDK accumulates from the same bytes."""

import asyncio

import anthropic
import httpx2
from hypothesis import given, settings

from dragoman.messages.events import Event, frame_of
from dragoman.messages.fold import fold
from tests.support.message_scripts import scripts, tell, usages


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
