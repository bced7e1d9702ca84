from datetime import date

import pytest
from bench.cases import BACKENDS, KIND_BY_NAME, Case
from bench.processes import dragoman_settings

from dragoman.config.build import build_model_map
from dragoman.config.load import load_settings

DIALECTS = {
    "openai": "openai_chat",
    "responses": "openai_responses",
    "gemini": "gemini",
    "anthropic": "anthropic",
}


@pytest.mark.parametrize("backend", BACKENDS)
def test_dragoman_speaks_the_dialect_that_is_measured(backend: str) -> None:
    case = Case(KIND_BY_NAME["small"], backend)
    settings = load_settings(dragoman_settings("http://127.0.0.1:9000"), None)
    target = build_model_map(settings, date(2026, 11, 21)).resolve(case.name_of("bench-small"))

    assert (target.channel.dialect, target.model) == (DIALECTS[backend], "bench-small")
