"""Who is asking: the key behind a request."""

import hashlib
import hmac

from dragoman.messages.errors import ApiError
from dragoman.wire.exchange import Headers


def identify(headers: Headers, keys: tuple[str, ...]) -> None:
    """Raises ApiError 401 unless one of `keys` was presented; with no keys everyone passes."""
    if not keys:
        return
    digests = [hashlib.sha256(key.encode()).digest() for key in keys]
    for name, value in headers:
        if name == "authorization" and value[:7].lower() == "bearer ":
            value = value[7:].strip()
        elif name != "x-api-key":
            continue
        shown = hashlib.sha256(value.encode()).digest()
        if any([hmac.compare_digest(shown, digest) for digest in digests]):
            return
    raise ApiError(401, "invalid key", headers=(("x-should-retry", "false"),))
