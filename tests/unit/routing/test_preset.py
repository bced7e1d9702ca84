"""routing/preset.py"""

from dragoman.routing.preset import Preset


def test_a_local_server_has_an_address_and_asks_for_no_key() -> None:
    address = "http://localhost:1/v1"
    assert Preset(name="a", base_url=address, evidence="").is_local
    assert not Preset(name="a", base_url=address, key_variables=("A_API_KEY",), evidence="").is_local
    assert not Preset(name="a", evidence="").is_local
