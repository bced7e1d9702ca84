"""Which IP addresses are hosts of the public internet: neither this machine, nor its networks, nor a way around them.

The tables are written out, because what `ipaddress` calls global changes between Python's versions. Sources: IANA's
registries of special-purpose addresses (RFC 6890), RFC 4291 and RFC 6052.
"""

import ipaddress

_NOT_PUBLIC_V4 = tuple(
    ipaddress.IPv4Network(network)
    for network in (
        "0.0.0.0/8",  # this network; connecting to 0.0.0.0 reaches this machine
        "10.0.0.0/8",
        "100.64.0.0/10",  # behind a carrier's NAT; also metadata of some clouds
        "127.0.0.0/8",
        "168.63.129.16/32",  # looks public; inside Azure it answers with a machine's secrets
        "169.254.0.0/16",  # the link, and with it the metadata servers
        "172.16.0.0/12",
        "192.0.0.0/24",
        "192.0.2.0/24",  # documentation
        "192.88.99.0/24",  # relays of 6to4
        "192.168.0.0/16",
        "198.18.0.0/15",  # benchmarks
        "198.51.100.0/24",  # documentation
        "203.0.113.0/24",  # documentation
        "224.0.0.0/4",  # multicast
        "240.0.0.0/4",  # reserved, and the broadcast
    )
)

_GLOBAL_UNICAST_V6 = ipaddress.IPv6Network("2000::/3")
"""All that is assigned to hosts. Outside of it are ::1, v4-mapped and NAT64's addresses, the link, multicast."""

_NOT_PUBLIC_V6 = tuple(
    ipaddress.IPv6Network(network)
    for network in (
        "2001::/23",  # Teredo, benchmarks, ORCHID and other protocols
        "2001:db8::/32",  # documentation
        "2002::/16",  # 6to4: an IPv4 address in disguise
        "3fff::/20",  # documentation
    )
)


def is_public(address: str) -> bool:
    """Whether `address`, as a resolver writes it, is a host's on the public internet. What is no address is not."""
    try:
        # A zone (`fe80::1%eth0`) is an interface of this machine.
        parsed = None if "%" in address else ipaddress.ip_address(address)
    except ValueError:
        return False
    match parsed:
        case ipaddress.IPv4Address():
            return not any(parsed in network for network in _NOT_PUBLIC_V4)
        case ipaddress.IPv6Address():
            return parsed in _GLOBAL_UNICAST_V6 and not any(parsed in network for network in _NOT_PUBLIC_V6)
        case None:
            return False
