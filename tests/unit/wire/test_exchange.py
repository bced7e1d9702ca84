from dragoman.wire.exchange import ReplyHead, header

HEADERS = (("retry-after", "3"), ("set-cookie", "a"), ("set-cookie", "b"))


def test_first_value_of_a_repeated_header_is_given():
    assert header(HEADERS, "set-cookie") == "a"


def test_missing_header_is_none():
    assert header(HEADERS, "content-type") is None


def test_head_of_a_reply_finds_its_headers():
    assert ReplyHead(200, HEADERS).header("retry-after") == "3"
