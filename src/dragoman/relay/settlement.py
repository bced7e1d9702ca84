"""Closes the books of a request, however it ended."""

from dragoman.relay.attempt import Attempt
from dragoman.relay.gateway import Gateway
from dragoman.relay.headers import relayed
from dragoman.relay.trace import Trace
from dragoman.wire.exchange import header


def settle(gateway: Gateway, trace: Trace, attempt: Attempt | None) -> None:
    """Complete the trace and tell the observer; once a request."""
    trace.ended = gateway.clock()
    if attempt is not None:
        trace.usage = attempt.usage
        trace.withheld = attempt.reader.withheld
        trace.server_tools = attempt.emulation.ran
        trace.unfounded_citations = attempt.emulation.unfounded_citations
        trace.ending = trace.ending or attempt.reader.stop_reason or ""
        if attempt.head is not None:
            theirs = relayed(attempt.head.headers, attempt.credential, shared=False)
            trace.upstream_request_id = header(theirs, "request-id") or header(theirs, "x-request-id")
    gateway.observer.settled(trace)
