"""routing/lifecycle.py"""

from datetime import date

import pytest

from dragoman.routing.lifecycle import (
    LIFECYCLES,
    DefaultProvider,
    Size,
    default_model,
    retirement_notices,
)


@pytest.mark.parametrize(
    ("provider", "size", "today", "model"),
    [
        pytest.param("openai", "big", date(2026, 11, 21), "gpt-4.1", id="E18-C01"),
        pytest.param("openai", "small", date(2026, 11, 21), "gpt-4.1-mini", id="E19-C01"),
        pytest.param("google", "big", date(2026, 11, 21), "gemini-2.5-pro", id="E21-C02"),
        pytest.param("google", "small", date(2026, 11, 21), "gemini-2.5-flash", id="E21-C02-small"),
        pytest.param("google", "big", date(2026, 11, 30), "gemini-2.5-pro", id="last-day"),
        pytest.param("google", "big", date(2026, 12, 1), "gemini-3.8-flash", id="first-day-after"),
        pytest.param("google", "small", date(2027, 6, 1), "gemini-3.5-flash-lite", id="small-successor"),
        pytest.param("openai", "big", date(2027, 1, 14), "gpt-5.6-terra", id="openai-big-successor"),
        pytest.param("openai", "small", date(2027, 1, 14), "gpt-5.4-mini", id="openai-small-successor"),
    ],
)
def test_default_serves_until_its_date_then_its_successor(
    provider: DefaultProvider, size: Size, today: date, model: str
) -> None:
    assert default_model(provider, size, today) == model


def test_no_successor_retires_itself_before_its_predecessor() -> None:
    dates = {row.model: row.retires for row in LIFECYCLES}
    for row in LIFECYCLES:
        assert row.evidence
        assert dates.get(row.successor, date.max) > row.retires


def test_retirement_is_announced_sixty_days_ahead_and_not_earlier() -> None:
    assert retirement_notices(["gpt-4.1"], date(2026, 11, 14)) == []
    [notice] = retirement_notices(["gpt-4.1", "gpt-4.1"], date(2026, 11, 15))
    assert notice == (
        "`gpt-4.1` retires on 2027-01-14 (days left: 60); from that day the default is `gpt-5.6-terra`"
    )


def test_a_model_that_nobody_defaults_to_has_a_successor_to_recommend() -> None:
    [notice] = retirement_notices(["gpt-4o"], date(2027, 1, 1))
    assert "its successor is `gpt-5.6-terra`" in notice


def test_a_retired_model_is_still_mentioned() -> None:
    [notice] = retirement_notices(["gemini-2.5-pro"], date(2027, 3, 1))
    assert notice == "`gemini-2.5-pro` was retired on 2026-12-01; use `gemini-3.8-flash` instead"


@pytest.mark.parametrize("model", ["gemini-2.5-pro-preview-03-25", "gemini-2.0-flash"])
def test_former_defaults_are_told_as_retired(model: str) -> None:
    """C02"""
    [notice] = retirement_notices([model], date(2026, 11, 22))
    assert f"`{model}` was retired on 2026-11-21; use `gemini-3." in notice


def test_models_without_an_announced_end_are_not_mentioned() -> None:
    assert retirement_notices(["llama3.1:8b", "gpt-6-sol"], date(2030, 1, 1)) == []
