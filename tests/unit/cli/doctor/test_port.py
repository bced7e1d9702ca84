"""cli/doctor/port.py"""

import asyncio
import errno

import pytest

from dragoman.cli.doctor.port import Bind, port_finding
from dragoman.config.settings import Settings
from tests.support.ports import FakeReply, FakeUpstream, Piece, streamed, unreachable, whole

SETTINGS = Settings(host="0.0.0.0", port=9000)


def bind_fails(number: int) -> Bind:
    def bind(host: str, port: int) -> int:
        raise OSError(number, "why not")

    return bind


def bind_works(host: str, port: int) -> int:
    return port


async def found(
    upstream: FakeUpstream, number: int | None = errno.EADDRINUSE, seconds: float = 5.0
) -> tuple[str, str]:
    bind = bind_works if number is None else bind_fails(number)
    finding = await port_finding(SETTINGS, upstream, seconds, bind)
    return finding.state, finding.code


async def test_a_free_port_is_fine_and_nobody_is_asked() -> None:
    upstream = FakeUpstream()
    assert await found(upstream, None) == ("ok", "")
    assert upstream.requests == []


async def test_dragoman_itself_is_known_by_its_health() -> None:
    upstream = FakeUpstream(whole(b'{"status":"ok","version":"9.9"}'))
    finding = await port_finding(SETTINGS, upstream, 5.0, bind_fails(errno.EADDRINUSE))
    assert (finding.state, finding.cause) == ("ok", "Dragoman 9.9 serves at http://localhost:9000")
    assert (upstream.requests[0].method, upstream.requests[0].url) == ("GET", "http://localhost:9000/health")
    assert upstream.replies[0].closed == 1


@pytest.mark.parametrize(
    "step",
    [
        whole(b"<html>"),
        whole(b'{"status":"ok"}'),
        whole(b'{"status":"down","version":"1"}'),
        whole(b"[]"),
        unreachable(),
        streamed(b"x" * 70_000),
    ],
    ids=["web page", "no version", "not well", "no object", "no HTTP", "too large"],
)
async def test_whoever_else_answers_is_another_program(step: FakeReply | Piece) -> None:
    assert await found(FakeUpstream(step)) == ("failure", "D003")


async def test_who_is_silent_is_another_program() -> None:
    assert await found(FakeUpstream(asyncio.Event()), seconds=0.01) == ("failure", "D003")


async def test_an_address_that_is_none_of_this_machines() -> None:
    assert await found(FakeUpstream(), errno.EADDRNOTAVAIL) == ("failure", "D004")
