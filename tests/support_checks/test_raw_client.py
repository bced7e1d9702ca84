"""The raw client reads what came, and says when something did not."""

import pytest
from tests.support.http_answer import Answer, Cut
from tests.support.http_wire import WireRequest, WireServer
from tests.support.raw_client import ask, calling, sending


def always(answer: Answer) -> WireServer:
    async def handler(request: WireRequest) -> Answer:
        return answer

    return WireServer(handler)


@pytest.mark.parametrize("framing", ["chunked", "length"])
async def test_whole_answer_is_read(framing: str) -> None:
    answer = Answer(status=404, headers=(("X-Note", "a: b"),), body=(b'{"a":', b"1}"), framing=framing)  # type: ignore[arg-type]
    async with always(answer) as server:
        response = await ask(
            server.url, {"q": "ü"}, target="/x?y=1", headers={"content-type": None, "k": "v"}
        )
    assert (response.status, response.header("x-note"), response.json()) == (404, "a: b", {"a": 1})
    (request,) = server.requests
    assert (request.method, request.target, request.json()) == ("POST", "/x?y=1", {"q": "ü"})
    assert (request.header("content-type"), request.header("k")) == (None, "v")


async def test_pieces_come_one_by_one_and_until_something_was_said() -> None:
    answer = Answer(body=(b"one", b"two", b"three"), framing="chunked")
    async with always(answer) as server, calling(server.url, b"") as call:
        assert await call.piece() == b"one"
        assert await call.until(b"two") == b"onetwo"
        assert (await call.rest()).body == b"onetwothree"
        assert [data for _, data in call.response.pieces] == [b"one", b"two", b"three", b""]


async def test_head_has_no_body() -> None:
    async with always(Answer(body=(b"four",))) as server:
        assert (await ask(server.url, method="HEAD")).body == b""


@pytest.mark.parametrize("framing", ["chunked", "length"])
async def test_answer_that_breaks_off_is_noticed(framing: str) -> None:
    answer = Answer(body=(b"one", Cut()), framing=framing, declared_length=9)  # type: ignore[arg-type]
    async with always(answer) as server:
        with pytest.raises(AssertionError, match="broke off"):
            await ask(server.url, b"{}")


async def test_what_never_comes_is_noticed() -> None:
    async with always(Answer(body=(b"one",), framing="chunked")) as server, calling(server.url, b"") as call:
        with pytest.raises(AssertionError, match="ended without b'two'"):
            await call.until(b"two")


async def test_bytes_go_out_as_they_are() -> None:
    raw = b"POST /odd HTTP/1.1\r\nHost:  x \r\ncontent-length: 2\r\n\r\nhi"
    async with always(Answer()) as server, sending(server.url, raw) as call:
        await call.rest()
    assert (server.requests[0].header("host"), server.requests[0].body) == ("x", b"hi")
