import pytest

from dragoman.dialects.losses import Losses
from dragoman.dialects.openai_chat.web_search import CHOICE, write_web_search
from tests.support.chat_requests import conversation


def write(**fields):
    declared = {"type": "web_search_20250305", "name": "web_search", **fields}
    (tool,) = conversation(tools=[declared]).tools
    losses = Losses()
    written = write_web_search(tool, "tools.0", losses)
    return written, {loss.field.removeprefix("tools.0."): loss.what for loss in losses.as_tuple()}


def parameters(**fields):
    return write(**fields)[0].tool["parameters"]


def test_a_plain_search_has_no_parameters():
    written, lost = write()
    assert written.tool == {"type": "openrouter:web_search"}
    assert (written.reading.name, written.reading.blocked_domains) == ("web_search", ())
    assert lost == {}


def test_the_choice_of_the_search_names_its_type():
    assert write()[0].tool["type"] == CHOICE["type"]


def test_the_limit_of_searches_is_the_servers_own():
    assert parameters(max_uses=3) == {"max_uses": 3}
    assert write(max_uses=3)[1] == {"max_uses": "approximated"}


@pytest.mark.parametrize("odd", [None, 0, -1, True, "3"])
def test_what_is_no_limit_limits_nothing(odd):
    written, lost = write(max_uses=odd)
    assert ("parameters" in written.tool, lost) == (False, {})


def test_allowed_domains_are_told():
    written, lost = write(allowed_domains=["https://Docs.test", "docs.test", "a.test/"])
    assert written.tool["parameters"] == {"allowed_domains": ["docs.test", "a.test"]}
    assert lost == {}


def test_a_part_of_a_site_is_the_whole_site_and_told():
    written, lost = write(allowed_domains=["docs.test/guide"])
    assert written.tool["parameters"] == {"allowed_domains": ["docs.test"]}
    assert lost == {"allowed_domains": "approximated"}


def test_blocked_domains_are_told_and_hidden():
    written, lost = write(blocked_domains=["bad.test"])
    assert written.tool["parameters"] == {"excluded_domains": ["bad.test"]}
    assert written.reading.blocked_domains == ("bad.test",)
    assert lost == {"blocked_domains": "approximated"}


def test_the_place_of_the_user_is_passed_on():
    place = {"type": "approximate", "city": "Bern", "country": "CH", "region": "", "odd": "x"}
    assert parameters(user_location=place) == {
        "user_location": {"type": "approximate", "city": "Bern", "country": "CH"}
    }
    assert write(user_location=place)[1] == {"user_location": "approximated"}
    assert "parameters" not in write(user_location={"type": "approximate"})[0].tool


def test_what_the_answer_is_to_leave_out_is_dropped():
    assert write(response_inclusion="excluded")[1] == {"response_inclusion": "dropped"}
