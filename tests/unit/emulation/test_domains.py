import pytest

from dragoman.emulation.domains import NotADomain, is_permitted, read_domain


@pytest.mark.parametrize(
    ("domain", "url", "covered"),
    [
        ("example.com", "https://example.com", True),
        ("example.com", "http://EXAMPLE.com:8080/a?b#c", True),
        ("Example.COM.", "https://docs.example.com/a", True),
        ("example.com", "https://notexample.com/", False),
        ("example.com", "https://example.com.evil.test/", False),
        ("example.com", "https://example.com@evil.test/", False),
        ("docs.example.com", "https://example.com/", False),
        ("docs.example.com", "https://api.example.com/", False),
        ("example.com/blog", "https://example.com/blog", True),
        ("example.com/blog/", "https://www.example.com/blog/a/b", True),
        ("example.com/blog", "https://example.com/blogs", False),
        ("example.com/blog", "https://example.com/", False),
        ("example.com/*", "https://example.com/a", True),
        ("example.com/*/articles", "https://example.com/en/articles/1", True),
        ("example.com/*/articles", "https://example.com/articles", False),
        ("example.com/a.b", "https://example.com/axb", False),
        ("münchen.example", "https://xn--mnchen-3ya.example/", True),
        ("example.com", "https://[broken", False),
    ],
)
def test_a_domain_covers_itself_and_what_is_below_it(domain: str, url: str, covered: bool) -> None:
    assert read_domain(domain).covers(url) is covered


@pytest.mark.parametrize(
    "written",
    [
        "",
        "https://example.com",
        "*.example.com",
        "ex*.com",
        "example.com/*/a/*",
        "exa mple.com",
        "example.com:80",
        "a@b.com",
    ],
)
def test_what_is_no_domain_is_refused(written: str) -> None:
    with pytest.raises(NotADomain):
        read_domain(written)


def test_a_page_is_wanted_unless_it_is_blocked_or_others_are_allowed() -> None:
    here, below = read_domain("a.example"), read_domain("a.example/b")
    assert is_permitted("https://a.example/b", (), ())
    assert is_permitted("https://a.example/b", (here,), ())
    assert not is_permitted("https://a.example/b", (here,), (below,))
    assert not is_permitted("https://b.example/", (here,), ())
