import pytest

from dragoman.wire.address import is_loopback, is_nearby


@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.8.8", "::1", "[::1]", "localhost", "LOCALHOST"])
def test_loopback_is_this_machine_only(host: str) -> None:
    assert is_loopback(host)


@pytest.mark.parametrize(
    "host", ["0.0.0.0", "::", "192.168.1.5", "myhost", "localhost.example.com", "", "127.1"]
)
def test_everything_else_can_be_reached(host: str) -> None:
    assert not is_loopback(host)


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1", "[::1]", "localhost", "169.254.169.254", "169.254.0.1", "fe80::1", "[fe80::1]", "FEBF::1"]
    + ["fe80::1%eth0", "::ffff:169.254.169.254", "fd20:ce::254", "metadata", "metadata.google.internal"]
    + ["Metadata.Google.Internal", "metadata.google.internal."],
)  # fmt: skip
def test_metadata_servers_stand_nearby(host: str) -> None:
    assert is_nearby(host)


@pytest.mark.parametrize(
    "host",
    ["169.253.0.1", "10.0.0.1", "fec0::1", "fd00::1", "api.anthropic.com", "metadata.google.internal.example.com"]
    + ["oauth2.googleapis.com", "", "::ffff:10.0.0.1"],
)  # fmt: skip
def test_everything_beyond_the_link_may_need_a_proxy(host: str) -> None:
    assert not is_nearby(host)
