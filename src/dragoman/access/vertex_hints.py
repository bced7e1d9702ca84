"""What to do about a refusal of Vertex AI, in the words of its console (acceptance rows V07 to V10)."""

import re

from dragoman.messages.errors import UpstreamFailure

_LOCATION = re.compile(
    r"(?:location|region).{0,60}(?:not supported|unsupported|not available|invalid|does not exist)"
    r"|(?:unsupported|unavailable|invalid|unknown).{0,40}(?:location|region)",
    re.IGNORECASE,
)
_PAYER = re.compile(
    r"quota project|x-goog-user-project|user project|SERVICE_DISABLED|has not been used in project"
    r"|permission to use project|serviceUsageConsumer",
    re.IGNORECASE,
)
"""Words about the project that pays, which is the login's own matter and not VERTEX_PROJECT's (spec/vertex.md section 2)."""

SHARED_QUOTA_WAIT = 5
"""Seconds. Vertex AI's quota is shared by everybody and seldom says when there will be more (spec/vertex.md section 3)."""


REFUSED_CREDENTIALS = (
    "Google refused Dragoman's credentials, which are not yours (HTTP 401): run `gcloud auth application-default login` "
    "where Dragoman runs, or check the file that VERTEX_CREDENTIALS_PATH or GOOGLE_APPLICATION_CREDENTIALS names"
)


def with_hint(failure: UpstreamFailure, model: str, location: str) -> UpstreamFailure:
    """The failure, its message followed by what helps; an error in Anthropic's own words stays as it is."""
    error = failure.error
    if error.status == 429 and not {"retry-after", "x-should-retry"} & {name for name, _ in error.headers}:
        error.headers = (*error.headers, ("retry-after", str(SHARED_QUOTA_WAIT)))
    if error.body is not None:
        return failure
    if failure.status == 401:
        # What the dialect says is about a key, and there is none here.
        error.message = REFUSED_CREDENTIALS
    elif hint := _hint(failure, model, location):
        error.message = f"{error.message.rstrip('. ')}. {hint}"
    return failure


def _hint(failure: UpstreamFailure, model: str, location: str) -> str:
    elsewhere = "a region that has it" if location == "global" else "another region or `global`"
    if failure.status == 404:
        return (
            f"Vertex AI has no model `{model}` in VERTEX_LOCATION `{location}`: check the exact id, try {elsewhere}, "
            "and enable the model in Model Garden (https://console.cloud.google.com/vertex-ai/model-garden)"
        )
    if failure.status in (400, 403) and _LOCATION.search(failure.vendor_message):
        best = "" if location == "global" else ", or to `global`"
        return f"VERTEX_LOCATION is `{location}`: set it to a region that has `{model}`{best}"
    if failure.status != 403:
        return ""
    if _PAYER.search(failure.vendor_message):
        return (
            "The project that pays for the requests is VERTEX_QUOTA_PROJECT, else the one that the credentials name: "
            "set VERTEX_QUOTA_PROJECT to a project in which `aiplatform.googleapis.com` is enabled and the identity "
            "that Dragoman uses has the role `roles/serviceusage.serviceUsageConsumer`. The API must be enabled in "
            "VERTEX_PROJECT too"
        )
    return (
        "The identity that Dragoman uses needs the role `roles/aiplatform.user` in VERTEX_PROJECT, the API "
        f"`aiplatform.googleapis.com` must be enabled there, and `{model}` in Model Garden"
    )
