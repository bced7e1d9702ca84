import pytest

from dragoman.dialects.web_search_tool import domains_of, has_paths, is_web_search, most_uses, place_of
from tests.support.chat_requests import conversation, tool


def search(**fields):
    return {"type": "web_search_20250305", "name": "web_search", **fields}


def one(declared):
    (found,) = conversation(tools=[declared]).tools
    return found


@pytest.mark.parametrize(
    ("declared", "is_search"),
    [
        (search(), True),
        (search(type="web_search_20260209"), True),
        (tool("web_search"), False),
        ({"type": "web_fetch_20250910", "name": "web_fetch"}, False),
    ],
)
def test_the_search_is_known_by_its_type(declared, is_search):
    assert is_web_search(one(declared)) is is_search


def test_domains_have_no_scheme_and_no_path_and_come_once():
    declared = one(search(allowed_domains=["https://Docs.test/guide", "docs.test", "http://a.test", "", 5]))
    assert domains_of(declared, "allowed_domains") == ("docs.test", "a.test")
    assert domains_of(declared, "blocked_domains") == ()


@pytest.mark.parametrize(
    ("named", "paths"),
    [(["a.test"], False), (["https://a.test/"], False), (["a.test", "b.test/x"], True), ([5], False)],
)
def test_a_part_of_a_site_is_known_by_its_path(named, paths):
    assert has_paths(one(search(allowed_domains=named)), "allowed_domains") is paths


@pytest.mark.parametrize(
    ("told", "known"),
    [
        ({"type": "approximate", "city": "Bern", "region": "", "timezone": 5, "odd": "x"}, {"city": "Bern"}),
        ({}, {}),
        ("Bern", {}),
        (None, {}),
    ],
)
def test_the_place_is_what_is_known_of_it(told, known):
    assert place_of(one(search(user_location=told))) == known


@pytest.mark.parametrize(("told", "uses"), [(3, 3), (None, None), (0, None), (True, None), ("3", None)])
def test_a_limit_of_searches_is_a_number(told, uses):
    assert most_uses(one(search(max_uses=told))) == uses
