import socket

import aiohttp
import pytest

from dragoman.upstream.pinned_connection import PinnedNames, pinned_connector
from tests.support.http_answer import Answer
from tests.support.http_wire import WireRequest, WireServer

CHECKED = ["93.184.216.34", "2606:4700::1111"]


async def test_the_one_name_has_the_addresses_that_were_checked():
    found = await PinnedNames("example.com", CHECKED, 8443).resolve("example.com", 443)
    assert [(each["host"], each["port"], each["family"]) for each in found] == [
        ("93.184.216.34", 8443, socket.AF_INET),
        ("2606:4700::1111", 8443, socket.AF_INET6),
    ]


async def test_no_other_name_is_known():
    with pytest.raises(OSError, match="another name"):
        await PinnedNames("example.com", CHECKED, 443).resolve("example.org", 443)


async def told_by(server: WireServer, addresses: list[str], port: int) -> int:
    """The status of an answer of `server`, asked for by its address: aiohttp asks no resolver about one."""
    connector = pinned_connector("example.com", addresses, port, True)
    async with aiohttp.ClientSession(connector=connector) as session, session.get(server.url) as response:
        return response.status


async def answer(request: WireRequest) -> Answer:
    return Answer()


async def test_the_socket_itself_refuses_every_other_address_and_port():
    async with WireServer(answer) as server:
        for addresses, port in ((CHECKED, server.port), (["127.0.0.1"], server.port + 1), ([], server.port)):
            with pytest.raises(aiohttp.ClientConnectorError, match="another address"):
                await told_by(server, addresses, port)
        assert server.connections == []
        assert await told_by(server, ["127.0.0.1"], server.port) == 200
