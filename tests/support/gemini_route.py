"""Where a request to Gemini goes and who sends it (spec/gemini.md section 1, spec/vertex.md sections 1 and 2)."""

import re
from dataclasses import dataclass
from urllib.parse import parse_qs, unquote

from tests.support.gemini_flavor import GeminiFlavor
from tests.support.gemini_refusal import Refused, error_info
from tests.support.http_wire import WireRequest

METHODS = ("generateContent", "streamGenerateContent", "countTokens")
STUDIO_PATH = re.compile(r"/v1(?:beta)?/models/(?P<model>[^/:]+):(?P<method>\w+)\Z")
VERTEX_PATH = re.compile(
    r"/v1(?:beta1)?/projects/(?P<project>[^/]+)/locations/(?P<location>[^/]+)/publishers/google/models/"
    r"(?P<model>[^/:]+):(?P<method>\w+)\Z"
)
EXPECTED = (
    "Expected OAuth 2 access token, login cookie or other valid authentication credential. See"
    " https://developers.google.com/identity/sign-in/web/devconsole-project."
)


@dataclass(frozen=True)
class Route:
    model: str
    method: str


def ask_credential(request: WireRequest, expected: str | None, flavor: GeminiFlavor) -> None:
    """Raises Refused without the credential of this server; every one will do if none is `expected`."""
    if "key" in parse_qs(request.target.partition("?")[2]):
        raise Refused("API keys are taken from the x-goog-api-key header here: addresses end up in logs.")
    key, authorization = request.header("x-goog-api-key"), request.header("authorization")
    if not flavor.vertex:
        _check_key(key, authorization, expected)
        return
    if key is not None:
        raise Refused(f"API keys are not supported by this API. {EXPECTED}", code=401)
    scheme, _, token = (authorization or "").partition(" ")
    if scheme != "Bearer" or not token:
        raise Refused(f"Request is missing required authentication credential. {EXPECTED}", code=401)
    if expected is not None and token != expected:
        details = (error_info("ACCESS_TOKEN_EXPIRED", {"service": "aiplatform.googleapis.com"}),)
        message = f"Request had invalid authentication credentials. {EXPECTED}"
        raise Refused(message, code=401, details=details)


def _check_key(key: str | None, authorization: str | None, expected: str | None) -> None:
    if authorization is not None:
        # A client's own key that travelled on is found out here.
        raise Refused(f"Request had invalid authentication credentials. {EXPECTED}", code=401)
    if not key:
        raise Refused(
            "Method doesn't allow unregistered callers (callers without established identity). Please use API Key or"
            " other form of API consumer identity to call this API.",
            code=403,
        )
    if expected is not None and key != expected:
        details = (error_info("API_KEY_INVALID", {"service": "generativelanguage.googleapis.com"}),)
        raise Refused("API key not valid. Please pass a valid API key.", details=details)


def find_route(
    request: WireRequest, base_path: str, flavor: GeminiFlavor, models: tuple[str, ...] | None
) -> Route:
    """Raises Refused for an address, a project or a model that is not here."""
    path = unquote(request.path)
    found = (VERTEX_PATH if flavor.vertex else STUDIO_PATH).match(path)
    if request.method != "POST" or found is None or found["method"] not in METHODS:
        raise Refused(f"The requested URL {path} was not found on this server.", code=404)
    route = Route(found["model"], found["method"])
    exists = models is None or route.model in models
    if not flavor.vertex:
        if exists and not (route.model.endswith("-latest") and path.startswith("/v1/")):
            return route
        version = path.split("/")[1]
        raise Refused(
            f"models/{route.model} is not found for API version {version}, or is not supported for"
            f" {route.method}. Call ListModels to see the list of available models and their supported methods.",
            code=404,
        )
    *_, project, _, location = base_path.split("/")
    named = (
        f"projects/{found['project']}/locations/{found['location']}/publishers/google/models/{route.model}"
    )
    if found["project"] != project:
        raise Refused(
            f"Permission 'aiplatform.endpoints.predict' denied on resource '//aiplatform.googleapis.com/{named}' (or it"
            " may not exist).",
            code=403,
        )
    if found["location"] != location or not exists:
        raise Refused(
            f"Publisher Model `{named}` was not found or your project does not have access to it. Please ensure you are"
            " using a valid model version.",
            code=404,
        )
    return route
