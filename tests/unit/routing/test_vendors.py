"""routing/vendors.py"""

import pytest

from dragoman.routing.preset import Preset
from dragoman.routing.presets import vendor_of
from dragoman.routing.vendors import VENDORS

COMPATIBLE = [preset for preset in VENDORS if preset.prefixes]
every_vendor = pytest.mark.parametrize("preset", COMPATIBLE, ids=lambda preset: preset.name)


def test_the_well_known_vendors_have_rows_by_the_names_that_litellm_gives_them() -> None:
    assert {prefix for preset in COMPATIBLE for prefix in preset.prefixes} >= {
        *("openrouter", "deepseek", "groq", "mistral", "xai", "together_ai", "fireworks_ai"),
        *("moonshot", "zai", "dashscope", "cerebras", "azure"),
    }


@every_vendor
def test_a_vendors_address_is_one_of_its_hosts(preset: Preset) -> None:
    if preset.base_url is None:
        # Every user has a host of their own.
        assert preset.hosts[0].startswith(".")
    else:
        assert preset.base_url.startswith("https://")
        assert not preset.base_url.endswith("/")
        assert vendor_of(preset.base_url) == preset.name


@every_vendor
def test_a_vendor_says_where_key_and_address_come_from(preset: Preset) -> None:
    assert preset.title
    assert preset.source.startswith("https://")
    assert preset.key_variables[0].endswith("_API_KEY")
    assert any(variable.endswith("_BASE_URL") for variable in preset.base_url_variables)
    assert any(variable.endswith("_API_BASE") for variable in preset.base_url_variables)
