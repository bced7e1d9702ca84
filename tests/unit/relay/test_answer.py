import asyncio
import gc
import json
from contextlib import aclosing

import pytest

from dragoman.dialects.quirks import Quirks
from dragoman.messages.errors import ApiError
from dragoman.messages.events import MessageStop, Relayed, Usage, frame_of
from dragoman.relay.answer import MOST_MENDS
from dragoman.relay.ports import Fetched
from tests.support import chat_chunks as chat
from tests.support import responses_reading as responses
from tests.support.grammar_table import check_stream, fold_stream
from tests.support.plain_dialect import LESSONS, lines
from tests.support.ports import (
    VERTEX,
    Bench,
    FakeFetcher,
    FakeTokens,
    FakeUpstream,
    ask,
    streamed,
    target,
    unreachable,
    whole,
)

GOOD = lines("start", "text a", "text b", "end end_turn")
REFUSED = b"bad_request: no sampling"


def relayed(name: str, **fields) -> bytes:
    """A frame of a server that speaks Messages."""
    return f"event: {name}\ndata: {json.dumps({'type': name, **fields})}\n\n".encode()


MESSAGE = {"id": "msg_up", "type": "message", "role": "assistant", "model": "claude-up", "content": []}
START = relayed(
    "message_start",
    message=MESSAGE
    | {"stop_reason": None, "stop_sequence": None, "usage": {"input_tokens": 4, "output_tokens": 1}},
)
BLOCK = relayed("content_block_start", index=0, content_block={"type": "text", "text": ""})
DELTA = relayed("content_block_delta", index=0, delta={"type": "text_delta", "text": "a"})
REST = (
    relayed("content_block_stop", index=0)
    + relayed("message_delta", delta={"stop_reason": "end_turn"}, usage={"output_tokens": 3})
    + relayed("message_stop")
)


def error_frame(kind: str, message: str) -> bytes:
    return relayed("error", error={"type": kind, "message": message})


async def heard(answer) -> tuple[list[list], ApiError | None]:
    """The batches of an answer and its error."""
    batches = []
    try:
        async for said in answer.events():
            batches.append(list(said))
    except ApiError as error:
        return batches, error
    return batches, None


def bytes_of(batches: list[list]) -> bytes:
    return b"".join(frame_of(event) for batch in batches for event in batch)


def texts(batches: list[list]) -> str:
    return fold_stream(check_stream(bytes_of(batches)))["content"][0]["text"]


async def test_good_answer_is_a_legal_stream_that_says_what_the_upstream_said():
    bench = Bench(FakeUpstream(streamed(GOOD)))
    answer = bench.answer()
    batches, error = await heard(answer)
    assert error is None
    assert fold_stream(check_stream(bytes_of(batches)))["content"] == [{"type": "text", "text": "ab"}]
    assert answer.complete


async def test_upstream_is_asked_once_with_the_written_request():
    bench = Bench(FakeUpstream(streamed(GOOD)))
    await heard(bench.answer())
    [request] = bench.upstream.requests
    assert (request.method, request.url) == ("POST", "https://upstream.test/say")
    assert json.loads(request.body) == {"model": "plain-1", "sampling": True, "images": True}


async def test_nothing_happens_before_events_are_asked_for():
    bench = Bench(FakeUpstream())
    answer = bench.answer()
    assert (bench.upstream.requests, bench.observer.traces, answer.headers) == ([], [], ())
    assert not answer.upstream_began


async def test_the_decoded_request_is_not_kept_while_the_answer_goes_on():
    request = ask()
    decoded = request.raw
    async with aclosing(
        Bench(FakeUpstream(streamed(GOOD))).relay.answer(request, "req_1").events()
    ) as batches:
        await anext(batches)
        # It was decoded anew for this question.
        assert request.raw is not decoded
        assert request.raw == decoded


async def test_start_of_the_message_is_held_until_something_was_said():
    bench = Bench(
        FakeUpstream(streamed(lines("start"), lines("usage 5"), lines("text a"), lines("end end_turn")))
    )
    batches, _ = await heard(bench.answer())
    assert [type(event).__name__ for event in batches[0]] == [
        "MessageStart",
        "ContentBlockStart",
        "ContentBlockDelta",
    ]
    assert len(batches) == 2


async def test_answer_that_is_relayed_keeps_every_byte():
    stream = (
        b": hello\n\n"
        + START
        + b"event: ping\ndata: { }\n\n"
        + BLOCK
        + DELTA
        + b"event: new\ndata: {}\n\n"
        + REST
    )
    bench = Bench(FakeUpstream(streamed(stream[:50], stream[50:51], stream[51:])), target("anthropic"))
    batches, error = await heard(bench.answer())
    assert (bytes_of(batches), error) == (stream, None)
    assert (bench.trace.ending, bench.trace.usage) == ("end_turn", Usage(input_tokens=4, output_tokens=3))


async def test_trace_tells_the_story_of_the_request():
    bench = Bench(FakeUpstream(streamed(GOOD, headers=(("request-id", "up_1"),))))
    await heard(bench.answer())
    trace = bench.trace
    assert (trace.request_id, trace.requested_model, trace.streaming) == ("req_1", "claude-sonnet-5", True)
    assert (trace.channel, trace.dialect, trace.upstream_model, trace.why) == (
        "somewhere",
        "plain",
        "plain-1",
        "test",
    )
    assert (trace.attempts, trace.status, trace.ending, trace.error) == (1, 200, "end_turn", "")
    assert (trace.usage, trace.upstream_request_id) == (Usage(input_tokens=7, output_tokens=9), "up_1")


async def test_time_of_the_first_word_is_noted():
    bench = Bench(FakeUpstream(streamed(lines("start"), lines("text a"), lines("end end_turn"))))
    answer = bench.answer()
    bench.clock.advance(3)
    batches = answer.events()
    await anext(batches)
    bench.clock.advance(4)
    async for _ in batches:
        pass
    assert (bench.trace.started, bench.trace.first_event, bench.trace.ended) == (1000.0, 1003.0, 1007.0)


async def test_headers_of_the_upstream_and_losses_go_out_beside_the_answer():
    reply = streamed(GOOD, headers=(("x-plain-id", "7"), ("set-cookie", "no")))
    bench = Bench(FakeUpstream(reply))
    answer = bench.answer(unknown=["top_k"])
    await heard(answer)
    assert answer.headers == (("dragoman-losses", "top_k=dropped"), ("x-plain-id", "7"))


async def test_quota_of_the_owner_stays_hidden_on_a_shared_gateway():
    quota = (("anthropic-ratelimit-unified-status", "allowed"), ("anthropic-x", "1"))
    bench = Bench(FakeUpstream(streamed(GOOD, headers=quota)), shared=True)
    answer = bench.answer()
    await heard(answer)
    assert answer.headers == (("anthropic-x", "1"),)


async def test_whole_message_is_the_fold_of_the_same_events():
    bench = Bench(FakeUpstream(streamed(GOOD)))
    message = json.loads(await bench.answer(stream=False).message())
    assert (message["content"], message["stop_reason"]) == ([{"type": "text", "text": "ab"}], "end_turn")
    assert (message["model"], message["usage"]["output_tokens"]) == ("claude-sonnet-5", 9)
    assert (bench.trace.streaming, bench.trace.status) == (False, 200)


async def test_whole_message_of_a_messages_server_is_relayed_byte_for_byte():
    body = b'{ "type": "message", "content": [ ], "new": 1.0, "usage": {"input_tokens": 1} }'
    bench = Bench(FakeUpstream(whole(body)), target("anthropic"))
    assert await bench.answer(stream=False).message() == body


async def test_json_to_a_streamed_request_becomes_a_stream():
    message = MESSAGE | {
        "content": [{"type": "text", "text": "ab"}],
        "stop_reason": "end_turn",
        "stop_sequence": None,
        "usage": {"input_tokens": 4, "output_tokens": 3},
    }
    bench = Bench(FakeUpstream(whole(json.dumps(message).encode())), target("anthropic"))
    batches, error = await heard(bench.answer())
    assert (texts(batches), error) == ("ab", None)


async def test_question_that_wants_no_answer_does_not_reach_the_upstream():
    bench = Bench(FakeUpstream())
    answer = bench.answer(max_tokens=0)
    batches, error = await heard(answer)
    message = fold_stream(check_stream(bytes_of(batches)))
    assert (message["content"], message["stop_reason"], error) == ([], "max_tokens", None)
    assert message["usage"]["input_tokens"] == 321
    assert bench.upstream.requests == []
    assert answer.complete
    assert (bench.trace.ending, bench.trace.status) == ("max_tokens", 200)


async def test_error_inside_a_200_stream_before_anything_was_said_is_an_http_error():
    stream = START + b"event: ping\ndata: {}\n\n" + error_frame("overloaded_error", "Overloaded")
    bench = Bench(FakeUpstream(streamed(stream)), target("anthropic"))
    batches, error = await heard(bench.answer())
    assert batches == []
    assert (error.status, error.type, error.message) == (529, "overloaded_error", "Overloaded")
    assert (bench.trace.status, bench.trace.ending) == (529, "overloaded_error")


async def test_error_after_content_comes_after_the_content():
    stream = START + BLOCK + DELTA + error_frame("api_error", "broken")
    bench = Bench(FakeUpstream(streamed(stream)), target("anthropic"))
    batches, error = await heard(bench.answer())
    assert bytes_of(batches) == START + BLOCK + DELTA
    assert (error.type, error.message) == ("api_error", "broken")
    assert (bench.trace.status, bench.trace.ending, bench.trace.error) == (200, "api_error", "broken")


async def test_error_after_content_has_its_own_status_for_a_client_that_does_not_stream():
    bench = Bench(FakeUpstream(streamed(lines("text a", "fail busy"))))
    with pytest.raises(ApiError, match="busy"):
        await bench.answer(stream=False).message()
    assert bench.trace.status == 529


async def test_stream_without_an_end_is_an_error_and_no_answer():
    bench = Bench(FakeUpstream(streamed(lines("start", "text a"))))
    answer = bench.answer()
    batches, error = await heard(answer)
    assert not any(isinstance(event, MessageStop) for batch in batches for event in batch)
    assert (error.status, answer.complete, bench.trace.ending) == (502, False, "api_error")


async def test_page_instead_of_a_stream_is_an_http_error():
    bench = Bench(FakeUpstream(whole(b"<html>Sign in</html>", 200, "text/html")))
    batches, error = await heard(bench.answer())
    assert (batches, error.status, bench.trace.status) == ([], 502, 502)


async def test_upstream_that_is_not_there_is_an_http_error():
    bench = Bench(FakeUpstream(unreachable("could not connect")))
    batches, error = await heard(bench.answer())
    assert (batches, error.status, error.message) == ([], 502, "could not connect")


async def test_name_that_cannot_be_a_model_is_a_400_and_settled():
    bench = Bench(FakeUpstream())
    batches, error = await heard(bench.answer(model="no/such"))
    assert (batches, error.status) == ([], 400)
    assert (bench.trace.status, bench.trace.attempts) == (400, 0)


async def test_missing_credential_is_a_401_and_the_upstream_is_not_asked():
    bench = Bench(FakeUpstream(), target(credential=""))
    _, error = await heard(bench.answer())
    assert error.status == 401
    assert "SOMEWHERE_API_KEY" in error.message
    assert bench.upstream.requests == []
    assert bench.trace.status == 401


@pytest.mark.parametrize("dialect", ["plain", "anthropic"])
async def test_credential_that_an_upstream_quotes_does_not_reach_the_client(dialect):
    body = b'{"type":"error","error":{"type":"invalid_request_error","message":"bad test-key-upstream"}}'
    bench = Bench(FakeUpstream(whole(body, 400)), target(dialect))
    _, error = await heard(bench.answer())
    assert "bad" in error.message
    assert "test-key-upstream" not in error.message + (error.body or b"").decode() + bench.trace.error


async def test_strict_gateway_refuses_what_would_be_lost():
    bench = Bench(FakeUpstream(), strict=True)
    _, error = await heard(bench.answer(unknown=["top_k", "tools.3"]))
    assert (error.status, error.message.partition(":")[0]) == (400, "top_k")
    assert bench.upstream.requests == []
    assert [loss.field for loss in bench.trace.losses] == ["top_k", "tools.3"]


async def test_strict_gateway_answers_what_loses_nothing():
    bench = Bench(FakeUpstream(streamed(GOOD)), strict=True)
    assert (await heard(bench.answer()))[1] is None


async def test_question_that_a_content_filter_refused_is_answered_with_a_refusal():
    bench = Bench(FakeUpstream(whole(b"content_filter: told about violence", 400)))
    answer = bench.answer()
    batches, error = await heard(answer)
    message = fold_stream(check_stream(bytes_of(batches)))
    assert error is None
    assert (message["content"], message["stop_reason"]) == ([], "refusal")
    assert message["stop_details"] == {
        "type": "refusal",
        "category": None,
        "explanation": "told about violence",
    }
    assert answer.complete
    assert (bench.trace.status, bench.trace.ending) == (200, "refusal")


async def test_our_own_mistake_is_shown_as_such_and_reported():
    bench = Bench(FakeUpstream(streamed(lines("start", "text a"), lines("bug"))))
    batches, error = await heard(bench.answer())
    assert len(batches) == 1
    assert (error.status, error.type) == (500, "api_error")
    assert "ContentBlockStop of block 99" in bench.observer.bugs[0]
    assert "block 99" not in error.message


async def test_unforeseen_error_is_a_500_without_its_text():
    bench = Bench(FakeUpstream(streamed(ZeroDivisionError("test-key-upstream"))))
    _, error = await heard(bench.answer())
    assert (error.status, error.type) == (500, "api_error")
    assert "test-key" not in error.message
    assert "ZeroDivisionError" in bench.observer.bugs[0]
    assert bench.trace.status == 500


async def test_refused_request_is_mended_and_asked_again():
    bench = Bench(FakeUpstream(whole(REFUSED, 400), streamed(GOOD)))
    batches, error = await heard(bench.answer())
    assert (texts(batches), error) == ("ab", None)
    assert [json.loads(request.body)["sampling"] for request in bench.upstream.requests] == [True, False]
    assert (bench.trace.attempts, bench.trace.learned) == (2, ["no sampling"])
    assert [reply.closed for reply in bench.upstream.replies] == [1, 1]


async def test_each_new_refusal_is_mended_once():
    bench = Bench(FakeUpstream(whole(REFUSED, 400), whole(b"x: no images", 400), streamed(GOOD)))
    _, error = await heard(bench.answer())
    assert error is None
    last = json.loads(bench.upstream.requests[-1].body)
    assert (last["sampling"], last["images"]) == (False, False)


async def test_lesson_is_remembered_for_the_next_request():
    bench = Bench(FakeUpstream(whole(REFUSED, 400), streamed(GOOD), streamed(GOOD)))
    await heard(bench.answer())
    await heard(bench.answer())
    assert len(bench.upstream.requests) == 3
    assert json.loads(bench.upstream.requests[2].body)["sampling"] is False


async def test_lesson_for_one_request_is_not_remembered():
    bench = Bench(FakeUpstream(whole(b"x: no images", 400), streamed(GOOD), streamed(GOOD)))
    await heard(bench.answer())
    await heard(bench.answer())
    assert [json.loads(request.body)["images"] for request in bench.upstream.requests] == [True, False, True]


async def test_lesson_that_did_not_help_is_not_remembered():
    bench = Bench(FakeUpstream(whole(REFUSED, 400), whole(b"x: something else", 400), streamed(GOOD)))
    _, error = await heard(bench.answer())
    assert error.message == "something else"
    await heard(bench.answer())
    assert json.loads(bench.upstream.requests[2].body)["sampling"] is True


async def test_lasting_lesson_beside_one_for_the_request_is_remembered_alone():
    bench = Bench(
        FakeUpstream(whole(b"x: no images", 400), whole(REFUSED, 400), streamed(GOOD), streamed(GOOD))
    )
    await heard(bench.answer())
    await heard(bench.answer())
    last = json.loads(bench.upstream.requests[-1].body)
    assert (last["sampling"], last["images"]) == (False, True)


async def test_refused_token_is_replaced_and_the_request_sent_once_more():
    bench = Bench(FakeUpstream(whole(b"who: are you", 401), streamed(GOOD)), target(**VERTEX))
    batches, error = await heard(bench.answer())
    assert (texts(batches), error) == ("ab", None)
    sent = [dict(request.headers)["authorization"] for request in bench.upstream.requests]
    assert sent == ["Bearer test-token-1", "Bearer test-token-2"]
    assert bench.tokens.rejected == ["test-token-1"]


async def test_second_refusal_of_a_token_is_told_with_what_helps():
    bench = Bench(FakeUpstream(whole(b"who: are you", 401), whole(b"who: are you", 401)), target(**VERTEX))
    _, error = await heard(bench.answer())
    assert len(bench.upstream.requests) == 2
    assert "gcloud auth application-default login" in error.message


async def test_token_that_cannot_be_had_is_an_error_and_the_upstream_is_not_asked():
    bench = Bench(FakeUpstream(), target(**VERTEX), tokens=FakeTokens(unreachable("no token today")))
    _, error = await heard(bench.answer())
    assert (error.message, bench.upstream.requests) == ("no token today", [])
    assert bench.trace.status == 502


async def test_token_that_an_upstream_quotes_does_not_reach_the_client():
    bench = Bench(FakeUpstream(whole(b"x: bad test-token-1", 400)), target(**VERTEX))
    _, error = await heard(bench.answer())
    assert "bad" in error.message
    assert "test-token-1" not in error.message + bench.trace.error


async def test_answer_goes_on_with_a_further_request_of_the_same_reader():
    first, second = streamed(lines("start", "text a", "more")), streamed(lines("text b", "end end_turn"))
    bench = Bench(FakeUpstream(first, second))
    batches, error = await heard(bench.answer())
    message = fold_stream(check_stream(bytes_of(batches)))
    assert (message["content"], error) == ([{"type": "text", "text": "ab"}], None)
    assert [request.url for request in bench.upstream.requests] == [
        "https://upstream.test/say",
        "https://upstream.test/more",
    ]
    assert [reply.closed for reply in (first, second)] == [1, 1]
    assert bench.trace.attempts == 1


async def test_further_request_that_is_refused_before_anything_was_said_is_mended_from_the_start():
    bench = Bench(FakeUpstream(streamed(lines("start", "more")), whole(REFUSED, 400), streamed(GOOD)))
    batches, error = await heard(bench.answer())
    assert (texts(batches), error) == ("ab", None)
    assert [request.url[-4:] for request in bench.upstream.requests] == ["/say", "more", "/say"]


async def test_further_request_that_fails_after_content_is_an_error_after_the_content():
    bench = Bench(FakeUpstream(streamed(lines("text a", "more")), whole(b"busy: later", 529)))
    batches, error = await heard(bench.answer())
    assert b'"text":"a"' in bytes_of(batches)
    assert error.status == 529


@pytest.mark.parametrize(
    "failing",
    [whole(b"busy: later", 529), unreachable(), streamed(lines("fail later")), streamed(lines("start"))],
    ids=["status", "unreachable", "in the stream", "cut"],
)
async def test_further_request_that_may_fail_does_not_end_the_answer(failing):
    rest = lines("text b", "end end_turn")
    bench = Bench(FakeUpstream(streamed(lines("text a", "try")), failing, streamed(rest)))
    batches, error = await heard(bench.answer())
    assert (texts(batches), error) == ("afailed: b", None)
    assert len(bench.upstream.requests) == 3
    assert bench.trace.status == 200


async def test_what_an_answer_leaves_is_kept_before_the_client_hears_of_its_end():
    bench = Bench(FakeUpstream(streamed(lines("keep toolu_1", "text a"), lines("end end_turn"))))
    async with aclosing(bench.answer().events()) as batches:
        async for _ in batches:
            assert bench.kept.get("toolu_1") == "state of toolu_1"
            break


async def test_refusal_that_teaches_nothing_is_not_repeated():
    bench = Bench(FakeUpstream(whole(b"bad_request: something else", 400)))
    _, error = await heard(bench.answer())
    assert (error.status, error.message) == (400, "something else")
    assert len(bench.upstream.requests) == 1


async def test_refusal_that_teaches_what_is_known_is_not_repeated():
    assert Quirks().files is LESSONS["no files"]["files"]
    bench = Bench(FakeUpstream(whole(b"bad_request: no files", 400)))
    _, error = await heard(bench.answer())
    assert (error.message, len(bench.upstream.requests)) == ("no files", 1)


async def test_same_request_is_not_sent_again():
    bench = Bench(FakeUpstream(whole(b"bad_request: only files", 400), streamed(GOOD)))
    _, error = await heard(bench.answer())
    assert (error.message, len(bench.upstream.requests)) == ("only files", 1)
    assert (bench.trace.attempts, bench.trace.learned) == (1, [])
    await heard(bench.answer())
    assert bench.relay.quirks(bench.relay.target("m")).files is False


async def test_lesson_that_changes_nothing_leads_to_the_next_one():
    refused = whole(b"bad_request: only files, no sampling", 400)
    bench = Bench(FakeUpstream(refused, streamed(GOOD), streamed(GOOD)))
    _, error = await heard(bench.answer())
    assert error is None
    assert [json.loads(request.body)["sampling"] for request in bench.upstream.requests] == [True, False]
    assert (bench.trace.attempts, len(bench.trace.learned)) == (2, 1)
    quirks = bench.relay.quirks(bench.relay.target("m"))
    assert (quirks.sampling, quirks.files) == (False, False)


async def test_server_that_finds_ever_new_faults_is_given_up():
    refusals = [
        whole(b"x: only sampling" if n % 2 else b"x: no sampling", 400) for n in range(MOST_MENDS + 2)
    ]
    bench = Bench(FakeUpstream(*refusals))
    _, error = await heard(bench.answer())
    assert error.status == 400
    assert len(bench.upstream.requests) == MOST_MENDS + 1


async def test_refusal_after_the_answer_was_committed_is_not_mended():
    bench = Bench(FakeUpstream(streamed(lines("text a", "fail no sampling"))))
    _, error = await heard(bench.answer())
    assert (error.message, len(bench.upstream.requests)) == ("no sampling", 1)


async def test_cancelled_answer_is_settled_once_as_aborted():
    reply = streamed(lines("start", "text a"), asyncio.Event())
    bench = Bench(FakeUpstream(reply))
    task = asyncio.ensure_future(heard(bench.answer()))
    while reply.reads < 2:
        await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert (bench.trace.status, bench.trace.ending) == (499, "client_aborted")
    assert reply.closed == 1


async def test_cancelled_while_nothing_was_answered_is_settled_too():
    bench = Bench(FakeUpstream(asyncio.Event()))
    task = asyncio.ensure_future(heard(bench.answer()))
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert (bench.trace.status, bench.trace.ending) == (499, "client_aborted")


async def test_answer_that_is_dropped_is_settled_once_as_aborted():
    reply = streamed(lines("text a"), lines("text b"))
    bench = Bench(FakeUpstream(reply))
    events = bench.answer().events()
    await anext(events)
    await events.aclose()
    assert (bench.trace.status, bench.trace.ending, reply.closed) == (499, "client_aborted", 1)


async def test_answer_that_was_complete_is_no_abort():
    bench = Bench(FakeUpstream(streamed(GOOD)))
    events = bench.answer().events()
    await anext(events)
    await events.aclose()
    assert (bench.trace.status, bench.trace.ending) == (200, "end_turn")


@pytest.mark.parametrize(
    "reply",
    [streamed(GOOD), streamed(lines("text a")), whole(b"busy", 529), whole(b"<", 200, "text/html")],
    ids=["good", "cut", "error", "page"],
)
async def test_every_ending_is_settled_once(reply):
    bench = Bench(FakeUpstream(reply))
    await heard(bench.answer())
    assert len(bench.observer.traces) == 1


async def silent(bench: Bench):
    """An answer that waits for its upstream, what it said by then, and the task that reads on."""
    answer = bench.answer()
    batches: list[list] = []

    async def read() -> ApiError | None:
        try:
            async for said in answer.events():
                batches.append(list(said))
        except ApiError as error:
            return error
        return None

    task = asyncio.ensure_future(read())
    for _ in range(10):
        await asyncio.sleep(0)
    return answer, batches, task


async def test_before_an_attempt_began_there_is_nothing_to_send():
    assert Bench(FakeUpstream()).answer().keep_alive(False) == b""


async def test_before_the_upstream_answered_a_translating_dialect_starts_the_message():
    answered = asyncio.Event()
    bench = Bench(FakeUpstream(answered, streamed(GOOD)))
    answer, batches, task = await silent(bench)
    sent = answer.keep_alive(False)
    assert [event["type"] for event in check_stream(sent, complete=False)] == ["message_start", "ping"]
    answered.set()
    assert await task is None
    assert texts([[Relayed("", sent)], *batches]) == "ab"


async def test_before_the_upstream_answered_a_relay_can_only_comment():
    answered = asyncio.Event()
    stream = START + BLOCK + DELTA + REST
    bench = Bench(FakeUpstream(answered, streamed(stream)), target("anthropic"))
    answer, batches, task = await silent(bench)
    for event_due in (False, True):
        sent = answer.keep_alive(event_due)
        assert sent.startswith(b":")
        assert sent.endswith(b"\n\n")
    answered.set()
    assert await task is None
    assert bytes_of(batches) == stream


async def test_comment_of_a_relayed_upstream_does_not_start_the_message():
    more = asyncio.Event()
    stream = START + BLOCK + DELTA + REST
    bench = Bench(FakeUpstream(streamed(b": wait\n\n", more, stream)), target("anthropic"))
    answer, batches, task = await silent(bench)
    assert answer.keep_alive(False) == b": wait\n\n"
    assert b"ping" not in answer.keep_alive(False)
    more.set()
    assert await task is None
    assert bytes_of(batches) == stream


@pytest.mark.parametrize("dialect", ["plain", "anthropic"])
async def test_after_the_start_a_ping_follows_what_was_held(dialect):
    more = asyncio.Event()
    first, rest = (
        (lines("start"), lines("text a", "end end_turn"))
        if dialect == "plain"
        else (START, BLOCK + DELTA + REST)
    )
    bench = Bench(FakeUpstream(streamed(first, more, rest)), target(dialect))
    answer, batches, task = await silent(bench)
    assert batches == []
    sent = answer.keep_alive(False) + answer.keep_alive(False)
    assert [event["type"] for event in check_stream(sent, complete=False)] == [
        "message_start",
        "ping",
        "ping",
    ]
    more.set()
    assert await task is None
    assert texts([[Relayed("", sent)], *batches]) == "a"


@pytest.mark.parametrize("dialect", ["plain", "anthropic"])
async def test_in_a_text_block_an_event_is_an_empty_delta(dialect):
    more = asyncio.Event()
    first, rest = (
        (lines("start", "text a"), lines("text b", "end end_turn"))
        if dialect == "plain"
        else (START + BLOCK + DELTA, DELTA.replace(b'"a"', b'"b"') + REST)
    )
    bench = Bench(FakeUpstream(streamed(first, more, rest)), target(dialect))
    answer, batches, task = await silent(bench)
    sent = answer.keep_alive(True)
    assert json.loads(sent.split(b"data: ")[1]) == {
        "type": "content_block_delta",
        "index": 0,
        "delta": {"type": "text_delta", "text": ""},
    }
    batches.append([Relayed("", sent)])
    more.set()
    assert await task is None
    assert texts(batches) == "ab"


async def test_event_before_anything_was_said_opens_a_block():
    answered = asyncio.Event()
    bench = Bench(FakeUpstream(answered, streamed(GOOD)))
    answer, batches, task = await silent(bench)
    sent = answer.keep_alive(True)
    assert [event["type"] for event in check_stream(sent, complete=False)] == [
        "message_start",
        "content_block_start",
        "content_block_delta",
    ]
    answered.set()
    assert await task is None
    assert texts([[Relayed("", sent)], *batches]) == "ab"


async def test_between_blocks_of_a_relay_an_event_that_is_due_is_a_ping():
    more = asyncio.Event()
    bench = Bench(FakeUpstream(streamed(START, more, BLOCK + DELTA + REST)), target("anthropic"))
    answer, batches, task = await silent(bench)
    sent = answer.keep_alive(True)
    assert [event["type"] for event in check_stream(sent, complete=False)] == ["message_start", "ping"]
    more.set()
    assert await task is None


async def test_after_the_last_event_there_is_nothing_to_send():
    bench = Bench(FakeUpstream(streamed(GOOD)))
    answer = bench.answer()
    events = answer.events()
    await anext(events)
    assert answer.complete
    assert (answer.keep_alive(False), answer.keep_alive(True)) == (b"", b"")
    await events.aclose()


async def test_keeping_alive_commits_so_that_a_refusal_is_not_mended():
    answered = asyncio.Event()
    bench = Bench(FakeUpstream(answered, whole(REFUSED, 400)))
    answer, batches, task = await silent(bench)
    answer.keep_alive(False)
    answered.set()
    error = await task
    assert (error.message, batches, len(bench.upstream.requests)) == ("no sampling", [], 1)
    assert (bench.trace.status, bench.trace.ending) == (200, "invalid_request_error")


async def test_comment_sent_by_a_relay_means_that_a_200_went_out():
    answered = asyncio.Event()
    bench = Bench(FakeUpstream(answered, whole(b"busy", 529)), target("anthropic"))
    answer, _, task = await silent(bench)
    answer.keep_alive(False)
    answered.set()
    assert (await task).status == 529
    assert bench.trace.status == 200


async def start_of(bench: Bench, session: str | None = None) -> int:
    """The input tokens that the first event tells."""
    headers = () if session is None else (("x-claude-code-session-id", session),)
    batches, _ = await heard(bench.relay.answer(ask(headers), "req_1"))
    return batches[0][0].message.usage.input_tokens


class TestMeter:
    """What an upstream counted makes the next estimate better."""

    async def test_the_next_start_tells_what_the_last_answer_counted(self):
        counted = streamed(lines("start", "text a", "usage 400", "end end_turn"))
        bench = Bench(FakeUpstream(counted, streamed(GOOD)))
        assert [await start_of(bench, "s") for _ in range(2)] == [321, 400]

    async def test_an_answer_that_was_cut_teaches_nothing(self):
        cut = streamed(lines("start", "text a", "usage 400"))
        bench = Bench(FakeUpstream(cut, streamed(GOOD)))
        assert [await start_of(bench) for _ in range(2)] == [321, 321]

    async def test_an_estimate_that_a_reader_says_itself_teaches_nothing(self):
        script = [
            streamed(lines("start", "text a", f"usage {told}", "end end_turn")) for told in (321, 400, 400)
        ]
        bench = Bench(FakeUpstream(*script))
        learned = []
        for _ in script:
            await start_of(bench)
            learned.append(bench.relay.meter.learned("somewhere", "plain-1", None))
        assert learned == [None, 400 / 321, 400 / 321]

    async def test_what_a_search_found_is_no_part_of_the_prompt(self):
        bench = Bench(FakeUpstream(streamed(lines("start", "text a", "usage 4000 searched", "end end_turn"))))
        await start_of(bench)
        assert bench.relay.meter.learned("somewhere", "plain-1", None) is None


CHAT = b'data: {"choices":[{"delta":{"content":"hi"},"finish_reason":"stop"}]}\n\ndata: [DONE]\n\n'
GEMINI = b'data: {"candidates":[{"content":{"parts":[{"text":"hi"}]},"finishReason":"STOP"}]}\n\n'
MIDWAY = START + BLOCK + DELTA + error_frame("api_error", "broken")


@pytest.mark.parametrize(
    ("dialect", "reply"),
    [
        ("openai_chat", streamed(CHAT)),
        ("gemini", streamed(GEMINI)),
        ("anthropic", streamed(START, BLOCK, DELTA, REST)),
        ("openai_chat", whole(b"no", 404)),
        ("anthropic", streamed(MIDWAY)),
        ("openai_responses", streamed(b"data: nonsense\n\n")),
        ("gemini", streamed(b"data: nonsense\n\n")),
    ],
    ids=["chat", "gemini", "relayed", "refused", "broken midway", "responses", "nonsense"],
)
async def test_nothing_of_a_request_waits_for_the_next_collection(dialect, reply):
    bench = Bench(FakeUpstream(reply), target(dialect))
    gc.collect()
    gc.disable()
    try:
        await heard_and_forgotten(bench.answer(tools=[{"name": "Read", "input_schema": {"type": "object"}}]))
        assert unreachable_types() == set()
    finally:
        gc.enable()


async def heard_and_forgotten(answer) -> None:
    batches, error = await heard(answer)
    assert batches or error is not None


def unreachable_types() -> set[str]:
    """Types of Dragoman's own among the objects that only a collection would free."""
    gc.set_debug(gc.DEBUG_SAVEALL)
    try:
        gc.collect()
        return {type(one).__name__ for one in gc.garbage if type(one).__module__.startswith("dragoman.")}
    finally:
        gc.set_debug(0)
        gc.garbage.clear()


ONLY_RESPONSES = (
    b'{"error":{"message":"Function tools with reasoning_effort are not supported for gpt-x in /v1/chat/completions. To use'
    b' function tools, use /v1/responses or set reasoning_effort to \'none\'.","type":"invalid_request_error"}}'
)
IN_RESPONSES = responses.CREATED + responses.message("Hi") + responses.completed()
IN_CHAT = chat.text("Hi") + chat.finish() + chat.DONE


def chatting(*script, **channel):
    """Every reply that is no stream is a refusal."""
    replies = [streamed(one) if one.startswith(b"data") else whole(one, 400) for one in script]
    return Bench(FakeUpstream(*replies), target("openai_chat", model="gpt-x", **channel))


def paths(bench):
    return [request.url.removeprefix("https://upstream.test") for request in bench.upstream.requests]


async def test_server_that_demands_responses_is_asked_there_where_nobody_chose_the_language():
    bench = chatting(ONLY_RESPONSES, IN_RESPONSES, IN_RESPONSES, dialect_by_model=True)
    batches, error = await heard(bench.answer())
    assert error is None
    assert texts(batches) == "Hi"
    assert paths(bench) == ["/chat/completions", "/responses"]
    assert bench.trace.dialect == "openai_responses"
    assert bench.trace.attempts == 2
    # The next request knows.
    await heard(bench.answer())
    assert paths(bench)[2:] == ["/responses"]


async def test_language_that_was_chosen_is_kept():
    bench = chatting(ONLY_RESPONSES, IN_CHAT)
    batches, error = await heard(bench.answer())
    assert error is None
    assert texts(batches) == "Hi"
    assert paths(bench) == ["/chat/completions"] * 2
    assert json.loads(bench.upstream.requests[1].body)["reasoning_effort"] == "none"


async def test_demand_that_does_not_help_is_not_remembered():
    refused = b'{"error":{"message":"no such endpoint"}}'
    bench = chatting(ONLY_RESPONSES, refused, IN_CHAT, dialect_by_model=True)
    _, error = await heard(bench.answer())
    assert error is not None
    await heard(bench.answer())
    assert paths(bench) == ["/chat/completions", "/responses", "/chat/completions"]


def by_url(name: str) -> list[dict]:
    image = {"type": "image", "source": {"type": "url", "url": f"https://x.example/{name}"}}
    return [{"role": "user", "content": [image]}]


FETCHED = Fetched(url="https://x.example/a", media_type="image/png", body=b"\x89PNG\r\n\x1a\n")


async def test_urls_that_a_server_does_not_fetch_are_fetched_after_its_refusal():
    refusal = b'{"error":{"message":"only base64 data urls are supported","type":"invalid_request_error"}}'
    fetcher = FakeFetcher(FETCHED)
    upstream = FakeUpstream(
        whole(refusal, 400), streamed(chat.text("ok"), chat.chunk(finish="stop"), chat.DONE)
    )
    bench = Bench(upstream, target("openai_chat"), fetcher=fetcher)
    answer = bench.answer(messages=by_url("a"))
    batches, error = await heard(answer)
    assert error is None
    assert texts(batches) == "ok"
    first, second = (request.body for request in bench.upstream.requests)
    assert b"https://x.example/a" in first
    assert b"https://x.example/a" not in second
    assert b"data:image/png;base64,iVBORw0KGgo=" in second
    assert (answer.headers, fetcher.asked) == ((), ["https://x.example/a"])


async def test_a_url_that_leads_nowhere_is_the_clients_to_mend():
    bench = Bench(FakeUpstream(), target(quirks=Quirks(image_urls=False)), fetcher=FakeFetcher())
    batches, error = await heard(bench.answer(messages=by_url("a")))
    assert (batches, bench.upstream.requests) == ([], [])
    assert (error.status, error.type) == (400, "invalid_request_error")
    assert error.message.startswith(
        "messages.0.content.0.source.url: Unable to download the file (there is no such page)."
    )
    assert (bench.trace.status, bench.trace.ending) == (400, "invalid_request_error")
    assert (bench.trace.channel, bench.trace.upstream_model) == ("somewhere", "plain-1")
