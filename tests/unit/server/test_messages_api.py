import asyncio
import gzip
import json

import pytest

from dragoman.messages.estimate import read_prompt
from dragoman.server.messages_api import COUNT_PATHS, MESSAGES_PATHS, MessagesApi, read_headers
from dragoman.server.sse_response import Patience
from tests.support.asgi import DISCONNECT, AsgiClient, part, scope_of
from tests.support.grammar_table import check_stream, fold_stream
from tests.support.message_rules import check_message
from tests.support.plain_dialect import lines
from tests.support.ports import (
    Bench,
    FakeReply,
    FakeUpstream,
    ask,
    body_of,
    streamed,
    target,
    unreachable,
    whole,
)
from tests.support.virtual_time import in_virtual_time, now

GOOD = lines("start", "text a", "text b", "end end_turn")


def post(**fields) -> dict:
    """The whole body of a request in one piece."""
    return part(json.dumps(body_of(**fields)).encode())


async def call(bench: Bench, *steps, path="/v1/messages", keys=(), patience=None, **headers) -> AsgiClient:
    """The client after the API has answered its request."""
    client = AsgiClient(*steps)
    api = MessagesApi(bench.relay, keys, lambda: "req_1", patience)
    await api(scope_of(path, **headers), client.receive, client.send)
    return client


def check_refused(client: AsgiClient, status: int, kind: str, wording: str) -> None:
    """The response is one error in the shape of the API."""
    assert (client.status, client.headers["content-type"]) == (status, "application/json")
    assert client.headers["content-length"] == str(len(client.body))
    assert client.headers["request-id"] == "req_1"
    value = client.json()
    assert (value["type"], value["error"]["type"], value["request_id"]) == ("error", kind, "req_1")
    assert wording in value["error"]["message"]
    assert client.complete


async def test_streamed_request_is_answered_with_a_stream():
    client = await call(Bench(FakeUpstream(streamed(GOOD))), post())
    assert client.headers["content-type"] == "text/event-stream; charset=utf-8"
    assert fold_stream(check_stream(client.body))["content"] == [{"type": "text", "text": "ab"}]


@pytest.mark.parametrize("stream", [False, None])
async def test_other_request_is_answered_with_one_message(stream):
    client = await call(Bench(FakeUpstream(streamed(GOOD))), post(stream=stream))
    assert (client.status, client.headers["content-type"]) == (200, "application/json")
    assert client.headers["content-length"] == str(len(client.body))
    check_message(client.json())
    assert client.json()["content"] == [{"type": "text", "text": "ab"}]
    assert client.complete


@pytest.mark.parametrize("stream", [True, False])
async def test_losses_and_the_upstreams_headers_stand_beside_the_answer(stream):
    reply = streamed(GOOD, headers=(("x-plain-id", "7"),))
    client = await call(Bench(FakeUpstream(reply)), post(unknown=["top_k"], stream=stream))
    assert client.headers["dragoman-losses"] == "top_k=dropped"
    assert (client.headers["x-plain-id"], client.headers["request-id"]) == ("7", "req_1")


@pytest.mark.parametrize("path", sorted(MESSAGES_PATHS))
async def test_route_is_the_same_below_a_second_v1(path):
    client = await call(Bench(FakeUpstream(streamed(GOOD))), post(), path=path)
    assert client.status == 200


@pytest.mark.parametrize("path", sorted(COUNT_PATHS))
async def test_count_is_a_number_of_input_tokens(path):
    bench = Bench(FakeUpstream())
    client = await call(bench, post(max_tokens=None, stream=None), path=path)
    assert client.json() == {"input_tokens": read_prompt(ask(counting=True)).estimate()}
    assert (client.status, client.headers["content-type"]) == (200, "application/json")
    assert bench.trace.counting


async def test_body_may_be_compressed():
    body = gzip.compress(json.dumps(body_of()).encode())
    client = await call(Bench(FakeUpstream(streamed(GOOD))), part(body), content_encoding="gzip")
    assert client.status == 200


@pytest.mark.parametrize(
    ("body", "wording"),
    [
        (b"{", "The request body is not valid JSON"),
        (b"[]", "Input should be an object"),
        (b'{"model": "m"}', "max_tokens: Field required"),
        (b'{"model": "m", "max_tokens": 1, "messages": []}', "messages: at least one message is required"),
        (b"[" * 100_000, "not valid JSON"),
    ],
)
async def test_wrong_request_is_a_400_that_names_the_field(body, wording):
    bench = Bench(FakeUpstream())
    client = await call(bench, part(body))
    check_refused(client, 400, "invalid_request_error", wording)
    assert client.headers["x-should-retry"] == "false"
    assert bench.trace.status == 400


async def test_lone_surrogate_of_a_cut_emoji_is_accepted():
    body = json.dumps(body_of(messages=[{"role": "user", "content": "cut \ud83d"}])).encode()
    client = await call(Bench(FakeUpstream(streamed(GOOD))), part(body))
    assert client.status == 200


async def test_body_that_is_too_large_is_a_413():
    bench = Bench(FakeUpstream())
    client = await call(bench, post(), content_length=str(32 * 1024 * 1024 + 1))
    check_refused(client, 413, "request_too_large", "32 MB")
    assert bench.trace.status == 413


async def test_caller_without_a_key_is_refused_before_the_body_is_read():
    bench = Bench(FakeUpstream())
    client = await call(bench, keys=("test-key-gateway",))
    check_refused(client, 401, "authentication_error", "DRAGOMAN_API_KEY")
    assert (bench.upstream.requests, bench.trace.status) == ([], 401)


@pytest.mark.parametrize(
    "headers", [{"x_api_key": "test-key-gateway"}, {"authorization": "Bearer test-key-gateway"}]
)
async def test_caller_with_a_key_is_answered_and_the_key_stays_here(headers):
    bench = Bench(FakeUpstream(streamed(GOOD)))
    client = await call(bench, post(), keys=("test-key-gateway",), **headers)
    assert client.status == 200
    assert "test-key-gateway" not in str(bench.upstream.requests)


@pytest.mark.parametrize("stream", [True, False])
async def test_failure_of_the_upstream_is_an_http_error(stream):
    client = await call(Bench(FakeUpstream(unreachable("nobody is there"))), post(stream=stream))
    check_refused(client, 502, "api_error", "nobody is there")


async def test_error_of_a_messages_server_is_relayed_byte_for_byte():
    body = (
        b'{"type":"error", "error":{"type":"rate_limit_error","message":"slow  down"},"request_id":"req_up"}'
    )
    reply = whole(body, 429, headers=(("retry-after", "7"), ("request-id", "req_up")))
    client = await call(Bench(FakeUpstream(reply), target("anthropic")), post())
    assert (client.status, client.body) == (429, body)
    assert (client.headers["retry-after"], client.headers["request-id"]) == ("7", "req_up")


async def test_failure_in_the_middle_of_a_stream_is_an_error_event():
    client = await call(Bench(FakeUpstream(streamed(lines("start", "text a", "fail busy")))), post())
    assert client.status == 200
    assert check_stream(client.body)[-1]["error"] == {"type": "overloaded_error", "message": "busy"}


async def test_failure_in_the_middle_is_an_http_error_for_a_client_that_does_not_stream():
    upstream = FakeUpstream(streamed(lines("start", "text a", "fail busy")))
    client = await call(Bench(upstream), post(stream=False))
    check_refused(client, 529, "overloaded_error", "busy")


@pytest.mark.parametrize("steps", [[DISCONNECT], [part(b"{", True), DISCONNECT]], ids=["at once", "midway"])
async def test_client_that_leaves_before_its_request_is_complete_is_not_answered(steps):
    bench = Bench(FakeUpstream())
    client = await call(bench, *steps)
    assert (client.status, bench.upstream.requests) == (None, [])


@pytest.mark.parametrize("stream", [True, False])
def test_client_that_hangs_up_stops_the_upstream_within_the_loop_turn(stream):
    reply = streamed(lines("start", "text a"), 3000.0, lines("end end_turn"))
    bench = Bench(FakeUpstream(reply))

    async def leave() -> tuple[float, AsgiClient]:
        client = AsgiClient(post(stream=stream))
        api = MessagesApi(bench.relay, (), lambda: "req_1")
        task = asyncio.ensure_future(api(scope_of(), client.receive, client.send))
        await asyncio.sleep(5.0)
        left = now()
        client.hang_up()
        await task
        return now() - left, client

    took, client = in_virtual_time(leave())
    assert (took, reply.closed) == (0, 1)
    assert (bench.trace.status, bench.trace.ending) == (499, "client_aborted")
    assert client.status == (200 if stream else None)
    assert not client.complete


def test_client_that_hangs_up_while_tokens_are_counted_stops_that_too():
    reply = FakeReply(200, (("content-type", "application/json"),), [2.5])
    bench = Bench(FakeUpstream(reply), target("anthropic"))

    async def leave() -> None:
        client = AsgiClient(post(max_tokens=None), 1.0, DISCONNECT)
        api = MessagesApi(bench.relay, (), lambda: "req_1")
        await api(scope_of("/v1/messages/count_tokens"), client.receive, client.send)
        assert client.status is None

    in_virtual_time(leave())
    assert (bench.trace.ending, reply.closed) == ("client_aborted", 1)


def test_patience_of_the_server_is_that_of_its_streams():
    upstream = FakeUpstream(streamed(lines("start"), 2.5, lines("text ab", "end end_turn")))
    client = in_virtual_time(call(Bench(upstream), post(), patience=Patience(ping=1.0)))
    assert client.body.count(b"event: ping") == 2


def test_headers_are_text_with_names_in_lower_case():
    scope = {"headers": [(b"x-note", b"\xe9"), (b"x-note", b"b")]}
    assert read_headers(scope) == (("x-note", "é"), ("x-note", "b"))
