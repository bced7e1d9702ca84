import pytest

from dragoman.dialects.losses import Losses
from dragoman.dialects.openai_responses.web_search import write_web_search
from tests.support.chat_requests import conversation


def search(**fields):
    return {"type": "web_search_20250305", "name": "web_search", **fields}


def one(declared):
    (found,) = conversation(tools=[declared]).tools
    return found


def write(**fields):
    losses = Losses()
    written = write_web_search(one(search(**fields)), "tools.0", losses)
    return written, {loss.field: loss.what for loss in losses.as_tuple()}


def test_a_plain_search_says_that_the_user_may_be_anywhere():
    written, lost = write()
    assert written.tool == {
        "type": "web_search",
        "search_context_size": "medium",
        "user_location": {"type": "approximate"},
    }
    assert written.limit == {}
    assert (written.reading.name, written.reading.blocked_domains) == ("web_search", ())
    assert lost == {}


def test_the_place_of_the_user_is_passed_on():
    place = {"type": "approximate", "city": "Bern", "country": "CH", "region": "", "timezone": 5, "odd": "x"}
    assert write(user_location=place)[0].tool["user_location"] == {
        "type": "approximate",
        "city": "Bern",
        "country": "CH",
    }


def test_domains_have_no_scheme_and_no_path_and_come_once():
    domains = ["https://Docs.test/guide", "docs.test", "http://a.test", "", 5]
    assert write(allowed_domains=domains)[0].tool["filters"] == {"allowed_domains": ["docs.test", "a.test"]}


def test_more_domains_than_the_server_takes_are_cut_and_told():
    written, lost = write(allowed_domains=[f"{n}.test" for n in range(21)])
    assert len(written.tool["filters"]["allowed_domains"]) == 20
    assert lost == {"tools.0.allowed_domains": "approximated"}


def test_blocked_domains_are_left_to_the_reader_and_told():
    written, lost = write(blocked_domains=["https://bad.test"])
    assert "filters" not in written.tool
    assert written.reading.blocked_domains == ("bad.test",)
    assert lost == {"tools.0.blocked_domains": "approximated"}


@pytest.mark.parametrize(("uses", "limit"), [(1, 3), (2, 4), (5, 7)])
def test_the_limit_of_searches_leaves_room_for_opened_pages(uses, limit):
    written, lost = write(max_uses=uses)
    assert written.limit == {"max_tool_calls": limit}
    assert lost == {"tools.0.max_uses": "approximated"}


@pytest.mark.parametrize("odd", [None, 0, -1, True, "3"])
def test_what_is_no_limit_limits_nothing(odd):
    written, lost = write(max_uses=odd)
    assert (written.limit, lost) == ({}, {})
