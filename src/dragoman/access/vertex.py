"""Vertex AI: models below the publisher that made them, and Google's token (spec/vertex.md sections 1 and 2)."""

from dragoman.access.access import WrittenRequest, common_headers, is_visible
from dragoman.wire.exchange import Headers, HttpRequest

_PUBLISHERS = {"gemini": "google", "anthropic": "anthropic"}


def address(
    written: WrittenRequest,
    base_url: str,
    credential: str,
    dialect: str,
    client_headers: Headers | None = None,
    *,
    quota_project: str | None = None,
) -> HttpRequest:
    """Implements `Access`. `credential` is an access token; `base_url` ends in `/locations/...`.

    Of the client's credentials nothing goes out: Google takes only its own.
    """
    paid = (("x-goog-user-project", quota_project),) if quota_project and is_visible(quota_project) else ()
    return HttpRequest(
        method="POST",
        url=f"{base_url}/publishers/{_PUBLISHERS.get(dialect, dialect)}{written.path}",
        headers=(*common_headers(written), ("authorization", f"Bearer {credential}"), *paid),
        body=written.body,
    )
