"""An HTTP request to an upstream and the head of its reply, as plain data."""

import msgspec

Headers = tuple[tuple[str, str], ...]
"""Header names in lower case with their values, in order; a name may repeat."""


def header(headers: Headers, name: str) -> str | None:
    """The first value of the header `name` (lower case), or None."""
    for key, value in headers:
        if key == name:
            return value
    return None


class HttpRequest(msgspec.Struct, frozen=True):
    """What goes to an upstream."""

    method: str
    url: str
    headers: Headers
    body: bytes


class ReplyHead(msgspec.Struct, frozen=True):
    """What an upstream says before its body."""

    status: int
    headers: Headers

    def header(self, name: str) -> str | None:
        """The first value of the header `name` (lower case), or None."""
        return header(self.headers, name)
