import asyncio
import json
import threading

import pytest

from dragoman.messages.errors import UpstreamFailure
from dragoman.upstream.litellm_upstream import WithLiteLLM
from dragoman.wire.exchange import HttpRequest
from tests.support.ports import FakeUpstream, whole
from tests.unit.upstream.litellm_fakes import Chunk, FakeLibrary, Stream

VENDORS = {"openai": {"api_key": "test-key-openai", "api_base": "https://openai.test/v1"}}
MESSAGES = [{"role": "user", "content": "hi"}]


def asking(**fields) -> HttpRequest:
    body = {"model": "openai/x", "messages": MESSAGES, **fields}
    return HttpRequest("POST", "litellm:/chat/completions", (), json.dumps(body).encode())


def with_litellm(library, load=None, idle_seconds: float = 10.0) -> WithLiteLLM:
    return WithLiteLLM(
        FakeUpstream(), load or (lambda: library), VENDORS, lambda: ("test-key-secret",), idle_seconds
    )


async def test_other_upstreams_are_asked_as_before_and_nothing_is_loaded():
    def load():
        raise AssertionError("loaded")

    upstream = FakeUpstream(whole(b"{}"))
    litellm = WithLiteLLM(upstream, load, {}, lambda: ())
    request = HttpRequest("POST", "https://upstream.test/v1/chat/completions", (), b"{}")
    assert await litellm.open(request) is upstream.replies[0]
    await litellm.close()


async def test_it_is_loaded_once_in_a_thread():
    threads = []

    def load():
        threads.append(threading.current_thread() is threading.main_thread())
        return FakeLibrary(Chunk("a"), Chunk("b"))

    litellm = with_litellm(None, load)
    replies = await asyncio.gather(litellm.open(asking()), litellm.open(asking()))
    assert [reply.head.status for reply in replies] == [200, 200]
    assert threads == [False]


async def test_without_the_extra_the_command_that_installs_it_is_told():
    def load():
        raise ImportError("litellm")

    for _ in range(2):
        with pytest.raises(UpstreamFailure) as raised:
            await with_litellm(None, load).open(asking())
        error = raised.value.error
        assert (error.status, error.type) == (400, "invalid_request_error")
        assert "uv sync --extra litellm" in error.message
        assert ("x-should-retry", "false") in error.headers


async def test_a_library_that_cannot_be_loaded_is_not_taken_for_a_mistake_of_ours():
    def load():
        raise OSError("/home/somebody/certificates.pem is no certificate")

    with pytest.raises(UpstreamFailure) as raised:
        await with_litellm(None, load).open(asking())
    error = raised.value.error
    assert (error.status, error.headers) == (500, (("x-should-retry", "false"),))
    assert error.message.startswith("LiteLLM could not be loaded (OSError); python -c 'import litellm'")
    assert "somebody" not in error.message


async def test_only_what_the_dialect_writes_goes_on():
    """T7: nothing of a body chooses an address or a key."""
    library = FakeLibrary(Chunk("a"))
    mine = {
        "api_base": "http://mine.test",
        "api_key": "mine",
        "base_url": "http://mine.test",
        "fallbacks": ["x"],
    }
    await with_litellm(library).open(asking(max_tokens=5, tools=[], **mine))
    [arguments] = library.arguments
    assert arguments == {
        "model": "openai/x",
        "messages": MESSAGES,
        "max_tokens": 5,
        "tools": [],
        "api_key": "test-key-openai",
        "api_base": "https://openai.test/v1",
        "timeout": 100.0,
        "num_retries": 0,
        "max_retries": 0,
        "drop_params": False,
        "no-log": True,
    }


async def test_vendors_key_goes_to_that_vendor_alone():
    library = FakeLibrary(Chunk("a"), vendor="groq")
    await with_litellm(library).open(asking())
    assert not {"api_key", "api_base"} & library.arguments[0].keys()


async def test_whole_answer_is_json():
    reply = await with_litellm(FakeLibrary(Chunk("a"))).open(asking())
    assert (reply.head.status, reply.head.header("content-type")) == (200, "application/json")
    assert json.loads(await reply.read_all(1000)) == Chunk("a").value


async def test_stream_begins_with_its_first_chunk():
    reply = await with_litellm(FakeLibrary(Stream(Chunk("a")))).open(asking(stream=True))
    assert (reply.head.status, reply.head.header("content-type")) == (200, "text/event-stream")
    assert b'"content":"a"' in await reply.read()


@pytest.mark.parametrize("streams", [True, False])
async def test_failure_before_the_first_chunk_is_a_status(streams):
    error = ValueError("wrong key test-key-secret")
    library = FakeLibrary(Stream(error) if streams else error)
    reply = await with_litellm(library).open(asking(stream=streams))
    assert reply.head.status == 502
    assert json.loads(await reply.read_all(1000))["error"]["message"] == "wrong key ***"


async def test_stream_without_a_chunk_is_a_failure():
    stream = Stream()
    reply = await with_litellm(FakeLibrary(stream)).open(asking(stream=True))
    assert reply.head.status == 502


async def test_missing_credential_is_told_with_the_vendors_variable():
    library = FakeLibrary(ValueError("Missing credentials: set GROQ_API_KEY"))
    with pytest.raises(UpstreamFailure) as raised:
        await with_litellm(library).open(asking())
    assert raised.value.error.status == 401
    assert "GROQ_API_KEY" in raised.value.error.message


@pytest.mark.parametrize("silence", [60.0, Stream(60.0)], ids=["call", "stream"])
async def test_silence_is_a_timeout(silence):
    litellm = with_litellm(FakeLibrary(silence), idle_seconds=0.05)
    with pytest.raises(UpstreamFailure) as raised:
        await litellm.open(asking(stream=True))
    assert raised.value.error.status == 504
    await litellm.close()


async def test_stream_that_is_left_is_closed():
    stream = Stream(Chunk("a"), 60.0)
    library = FakeLibrary(stream)
    litellm = with_litellm(library)
    reply = await litellm.open(asking(stream=True))
    reply.close()
    await litellm.close()
    assert (stream.closed, library.closed) == (1, 1)


async def test_call_that_is_cancelled_closes_its_stream():
    stream = Stream(60.0)
    library = FakeLibrary(stream)
    litellm = with_litellm(library)
    opening = asyncio.ensure_future(litellm.open(asking(stream=True)))
    while not library.arguments:
        await asyncio.sleep(0.01)
    opening.cancel()
    with pytest.raises(asyncio.CancelledError):
        await opening
    await litellm.close()
    assert stream.closed == 1
