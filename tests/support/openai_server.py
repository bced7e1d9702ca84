"""What the scripted backends of OpenAI's kind have in common: keys, models, errors and ids."""

import hashlib
import json
from typing import Any

from tests.support.http_answer import Answer, json_answer
from tests.support.http_wire import WireRequest
from tests.support.openai_refusal import Refused
from tests.support.replies import Failure
from tests.support.scripted_server import ScriptedServer

ERROR_TYPES = {
    401: "invalid_request_error",
    403: "invalid_request_error",
    404: "invalid_request_error",
    429: "rate_limit_error",
}


class OpenAIServer(ScriptedServer):
    """`base_url` ends in `/v1`. `key` is the only one accepted, if given; `models` are the ones that exist, if given."""

    def __init__(self, key: str | None, models: tuple[str, ...] | None) -> None:
        super().__init__()
        self._key = key
        self._models = models
        self._ids = 0

    @property
    def base_url(self) -> str:
        return f"{self.wire.url}/v1"

    def _check_key(self, key: str) -> None:
        """Raises Refused if this is none, or another one than the right one; where `""` is right, any is wrong."""
        if not key and self._key != "":
            raise Refused(
                "You didn't provide an API key. You need to provide your API key in an Authorization header using"
                " Bearer auth (i.e. Authorization: Bearer YOUR_KEY).",
                status=401,
            )
        if self._key is not None and key != self._key:
            raise Refused(
                f"Incorrect API key provided: {key[:4]}****. You can find your API key at"
                " https://platform.openai.com/account/api-keys.",
                code="invalid_api_key",
                status=401,
            )

    def _check_model(self, model: str) -> None:
        """Raises Refused for a model that does not exist."""
        if self._models is not None and model not in self._models:
            raise Refused(
                f"The model `{model}` does not exist or you do not have access to it.",
                code="model_not_found",
                status=404,
            )

    def _failure(self, failure: Failure) -> Answer:
        usual = "server_error" if failure.status >= 500 else "invalid_request_error"
        error = {
            "message": failure.message,
            "type": failure.type or ERROR_TYPES.get(failure.status, usual),
            "param": failure.param,
            "code": failure.code,
        }
        return self._error(error, failure.status, *failure.headers)

    def _error(self, error: dict[str, Any], status: int, *headers: tuple[str, str]) -> Answer:
        return json_answer(self._envelope(error), status, (self._request_id(), *headers))

    def _envelope(self, error: dict[str, Any]) -> dict[str, Any]:
        return {"error": error}

    def _request_id(self) -> tuple[str, str]:
        return "x-request-id", f"req_{self._digest('req', 32)}"

    def _digest(self, purpose: str, length: int) -> str:
        self._ids += 1
        return hashlib.sha256(f"{purpose}{self._ids}".encode()).hexdigest()[:length]


def bearer_of(request: WireRequest) -> str:
    """The key in the Authorization header, or nothing."""
    scheme, _, key = (request.header("authorization") or "").partition(" ")
    return key if scheme == "Bearer" else ""


def unknown_path(request: WireRequest) -> Refused:
    return Refused(f"Invalid URL ({request.method} {request.path})", status=404)


def parsed(request: WireRequest) -> Any:
    """The JSON of a request. Raises Refused if it is none."""
    media = (request.header("content-type") or "").partition(";")[0].strip()
    if media != "application/json":
        raise Refused(
            f"Unsupported media type: '{media}'. Expected 'application/json'.",
            code="unsupported_content_type",
        )
    try:
        return json.loads(request.body)
    except ValueError:
        raise Refused(
            "We could not parse the JSON body of your request. (HINT: This likely means you aren't using your"
            " HTTP library correctly.)"
        ) from None
