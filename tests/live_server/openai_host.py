"""A scripted upstream in the place of OpenAI's own host."""

from collections.abc import Iterator

import pytest

from dragoman.routing import presets


@pytest.fixture
def at_openai(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """For a Dragoman in this process the scripted server is OpenAI's own, with all that only this understands."""
    presets.quirks_for.cache_clear()
    monkeypatch.setitem(presets.VENDOR_HOSTS, "127.0.0.1", "openai")
    yield
    presets.quirks_for.cache_clear()
