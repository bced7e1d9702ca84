import pytest

from dragoman.upstream.public_addresses import is_public


@pytest.mark.parametrize(
    "address",
    [
        "1.1.1.1",
        "93.184.216.34",
        "172.32.0.1",
        "100.128.0.1",
        "168.63.129.17",
        "2606:4700:4700::1111",
        "2a00::1",
    ],
)
def test_hosts_of_the_internet_are_public(address):
    assert is_public(address)


@pytest.mark.parametrize(
    "address",
    [
        *("0.0.0.0", "0.1.2.3", "10.0.0.1", "100.64.0.1", "100.100.100.200", "127.0.0.1", "127.255.255.254"),
        *("168.63.129.16", "169.254.169.254", "172.16.0.1", "172.31.255.255", "192.0.0.192", "192.0.2.1"),
        *("192.88.99.1", "192.168.0.1", "198.18.0.1", "198.19.255.255", "198.51.100.1", "203.0.113.1"),
        *("224.0.0.1", "239.255.255.250", "240.0.0.1", "255.255.255.255"),
    ],
)
def test_addresses_of_version_4_that_are_not(address):
    assert not is_public(address)


@pytest.mark.parametrize(
    "address",
    [
        *("::", "::1", "::127.0.0.1", "::ffff:127.0.0.1", "::ffff:1.1.1.1", "::ffff:0:1.1.1.1"),
        *("64:ff9b::7f00:1", "64:ff9b:1::1", "100::1", "fc00::1", "fd00:ec2::254", "fd20:ce::254"),
        *("fe80::1", "fe80::1%eth0", "fec0::1", "ff02::1", "2001::1", "2001:0:4136:e378::1", "2001:10::1"),
        *("2001:db8::1", "2002:7f00:1::", "3fff::1", "5f00::1", "2606:4700::1%1"),
    ],
)
def test_addresses_of_version_6_that_are_not(address):
    assert not is_public(address)


@pytest.mark.parametrize(
    "address", ["", "example.com", "127.1", "0x7f000001", "2130706433", "1.1.1.1 ", "[::1]", "1.1.1"]
)
def test_what_is_no_address_is_not_public(address):
    assert not is_public(address)
