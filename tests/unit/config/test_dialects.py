"""config/dialects.py"""

from typing import Literal

import pytest

from dragoman.config.dialects import build_dialects
from dragoman.config.settings import Settings
from dragoman.dialects.dialect import Origin
from dragoman.dialects.quirks import Quirks
from dragoman.dialects.registry import DIALECTS
from dragoman.messages.parse import parse_request

BODY = b'{"model":"gemini-2.5-pro","max_tokens":10,"messages":[{"role":"user","content":"Hello"}]}'


@pytest.mark.parametrize(("safety", "switched_off"), [("off", True), ("default", False)])
def test_the_filters_of_gemini_are_those_of_the_setting(
    safety: Literal["off", "default"], switched_off: bool
) -> None:
    dialect = build_dialects(Settings(gemini_safety=safety))["gemini"]
    written = dialect.write_request(parse_request(BODY, ()), "gemini-2.5-pro", Quirks(), Origin("account"))
    assert (b"safetySettings" in written.body) == switched_off


def test_every_dialect_is_there() -> None:
    assert build_dialects(Settings()).keys() == DIALECTS.keys()
