import json

import pytest
from msgspec.structs import replace

from dragoman.dialects.anthropic.errors import read_failure
from dragoman.dialects.anthropic.vertex_mending import mend
from dragoman.wire.exchange import ReplyHead
from tests.unit.dialects.anthropic.vertex_requests import VERTEX

BETAS = "Unexpected value(s) `made-up-1`, `made-up-2` for the `anthropic-beta` header. Please consult our documentation."


def failure(message, status=400, google=False):
    error = {"type": "invalid_request_error", "message": message}
    body = {"type": "error", "error": error}
    if google:
        body = [{"error": {"code": status, "message": json.dumps(body), "status": "FAILED_PRECONDITION"}}]
    return read_failure(ReplyHead(status, ()), json.dumps(body).encode())


def learned(message, quirks=VERTEX, **options):
    mended = mend(failure(message, **options), quirks)
    return None if mended is None else (mended.quirks, mended.lasting)


@pytest.mark.parametrize("google", [False, True])
def test_refused_betas_are_remembered(google):
    expected = replace(VERTEX, refused_betas=("made-up-1", "made-up-2"))
    assert learned(BETAS, google=google) == (expected, True)


def test_a_beta_in_other_quotes_is_read():
    words = 'Unexpected value(s) "effort-2025-11-24" for the `anthropic-beta` header.'
    assert learned(words) == (replace(VERTEX, refused_betas=("effort-2025-11-24",)), True)


def test_only_what_is_new_is_added():
    known = replace(VERTEX, refused_betas=("made-up-1",))
    assert learned(BETAS, known) == (replace(VERTEX, refused_betas=("made-up-1", "made-up-2")), True)
    assert learned(BETAS, replace(VERTEX, refused_betas=("made-up-1", "made-up-2"))) is None


@pytest.mark.parametrize("google", [False, True])
def test_a_refused_field_is_remembered(google):
    words = "context_management: Extra inputs are not permitted"
    expected = replace(VERTEX, refused_fields=("context_management",))
    assert learned(words, google=google) == (expected, True)
    assert learned(words, expected) is None


@pytest.mark.parametrize("field", ["temperature", "top_p", "top_k"])
def test_what_one_version_refuses_is_not_remembered(field):
    expected = replace(VERTEX, refused_fields=(field,))
    assert learned(f"{field}: Extra inputs are not permitted") == (expected, False)


@pytest.mark.parametrize(
    "message",
    [
        "messages: Extra inputs are not permitted",
        "tools: Extra inputs are not permitted",
        "tools.0.custom.made_up: Extra inputs are not permitted",
        "messages.0.content.0.cache_control.ephemeral.scope: Extra inputs are not permitted",
        "max_tokens: Field required",
        "prompt is too long: 215000 tokens > 200000 maximum",
        "",
    ],
)
def test_other_refusals_teach_nothing(message):
    assert learned(message) is None


def test_only_a_bad_request_teaches():
    assert learned(BETAS, status=403) is None
