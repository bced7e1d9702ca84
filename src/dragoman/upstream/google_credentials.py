"""One access token from Google's credentials, by google-auth. Blocks; the only module that imports `google`.

Where credentials are is decided here and not by `google.auth.default()`: that runs the command `gcloud` to learn a
project which nobody needs, and knows the metadata server only where `requests` is installed. They are read anew for
each token, so that a new log-in or a renewed key counts at once. Order: spec/vertex.md section 2.
"""

import os
import re
from collections.abc import Callable, Mapping
from datetime import UTC
from pathlib import Path
from typing import Any, cast

from google.auth import exceptions, transport
from typing_extensions import override

from dragoman.access.google_login import login_file
from dragoman.upstream import google_metadata
from dragoman.upstream.google_outcome import (
    NONSENSE,
    UNIVERSE,
    CredentialsFile,
    Fault,
    Grant,
    NoToken,
    foreign_universe,
    grant,
    refused,
    unusable_file,
)
from dragoman.wire.exchange import HttpRequest, ReplyHead
from dragoman.wire.jsonbytes import JsonError, decode
from dragoman.wire.jsonvalues import as_object

Ask = Callable[[HttpRequest, float | None], tuple[ReplyHead, bytes]]

SCOPES = ("https://www.googleapis.com/auth/cloud-platform",)
LARGEST_FILE = 1024 * 1024

_PERSONAL = frozenset({"authorized_user", "external_account_authorized_user"})
_CODE = re.compile(r"[a-z_]{1,40}")
_NOT_A_TOKEN = (TypeError, ValueError, KeyError, AttributeError, OverflowError)
"""What google-auth lets through where an endpoint answers with something else than OAuth's JSON."""


def fetch(named: CredentialsFile | None, environ: Mapping[str, str], ask: Ask) -> Grant:
    """A token of the file that a setting names, else of gcloud's log-in, else of the machine. Raises NoToken."""
    file = named or gcloud_file(environ)
    if file is None:
        return google_metadata.fetch(environ, lambda request: ask(request, None))
    info = _read(file)
    credentials = _load(info, file)
    if credentials.universe_domain != UNIVERSE:
        raise NoToken(foreign_universe(credentials.universe_domain))
    _refresh(credentials, info, file, ask)
    expires_at = (
        float("inf") if credentials.expiry is None else credentials.expiry.replace(tzinfo=UTC).timestamp()
    )
    quota_project = environ.get("GOOGLE_CLOUD_QUOTA_PROJECT") or getattr(
        credentials, "quota_project_id", None
    )
    source = (
        f"the file that {file.setting} names" if file.setting else "gcloud's application default credentials"
    )
    return grant(credentials.token, expires_at, quota_project, source)


def gcloud_file(environ: Mapping[str, str]) -> CredentialsFile | None:
    """What `gcloud auth application-default login` wrote, if it is there."""
    path = Path(login_file(environ, os.path.expanduser("~"), os.name == "nt"))
    return CredentialsFile(path) if path.is_file() else None


class GoogleRequest(transport.Request):
    """google-auth's idea of an HTTP client."""

    def __init__(self, ask: Ask) -> None:
        self._ask = ask

    @override
    def __call__(
        self,
        url: str,
        method: str = "GET",
        body: bytes | str | None = None,
        headers: Mapping[str, str] | None = None,
        timeout: float | None = None,
        **kwargs: Any,
    ) -> "GoogleResponse":
        """Raises NoToken where nothing answers, and for an answer at which google-auth would sleep and ask again:
        whoever waits for the token decides on that."""
        data = body.encode() if isinstance(body, str) else body or b""
        sent = tuple((name.lower(), str(value)) for name, value in (headers or {}).items())
        head, answer = self._ask(HttpRequest(method, url, sent, data), timeout)
        if head.status >= 500 or head.status in transport.DEFAULT_RETRYABLE_STATUS_CODES:
            raise NoToken(Fault(529, f"Google's token service is out of order (HTTP {head.status})"))
        return GoogleResponse(head, answer)


class GoogleResponse(transport.Response):
    """google-auth's idea of an HTTP response."""

    def __init__(self, head: ReplyHead, data: bytes) -> None:
        self._head = head
        self._data = data

    @property
    @override
    def status(self) -> int:
        return self._head.status

    @property
    @override
    def headers(self) -> Mapping[str, str]:
        return dict(self._head.headers)

    @property
    @override
    def data(self) -> bytes:
        return self._data


def _read(file: CredentialsFile) -> dict[str, Any]:
    try:
        if not file.path.is_file():
            raise NoToken(unusable_file(file, "does not exist or is no file"))
        with file.path.open("rb") as opened:
            text = opened.read(LARGEST_FILE)
    except OSError:
        raise NoToken(unusable_file(file, "cannot be read")) from None
    try:
        info = decode(text)
    except JsonError:
        raise NoToken(unusable_file(file, "is not JSON")) from None
    if not isinstance(info, dict):
        raise NoToken(_not_credentials(file))
    return cast("dict[str, Any]", info)


def _load(info: dict[str, Any], file: CredentialsFile) -> Any:
    load = _LOADERS.get(str(info.get("type")))
    if load is None:
        raise NoToken(_not_credentials(file))
    try:
        return load(info)
    except Exception:  # noqa: BLE001 - whatever stops a parser at somebody's file, the file is what must change
        raise NoToken(_not_credentials(file)) from None


def _not_credentials(file: CredentialsFile) -> Fault:
    return unusable_file(
        file, "holds no Google credentials that can be used, such as a service account's JSON key"
    )


def _refresh(credentials: Any, info: dict[str, Any], file: CredentialsFile, ask: Ask) -> None:
    try:
        credentials.refresh(GoogleRequest(ask))
    except exceptions.RefreshError as error:
        raise NoToken(_refusal(error, info, file)) from None
    except exceptions.GoogleAuthError:
        raise NoToken(refused(file, info["type"] in _PERSONAL)) from None
    except _NOT_A_TOKEN:
        raise NoToken(NONSENSE) from None


def _refusal(error: Exception, info: dict[str, Any], file: CredentialsFile) -> Fault:
    """google-auth says `code: description` and the whole answer, or only the text of an answer that was not JSON."""
    said = str(error.args[0]) if error.args else ""
    if not said.strip() or "<" in said[:200]:
        return NONSENSE
    answer: Any = error.args[1] if len(error.args) > 1 else None
    code = as_object(answer).get("error")
    known = code if isinstance(code, str) and _CODE.fullmatch(code) else ""
    return refused(file, info["type"] in _PERSONAL, known)


def _service_account(info: dict[str, Any]) -> Any:
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
    from cryptography.hazmat.primitives.serialization import load_pem_private_key
    from google.auth import crypt
    from google.oauth2 import service_account

    # google-auth would also prove that the key's numbers are primes: 50 ms in which no other thread runs. A key that
    # is no key signs what Google refuses.
    pem = info["private_key"].encode()
    key = load_pem_private_key(pem, None, unsafe_skip_rsa_key_validation=True)
    if not isinstance(key, RSAPrivateKey):
        raise TypeError("not an RSA key")
    kind: Any = service_account.Credentials
    return kind(
        crypt.RSASigner(key, info.get("private_key_id")),
        info["client_email"],
        info["token_uri"],
        scopes=SCOPES,
        universe_domain=info.get("universe_domain", UNIVERSE),
    )


def _authorized_user(info: dict[str, Any]) -> Any:
    from google.oauth2 import credentials

    kind: Any = credentials.Credentials
    # Without scopes: the token has those that the person agreed to.
    return kind.from_authorized_user_info(info)


def _impersonated(info: dict[str, Any]) -> Any:
    from google.auth import impersonated_credentials

    kind: Any = impersonated_credentials.Credentials
    return kind.from_impersonated_service_account_info(info, scopes=SCOPES)


def _external_account(info: dict[str, Any]) -> Any:
    from google.auth import aws, identity_pool, pluggable

    kind: Any = identity_pool.Credentials
    if info.get("subject_token_type") == "urn:ietf:params:aws:token-type:aws4_request":
        kind = aws.Credentials
    elif info["credential_source"].get("executable") is not None:
        kind = pluggable.Credentials
    return kind.from_info(info, scopes=SCOPES)


def _external_account_user(info: dict[str, Any]) -> Any:
    from google.auth import external_account_authorized_user

    kind: Any = external_account_authorized_user.Credentials
    return kind.from_info(info)


_LOADERS: dict[str, Callable[[dict[str, Any]], Any]] = {
    "service_account": _service_account,
    "authorized_user": _authorized_user,
    "impersonated_service_account": _impersonated,
    "external_account": _external_account,
    "external_account_authorized_user": _external_account_user,
}
"""The types of files, except that of Google's air-gapped cloud, which has no Vertex AI."""
