"""Google's token endpoint and metadata server on one socket of this machine, and the credentials that they know.

What Google would refuse is refused: a JWT that is not signed by the account's key, has the wrong audience or scope, or
is over. Two requests at once fail the test: whoever asks for tokens asks once for everybody.
"""

import json
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from google.auth import jwt

from dragoman.messages.errors import UpstreamFailure
from dragoman.relay.ports import Upstream, UpstreamReply
from dragoman.wire.exchange import HttpRequest
from tests.support.http_answer import Answer, Fault, html_answer, json_answer
from tests.support.http_wire import WireRequest, WireServer

EMAIL = "dragoman@test-project.iam.gserviceaccount.com"
REFRESH_TOKEN = "test-refresh-token"
SCOPE = "https://www.googleapis.com/auth/cloud-platform"
TOKEN_ENDPOINT = "https://oauth2.googleapis.com/token"
"""The audience of every JWT, and where a person's log-in is always refreshed."""

METADATA = "/computeMetadata/v1"
GOOGLE = (("Metadata-Flavor", "Google"),)


def new_key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def authorized_user(**fields: Any) -> dict[str, Any]:
    """What `gcloud auth application-default login` writes."""
    return {
        "type": "authorized_user",
        "client_id": "test-client",
        "client_secret": "test-secret",
        "refresh_token": REFRESH_TOKEN,
        **fields,
    }


def written(folder: Path, content: Mapping[str, Any] | str, name: str = "key.json") -> Path:
    """A file with credentials."""
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content if isinstance(content, str) else json.dumps(content), "utf-8")
    return path


class ScriptedIdentity:
    """`async with ScriptedIdentity() as google`: each grant is `token-1`, `token-2` and so on.

    What is set holds until it is set again: `expires_in` seconds, `before` (mishaps before each answer), `failure` (a
    whole answer instead of a token), `universe`, `same_token`.
    """

    def __init__(self) -> None:
        self.key = new_key()
        self.expires_in: Any = 3600
        self.before: tuple[Fault, ...] = ()
        self.failure: Answer | None = None
        self.universe: str | None = None
        self.same_token = False
        self.granted = 0
        self.busiest = 0
        self._busy = 0
        self._server = WireServer(self._answer)

    async def __aenter__(self) -> "ScriptedIdentity":
        await self._server.__aenter__()
        return self

    async def __aexit__(self, *error: Any) -> None:
        await self._server.__aexit__(*error)
        if error[0] is None:
            assert self.busiest <= 1, f"{self.busiest} requests at the same time"

    @property
    def requests(self) -> list[WireRequest]:
        return self._server.requests

    @property
    def url(self) -> str:
        return self._server.url

    @property
    def host(self) -> str:
        """For GCE_METADATA_HOST."""
        return f"127.0.0.1:{self._server.port}"

    def service_account(self, **fields: Any) -> dict[str, Any]:
        """A key file's content for the one account that is known here."""
        pem = self.key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        return {
            "type": "service_account",
            "project_id": "test-project",
            "private_key_id": "test-key-id",
            "private_key": pem.decode(),
            "client_email": EMAIL,
            "token_uri": f"{self.url}/token",
            **fields,
        }

    def fail(self, error: str, status: int = 400) -> None:
        """OAuth's refusal."""
        self.failure = json_answer({"error": error, "error_description": "test description"}, status)

    def fail_with_html(self, status: int = 200) -> None:
        self.failure = html_answer(status)

    async def _answer(self, request: WireRequest) -> Answer:
        self._busy = sum(not asked.answered and not asked.connection.gone.is_set() for asked in self.requests)
        self.busiest = max(self.busiest, self._busy)
        answer = self._metadata(request) if request.path.startswith(METADATA) else self._token(request)
        return Answer(
            status=answer.status,
            headers=answer.headers,
            body=answer.body,
            before_head=(*self.before, *answer.before_head),
        )

    def _token(self, request: WireRequest) -> Answer:
        assert (request.method, request.path) == ("POST", "/token")
        assert request.header("content-type") == "application/x-www-form-urlencoded"
        if self.failure is not None:
            return self.failure
        form = {name: values[0] for name, values in parse_qs(request.body.decode()).items()}
        refusal = _GRANTS[form.pop("grant_type")](self, form)
        if refusal:
            return json_answer({"error": "invalid_grant", "error_description": refusal}, 400)
        return json_answer(self._grant())

    def _grant(self) -> dict[str, Any]:
        self.granted += 1
        number = 1 if self.same_token else self.granted
        return {
            "access_token": f"ya29.test-token-{number}",
            "expires_in": self.expires_in,
            "token_type": "Bearer",
        }

    def _signed(self, form: dict[str, str]) -> str:
        public = self.key.public_key().public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        )
        try:
            claims = jwt.decode(form["assertion"], certs=public, audience=TOKEN_ENDPOINT)
        except ValueError as error:
            return f"Invalid JWT: {error}"
        assert claims["exp"] - claims["iat"] <= 3600
        assert abs(claims["iat"] - time.time()) < 60
        return "" if (claims["iss"], claims["scope"]) == (EMAIL, SCOPE) else "wrong account or scope"

    def _refreshed(self, form: dict[str, str]) -> str:
        wanted = {"client_id": "test-client", "client_secret": "test-secret", "refresh_token": REFRESH_TOKEN}
        return "" if form == wanted else "Token has been expired or revoked."

    def _metadata(self, request: WireRequest) -> Answer:
        assert request.method == "GET"
        if request.header("metadata-flavor") != "Google":
            return html_answer(403)
        path = request.path.removeprefix(METADATA)
        if path == "/universe/universe-domain":
            if self.universe is None:
                return Answer(status=404, headers=GOOGLE)
            return Answer(headers=(*GOOGLE, ("content-type", "text/plain")), body=(self.universe.encode(),))
        assert path == "/instance/service-accounts/default/token", path
        assert parse_qs(urlsplit(request.target).query) == {"scopes": [SCOPE]}
        return self.failure or json_answer(self._grant(), headers=GOOGLE)


_GRANTS: dict[str, Callable[[ScriptedIdentity, dict[str, str]], str]] = {
    "urn:ietf:params:oauth:grant-type:jwt-bearer": ScriptedIdentity._signed,
    "refresh_token": ScriptedIdentity._refreshed,
}


class Rerouted:
    """Implements `Upstream`: Google's own token endpoint is the scripted one; nothing else beyond this machine is."""

    def __init__(self, upstream: Upstream, google: ScriptedIdentity) -> None:
        self._upstream = upstream
        self._google = google

    async def open(self, request: HttpRequest) -> UpstreamReply:
        url = request.url
        if url == TOKEN_ENDPOINT:
            url = f"{self._google.url}/token"
        assert url.startswith("http://127.0.0.1:"), url
        return await self._upstream.open(HttpRequest(request.method, url, request.headers, request.body))


class Unconnected:
    """Implements `Upstream`: every request fails, or waits for ever."""

    def __init__(self, failure: UpstreamFailure) -> None:
        self._failure = failure
        self.requests: list[HttpRequest] = []

    async def open(self, request: HttpRequest) -> UpstreamReply:
        self.requests.append(request)
        raise self._failure
