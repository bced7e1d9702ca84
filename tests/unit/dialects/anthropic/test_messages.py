import pytest

from dragoman.dialects.anthropic.messages import AnthropicMessages
from dragoman.dialects.dialect import Dialect
from dragoman.dialects.quirks import Quirks
from dragoman.messages.errors import UpstreamFailure, UpstreamNonsense
from dragoman.messages.events import Relayed
from dragoman.messages.parse import parse_request
from dragoman.wire.exchange import ReplyHead
from tests.support.reading import counting_ids

BODY = b'{"model":"claude-sonnet-5","max_tokens":9,"stream":%s,"messages":[{"role":"user","content":"Hi"}]}'
STREAMED = parse_request(BODY % b"true", ())
WHOLE = parse_request(BODY % b"false", ())
MESSAGE = (
    b'{"type":"message","content":[],"stop_reason":"end_turn","usage":{"input_tokens":1,"output_tokens":2}}'
)

dialect: Dialect = AnthropicMessages()


def test_it_writes_requests_and_counts():
    assert dialect.write_request(STREAMED, "claude-sonnet-5", Quirks()).body == STREAMED.body
    count = dialect.write_count(STREAMED, "claude-sonnet-5", Quirks())
    assert count is not None
    assert count.path == "/v1/messages/count_tokens"


def test_it_reads_a_count():
    assert dialect.read_count(b'{"input_tokens": 17, "more": 1}') == 17


@pytest.mark.parametrize(
    "body", [b"", b"<html>", b"[]", b"{}", b'{"input_tokens": "17"}', b'{"input_tokens": null}']
)
def test_a_count_without_a_number_is_nonsense(body):
    with pytest.raises(UpstreamNonsense):
        dialect.read_count(body)


@pytest.mark.parametrize(("request_", "names"), [(WHOLE, ["message"]), (STREAMED, None)])
def test_its_reader_knows_whether_the_client_wants_a_stream(request_, names):
    written = dialect.write_request(request_, "claude-sonnet-5", Quirks())
    said = dialect.open_reply(request_, written, counting_ids()).read_whole(MESSAGE)
    told = [one.name for one in said if isinstance(one, Relayed)]
    assert told == (names or ["message_start", "message_delta", "message_stop"])


def test_it_reads_failures_by_whose_credential_it_was():
    body = b'{"type":"error","error":{"type":"authentication_error","message":"invalid x-api-key"}}'
    assert dialect.read_failure(ReplyHead(401, ()), body, STREAMED, False).error.status == 403
    assert dialect.read_failure(ReplyHead(401, ()), body, STREAMED, True).error.status == 401


def test_it_relays_headers():
    assert dialect.relayed_headers(ReplyHead(200, (("request-id", "req_1"),))) == (("request-id", "req_1"),)


REFUSED = (
    b'{"type":"error","error":{"type":"invalid_request_error","message":"x: Extra inputs are not permitted"}}'
)
VERTEX = Quirks(claude_on_vertex=True)


def test_nothing_is_mended_between_a_client_and_the_api_itself():
    failure = dialect.read_failure(ReplyHead(400, ()), REFUSED, STREAMED, False)
    assert dialect.mend(failure, Quirks()) is None


def test_a_refusal_of_vertex_ai_is_learned():
    failure = dialect.read_failure(ReplyHead(400, ()), REFUSED, STREAMED, False)
    mended = dialect.mend(failure, VERTEX)
    assert mended is not None
    assert mended.quirks == Quirks(claude_on_vertex=True, refused_fields=("x",))


def test_on_vertex_ai_requests_and_counts_have_its_form():
    written = dialect.write_request(STREAMED, "claude-sonnet-5", VERTEX)
    assert written.path == "/models/claude-sonnet-5:streamRawPredict"
    assert b'"model"' not in written.body
    count = dialect.write_count(WHOLE, "claude-sonnet-5", VERTEX)
    assert count is not None
    assert count.path == "/models/count-tokens:rawPredict"


def test_errors_of_google_name_what_the_client_asked_for():
    body = b'{"error":{"code":404,"message":"gone","status":"NOT_FOUND"}}'
    told = dialect.read_failure(ReplyHead(404, ()), body, STREAMED, False).error.message
    assert told == "model: claude-sonnet-5 (Vertex AI: gone)"
    reader = dialect.open_reply(STREAMED, dialect.write_request(STREAMED, "m", VERTEX), counting_ids())
    with pytest.raises(UpstreamFailure) as failed:
        reader.read_whole(body)
    assert failed.value.error.message == told


@pytest.mark.parametrize("medium", ["image", "document"])
def test_a_server_that_speaks_messages_gets_every_url(medium):
    assert dialect.takes_urls(medium, Quirks())
    assert dialect.takes_urls(medium, Quirks(image_urls=False, claude_on_vertex=True))
