"""What to do about a refusal of Vertex AI, in the words of its console (acceptance rows V07 to V10)."""

import re

from dragoman.messages.errors import UpstreamFailure

_LOCATION = re.compile(
    r"(?:location|region).{0,60}(?:not supported|unsupported|not available|invalid|does not exist)"
    r"|(?:unsupported|unavailable|invalid|unknown).{0,40}(?:location|region)",
    re.IGNORECASE,
)


SHARED_QUOTA_WAIT = 5
"""Seconds. Vertex AI's quota is shared by everybody and seldom says when there will be more (spec/vertex.md section 3)."""


def with_hint(failure: UpstreamFailure, model: str, location: str) -> UpstreamFailure:
    """The failure, its message followed by what helps; an error in Anthropic's own words stays as it is."""
    error = failure.error
    if error.status == 429 and not {"retry-after", "x-should-retry"} & {name for name, _ in error.headers}:
        error.headers = (*error.headers, ("retry-after", str(SHARED_QUOTA_WAIT)))
    if error.body is None and (hint := _hint(failure, model, location)):
        error.message = f"{error.message.rstrip('. ')}. {hint}"
    return failure


def _hint(failure: UpstreamFailure, model: str, location: str) -> str:
    if failure.status == 404:
        return (
            f"Vertex AI has no model `{model}` in VERTEX_LOCATION `{location}`: check the exact id, try another region "
            "or `global`, and enable the model in Model Garden "
            "(https://console.cloud.google.com/vertex-ai/model-garden)"
        )
    if failure.status in (400, 403) and _LOCATION.search(failure.vendor_message):
        return f"VERTEX_LOCATION is `{location}`: set it to a region that has `{model}`, or to `global`"
    if failure.status == 403:
        return (
            "The identity that Dragoman uses needs the role `roles/aiplatform.user` in VERTEX_PROJECT, the API "
            f"`aiplatform.googleapis.com` must be enabled there, and `{model}` in Model Garden"
        )
    if failure.status == 401:
        return (
            "Google refused Dragoman's credentials: run `gcloud auth application-default login`, or check the file "
            "that VERTEX_CREDENTIALS_PATH or GOOGLE_APPLICATION_CREDENTIALS names"
        )
    return ""
