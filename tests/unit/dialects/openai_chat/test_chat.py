import pytest

from dragoman.dialects.dialect import Dialect, Written
from dragoman.dialects.openai_chat.chat import OpenAIChat
from dragoman.dialects.openai_chat.shapes import Reading
from dragoman.dialects.quirks import Quirks
from dragoman.messages.errors import ApiError, UpstreamFailure
from dragoman.messages.events import MessageStart
from dragoman.messages.parse import parse_request
from dragoman.wire.exchange import ReplyHead
from dragoman.wire.jsonbytes import decode
from dragoman.wire.sse import SseDecoder
from tests.support.chat_chunks import text
from tests.support.reading import counting_ids

REQUEST = parse_request(
    b'{"model":"claude-sonnet-5","max_tokens":100,"stream":true,"messages":[{"role":"user","content":"Hi"}]}',
    (),
)

dialect: Dialect = OpenAIChat()


def test_it_writes_to_chat_completions():
    written = dialect.write_request(REQUEST, "gpt-4.1", Quirks())
    assert written.path == "/chat/completions"
    assert decode(written.body)["model"] == "gpt-4.1"


def test_the_reader_knows_what_the_writer_wrote():
    written = dialect.write_request(REQUEST, "gpt-4.1", Quirks())
    reader = dialect.open_reply(REQUEST, written, counting_ids())
    (frame,) = SseDecoder().feed(text("Hi"))
    start, *_ = reader.feed(frame)
    assert isinstance(start, MessageStart)
    assert start.message.model == "claude-sonnet-5"
    assert start.message.usage.input_tokens == written.estimated_input_tokens > 0


def test_a_request_of_another_dialect_is_not_read():
    with pytest.raises(AssertionError):
        dialect.open_reply(REQUEST, Written("/x", b"", reading=None), counting_ids())
    assert dialect.open_reply(REQUEST, Written("/x", b"", reading=Reading(message_model="m")), counting_ids())


def test_it_cannot_count():
    assert dialect.write_count(REQUEST, "gpt-4.1", Quirks()) is None
    with pytest.raises(NotImplementedError):
        dialect.read_count(b"{}")


def test_it_relays_no_headers():
    assert dialect.relayed_headers(ReplyHead(200, (("x-request-id", "req_1"), ("retry-after", "3")))) == ()


def test_it_reads_and_mends_failures():
    body = b'{"error":{"message":"Unrecognized request argument supplied: stream_options","type":"invalid_request_error"}}'
    failure = dialect.read_failure(ReplyHead(400, ()), body, REQUEST, False)
    assert (failure.kind, failure.error.status) == ("refused", 400)
    mended = dialect.mend(failure, Quirks())
    assert mended is not None
    assert not mended.quirks.stream_options
    assert mended.lasting


def test_a_failure_that_says_nothing_to_learn_is_not_mended():
    assert dialect.mend(UpstreamFailure("refused", ApiError(400, "no"), status=400), Quirks()) is None


@pytest.mark.parametrize(
    ("quirks", "images"),
    [({}, True), ({"image_urls": False}, False), ({"image_urls": False, "images": False}, True)],
)
def test_images_may_stay_urls_where_the_server_fetches_them_or_nobody_sees_them(quirks, images):
    assert dialect.takes_urls("image", Quirks(**quirks)) is images
    assert not dialect.takes_urls("document", Quirks(files=True, **quirks))


def test_it_runs_the_search_where_the_server_has_one_and_nothing_else():
    searches = Quirks(web_search=True)
    assert dialect.runs("web_search_20250305", searches)
    assert dialect.runs("web_search_20260209", searches)
    assert not dialect.runs("web_fetch_20250910", searches)
    assert not dialect.runs("web_search_20250305", Quirks())
