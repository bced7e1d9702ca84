"""What the server takes, over a raw socket: every route, who may ask, how bodies come in."""

import asyncio
import base64
import gzip
import re
import zlib

import pytest

from tests.live_server.backends import every_backend, last_words, question, said_before, served
from tests.support.grammar_table import check_stream
from tests.support.http_answer import chunk_bytes, json_bytes
from tests.support.openai_flavor import COMPATIBLE
from tests.support.raw_client import Response, ask, calling, sending
from tests.support.replies import reply

MEGABYTE = 1024 * 1024
REQUEST_ID = re.compile(r"req_[0-9a-zA-Z]{20,}\Z")
KEYS = {"DRAGOMAN_API_KEY": "test-key-gate"}
COUNTED = {name: value for name, value in question(stream=None).items() if name != "max_tokens"}


def assert_envelope(response: Response, status: int, kind: str) -> str:
    """The error's message, after its envelope was checked."""
    assert response.status == status, response.body
    assert response.header("content-type") == "application/json"
    body = response.json()
    assert body["type"] == "error"
    assert body["error"]["type"] == kind
    assert body["request_id"] == response.header("request-id")
    assert REQUEST_ID.match(body["request_id"])
    return body["error"]["message"]


@pytest.mark.parametrize("base", ["", "/v1"])
@pytest.mark.parametrize("query", ["", "?beta=true", "?beta=true&x=%2e%2e&&=", "?" + "q" * 4000])
async def test_messages_are_answered_below_any_base_and_with_any_query(base: str, query: str) -> None:
    """Point 2 of the spine, T09, C-reserve: a base URL that ends in /v1 gives /v1/v1/messages."""
    async with served("openai_chat", reply("Hello")) as scene:
        answer = await ask(scene.url, question(stream=False), target=f"{base}/v1/messages{query}")
        counted = await ask(scene.url, COUNTED, target=f"{base}/v1/messages/count_tokens{query}")
    assert answer.json()["content"] == [{"type": "text", "text": "Hello"}]
    assert counted.json().keys() == {"input_tokens"}
    assert REQUEST_ID.match(answer.header("request-id") or "")
    assert REQUEST_ID.match(counted.header("request-id") or "")


async def test_probes_and_models_are_answered_and_need_no_key() -> None:
    """T82, point 2: health and warm-up routes; the model list is behind the key. Nothing shows a key or an address."""
    async with served("openai_chat", (), env=KEYS) as scene:
        for path in ("/", "/api/hello", "/health", "/healthz", "/readyz"):
            for method in ("GET", "HEAD"):
                answer = await ask(scene.url, target=path, method=method)
                assert answer.status == 200, (method, path)
                assert REQUEST_ID.match(answer.header("request-id") or "")
                assert answer.header("location") is None
                if method == "GET":
                    assert answer.json().keys() == {"status", "version"}
        for path in ("/api/event_logging/batch", "/api/event_logging/v2/batch"):
            assert (await ask(scene.url, {"events": []}, target=path)).status == 204
        for path in ("/v1/models", "/v1/v1/models?limit=1000", "/v1/models/claude-sonnet-5"):
            assert_envelope(await ask(scene.url, target=path, method="GET"), 401, "authentication_error")
            key = {"x-api-key": "test-key-gate"}
            assert (await ask(scene.url, target=path, method="GET", headers=key)).status == 200
    assert scene.upstream.wire.requests == []


@pytest.mark.parametrize(
    ("method", "path", "status", "kind"),
    [
        ("GET", "/v1/messages", 405, "invalid_request_error"),
        ("PUT", "/v1/messages", 405, "invalid_request_error"),
        ("OPTIONS", "/v1/messages", 405, "invalid_request_error"),
        ("GET", "/v1/messages/count_tokens", 405, "invalid_request_error"),
        ("DELETE", "/v1/models", 405, "invalid_request_error"),
        ("POST", "/v1/messages/", 404, "not_found_error"),
        ("POST", "//v1/messages", 404, "not_found_error"),
        ("POST", "/V1/messages", 404, "not_found_error"),
        ("POST", "/v1/messages/batches", 404, "not_found_error"),
        ("POST", "/v1/complete", 404, "not_found_error"),
        ("POST", "/v1/chat/completions", 404, "not_found_error"),
        ("GET", "/docs", 404, "not_found_error"),
        ("GET", "/openapi.json", 404, "not_found_error"),
        ("GET", "/favicon.ico", 404, "not_found_error"),
        ("GET", "/%2e%2e/%2e%2e/etc/passwd", 404, "not_found_error"),
        ("GET", "/v1/models/", 404, "not_found_error"),
        ("GET", "/v1/models/no/such", 404, "not_found_error"),
    ],
)
async def test_everything_else_is_an_error_in_the_envelope(
    method: str, path: str, status: int, kind: str
) -> None:
    """Point 2, T83: no redirect, no page of a framework."""
    async with served("openai_chat", ()) as scene:
        body = question() if method in ("POST", "PUT") else None
        answer = await ask(scene.url, body, target=path, method=method)
    assert_envelope(answer, status, kind)
    assert answer.header("location") is None


@pytest.mark.parametrize(
    ("encoding", "squeeze"),
    [("gzip", gzip.compress), ("x-gzip", gzip.compress), ("deflate", zlib.compress), ("identity", bytes)],
)
@every_backend
async def test_compressed_bodies_are_read(backend: str, encoding: str, squeeze: object) -> None:
    """Point 2: what goes up is plain, whatever came in."""
    assert callable(squeeze)
    async with served(backend, reply("Hello")) as scene:
        body = squeeze(json_bytes(question(stream=False)))
        answer = await ask(scene.url, body, headers={"content-encoding": encoding})
    assert answer.json()["content"][0]["text"] == "Hello"
    assert scene.upstream.wire.requests[0].header("content-encoding") is None
    assert last_words(scene.upstream.asked[0]) == "hi"
    assert len(said_before(scene.upstream.asked[0])) == 1


@pytest.mark.parametrize(
    ("encoding", "body"),
    [
        ("gzip", json_bytes(question())),
        ("gzip", gzip.compress(json_bytes(question()), mtime=0)[:-9]),
        ("br", json_bytes(question())),
        ("zstd, gzip", json_bytes(question())),
    ],
)
async def test_body_that_is_not_compressed_as_it_says_is_refused(encoding: str, body: bytes) -> None:
    async with served("openai_chat", ()) as scene:
        answer = await ask(scene.url, body, headers={"content-encoding": encoding})
    assert "content-encoding" in assert_envelope(answer, 400, "invalid_request_error")


async def test_body_over_32_mb_is_refused_before_it_is_sent() -> None:
    """T10: by its declared length, by its real length, by its length after decompression."""
    head = "POST /v1/messages HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: application/json\r\n"
    async with served("openai_chat", ()) as scene:
        declared = f"{head}content-length: {33 * MEGABYTE}\r\n\r\n".encode()
        async with sending(scene.url, declared) as call:
            assert "32 MB" in assert_envelope(await call.rest(), 413, "request_too_large")
        bomb = gzip.compress(b" " * 33 * MEGABYTE, 1, mtime=0)
        answer = await ask(scene.url, bomb, headers={"content-encoding": "gzip"})
        assert_envelope(answer, 413, "request_too_large")
        chunks = b"".join(b"100000\r\n%b\r\n" % (b" " * MEGABYTE) for _ in range(33))
        async with sending(scene.url, f"{head}transfer-encoding: chunked\r\n\r\n".encode() + chunks) as call:
            assert_envelope(await call.rest(), 413, "request_too_large")
        assert (await ask(scene.url, target="/health", method="GET")).status == 200
    assert scene.upstream.wire.requests == []


@every_backend
async def test_image_of_20_mb_is_accepted(backend: str) -> None:
    """T10: it reaches the upstream whole."""
    data = base64.b64encode(bytes(15 * MEGABYTE)).decode()
    image = {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": data}}
    body = question(messages=[{"role": "user", "content": [image, {"type": "text", "text": "What is it?"}]}])
    async with served(backend, reply("Black.")) as scene:
        answer = await ask(scene.url, body)
    assert b"message_stop" in answer.body
    assert data.encode() in scene.upstream.wire.requests[0].body
    assert scene.upstream.violations == []


FOREIGN = [
    ({"host": "attacker.example"}, 421),
    ({"host": "127.0.0.1.attacker.example:8082"}, 421),
    ({"host": "localhost."}, 421),
    ({"host": "user@127.0.0.1"}, 400),
    ({"host": "127.0.0.1/x"}, 400),
    ({"host": ""}, 400),
    ({"host": None}, 400),
    ({"origin": "https://attacker.example"}, 403),
    ({"origin": "null"}, 403),
    ({"origin": "http://127.0.0.1:1"}, 403),
    ({"sec-fetch-site": "cross-site"}, 403),
    ({"sec-fetch-site": "same-site"}, 403),
    ({"sec-fetch-mode": "no-cors", "content-type": "text/plain"}, 415),
]
ROUTES = [
    ("POST", "/v1/messages"),
    ("POST", "/v1/messages/count_tokens"),
    ("GET", "/v1/models"),
    ("GET", "/health"),
]


@pytest.mark.parametrize(("headers", "status"), FOREIGN)
async def test_web_pages_of_others_are_refused_on_every_route(
    headers: dict[str, str | None], status: int
) -> None:
    """Point 2, threats T1 and T2: nothing reaches the upstream and no CORS header is ever sent."""
    async with served("openai_chat", ()) as scene:
        for method, path in ROUTES:
            if status == 415 and method == "GET":
                continue
            answer = await ask(
                scene.url,
                question() if method == "POST" else None,
                target=path,
                method=method,
                headers=headers,
            )
            assert answer.status == status, (path, answer.body)
            assert answer.json()["request_id"] == answer.header("request-id")
            assert not [name for name, _ in answer.headers if name.startswith("access-control-")]
        preflight = {**headers, "access-control-request-method": "POST"}
        answer = await ask(scene.url, target="/v1/messages", method="OPTIONS", headers=preflight)
        assert answer.status >= 400
        assert not [name for name, _ in answer.headers if name.startswith("access-control-")]
    assert scene.upstream.wire.requests == []


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST:9", "127.0.0.1:65535", "[::1]:8082"])
async def test_local_names_are_right(host: str) -> None:
    async with served("openai_chat", reply("Hello")) as scene:
        answer = await ask(scene.url, question(stream=False), headers={"host": host})
    assert answer.status == 200
    assert not [name for name, _ in answer.headers if name.startswith("access-control-")]


async def test_configured_name_is_right_too() -> None:
    async with served("openai_chat", (), env={"DRAGOMAN_ALLOWED_HOSTS": "llm.example.com"}) as scene:
        for host, status in (("llm.example.com", 200), ("llm.example.com:443", 200), ("x.example.com", 421)):
            answer = await ask(scene.url, target="/health", method="GET", headers={"host": host})
            assert answer.status == status


@pytest.mark.parametrize(
    ("kind", "status"),
    [
        (None, 200),
        ("application/json; charset=utf-8", 200),
        ("Application/JSON", 200),
        ("text/plain", 415),
        ("application/x-www-form-urlencoded", 415),
        ("multipart/form-data; boundary=x", 415),
        ("", 415),
    ],
)
async def test_content_type_is_json_or_left_out(kind: str | None, status: int) -> None:
    """H09: curl without any header but a content type; threat T1: what a form can send is refused."""
    async with served("openai_chat", reply("Hello")) as scene:
        answer = await ask(scene.url, question(stream=False), headers={"content-type": kind})
    assert answer.status == status
    assert len(scene.upstream.wire.requests) == (status == 200)


async def test_client_that_leaves_while_it_sends_disturbs_nobody() -> None:
    async with served("openai_chat", reply("Hello")) as scene:
        raw = b"POST /v1/messages HTTP/1.1\r\nhost: localhost\r\ncontent-length: 100\r\n\r\n{"
        async with sending(scene.url, raw) as call:
            call.hang_up()
        assert (await ask(scene.url, question(stream=False))).status == 200


async def test_several_requests_on_one_connection_are_answered_in_turn() -> None:
    async with served("openai_chat", [reply("one"), reply("two"), reply("three")]) as scene:
        body = json_bytes(question(stream=False))
        head = f"POST /v1/messages HTTP/1.1\r\nhost: localhost\r\ncontent-length: {len(body)}\r\n\r\n"
        async with sending(scene.url, (head.encode() + body) * 3) as call:
            texts = []
            for _ in range(3):
                await call.head()
                call.response.body = b""
                await call.piece()
                texts.append(call.response.json()["content"][0]["text"])
    assert texts == ["one", "two", "three"]


async def test_chunked_body_is_read() -> None:
    body = json_bytes(question(stream=False))
    chunks = b"".join(chunk_bytes(body[at : at + 7]) for at in range(0, len(body), 7))
    raw = b"POST /v1/messages HTTP/1.1\r\nhost: localhost\r\ntransfer-encoding: chunked\r\n\r\n"
    async with served("openai_chat", reply("Hello")) as scene:
        async with sending(scene.url, raw + chunks + b"0\r\n\r\n") as call:
            assert (await call.rest()).json()["content"][0]["text"] == "Hello"


@pytest.mark.xfail(strict=True, reason="uvicorn's httptools protocol sends chunks to HTTP/1.0 clients")
async def test_old_client_gets_a_stream_without_chunks() -> None:
    """HTTP/1.0, as some proxies still speak it: the end of the connection is the end of the stream."""
    body = json_bytes(question())
    raw = f"POST /v1/messages HTTP/1.0\r\nhost: localhost\r\ncontent-length: {len(body)}\r\n\r\n"
    async with served("openai_chat", reply("Hello")) as scene:
        reader, writer = await asyncio.open_connection("127.0.0.1", scene.dragoman.port)
        writer.write(raw.encode() + body)
        head, _, stream = (await asyncio.wait_for(reader.read(), 5)).partition(b"\r\n\r\n")
        writer.close()
        await writer.wait_closed()
    assert b"chunked" not in head
    assert check_stream(stream)[-1]["type"] == "message_stop"


async def test_suffix_that_is_no_channel_is_part_of_the_name() -> None:
    """T25, C07: and a model that nobody knows goes to the preferred provider as it is."""
    async with served("openai_chat", reply("Hello"), flavor=COMPATIBLE) as scene:
        for model in ("llama3.1:8b", "ft:gpt-4o:org::x", "some/other-model:free", "Qwen3 32B (ä)"):
            answer = await ask(scene.url, question(model=model, stream=False))
            assert answer.json()["model"] == model
    assert [asked["model"] for asked in scene.upstream.asked] == [
        "llama3.1:8b",
        "ft:gpt-4o:org::x",
        "some/other-model:free",
        "Qwen3 32B (ä)",
    ]


async def test_slow_body_is_waited_for() -> None:
    """A body in pieces, with the announcement that waits for `100 Continue`."""
    body = json_bytes(question(stream=False))
    async with served("openai_chat", reply("Hello")) as scene:
        headers = {
            "content-length": str(len(body)),
            "expect": "100-continue",
            "content-type": "application/json",
        }
        async with calling(scene.url, headers=headers) as call:
            assert (await call.head()).status == 100
            for at in range(0, len(body), 40):
                call.send(body[at : at + 40])
                await asyncio.sleep(0)
            await call.head()
            assert (await call.rest()).status == 200
