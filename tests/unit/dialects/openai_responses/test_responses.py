import pytest

from dragoman.dialects.dialect import Dialect, Written
from dragoman.dialects.openai_responses.responses import OpenAIResponses
from dragoman.dialects.openai_responses.shapes import Reading
from dragoman.dialects.quirks import Quirks
from dragoman.messages.errors import ApiError, UpstreamFailure, UpstreamNonsense
from dragoman.messages.events import MessageStart
from dragoman.wire.exchange import ReplyHead
from dragoman.wire.jsonbytes import decode
from dragoman.wire.sse import SseDecoder
from tests.support.chat_requests import ask
from tests.support.reading import counting_ids
from tests.support.responses_reading import text

dialect: Dialect = OpenAIResponses()


def test_it_writes_to_responses():
    written = dialect.write_request(ask(), "gpt-5.6-terra", Quirks())
    assert written.path == "/responses"
    assert decode(written.body)["model"] == "gpt-5.6-terra"


def test_the_reader_knows_what_the_writer_wrote():
    written = dialect.write_request(ask(), "gpt-5.6-terra", Quirks())
    reader = dialect.open_reply(ask(), written, counting_ids())
    (frame,) = SseDecoder().feed(text("Hi"))
    start, *_ = reader.feed(frame)
    assert isinstance(start, MessageStart)
    assert start.message.model == "claude-x"
    assert start.message.usage.input_tokens == written.estimated_input_tokens > 0


def test_a_request_of_another_dialect_is_not_read():
    with pytest.raises(AssertionError):
        dialect.open_reply(ask(), Written("/x", b"", reading=None), counting_ids())
    assert dialect.open_reply(ask(), Written("/x", b"", reading=Reading(message_model="m")), counting_ids())


def test_it_counts_at_the_upstream():
    written = dialect.write_count(ask(), "gpt-5.6-terra", Quirks())
    assert written is not None
    assert written.path == "/responses/input_tokens"
    assert dialect.read_count(b'{"object":"response.input_tokens","input_tokens":12}') == 12


@pytest.mark.parametrize(
    "body", [b"", b"[]", b"{}", b'{"input_tokens":"12"}', b'{"input_tokens":true}', b"<html>"]
)
def test_what_is_no_count_is_nonsense(body):
    with pytest.raises(UpstreamNonsense):
        dialect.read_count(body)


def test_it_relays_no_headers():
    assert dialect.relayed_headers(ReplyHead(200, (("x-request-id", "req_1"), ("retry-after", "3")))) == ()


def test_it_reads_and_mends_failures():
    body = b'{"error":{"message":"Unknown parameter: \'truncation\'.","type":"invalid_request_error"}}'
    failure = dialect.read_failure(ReplyHead(400, ()), body, ask(), False)
    assert (failure.kind, failure.error.status) == ("refused", 400)
    mended = dialect.mend(failure, Quirks())
    assert mended is not None
    assert not mended.quirks.truncation
    assert dialect.mend(UpstreamFailure("refused", ApiError(400, "no"), status=400), Quirks()) is None


@pytest.mark.parametrize(
    ("quirks", "images", "documents"),
    [
        ({"files": True}, True, True),
        ({"files": False}, True, False),
        ({"image_urls": False}, False, False),
        ({"image_urls": False, "images": False}, True, False),
    ],
)
def test_what_may_stay_a_url_is_what_the_server_fetches(quirks, images, documents):
    assert dialect.takes_urls("image", Quirks(**quirks)) is images
    assert dialect.takes_urls("document", Quirks(**quirks)) is documents
