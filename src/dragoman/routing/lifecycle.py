"""When models retire and what succeeds them. The default models live here and nowhere else."""

from collections.abc import Iterable
from datetime import date, timedelta
from typing import Literal

import msgspec

DefaultProvider = Literal["openai", "google"]
Size = Literal["big", "small"]

NOTICE = timedelta(days=60)
"""How long before a retirement start-up speaks of it."""


class Lifecycle(msgspec.Struct, frozen=True):
    """One model that has an announced end."""

    model: str
    retires: date
    """The first day on which the vendor does not serve it."""
    successor: str
    evidence: str
    default_for: tuple[DefaultProvider, Size] | None = None


_OPENAI_DATES = "openai 3.54 `ChatModel`: announced shutdown dates"
_CHAT_WITH_TOOLS = "named in spec/openai-chat.md sections 0 and 9.1: takes tools on Chat with effort `none`"
_GEMINI = "spec/gemini.md section 0, after Google's deprecations page of 2026-11-10"
_GONE = "the day itself is not known, gone by 2026-11-21"

LIFECYCLES = (
    Lifecycle(
        "gpt-4.1",
        date(2027, 1, 14),
        "gpt-5.6-terra",
        f"{_OPENAI_DATES}; successor {_CHAT_WITH_TOOLS}, no date announced",
        ("openai", "big"),
    ),
    Lifecycle(
        "gpt-4.1-mini",
        date(2027, 1, 14),
        "gpt-5.4-mini",
        f"{_OPENAI_DATES}; successor in spec/openai-responses.md section 7.1, no date announced",
        ("openai", "small"),
    ),
    Lifecycle("gemini-2.5-pro", date(2026, 12, 1), "gemini-3.8-flash", _GEMINI, ("google", "big")),
    Lifecycle("gemini-2.5-flash", date(2026, 12, 1), "gemini-3.5-flash-lite", _GEMINI, ("google", "small")),
    Lifecycle(
        "gemini-2.5-pro-preview-03-25",
        date(2026, 11, 21),
        "gemini-3.8-flash",
        f"promise C02 counts it among the retired previews: {_GONE}",
    ),
    Lifecycle(
        "gemini-2.0-flash",
        date(2026, 11, 21),
        "gemini-3.5-flash-lite",
        f"spec/gemini.md section 16: {_GONE}",
    ),
    Lifecycle("gpt-4o", date(2027, 1, 14), "gpt-5.6-terra", _OPENAI_DATES),
    Lifecycle("gpt-4o-mini", date(2027, 1, 14), "gpt-5.4-mini", _OPENAI_DATES),
    Lifecycle("gpt-5", date(2026, 12, 11), "gpt-5.6-terra", _OPENAI_DATES),
    Lifecycle("gpt-5-mini", date(2026, 12, 11), "gpt-5.4-mini", _OPENAI_DATES),
    Lifecycle("o3", date(2026, 12, 11), "gpt-5.6-terra", _OPENAI_DATES),
    Lifecycle(
        "gemini-3-pro-preview",
        date(2026, 3, 9),
        "gemini-3.1-pro-preview",
        "spec/gemini.md section 16: shut down that day",
    ),
    Lifecycle(
        "claude-opus-4@20250514",
        date(2026, 9, 14),
        "claude-opus-5",
        "spec/vertex.md section 4.4: gone since that day",
    ),
    Lifecycle(
        "claude-sonnet-4@20250514",
        date(2026, 9, 14),
        "claude-sonnet-5",
        "spec/vertex.md section 4.4: gone since that day",
    ),
    Lifecycle(
        "claude-sonnet-4-5@20250929",
        date(2026, 11, 30),
        "claude-sonnet-5",
        "spec/vertex.md section 4.4: Google's date for Vertex AI",
    ),
)

_BY_MODEL = {row.model: row for row in LIFECYCLES}
_DEFAULTS = {row.default_for: row.model for row in LIFECYCLES if row.default_for is not None}


def default_model(provider: DefaultProvider, size: Size, today: date) -> str:
    """The documented default until the day it retires, then its successor."""
    model = _DEFAULTS[provider, size]
    while (row := _BY_MODEL.get(model)) is not None and today >= row.retires:
        model = row.successor
    return model


def retirement_notices(models: Iterable[str], today: date) -> list[str]:
    """One sentence for each of `models` that retires within 60 days or has retired."""
    rows = [_BY_MODEL[model] for model in dict.fromkeys(models) if model in _BY_MODEL]
    return [_notice(row, today) for row in rows if today >= row.retires - NOTICE]


def _notice(row: Lifecycle, today: date) -> str:
    if today >= row.retires:
        return f"`{row.model}` was retired on {row.retires}; use `{row.successor}` instead"
    days = (row.retires - today).days
    then = "from that day the default is" if row.default_for is not None else "its successor is"
    return f"`{row.model}` retires on {row.retires} (days left: {days}); {then} `{row.successor}`"
