import msgspec
from bench.bodies import LARGE_BYTES, http_request, large_body, recorded_body


def blocks_of(body: dict, kind: str) -> list[dict]:
    contents = [message["content"] for message in body["messages"] if isinstance(message["content"], list)]
    return [block for content in contents for block in content if block["type"] == kind]


def test_large_request_is_at_least_its_size_and_hardly_more() -> None:
    size = len(msgspec.json.encode(large_body("openai/bench-small")))

    assert LARGE_BYTES <= size < LARGE_BYTES * 1.05


def test_every_call_in_the_large_request_has_its_own_id_and_one_result() -> None:
    body = large_body("openai/bench-small")
    calls = [block["id"] for block in blocks_of(body, "tool_use")]

    assert len(set(calls)) == len(calls)
    assert calls == [block["tool_use_id"] for block in blocks_of(body, "tool_result")]


def test_growing_leaves_the_recorded_conversation_as_it_was() -> None:
    recorded = recorded_body()

    assert large_body("x")["messages"][: len(recorded["messages"])] == recorded["messages"]


def test_http_request_declares_the_length_of_its_body() -> None:
    head, _, payload = http_request(80, "/v1/messages", {"model": "größe"}).partition(b"\r\n\r\n")

    assert f"content-length: {len(payload)}".encode() in head.split(b"\r\n")
