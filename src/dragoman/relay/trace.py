"""The story of one request, for the log line and the settlement."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from dragoman.dialects.dialect import Loss
from dragoman.messages.events import Usage


@dataclass
class Trace:
    """Filled in on the way; complete when the relay settles it. Holds no content and no credential."""

    request_id: str
    requested_model: str
    streaming: bool
    counting: bool = False
    started: float = 0.0
    first_event: float | None = None
    """Monotonic seconds of the first event that said something."""
    ended: float = 0.0
    channel: str = ""
    dialect: str = ""
    upstream_model: str = ""
    why: str = ""
    attempts: int = 0
    status: int = 0
    """The HTTP status that went out; 499 when the client hung up."""
    ending: str = ""
    """A stop reason, `client_aborted`, or the type of the error."""
    error: str = ""
    usage: Usage | None = None
    losses: tuple[Loss, ...] = ()
    session_id: str | None = None
    launch: str | None = None
    """The run of `dragoman claude` that asked, by the name that it gave itself."""
    upstream_request_id: str | None = None
    withheld: Mapping[str, int] = field(default_factory=dict[str, int])
    """Reasoning of earlier turns that the upstream did not show to the model, counted by its reason."""
    server_tools: Mapping[str, int] = field(default_factory=dict[str, int])
    """Calls of server tools that the gateway answered, by the kind of the tool."""
    unfounded_citations: int = 0
    """Citations of the model's that name no source of the client's, and were left out."""
    schema_mismatch: str = ""
    """Where the answer breaks the client's schema, and by which keyword (relay/output_schema.py)."""
    learned: list[str] = field(default_factory=list[str])
    """Quirks that a refusal taught on this request."""
