"""What is refused: tests/promises/test_nothing_private_is_fetched.py has the long list."""

import pytest

from dragoman.relay.ports import WebFailure
from dragoman.upstream.public_url import LONGEST_URL, PublicUrl, read_public_url


@pytest.mark.parametrize(
    ("text", "host", "url"),
    [
        ("https://example.com", "example.com", "https://example.com/"),
        ("HTTPS://Example.COM/A?b=C#d", "example.com", "https://example.com/A?b=C"),
        ("https://example.com:443/a", "example.com", "https://example.com/a"),
        ("https://example.com?x=1", "example.com", "https://example.com/?x=1"),
        (
            "https://münchen.de/Straße ü",
            "xn--mnchen-3ya.de",
            "https://xn--mnchen-3ya.de/Stra%C3%9Fe%20%C3%BC",
        ),
        ("https://www。example。com/", "www.example.com", "https://www.example.com/"),
        ("https://a_b.s3.example.com/", "a_b.s3.example.com", "https://a_b.s3.example.com/"),
        ("https://1.1.1.1.example.com/", "1.1.1.1.example.com", "https://1.1.1.1.example.com/"),
        ("https://example.com/@me:x//y", "example.com", "https://example.com/@me:x//y"),
    ],
)
def test_a_url_is_read_in_one_way(text, host, url):
    assert read_public_url(text) == PublicUrl(host, url)


def test_signed_urls_keep_every_escape():
    url = "https://bucket.example.com/a%2Fb%2Cc+d?X-Sig=%2B%3D%7e&k=a,b;c(d)'!*$[]"
    assert read_public_url(url).url == url


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("https://example.com/" + "a" * LONGEST_URL, "url_too_long"),
        ("https://example.com/\r\nHost: x", "invalid_tool_input"),
        ("https://example.com/\u200b", "invalid_tool_input"),
        ("https://example.com/\ud83d", "invalid_tool_input"),
        ("", "url_not_allowed"),
        ("example.com/a.png", "url_not_allowed"),
        ("http://example.com/", "url_not_allowed"),
        ("ftp://example.com/", "url_not_allowed"),
        ("https:/example.com/", "url_not_allowed"),
        ("https:///example.com/", "url_not_allowed"),
        ("https://example.com:444/", "url_not_allowed"),
        ("https://example.com:/", "url_not_allowed"),
        ("https://user@example.com/", "url_not_allowed"),
        ("https://example.com./", "url_not_allowed"),
        ("https://example.com\\@other.com/", "url_not_allowed"),
        ("https://ex%61mple.com/", "url_not_allowed"),
        ("https://example/", "url_not_allowed"),
        ("https://a..com/", "url_not_allowed"),
        ("https://-a.com/", "url_not_allowed"),
        ("https://" + "a" * 64 + ".com/", "url_not_allowed"),
        ("https://" + "a." * 130 + "com/", "url_not_allowed"),
        ("https://℀.com/", "url_not_allowed"),
        ("https://1.1.1.1/", "url_not_allowed"),
        ("https://a.0x7f/", "url_not_allowed"),
        ("https://[2606:4700::1111]/", "url_not_allowed"),
        ("https://printer.local/", "url_not_allowed"),
        ("https://metadata.google.internal/", "url_not_allowed"),
    ],
)
def test_what_could_be_read_in_two_ways_is_refused(text, code):
    with pytest.raises(WebFailure) as refused:
        read_public_url(text)
    assert refused.value.code == code
