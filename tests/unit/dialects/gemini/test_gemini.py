import json

import pytest

from dragoman.dialects.dialect import Dialect, Written
from dragoman.dialects.gemini.gemini import Gemini
from dragoman.dialects.quirks import Quirks
from dragoman.messages.errors import UpstreamNonsense
from dragoman.wire.exchange import ReplyHead
from dragoman.wire.sse import SseDecoder
from tests.support.chat_requests import ask
from tests.support.gemini_reading import end, text
from tests.support.reading import counting_ids


def test_value_speaks_the_protocol_of_dialects():
    dialect: Dialect = Gemini()
    assert dialect.name == "gemini"


def test_written_request_opens_its_own_reader():
    dialect, request = Gemini(), ask()
    written = dialect.write_request(request, "gemini-3.8-flash", Quirks())
    reader = dialect.open_reply(request, written, counting_ids())
    said = [event for frame in SseDecoder().feed(text("a") + end()) for event in reader.feed(frame)]
    said += reader.finish()
    assert reader.finished
    assert said


def test_further_request_goes_where_the_first_went():
    dialect, request = Gemini(), ask()
    written = dialect.write_request(request, "gemini-3.8-flash", Quirks())
    reader = dialect.open_reply(request, written, counting_ids())
    assert not reader.finish()
    again = reader.follow_up()
    assert isinstance(again, Written)
    assert (again.path, json.loads(again.body)) == (written.path, json.loads(written.body))


def test_count_is_the_total():
    assert Gemini().read_count(b'{"totalTokens": 31, "cachedContentTokenCount": 4}') == 31


@pytest.mark.parametrize(
    "body", [b"", b"{}", b"[]", b'{"totalTokens": "x"}', b'{"totalTokens": null}', b"<html>"]
)
def test_answer_without_a_count_is_nonsense(body):
    with pytest.raises(UpstreamNonsense):
        Gemini().read_count(body)


def test_failures_are_read_and_learned_from():
    dialect = Gemini()
    body = json.dumps(
        {"error": {"code": 400, "message": "Corrupted thought signature.", "status": "INVALID_ARGUMENT"}}
    )
    failure = dialect.read_failure(ReplyHead(400, ()), body.encode(), ask(), clients_credential=False)
    mended = dialect.mend(failure, Quirks())
    assert mended is not None
    assert mended.quirks.skip_signatures


def test_no_header_of_the_server_is_passed_on():
    assert Gemini().relayed_headers(ReplyHead(200, (("server", "x"),))) == ()


@pytest.mark.parametrize("medium", ["image", "document"])
def test_what_may_stay_a_url_is_what_the_server_fetches(medium):
    assert Gemini().takes_urls(medium, Quirks(file_uris=True))
    assert not Gemini().takes_urls(medium, Quirks())
