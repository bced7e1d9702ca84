"""Closes the books of a request, however it ended."""

from dragoman.relay.attempt import Attempt
from dragoman.relay.gateway import Gateway
from dragoman.relay.trace import Trace


def settle(gateway: Gateway, trace: Trace, attempt: Attempt | None) -> None:
    """Complete the trace and tell the observer; once a request."""
    trace.ended = gateway.clock()
    if attempt is not None:
        trace.usage = attempt.reader.usage
        trace.ending = trace.ending or attempt.reader.stop_reason or ""
        if attempt.head is not None:
            trace.upstream_request_id = attempt.head.header("request-id") or attempt.head.header(
                "x-request-id"
            )
    gateway.observer.settled(trace)
