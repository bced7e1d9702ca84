"""What one attempt to get an access token comes to: a Grant, or a Fault in words that help.

A fault's message goes to clients and into the log, so it names settings and commands and never a path, a key or what
an endpoint answered. Statuses: docs/decisions/0020; spec/vertex.md section 2.
"""

import re
from pathlib import Path

import msgspec

from dragoman.messages.errors import FINAL, ApiError, FailureKind, UpstreamFailure
from dragoman.relay.ports import AccessToken

LOGIN = "gcloud auth application-default login"
UNIVERSE = "googleapis.com"

_TOKEN = re.compile(r"[!-~]{1,16384}")
_UNIVERSE = re.compile(r"[A-Za-z0-9.-]{1,80}")


class CredentialsFile(msgspec.Struct, frozen=True):
    """A file with Google's credentials."""

    path: Path
    setting: str = ""
    """The setting that names it; empty for the file that gcloud keeps by itself."""


class Grant(msgspec.Struct, frozen=True):
    """A token that was given."""

    token: AccessToken
    expires_at: float
    """Unix time, in seconds."""
    source: str
    """Where the credentials came from, for the log."""

    def paid_by(self, project: str) -> "Grant":
        return Grant(AccessToken(self.token.value, project), self.expires_at, self.source)


class Fault(msgspec.Struct, frozen=True):
    """Why there is no token."""

    status: int
    message: str

    @property
    def kind(self) -> FailureKind:
        if self.status == 529:
            return "overloaded"
        return "unreachable" if self.status in (502, 504) else "refused"

    def failure(self) -> UpstreamFailure:
        """A failure of its own for everybody who waits: whoever handles one may change it."""
        headers = FINAL if self.kind == "refused" else ()
        return UpstreamFailure(self.kind, ApiError(self.status, self.message, headers=headers))


class NoToken(Exception):
    """An attempt failed."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(fault.message)
        self.fault = fault


MISSING_EXTRA = Fault(
    501, "Vertex AI needs the extra `vertex`: uv sync --extra vertex (or pip install 'dragoman[vertex]')"
)
NOT_FOUND = Fault(
    401,
    f"there are no Google credentials where Dragoman runs: run `{LOGIN}` there, or name a service account's key file "
    "with VERTEX_CREDENTIALS_PATH",
)
NO_SERVICE_ACCOUNT = Fault(
    401,
    "the machine on which Dragoman runs has no service account: attach one, or name a key file with "
    "VERTEX_CREDENTIALS_PATH",
)
NONSENSE = Fault(
    502,
    "Google's token service answered with something that is no token: is a proxy or a log-in page in between?",
)
TOO_SLOW = Fault(504, "Google's token service did not answer in time")
STOPPED = Fault(529, "Dragoman is stopping")
UNFORESEEN = Fault(502, "getting an access token for Vertex AI failed; Dragoman's log says more")


def grant(value: object, expires_at: float, quota_project: str | None, source: str) -> Grant:
    """Raises NoToken for a value that cannot be a token."""
    if not isinstance(value, str) or not _TOKEN.fullmatch(value):
        raise NoToken(NONSENSE)
    return Grant(AccessToken(value, quota_project or None), expires_at, source)


def unusable_file(file: CredentialsFile, what: str) -> Fault:
    """`what` follows "the file that X names"."""
    if not file.setting:
        return Fault(401, f"gcloud's application default credentials: the file {what}; run `{LOGIN}` again")
    return Fault(
        401,
        f"the file that {file.setting} names {what}: correct {file.setting}, or unset it and run `{LOGIN}` where "
        "Dragoman runs",
    )


def refused(file: CredentialsFile | None, personal: bool, code: str = "") -> Fault:
    """Google does not take what we have. `personal`: a person's login; `code`: OAuth's word for it."""
    if file is None:
        remedy = "check the service account of the machine on which Dragoman runs"
    elif personal or not file.setting:
        remedy = f"run `{LOGIN}` again where Dragoman runs"
    else:
        remedy = (
            f"renew the file that {file.setting} names and check the machine's clock, or unset {file.setting} and run "
            f"`{LOGIN}`"
        )
    said = f" ({code})" if code else ""
    return Fault(403, f"Google refused Dragoman's credentials, which are not yours{said}: {remedy}")


def foreign_universe(universe: object) -> Fault:
    shown = f" `{universe}`" if isinstance(universe, str) and _UNIVERSE.fullmatch(universe) else ""
    return Fault(
        501,
        f"Dragoman's Google credentials belong to the universe domain{shown}; Vertex AI is served for "
        f"`{UNIVERSE}` only",
    )
