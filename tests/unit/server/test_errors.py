import json

from dragoman.messages.errors import ApiError, invalid_request
from dragoman.server.errors import render, send_error


def test_an_error_is_anthropics_envelope():
    status, headers, body = render(ApiError(429, 'slow "down"', headers=(("retry-after", "7"),)), "req_1")
    assert status == 429
    assert json.loads(body) == {
        "type": "error",
        "error": {"type": "rate_limit_error", "message": 'slow "down"'},
        "request_id": "req_1",
    }
    assert dict(headers) == {
        b"content-type": b"application/json",
        b"content-length": str(len(body)).encode(),
        b"retry-after": b"7",
        b"request-id": b"req_1",
    }


def test_an_upstreams_own_wording_goes_out_byte_for_byte():
    body = b'{ "type":"error", "error":{"type":"overloaded_error"},\n"request_id":"req_up" }'
    error = ApiError(529, "overloaded", headers=(("request-id", "req_up"),), body=body)
    status, headers, sent = render(error, "req_1")
    assert (status, sent) == (529, body)
    assert [value for name, value in headers if name == b"request-id"] == [b"req_up"]


def test_our_wording_beside_an_upstreams_id_names_the_same_id():
    _, headers, body = render(ApiError(502, "no", headers=(("request-id", "req_up"),)), "req_1")
    assert json.loads(body)["request_id"] == "req_up"
    assert [value for name, value in headers if name == b"request-id"] == [b"req_up"]


def test_a_header_cannot_begin_another():
    error = ApiError(502, "x", headers=(("x-said", "a\r\nset-cookie: b\x00\u20ac\u00e9"),))
    _, headers, _ = render(error, "req_1")
    assert (b"x-said", b"a??set-cookie: b???") in headers


def test_a_lone_surrogate_in_a_message_is_no_crash():
    _, _, body = render(invalid_request("model: \ud800"), "req_1")
    assert json.loads(body)["error"]["message"] == "model: \ufffd"


async def test_an_error_is_a_whole_response():
    sent = []

    async def send(message):
        sent.append(message)

    await send_error(send, ApiError(404, "no"), "req_1")
    assert [message["type"] for message in sent] == ["http.response.start", "http.response.body"]
    assert sent[0]["status"] == 404
    assert not sent[1].get("more_body", False)
