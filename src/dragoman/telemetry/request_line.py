"""One finished request as one line: which fields a log shows, and how they read for people."""

from collections.abc import Mapping
from typing import Any

from dragoman.relay.trace import Trace
from dragoman.wire.redact import redact_exception

LONGEST_ERROR = 500
LONGEST_SESSION = 64
"""Characters; clients choose their session ids."""

LONGEST_REASON = 64
MOST_REASONS = 10
"""Upstreams choose their reasons."""

Line = dict[str, Any]


def request_line(trace: Trace) -> Line:
    """What is known about the request, and nothing that it or its answer said."""
    line: Line = {
        "request_id": trace.request_id,
        "route": route_of(trace),
        "dialect": trace.dialect,
        "status": trace.status,
        "ending": trace.ending,
        "ms": _milliseconds(trace.started, trace.ended),
    }
    if trace.first_event is not None:
        line["first_ms"] = _milliseconds(trace.started, trace.first_event)
    usage = trace.usage
    if usage is not None:
        line["input_tokens"] = usage.input_tokens
        line["output_tokens"] = usage.output_tokens
        line["cache_read"] = usage.cache_read_input_tokens
        line["cache_write"] = usage.cache_creation_input_tokens
    line |= _not_carried(trace)
    line |= _emulated(trace)
    line["attempts"] = trace.attempts
    if trace.counting:
        line["counting"] = True
    elif trace.streaming:
        line["streaming"] = True
    if trace.learned:
        line["learned"] = trace.learned
    if trace.session_id is not None:
        line["session"] = trace.session_id[:LONGEST_SESSION]
    if trace.upstream_request_id is not None:
        line["upstream_request_id"] = trace.upstream_request_id[:LONGEST_SESSION]
    if trace.error:
        line["error"] = redact_exception(trace.error[:LONGEST_ERROR])
    return line


def failed(trace: Trace) -> bool:
    """Whether the client did not get a whole answer."""
    return trace.status >= 400 or bool(trace.error)


def as_sentence(line: Mapping[str, Any]) -> str:
    """A line from `request_line` for a terminal."""
    words = [str(line["status"]), str(line["route"]), str(line["ending"]), f"{line['ms'] / 1000:.2f}s"]
    if "first_ms" in line:
        words.append(f"(first {line['first_ms'] / 1000:.2f}s)")
    if "input_tokens" in line:
        cached = line["cache_read"]
        words.append(
            f"in {line['input_tokens']}{f'+{cached} cached' if cached else ''} out {line['output_tokens']}"
        )
    if "losses" in line:
        words.append(f"losses: {', '.join(line['losses'])}")
    if line["attempts"] > 1:
        words.append(f"{line['attempts']} attempts")
    if "error" in line:
        words.append(f"- {line['error']}")
    words.append(line["request_id"])
    return " ".join(word for word in words if word)


def route_of(trace: Trace) -> str:
    """`requested -> channel/model`, or the first alone where no target was found."""
    if not trace.channel:
        return trace.requested_model
    return f"{trace.requested_model} -> {trace.channel}/{trace.upstream_model}"


def losses_of(trace: Trace) -> list[str]:
    """Such as `top_k dropped`."""
    return [f"{loss.field} {loss.what}" for loss in trace.losses]


def _not_carried(trace: Trace) -> Line:
    """What of the request did not reach the model."""
    line: Line = {}
    if trace.losses:
        line["losses"] = losses_of(trace)
    if trace.withheld:
        reasons = sorted(trace.withheld)[:MOST_REASONS]
        line["reasoning_withheld"] = {reason[:LONGEST_REASON]: trace.withheld[reason] for reason in reasons}
    return line


def _emulated(trace: Trace) -> Line:
    """What the gateway did in the backend's place, or had to see to."""
    line: Line = {}
    if trace.server_tools:
        line["server_tools"] = dict(trace.server_tools)
    if trace.unfounded_citations:
        line["unfounded_citations"] = trace.unfounded_citations
    if trace.schema_mismatch:
        line["schema_mismatch"] = trace.schema_mismatch
    return line


def _milliseconds(start: float, end: float) -> float:
    return round((end - start) * 1000, 1)
