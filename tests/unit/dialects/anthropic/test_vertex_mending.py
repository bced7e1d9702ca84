import json

import pytest
from msgspec.structs import replace

from dragoman.dialects.anthropic.errors import read_failure
from dragoman.dialects.anthropic.vertex_mending import MOST_REFUSED_BETAS, mend
from dragoman.wire.exchange import ReplyHead
from tests.unit.dialects.anthropic.vertex_requests import VERTEX

BETAS = "Unexpected value(s) `made-up-2027-01-01`, `made-up-20270102` for the `anthropic-beta` header. Please consult our documentation."


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
    expected = replace(VERTEX, refused_betas=("made-up-2027-01-01", "made-up-20270102"))
    assert learned(BETAS, google=google) == (expected, True)


def test_a_beta_in_other_quotes_is_read():
    words = 'Unexpected value(s) "effort-2025-11-24" for the `anthropic-beta` header.'
    assert learned(words) == (replace(VERTEX, refused_betas=("effort-2025-11-24",)), True)


def test_only_what_is_new_is_added():
    known = replace(VERTEX, refused_betas=("made-up-2027-01-01",))
    assert learned(BETAS, known) == (
        replace(VERTEX, refused_betas=("made-up-2027-01-01", "made-up-20270102")),
        True,
    )
    assert learned(BETAS, replace(VERTEX, refused_betas=("made-up-2027-01-01", "made-up-20270102"))) is None


def refusal_of(*betas):
    return f"Unexpected value(s) {', '.join(f'`{beta}`' for beta in betas)} for the `anthropic-beta` header."


@pytest.mark.parametrize(
    "beta", ["made-up", "Made-Up-2027-01-01", "a.b-2027-01-01", "x" * 60 + "-2027-01-01"]
)
def test_what_does_not_look_like_a_beta_is_left_out_once_and_not_remembered(beta):
    assert learned(refusal_of(beta)) == (replace(VERTEX, refused_betas=(beta,)), False)
    # Nor does it come along when a later refusal of the same request is remembered.
    known = replace(VERTEX, refused_betas=(beta,))
    assert learned(refusal_of("effort-2025-11-24"), known) == (
        replace(VERTEX, refused_betas=(beta, "effort-2025-11-24")),
        False,
    )


def test_only_so_many_betas_are_remembered_and_the_oldest_forgotten():
    names = [f"made-up-{number}-2027-01-01" for number in range(MOST_REFUSED_BETAS + 6)]
    quirks = VERTEX
    for start in range(0, len(names), 10):
        quirks, lasting = learned(refusal_of(*names[start : start + 10]), quirks)
        assert lasting
    assert quirks.refused_betas == tuple(names[6:])


@pytest.mark.parametrize("google", [False, True])
@pytest.mark.parametrize(
    "field",
    [
        *("context_management", "output_config", "thinking", "metadata", "stop_sequences", "temperature"),
        *("top_p", "top_k", "made_up"),
    ],
)
def test_a_refused_field_is_left_out_of_this_request_only(field, google):
    """It may be refused for want of this client's beta, or in this client's version of the API."""
    words = f"{field}: Extra inputs are not permitted"
    expected = replace(VERTEX, refused_fields=(field,))
    assert learned(words, google=google) == (expected, False)
    assert learned(words, expected) is None


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
