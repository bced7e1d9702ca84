"""Every way a connection can fail, as an UpstreamFailure; foreign errors become ours in this one place."""

import aiohttp

from dragoman.messages.errors import ApiError, UpstreamFailure, UpstreamNonsense


def read_failure(error: Exception, host: str) -> UpstreamFailure:
    """What a failed call to `host` means for the client. The message names the host and never the URL or a key."""
    _forget_frames(error)
    match error:
        case aiohttp.ClientSSLError():
            return _unreachable(
                502, f"the TLS certificate of `{host}` was not accepted ({type(error).__name__})"
            )
        case aiohttp.ConnectionTimeoutError():
            return _unreachable(504, f"`{host}` did not accept a connection in time")
        case aiohttp.ClientConnectorDNSError():
            return _unreachable(502, f"the name `{host}` could not be resolved: check the base URL")
        case aiohttp.ClientConnectorError():
            return _unreachable(
                502, f"could not connect to `{host}`: is the upstream running, and the base URL right?"
            )
        case aiohttp.SocketTimeoutError():
            return UpstreamFailure("broke_midway", ApiError(504, f"`{host}` was silent for too long"))
        case aiohttp.ServerDisconnectedError():
            return UpstreamFailure(
                "unreachable", ApiError(502, f"`{host}` closed the connection without an answer")
            )
        case aiohttp.ClientPayloadError():
            return UpstreamNonsense(f"the answer of `{host}` broke off before it was complete")
        case aiohttp.ClientResponseError():
            return UpstreamNonsense(f"`{host}` answered with something that is not HTTP", kind="unreachable")
        case _:
            return UpstreamFailure("broke_midway", ApiError(502, f"the connection to `{host}` was lost"))


def _forget_frames(error: BaseException | None) -> None:
    """aiohttp's frames hold the request's body, and the errors that went through them: a circle, which would keep the
    body until the next collection."""
    while error is not None:
        error.__traceback__ = None
        error = error.__context__


def _unreachable(status: int, message: str) -> UpstreamFailure:
    return UpstreamFailure("unreachable", ApiError(status, message))
