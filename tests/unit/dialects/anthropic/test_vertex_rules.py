import pytest
from msgspec.structs import replace

from dragoman.dialects.anthropic.vertex_rules import (
    PAIRS,
    applied_pairs,
    asked_betas,
    lacks_long_context,
    pair_of_beta,
)
from tests.unit.dialects.anthropic.vertex_requests import VERTEX


def test_every_row_says_what_it_is_about():
    for pair in PAIRS:
        assert pair.betas or pair.fields
        assert pair.why or pair.needed or pair.removed == "once refused" or not (pair.fields or pair.tools)


def test_no_feature_has_two_rows():
    for kind in ("betas", "fields", "tools"):
        named = [name for pair in PAIRS for name in getattr(pair, kind)]
        assert len(named) == len(set(named))
        assert not [(a, b) for a in named for b in named if a != b and a.startswith(b)]


def new_rows(*betas, **learned):
    return set(applied_pairs(replace(VERTEX, **learned), list(betas))) - set(
        applied_pairs(VERTEX, list(betas))
    )


def test_rows_hold_always_or_once_something_of_theirs_was_refused():
    assert all(pair.removed == "always" for pair in applied_pairs(VERTEX, ["advisor-tool-2026-03-01"]))
    [new] = new_rows("advisor-tool-2026-03-01", refused_betas=("advisor-tool-2026-03-01",))
    assert new.removed == "once refused"
    [new] = new_rows(refused_fields=("safeguards",))
    assert new.removed == "once refused"


@pytest.mark.parametrize(
    "sent",
    [
        (),
        ("context-management-2025-06-27",),
        ("context-management-2025-06-27", "context-management-0-2001-01-01"),
    ],
)
def test_a_beta_that_one_client_invented_takes_nothing_from_the_others(sent):
    assert not new_rows(*sent, refused_betas=("context-management-0-2001-01-01",))


def test_a_refused_header_is_not_the_field_where_it_is_known_without():
    assert not new_rows("effort-2025-11-24", refused_betas=("effort-2025-11-24",))
    [new] = new_rows(refused_fields=("output_config",))
    assert "effort-" in new.betas


def test_betas_are_asked_for_once_each_under_vertex_ais_names():
    headers = (("anthropic-beta", "b-2, advanced-tool-use-2025-11-20,,b-2"), ("anthropic-beta", "a-1"))
    assert asked_betas(headers) == ["b-2", "tool-search-tool-2025-10-19", "a-1"]


def test_a_beta_names_its_feature():
    pair = pair_of_beta("fast-mode-2026-02-01")
    assert pair is not None
    assert pair.fields == ("speed",)
    assert pair_of_beta("made-up") is None


@pytest.mark.parametrize(
    ("model", "lacks"),
    [
        ("claude-sonnet-4", True),
        ("claude-sonnet-4-0", True),
        ("claude-sonnet-4-20250514", True),
        ("claude-sonnet-4-5@20250929", True),
        ("claude-sonnet-4-6", False),
        ("claude-sonnet-5", False),
        ("claude-sonnet-45", False),
    ],
)
def test_old_models_lack_the_long_context(model, lacks):
    assert lacks_long_context("context-1m-2025-08-07", model) is lacks
    assert not lacks_long_context("context-management-2025-06-27", model)
