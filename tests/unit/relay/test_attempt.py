import pytest

from dragoman.dialects.quirks import Quirks
from dragoman.messages.errors import TranslatorBug, UpstreamFailure, UpstreamNonsense
from dragoman.messages.events import ContentBlockDelta, MessageStop
from dragoman.relay.attempt import Attempt
from dragoman.wire.jsonbytes import encode
from dragoman.wire.sse import MAX_FRAME_BYTES
from tests.support.plain_dialect import lines
from tests.support.ports import Bench, FakeReply, FakeUpstream, ask, streamed, target, unreachable, whole


def attempt_at(reply, dialect: str = "plain", **fields) -> Attempt:
    bench = Bench(FakeUpstream(reply), target(dialect))
    return Attempt(bench.gateway, ask(**fields), bench.target, Quirks())


async def heard(attempt: Attempt) -> tuple[list, UpstreamFailure | None]:
    """The batches of an attempt and how it failed."""
    batches = []
    try:
        async for said in attempt.events():
            batches.append(list(said))
    except UpstreamFailure as failure:
        return batches, failure
    return batches, None


def texts(batches: list) -> list[list[str]]:
    return [[e.delta.text for e in said if isinstance(e, ContentBlockDelta)] for said in batches]


async def test_each_read_is_one_batch():
    reply = streamed(lines("text a"), lines("text b", "text c"), lines("end end_turn"))
    batches, failure = await heard(attempt_at(reply))
    assert texts(batches) == [["a"], ["b", "c"], []]
    assert failure is None
    assert isinstance(batches[-1][-1], MessageStop)


async def test_read_that_completes_no_event_is_no_batch():
    stream = lines("text a", "end end_turn")
    batches, _ = await heard(attempt_at(streamed(stream[:5], stream[5:8], stream[8:])))
    assert texts(batches) == [["a"]]


async def test_reply_is_drained_and_let_go_after_its_end():
    reply = streamed(lines("text a", "end end_turn"), lines("text never read"))
    await heard(attempt_at(reply))
    assert (reply.reads, reply.drained, reply.closed) == (1, True, 1)


async def test_head_is_known_from_the_first_event_on():
    attempt = attempt_at(streamed(lines("text a", "end end_turn"), headers=(("x-plain-id", "7"),)))
    assert attempt.head is None
    async for _ in attempt.events():
        assert attempt.head.header("x-plain-id") == "7"


async def test_events_that_were_complete_before_a_failing_frame_in_the_same_read_are_delivered():
    reply = streamed(lines("text a", "text b", "fail busy", "text never"))
    batches, failure = await heard(attempt_at(reply))
    assert texts(batches) == [["a", "b"]]
    assert (failure.error.status, failure.error.message) == (529, "busy")
    assert (reply.drained, reply.closed) == (False, 1)


@pytest.mark.parametrize("cut", [lines("text a"), lines("text a") + b"data: end end_turn\n", b""])
async def test_end_of_the_connection_without_the_end_of_the_answer_is_a_failure(cut):
    reply = streamed(cut) if cut else streamed()
    batches, failure = await heard(attempt_at(reply))
    assert texts(batches) == ([["a"]] if cut else [])
    assert isinstance(failure, UpstreamNonsense)
    assert reply.closed == 1


async def test_end_marker_whose_line_end_was_still_ambiguous_counts():
    batches, failure = await heard(attempt_at(streamed(b"data: text a\r\rdata: end end_turn\r\r")))
    assert failure is None
    assert isinstance(batches[-1][-1], MessageStop)


FINISHED = b'data: {"choices":[{"index":0,"delta":{"content":"a"},"finish_reason":"stop"}]}\n\n'
UNFINISHED = FINISHED.replace(b'"stop"', b"null")


async def test_connection_that_breaks_after_the_ending_was_said_breaks_nothing():
    reply = streamed(FINISHED, unreachable("gone"))
    batches, failure = await heard(attempt_at(reply, "openai_chat"))
    assert failure is None
    assert isinstance(batches[-1][-1], MessageStop)
    assert (reply.drained, reply.closed) == (False, 1)


async def test_connection_that_breaks_before_the_ending_fails_with_its_own_failure():
    batches, failure = await heard(attempt_at(streamed(UNFINISHED, unreachable("gone")), "openai_chat"))
    assert failure.error.message == "gone"
    assert texts(batches) == [["a"]]


async def test_connection_that_breaks_before_a_word_is_no_empty_answer_that_is_asked_for_anew():
    reply = streamed(b": ping\n\n", unreachable("gone"))
    batches, failure = await heard(attempt_at(reply, "gemini"))
    assert batches == []
    assert failure.error.message == "gone"


async def test_failure_of_a_read_comes_after_what_was_read_before():
    batches, failure = await heard(attempt_at(streamed(lines("text a"), unreachable("gone"))))
    assert texts(batches) == [["a"]]
    assert failure.error.message == "gone"


async def test_endless_event_is_the_upstreams_nonsense():
    piece = b"x" * (MAX_FRAME_BYTES // 2 + 1)
    batches, failure = await heard(attempt_at(streamed(lines("text a"), b"data: ", piece, piece)))
    assert texts(batches) == [["a"]]
    assert isinstance(failure, UpstreamNonsense)


async def test_upstream_that_does_not_answer_is_its_own_failure():
    _, failure = await heard(attempt_at(unreachable()))
    assert failure.kind == "unreachable"


@pytest.mark.parametrize("status", [400, 404, 429, 500, 529])
async def test_error_status_is_read_by_the_dialect(status):
    reply = whole(b"too_bad: told why", status, "text/plain")
    _, failure = await heard(attempt_at(reply))
    assert (failure.status, failure.vendor_code, failure.vendor_message) == (status, "too_bad", "told why")
    assert reply.closed == 1


async def test_error_status_is_an_error_although_it_streams():
    _, failure = await heard(attempt_at(FakeReply(503, (("content-type", "text/event-stream"),), [b"busy"])))
    assert failure.status == 503


@pytest.mark.parametrize(("passthrough", "status"), [(True, 401), (False, 403)])
async def test_refused_credential_is_the_clients_only_where_it_was_the_clients(passthrough, status):
    refused = b'{"type":"error","error":{"type":"authentication_error","message":"invalid x-api-key"}}'
    place = target("anthropic", passthrough_credentials=passthrough)
    bench = Bench(FakeUpstream(whole(refused, 401)), place)
    _, failure = await heard(Attempt(bench.gateway, ask(), place, Quirks()))
    assert failure.error.status == status


async def test_redirect_is_not_followed():
    reply = whole(b"", 302, "text/html", (("location", "https://elsewhere.test/"),))
    bench = Bench(FakeUpstream(reply), target("anthropic"))
    _, failure = await heard(Attempt(bench.gateway, ask(), bench.target, Quirks()))
    assert failure.error.status == 502
    assert "redirect" in failure.error.message
    assert len(bench.upstream.requests) == 1


@pytest.mark.parametrize("kind", ["text/html; charset=utf-8", "text/plain", "application/octet-stream"])
async def test_page_with_status_200_is_nonsense_that_names_its_type(kind):
    reply = whole(b"<html>Sign in</html>", 200, kind)
    batches, failure = await heard(attempt_at(reply))
    assert (batches, failure.error.status) == ([], 502)
    assert f"`{kind.partition(';')[0]}`" in failure.error.message
    assert reply.closed == 1


@pytest.mark.parametrize("kind", ["application/json", "Application/JSON; charset=utf-8"])
async def test_json_to_a_streamed_request_is_said_as_events(kind):
    batches, failure = await heard(attempt_at(whole(b"text a\ntext b\nend end_turn", 200, kind)))
    assert (texts(batches), failure) == ([["a", "b"]], None)


async def test_stream_without_a_content_type_is_read_as_one():
    reply = FakeReply(200, (), [lines("text a", "end end_turn")])
    batches, failure = await heard(attempt_at(reply))
    assert (texts(batches), failure) == ([["a"]], None)


@pytest.mark.parametrize("headers", [(), (("content-type", "text/event-stream"),)])
async def test_stream_to_a_request_for_one_message_is_nonsense(headers):
    reply = FakeReply(200, headers, [b'event: message_stop\ndata: {"type":"message_stop"}\n\n'])
    batches, failure = await heard(attempt_at(reply, "anthropic", stream=False))
    assert (batches, failure.error.status) == ([], 502)


async def test_event_that_breaks_our_grammar_is_not_handed_out():
    events = attempt_at(streamed(lines("text a"), lines("bug"))).events()
    assert texts([await anext(events)]) == [["a"]]
    with pytest.raises(TranslatorBug, match="ContentBlockStop of block 99"):
        await anext(events)


async def test_relayed_frames_are_the_upstreams_own():
    reply = streamed(b"event: odd\ndata: {}\n\n", b'event: message_stop\ndata: {"type":"message_stop"}\n\n')
    batches, failure = await heard(attempt_at(reply, "anthropic"))
    assert [said.name for batch in batches for said in batch] == ["", "message_stop"]
    assert failure is None


async def test_abandoned_attempt_lets_go_of_its_reply():
    reply = streamed(lines("text a"), lines("text b"))
    events = attempt_at(reply).events()
    await anext(events)
    await events.aclose()
    assert (reply.closed, reply.drained) == (1, False)


OPENAIS_WORDS = "Your input exceeds the context window of this model. Please adjust your input and try again."
GEMINIS_WORDS = "The input token count exceeds the maximum number of tokens allowed."


def openais_error() -> bytes:
    error = {"message": OPENAIS_WORDS, "type": "invalid_request_error", "code": "context_length_exceeded"}
    return encode({"error": error})


def googles_error() -> bytes:
    return encode({"error": {"code": 400, "status": "INVALID_ARGUMENT", "message": GEMINIS_WORDS}})


def in_a_stream(body: bytes) -> FakeReply:
    return streamed(b"data: " + body + b"\n\n")


@pytest.mark.parametrize(
    ("dialect", "reply"),
    [
        ("openai_chat", lambda: whole(openais_error(), 400)),
        ("openai_chat", lambda: in_a_stream(openais_error())),
        ("gemini", lambda: whole(googles_error(), 400)),
        ("gemini", lambda: in_a_stream(googles_error())),
    ],
    ids=["chat", "chat in a stream", "gemini", "gemini in a stream"],
)
async def test_overflow_without_numbers_is_told_with_the_estimate_and_the_window(dialect, reply):
    """T85"""
    bench = Bench(FakeUpstream(reply(), reply()), target(dialect))
    small, large = (
        Attempt(bench.gateway, ask(system=system), bench.target, Quirks(context_window=5000))
        for system in ("few words", "many words " * 5000)
    )
    _, failure = await heard(small)
    assert failure is not None
    assert failure.error.status == 400
    assert failure.error.message == "prompt is too long: 5001 tokens > 5000 maximum"
    _, failure = await heard(large)
    assert failure is not None
    estimate = large.written.estimated_input_tokens
    assert failure.error.message == f"prompt is too long: {estimate} tokens > 5000 maximum"


async def test_a_messages_servers_overflow_is_untouched():
    body = (
        b'{"type": "error", "error": {"type": "invalid_request_error", "message": "prompt is too long: x"}}'
    )
    bench = Bench(FakeUpstream(whole(body, 400)), target("anthropic"))
    _, failure = await heard(Attempt(bench.gateway, ask(), bench.target, Quirks(context_window=5)))
    assert failure is not None
    assert failure.error.body == body


def test_estimate_is_multiplied_and_rounded_up():
    bench = Bench(FakeUpstream())
    plain, scaled = (Attempt(bench.gateway, ask(), bench.target, Quirks(), factor) for factor in (1.0, 1.25))
    assert (plain.weighed, plain.written.estimated_input_tokens) == (321, 321)
    assert (scaled.weighed, scaled.written.estimated_input_tokens) == (321, 402)


def cited_attempt(dialect: str, *said: str, **source) -> Attempt:
    """Of a question about a document."""
    data = source.get("data", "Two owls sat.")
    document = {"type": "document", "source": {"type": "text", "data": data}, "citations": {"enabled": True}}
    messages = [{"role": "user", "content": [document, {"type": "text", "text": "How many?"}]}]
    return attempt_at(streamed(lines(*said)), dialect, messages=messages)


async def test_markers_of_an_answer_become_citations_where_the_dialect_has_none():
    batches, failure = await heard(cited_attempt("plain", "text Two owls【1-1】.", "end end_turn"))
    assert failure is None
    deltas = [event.delta for said in batches for event in said if isinstance(event, ContentBlockDelta)]
    assert [getattr(delta, "text", None) for delta in deltas] == ["Two owls", None, "."]
    assert deltas[1].citation["cited_text"] == "Two owls sat."


async def test_sign_of_life_has_the_clients_block_number():
    attempt = cited_attempt("plain", "text Two owls【1-1】 so", "end end_turn")
    async for said in attempt.events():
        assert said
        start, alive = attempt.keep_alive(event_due=True)
        assert start == []
        assert {event.index for event in alive} <= {1}


async def test_markers_that_name_nothing_are_counted():
    attempt = cited_attempt("plain", "text Two owls【3-1】【1-2】.", "end end_turn")
    assert attempt.emulation.unfounded_citations == 0
    batches, _ = await heard(attempt)
    assert texts(batches) == [["Two owls", "."]]
    assert attempt.emulation.unfounded_citations == 2


async def test_answer_without_sources_keeps_whatever_looks_like_a_marker():
    attempt = attempt_at(streamed(lines("text Two owls【1-1】.", "end end_turn")))
    assert texts((await heard(attempt))[0]) == [["Two owls【1-1】."]]
    assert attempt.emulation.unfounded_citations == 0


def test_dialect_that_cites_itself_gets_the_clients_bytes():
    assert b'"citations":{"enabled":true}' in cited_attempt("anthropic").written.body
    assert "【1-1】Two owls sat.".encode() in cited_attempt("openai_chat").written.body
