"""URLs that lead, or could be made to lead, to a host that is not public; and a resolver that does its worst."""

import socket
from collections.abc import Mapping

SPELLED = (
    *("127.0.0.1", "127.0.0.2", "127.1", "127.0.1", "127.000.000.001", "0177.0.0.1", "0177.1"),
    *("0x7f.0.0.1", "0x7f.1", "0x7f000001", "0X7F000001", "0x7f.0x0.0x0.0x1", "2130706433", "017700000001"),
    *("0", "0.0.0.0", "0x0", "00", "0000.0.0.0", "0x7f.0.1", "0177.0x0.1"),
)
"""This machine's addresses in ways that resolvers understand."""
SPELLED_V6 = (
    *("[::1]", "[0:0:0:0:0:0:0:1]", "[::]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[::127.0.0.1]"),
    *("[64:ff9b::127.0.0.1]", "[2002:7f00:1::]", "[2001:0:7f00:1::]", "[fe80::1%25eth0]", "[fe80::1%lo]"),
    *("[fd00:ec2::254]", "[::1%25lo]", "[0000:0000:0000:0000:0000:0000:0000:0001]", "[v1.::1]"),
)
ALPHABETS = (
    *(
        "127。0。0。1",
        "127．0．0．1",
        "127｡0｡0｡1",
        "①②⑦.⓪.⓪.①",
        "１２７.0.0.1",
        "𝟏𝟐𝟕.𝟎.𝟎.𝟏",
        "２１３０７０６４３３",
    ),
    *(
        "ｌｏｃａｌｈｏｓｔ",
        "ⓛⓞⓒⓐⓛⓗⓞⓢⓣ",
        "localhost。",
        "metadata。google。internal",
        "①27.1",
        "0ₓ7f.1",
        "１２７。1",
    ),
)
NAMES_OF_NETWORKS = (
    *("localhost", "localhost.", "LOCALHOST", "a.localhost", "localhost.localdomain", "ip6-localhost"),
    *("metadata", "metadata.google.internal", "metadata.google.internal.", "instance-data", "router.local"),
    *(
        "host.docker.internal",
        "kubernetes.default.svc.cluster.local",
        "db.internal",
        "nas.lan",
        "printer.home",
    ),
    *("intranet", "wiki.corp", "1.0.0.127.in-addr.arpa", "a.onion", "127.0.0.1.", "[::1].", "example.com."),
)
WHOLE = (
    *(
        "http://example.com/",
        "http://127.0.0.1/",
        "ftp://example.com/",
        "file:///etc/passwd",
        "gopher://example.com/",
    ),
    *(
        "data:text/plain,a",
        "javascript:1",
        "//127.0.0.1/",
        "127.0.0.1",
        "/etc/passwd",
        "",
        " ",
        "https:",
        "https://",
    ),
    *(
        "https:///127.0.0.1/",
        "https:127.0.0.1",
        "https:\\\\127.0.0.1",
        "https://:443/",
        "https://?a",
        "https://#a",
    ),
    *("https://example.com@127.0.0.1/", "https://127.0.0.1@example.com/", "https://a:b@example.com/"),
    *("https://example.com:443@127.0.0.1/", "https://example.com%40127.0.0.1/", "https://@example.com/"),
    *(
        "https://example.com\\@127.0.0.1/",
        "https://127.0.0.1\\.example.com/",
        "https://example.com\\.127.0.0.1/",
    ),
    *(
        "https://%31%32%37.0.0.1/",
        "https://127%2e0%2e0%2e1/",
        "https://%6cocalhost/",
        "https://example.com%2f@x/",
    ),
    *("https://example.com%00.127.0.0.1/", "https://127.0.0.1%23.example.com/", "https://example.com%0d%0a/"),
    *(
        "https://example.com:80/",
        "https://example.com:8443/",
        "https://example.com:22/",
        "https://example.com:0/",
    ),
    *(
        "https://example.com:65979/",
        "https://example.com:443:80/",
        "https://example.com:٤٤٣/",
        "https://example.com:+443/",
    ),
    *(
        "https://exa mple.com/",
        "https://example.com\t/",
        "https://example.com\r\nhost: 127.0.0.1/",
        "\thttps://127.0.0.1/",
    ),
    *(
        "https://127.0.0.1\n/",
        "https://\u202e1.0.0.721/",
        "https://exa\u00admple.com/",
        "https://127.0.0.1\u200b/",
    ),
    *(
        "https://127.0.0.1:443/",
        "https://[::1]:443/",
        "https://[127.0.0.1]/",
        "https://::1/",
        "https://[::1/",
        "https://::1]/",
    ),
)
ADDRESSES = (
    *("0.0.0.0", "10.0.0.1", "10.255.255.255", "100.64.0.1", "100.100.100.200", "127.0.0.1", "127.0.0.53"),
    *("168.63.129.16", "169.254.0.1", "169.254.169.254", "169.254.170.2", "172.16.0.1", "172.31.255.254"),
    *(
        "192.0.0.192",
        "192.0.2.1",
        "192.88.99.1",
        "192.168.0.1",
        "192.168.255.255",
        "198.18.0.1",
        "198.51.100.7",
    ),
    *("203.0.113.7", "224.0.0.1", "239.255.255.250", "240.0.0.1", "255.255.255.255"),
    *(
        "::",
        "::1",
        "::ffff:127.0.0.1",
        "::ffff:169.254.169.254",
        "::127.0.0.1",
        "64:ff9b::7f00:1",
        "64:ff9b::a9fe:a9fe",
    ),
    *("2002:7f00:1::", "2002:a9fe:a9fe::", "2001:0:7f00:1::", "2001:db8::1", "fc00::1", "fd00:ec2::254"),
    *("fd20:ce::254", "fe80::1", "fe80::1%eth0", "fec0::1", "ff02::1", "3fff::1", "100::1"),
)
"""What names of the public internet may be made to stand for."""

BOUND: Mapping[str, list[str]] = {
    f"bound-{number}.example.com": [each] for number, each in enumerate(ADDRESSES)
} | {
    "second.example.com": ["1.1.1.1", "127.0.0.1"],
    "first.example.com": ["127.0.0.1", "1.1.1.1"],
    "of-version-6.example.com": ["1.1.1.1", "::1"],
    "three.example.com": ["1.1.1.1", "2606:4700::1111", "169.254.169.254"],
}

HOSTS = (*SPELLED, *SPELLED_V6, *ALPHABETS, *NAMES_OF_NETWORKS)
PRIVATE_URLS = (*(f"https://{host}/" for host in (*HOSTS, *BOUND)), *WHOLE)


class WorstNames:
    """Implements `Resolve`. Understands every spelling that the system's resolver does, and leads all other names to
    this machine."""

    async def __call__(self, host: str) -> list[str]:
        if host in BOUND:
            return BOUND[host]
        try:
            found = socket.getaddrinfo(host, 443, type=socket.SOCK_STREAM, flags=socket.AI_NUMERICHOST)
        except (OSError, UnicodeError):
            return ["127.0.0.1"]
        return [str(address[0]) for *_, address in found]
