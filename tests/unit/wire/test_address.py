import pytest

from dragoman.wire.address import is_loopback


@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.8.8", "::1", "[::1]", "localhost", "LOCALHOST"])
def test_loopback_is_this_machine_only(host: str) -> None:
    assert is_loopback(host)


@pytest.mark.parametrize(
    "host", ["0.0.0.0", "::", "192.168.1.5", "myhost", "localhost.example.com", "", "127.1"]
)
def test_everything_else_can_be_reached(host: str) -> None:
    assert not is_loopback(host)
