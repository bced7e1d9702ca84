"""The answer of an upstream that was asked to count tokens."""

from dragoman.messages.errors import UpstreamNonsense
from dragoman.wire.jsonbytes import JsonError, decode
from dragoman.wire.jsonvalues import as_object


def read_count(body: bytes, field: str) -> int:
    """The whole number that `field` of the JSON in `body` holds. Raises UpstreamNonsense."""
    try:
        count = as_object(decode(body)).get(field)
    except JsonError:
        count = None
    if type(count) is not int:
        raise UpstreamNonsense(f"the upstream's token count has no `{field}`")
    return count
