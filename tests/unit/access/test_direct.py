"""access/direct.py"""

import pytest

from dragoman.access.access import USER_AGENT, Access
from dragoman.access.direct import address
from dragoman.dialects.dialect import Written
from dragoman.wire.exchange import Headers, HttpRequest

WRITTEN = Written(path="/chat/completions", body=b"{}")


def headers_of(request: HttpRequest) -> dict[str, str]:
    assert len({name for name, _ in request.headers}) == len(request.headers)
    return dict(request.headers)


def test_request_is_posted_to_base_url_and_path() -> None:
    """H14"""
    request = address(WRITTEN, "https://x.example/openai/v1", "test-key", "openai_chat")
    assert (request.method, request.url, request.body) == (
        "POST",
        "https://x.example/openai/v1/chat/completions",
        b"{}",
    )


@pytest.mark.parametrize(
    ("base_url", "dialect", "proof"),
    [
        ("https://x.example", "openai_chat", ("authorization", "Bearer test-key")),
        ("https://x.example", "openai_responses", ("authorization", "Bearer test-key")),
        ("https://x.example", "anthropic", ("x-api-key", "test-key")),
        pytest.param("https://x.example", "gemini", ("x-goog-api-key", "test-key"), id="T49"),
        ("https://work.openai.azure.com/openai/v1", "openai_chat", ("api-key", "test-key")),
        ("https://x.example/.openai.azure.com", "openai_chat", ("authorization", "Bearer test-key")),
    ],
)
def test_key_stands_in_the_header_that_the_dialect_uses_and_in_no_other(
    base_url: str, dialect: str, proof: tuple[str, str]
) -> None:
    request = address(WRITTEN, base_url, "test-key", dialect)
    assert [pair for pair in request.headers if "test-key" in pair[1]] == [proof]
    assert "test-key" not in request.url


@pytest.mark.parametrize("credential", ["", "clé", "a\r\nb"])
def test_without_a_sendable_key_no_key_header_goes_out(credential: str) -> None:
    """H15, threat T23"""
    names = headers_of(address(WRITTEN, "https://x.example", credential, "openai_chat"))
    assert not {"authorization", "x-api-key", "api-key", "x-goog-api-key"} & names.keys()


def test_a_stream_is_asked_for_uncompressed() -> None:
    headers = headers_of(address(WRITTEN, "https://x.example", "", "openai_chat"))
    assert headers == {
        "content-type": "application/json",
        "accept": "text/event-stream",
        "accept-encoding": "identity",
        "user-agent": USER_AGENT,
    }


def test_a_whole_answer_may_be_compressed() -> None:
    written = Written(path="/v1/messages", body=b"{}", streaming=False)
    headers = headers_of(address(written, "https://x.example/v1", "", "anthropic"))
    assert (headers["accept"], headers["accept-encoding"]) == ("application/json", "gzip")


def test_what_the_dialect_wrote_goes_out_as_it_is() -> None:
    """T52"""
    written = Written(
        path="/v1/messages",
        body=b"{}",
        headers=(
            ("anthropic-beta", "a,b"),
            ("anthropic-beta", "c"),
            ("user-agent", "claude-cli/2"),
            ("accept", "x/y"),
        ),
    )
    request = address(written, "https://x.example", "test-key", "anthropic")
    assert request.headers[:4] == written.headers
    assert [name for name, _ in request.headers].count("user-agent") == 1
    assert [name for name, _ in request.headers].count("accept") == 1


def test_no_credential_of_the_client_goes_out_beside_ours() -> None:
    """T15"""
    written = Written(
        path="/v1/messages",
        body=b"{}",
        headers=(("authorization", "Bearer client"), ("x-goog-api-key", "client")),
    )
    request = address(written, "https://x.example", "test-key", "anthropic")
    assert "client" not in str(request.headers)


@pytest.mark.parametrize(
    ("client_headers", "proof"),
    [
        ((("authorization", "Bearer oauth"),), (("authorization", "Bearer oauth"),)),
        ((("x-api-key", "key"),), (("x-api-key", "key"),)),
        ((("authorization", "Bearer oauth"), ("x-api-key", "key")), (("x-api-key", "key"),)),
        ((("authorization", "Bearer oauth"), ("x-api-key", "")), (("authorization", "Bearer oauth"),)),
        ((("x-app", "cli"),), ()),
        ((("x-api-key", "a\nb"),), ()),
    ],
)
def test_passthrough_sends_the_clients_credential_instead_of_ours(
    client_headers: Headers, proof: Headers
) -> None:
    """T54"""
    request = address(WRITTEN, "https://api.anthropic.com", "test-key", "anthropic", client_headers)
    sent = tuple(pair for pair in request.headers if pair[0] in ("authorization", "x-api-key"))
    assert sent == proof
    assert "test-key" not in str(request.headers)


def test_direct_is_an_access() -> None:
    access: Access = address
    assert access(WRITTEN, "https://x.example", "", "openai_chat").url.startswith("https://x.example")
