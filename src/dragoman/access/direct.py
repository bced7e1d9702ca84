"""A base URL and a key in the header that its dialect uses."""

from dragoman.access.access import WrittenRequest, common_headers, is_visible, join_url, with_version
from dragoman.wire.exchange import Headers, HttpRequest, header

GEMINI_VERSION = "v1beta"
"""Of the API, where a base URL names none: it has all that `v1` has, and the newest (spec/gemini.md section 0)."""

_AZURE = ".openai.azure.com"


def address(
    written: WrittenRequest,
    base_url: str,
    credential: str,
    dialect: str,
    client_headers: Headers | None = None,
) -> HttpRequest:
    """Implements `Access`."""
    proof = (
        _proof(base_url, credential, dialect) if client_headers is None else _clients_proof(client_headers)
    )
    if dialect == "gemini":
        base_url = with_version(base_url, GEMINI_VERSION)
    return HttpRequest(
        method="POST",
        url=join_url(base_url, written.path),
        headers=(*common_headers(written), *proof),
        body=written.body,
    )


def _proof(base_url: str, credential: str, dialect: str) -> Headers:
    if not credential or not is_visible(credential):
        return ()
    if _host(base_url).endswith(_AZURE):
        return (("api-key", credential),)
    if dialect == "anthropic":
        return (("x-api-key", credential),)
    if dialect == "gemini":
        return (("x-goog-api-key", credential),)
    return (("authorization", f"Bearer {credential}"),)


def _clients_proof(client_headers: Headers) -> Headers:
    """The client's own credential in the header it came in; `x-api-key` if there are two."""
    for name in ("x-api-key", "authorization"):
        value = header(client_headers, name)
        if value and is_visible(value):
            return ((name, value),)
    return ()


def _host(base_url: str) -> str:
    authority = base_url.partition("://")[2].partition("/")[0]
    return authority.partition(":")[0].lower()
