import pytest
from tests.support.asgi import DISCONNECT, AsgiClient, part

HEAD = {"type": "http.response.start", "status": 200, "headers": []}


def body(more: bool) -> dict:
    return {"type": "http.response.body", "body": b"x", "more_body": more}


@pytest.mark.parametrize(
    ("sent", "wording"),
    [
        ([body(False)], "a body before the head"),
        ([HEAD, HEAD], "a second head"),
        ([HEAD, body(False), body(False)], "sent after the end"),
        ([HEAD | {"headers": [(b"A", b"1")]}], "A"),
        ([HEAD | {"headers": [(b"a", b"1"), (b"a", b"2")]}], "b'a' twice"),
    ],
)
async def test_server_that_breaks_the_protocol_is_noticed(sent, wording):
    client = AsgiClient()
    for message in sent[:-1]:
        await client.send(message)
    with pytest.raises(AssertionError, match=wording):
        await client.send(sent[-1])


async def test_request_comes_in_its_pieces_and_then_the_end_of_the_response():
    client = AsgiClient(part(b"a", True), part(b"b"))
    assert [(await client.receive())["body"] for _ in range(2)] == [b"a", b"b"]
    await client.send(HEAD)
    await client.send(body(True))
    await client.send(body(False))
    assert await client.receive() == DISCONNECT
    assert (client.status, client.body, client.complete) == (200, b"xx", True)
