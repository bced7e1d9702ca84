"""routing/local_servers.py"""

from urllib.parse import urlsplit

import pytest

from dragoman.routing.local_servers import LOCAL_SERVERS
from dragoman.routing.preset import Preset

every_server = pytest.mark.parametrize("preset", LOCAL_SERVERS, ids=lambda preset: preset.name)


def test_the_well_known_servers_have_rows_by_the_names_that_litellm_gives_them() -> None:
    assert {prefix for preset in LOCAL_SERVERS for prefix in preset.prefixes} >= {
        *("ollama", "ollama_chat", "lm_studio", "hosted_vllm", "llamacpp"),
    }


@every_server
def test_a_local_server_is_on_this_machine_and_asks_for_no_key(preset: Preset) -> None:
    assert preset.base_url is not None
    url = urlsplit(preset.base_url)
    assert (url.scheme, url.hostname, url.path) == ("http", "localhost", "/v1")
    assert preset.local_port in (url.port, None)
    assert preset.is_local
    assert preset.bare_path == "/v1"
    assert preset.source
    assert preset.title


def test_no_two_servers_have_the_same_address() -> None:
    assert len({preset.base_url for preset in LOCAL_SERVERS}) == len(LOCAL_SERVERS)
