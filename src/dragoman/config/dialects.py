"""The dialects as the settings want them. Apart from `build`, because loading them all takes longer than `dragoman env`."""

from collections.abc import Mapping

from dragoman.config.settings import Settings
from dragoman.dialects.dialect import Dialect
from dragoman.dialects.gemini.gemini import Gemini
from dragoman.dialects.registry import DIALECTS


def build_dialects(settings: Settings) -> Mapping[str, Dialect]:
    """By name. Gemini's filters are off unless GEMINI_SAFETY leaves them to Google."""
    return {**DIALECTS, "gemini": Gemini(filtered=settings.gemini_safety == "default")}
