"""The access token of the machine itself, where it is one of Google's (Compute Engine, Cloud Run, GKE).

google-auth can do this only with the library `requests`, and asks three times as often as it needs to.
Source: cloud.google.com/compute/docs/metadata; spec/vertex.md section 2.
"""

import time
from collections.abc import Callable, Mapping
from pathlib import Path

from dragoman.upstream.google_outcome import (
    NO_SERVICE_ACCOUNT,
    NONSENSE,
    NOT_FOUND,
    UNIVERSE,
    Fault,
    Grant,
    NoToken,
    foreign_universe,
    grant,
    refused,
)
from dragoman.wire.exchange import HttpRequest, ReplyHead
from dragoman.wire.jsonbytes import JsonError, decode
from dragoman.wire.jsonvalues import as_object

Ask = Callable[[HttpRequest], tuple[ReplyHead, bytes]]

ADDRESS = "169.254.169.254"
"""The same on all of Google's machines; the name `metadata.google.internal` would first have to be resolved, which
takes half a minute in some networks that are not Google's."""

PRODUCT = Path("/sys/class/dmi/id/product_name")
"""What the firmware says the machine is."""

_FLAVOR = "metadata-flavor"
_SCOPE = "https%3A%2F%2Fwww.googleapis.com%2Fauth%2Fcloud-platform"
_TOKEN_PATH = f"instance/service-accounts/default/token?scopes={_SCOPE}"


def fetch(environ: Mapping[str, str], ask: Ask, product: Path = PRODUCT) -> Grant:
    """Blocks. Honours GCE_METADATA_HOST and NO_GCE_CHECK. Raises NoToken."""
    if environ.get("NO_GCE_CHECK", "").lower() == "true":
        raise NoToken(NOT_FOUND)
    named = environ.get("GCE_METADATA_HOST", "")
    host = named or ADDRESS
    try:
        head, body = _get(host, "universe/universe-domain", ask)
    except NoToken as lost:
        # Nobody there: an outage if there should be somebody, else just another machine.
        if named or lost.fault.kind != "overloaded" or _is_google(product):
            raise
        raise NoToken(NOT_FOUND) from None
    if head.header(_FLAVOR) != "Google":
        # Another cloud has its own service at this address.
        raise NoToken(NOT_FOUND)
    universe = body.decode("utf-8", "replace").strip()
    if head.status == 200 and universe not in ("", UNIVERSE):
        raise NoToken(foreign_universe(universe))
    return _token(host, environ.get("GOOGLE_CLOUD_QUOTA_PROJECT"), ask)


def _token(host: str, quota_project: str | None, ask: Ask) -> Grant:
    head, body = _get(host, _TOKEN_PATH, ask)
    if head.status == 404:
        raise NoToken(NO_SERVICE_ACCOUNT)
    if head.status != 200:
        raise NoToken(refused(None, personal=False))
    try:
        fields = as_object(decode(body))
    except JsonError:
        raise NoToken(NONSENSE) from None
    seconds = fields.get("expires_in")
    if not isinstance(seconds, int | float):
        raise NoToken(NONSENSE)
    return grant(fields.get("access_token"), time.time() + seconds, quota_project, "the metadata server")


def _get(host: str, path: str, ask: Ask) -> tuple[ReplyHead, bytes]:
    url = f"http://{host}/computeMetadata/v1/{path}"
    head, body = ask(HttpRequest("GET", url, ((_FLAVOR, "Google"),), b""))
    if head.status >= 500 or head.status == 429:
        raise NoToken(Fault(529, "Google's metadata server is out of order"))
    return head, body


def _is_google(product: Path) -> bool:
    try:
        return product.read_text("utf-8", "replace").startswith("Google")
    except OSError:
        return False
