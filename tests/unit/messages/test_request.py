from dragoman.messages.request import MessagesRequest


def asked(*headers: tuple[str, str]) -> MessagesRequest:
    return MessagesRequest("m", stream=False, max_tokens=1, raw={}, body=b"{}", headers=headers)


def test_the_session_is_claude_codes_header():
    assert asked(("x-claude-code-session-id", "s-1")).session_id == "s-1"
    assert asked(("x-session-id", "s-1")).session_id is None
