"""The refusals of Google's two Gemini servers: AI Studio and Vertex find different words for the same complaint."""

from collections.abc import Mapping
from typing import Any

from tests.support.gemini_flavor import GeminiFlavor

STATUSES = {
    400: "INVALID_ARGUMENT",
    401: "UNAUTHENTICATED",
    403: "PERMISSION_DENIED",
    404: "NOT_FOUND",
    409: "ABORTED",
    429: "RESOURCE_EXHAUSTED",
    499: "CANCELLED",
    500: "INTERNAL",
    501: "UNIMPLEMENTED",
    503: "UNAVAILABLE",
    504: "DEADLINE_EXCEEDED",
}
TYPE = "type.googleapis.com/google.rpc."
LEARN_MORE = "Learn more: https://cloud.google.com/vertex-ai/generative-ai/docs/model-reference/gemini"


class Refused(Exception):
    """A request that is answered with an error of Google's shape."""

    def __init__(
        self, message: str, *, code: int = 400, status: str | None = None, details: tuple[Any, ...] = ()
    ) -> None:
        super().__init__(message)
        self.message = message
        self.code = code
        self.error = error_of(code, message, status, details)


def error_of(
    code: int, message: str, status: str | None = None, details: tuple[Any, ...] = ()
) -> dict[str, Any]:
    """The value of `error` in an answer."""
    error = {"code": code, "message": message, "status": status or STATUSES.get(code, "UNKNOWN")}
    return error | {"details": list(details)} if details else error


def error_info(reason: str, metadata: Mapping[str, str]) -> dict[str, Any]:
    """One of the `details`."""
    return {
        "@type": f"{TYPE}ErrorInfo",
        "reason": reason,
        "domain": "googleapis.com",
        "metadata": dict(metadata),
    }


def bad_payload(violations: list[tuple[str, str]]) -> Refused:
    """JSON that does not fit the protocol; (field, complaint) for each place, all of them are told."""
    listed = [{"field": field, "description": words} for field, words in violations]
    detail = {"@type": f"{TYPE}BadRequest", "fieldViolations": listed}
    return Refused("\n".join(words for _, words in violations), details=(detail,))


def invalid_field(path: str, complaint: str, flavor: GeminiFlavor) -> Refused:
    """A value that the server's own check turns down."""
    if flavor.vertex:
        return Refused(
            f"The GenerateContentRequest proto is invalid:\n  * {path}: [FIELD_INVALID] {complaint}"
        )
    return Refused(f"* GenerateContentRequest.{path}: {complaint}\n")


def unable(reason: str) -> Refused:
    """Vertex's usual sentence."""
    return Refused(f"Unable to submit request because {reason}. {LEARN_MORE}")
