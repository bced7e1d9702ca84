import json

import pytest

from dragoman.server.guard import Guard, GuardRules
from tests.support.asgi_call import call_app

JSON = ("content-type", "application/json")
LOCAL = ("host", "localhost:8082")
REQUESTS = [
    ("GET", "/health"),
    ("GET", "/v1/models"),
    ("HEAD", "/"),
    ("OPTIONS", "/v1/messages"),
    ("POST", "/v1/messages"),
    ("POST", "/v1/messages/count_tokens"),
    ("POST", "/api/event_logging/batch"),
    ("DELETE", "/nowhere"),
]


class Inner:
    """What stands behind the guard; counts who gets there."""

    def __init__(self):
        self.reached = 0

    async def __call__(self, scope, receive, send):
        self.reached += 1
        if scope["type"] == "http":
            await receive()
            await send({"type": "http.response.start", "status": 200, "headers": []})
            await send({"type": "http.response.body", "body": b"inside"})


def guarded(public=False, hosts=(), keyed=False) -> tuple[Guard, Inner]:
    inner = Inner()
    rules = GuardRules(public=public, keyed=keyed, allowed_hosts=frozenset(hosts))
    return Guard(inner, rules, lambda: "req_1"), inner


async def ask(
    headers,
    method="POST",
    path="/v1/messages",
    *,
    public=False,
    keyed=False,
    hosts=("My-Box.lan", "::2"),
    server=("127.0.0.1", 8082),
):
    guard, inner = guarded(public, hosts, keyed)
    reply = await call_app(guard, method, path, headers, b"{}", server=server)
    if reply.status == 200:
        assert inner.reached == 1
    else:
        assert (inner.reached, reply.bytes_read) == (0, 0)
        error = json.loads(reply.body)
        assert error["type"] == "error"
        assert error["request_id"] == reply.header("request-id") == "req_1"
    assert not [name for name, _ in reply.headers if name.startswith("access-control-")]
    return reply.status


@pytest.mark.parametrize(
    "host",
    [
        *("localhost", "localhost:8082", "localhost:1", "localhost:65535", "LOCALHOST:8082", "LocalHost"),
        *("127.0.0.1", "127.0.0.1:8082", "[::1]", "[::1]:8082"),
        *("my-box.lan", "MY-BOX.LAN:80", "[::2]:8082"),
    ],
)
async def test_a_local_or_configured_host_passes(host):
    assert await ask([("host", host), JSON]) == 200


OTHER_HOSTS = [
    "evil.example",
    "evil.example:8082",
    "localhost.evil.example",
    "evil.localhost",
    "xlocalhost",
    "localhostx",
    "localhost.",
    "localhost.:8082",
    "127.0.0.1.",
    "127.0.0.1.evil.example",
    "127.0.0.1.nip.io",
    "127.1",
    "127.0.0.2",
    "127.0.0.01",
    "0.0.0.0",
    "0",
    "2130706433",
    "0x7f000001",
    "0177.0.0.1",
    "192.168.1.2",
    "[::]",
    "[::1.]",
    "[::ffff:127.0.0.1]",
    "[0:0:0:0:0:0:0:1]",
    "[fe80::1]",
    "box.lan",
    "my-box",
    "my-box.lan.",
    "xmy-box.lan",
    "api.anthropic.com",
    "local_host",
]
MALFORMED_HOSTS = [
    "localhost:",
    "localhost:x",
    "localhost:80:80",
    "localhost:99999",
    "localhost:-1",
    "localhost:080000",
    "user@localhost",
    "localhost@evil.example",
    "evil.example@localhost",
    "localhost/",
    "localhost/evil",
    "localhost?x",
    "localhost#x",
    "localhost\\evil",
    "localhost,evil.example",
    "http://localhost",
    "[::1",
    "::1",
    "[::1]]",
    "[::1]8082",
    "[::2]x",
    "[localhost]",
    "[]",
    "localhost%00",
    "%6cocalhost",
    "(localhost)",
    "localhost;x",
    "*",
]
MALFORMED_HOSTS += ["", " ", " localhost", "localhost ", "localhost\t", "localhost evil.example"]
MALFORMED_HOSTS += ["lоcalhost".encode(), "localhost:８０８２".encode(), b"localhost\xc2\xa0"]


@pytest.mark.parametrize("host", OTHER_HOSTS)
async def test_another_host_is_misdirected(host):
    assert await ask([("host", host), JSON]) == 421


@pytest.mark.parametrize("host", MALFORMED_HOSTS)
async def test_a_malformed_host_is_a_bad_request(host):
    assert await ask([("host", host), JSON]) == 400


@pytest.mark.parametrize(
    "hosts", [[], ["localhost", "localhost"], ["localhost", "evil.example"], ["evil.example", "localhost"]]
)
async def test_the_host_must_be_there_once(hosts):
    assert await ask([*(("host", host) for host in hosts), JSON]) == 400


def test_the_table_of_hosts_is_long():
    assert len(OTHER_HOSTS) + len(MALFORMED_HOSTS) >= 40


FOREIGN_ORIGINS = [
    *("http://evil.example", "https://evil.example:8082", "null", "", "http://localhost:3000", "http://127.0.0.1:8082"),
    *("http://localhost", "http://localhost:8082.evil.example", "http://localhost:8082/", "file://", "chrome-extension://x"),
]  # fmt: skip


CONTENT_TYPES = ["application/json", "text/plain", "application/x-www-form-urlencoded", None]


@pytest.mark.parametrize("origin", FOREIGN_ORIGINS)
async def test_a_page_of_another_origin_gets_nowhere(origin):
    for method, path in REQUESTS:
        for content_type in CONTENT_TYPES:
            headers = [LOCAL, ("origin", origin), *([("content-type", content_type)] if content_type else [])]
            assert await ask(headers, method, path) == 403


@pytest.mark.parametrize(
    "origin", ["http://localhost:8082", "https://localhost:8082", "HTTP://LOCALHOST:8082"]
)
async def test_the_gateways_own_pages_may_ask(origin):
    assert await ask([LOCAL, ("origin", origin), JSON, ("sec-fetch-site", "same-origin")]) == 200


async def test_two_origins_are_not_the_own_one():
    headers = [LOCAL, ("origin", "http://localhost:8082"), ("origin", "http://evil.example"), JSON]
    assert await ask(headers) == 403


@pytest.mark.parametrize("site", ["cross-site", "same-site", "Cross-Site", "", "anything"])
async def test_a_browser_that_says_another_site_asks_is_refused(site):
    for method, path in REQUESTS:
        assert await ask([LOCAL, ("sec-fetch-site", site), JSON], method, path) == 403


@pytest.mark.parametrize("site", ["none", "same-origin"])
async def test_a_user_who_types_the_address_is_served(site):
    assert (
        await ask([LOCAL, ("sec-fetch-site", site), ("sec-fetch-mode", "navigate")], "GET", "/health") == 200
    )


@pytest.mark.parametrize(
    ("content_type", "status"),
    [
        ("application/json", 200),
        ("application/json; charset=utf-8", 200),
        ("Application/JSON ;charset=utf-8", 200),
        ("text/plain", 415),
        ("text/plain; application/json", 415),
        ("application/x-www-form-urlencoded", 415),
        ("multipart/form-data; boundary=x", 415),
        ("application/jsonx", 415),
        ("application/json, text/plain", 415),
        ("", 415),
    ],
)
@pytest.mark.parametrize("public", [True, False])
async def test_only_json_may_be_posted(content_type, status, public):
    assert await ask([LOCAL, ("content-type", content_type)], public=public) == status


async def test_two_content_types_must_both_be_json():
    assert await ask([LOCAL, JSON, ("content-type", "text/plain")]) == 415


async def test_a_tool_that_names_no_type_is_trusted_but_a_browser_is_not():
    assert await ask([LOCAL]) == 200
    assert await ask([LOCAL, ("sec-fetch-mode", "no-cors")]) == 415
    assert await ask([LOCAL, ("origin", "http://localhost:8082")]) == 415


@pytest.mark.parametrize("host", ["gateway.example", "10.0.0.7:8082", "evil.example"])
async def test_a_public_gateway_answers_to_any_name(host):
    assert await ask([("host", host), JSON], public=True) == 200


async def test_a_public_gateway_refuses_pages_of_other_origins_too():
    host = ("host", "gateway.example")
    assert await ask([host, ("origin", "http://evil.example"), JSON], public=True) == 403
    assert await ask([host, ("sec-fetch-site", "cross-site"), JSON], public=True) == 403
    assert await ask([host, ("origin", "https://gateway.example"), JSON], public=True) == 200


async def test_a_websocket_is_closed_and_the_lifespan_passes():
    guard, inner = guarded()
    said = []

    async def send(message):
        said.append(message)

    async def receive():
        return {}

    await guard({"type": "websocket", "headers": []}, receive, send)
    assert said == [{"type": "websocket.close", "code": 1008}]
    assert inner.reached == 0
    await guard({"type": "lifespan"}, receive, send)
    assert inner.reached == 1


@pytest.mark.parametrize(
    ("rules", "status"),
    [
        pytest.param({}, 403, id="nobody chose to let others in"),
        pytest.param({"keyed": True}, 200, id="others need a key"),
        pytest.param({"public": True}, 200, id="others were let in"),
    ],
)
@pytest.mark.parametrize("address", ["192.0.2.7", "2001:db8::7"])
async def test_other_machines_come_in_only_where_somebody_chose_so(rules, status, address):
    """R06: `uvicorn server:app --host 0.0.0.0` without a key serves this machine alone."""
    host = ("host", "gateway.example:8082")
    assert await ask([host, JSON], server=(address, 8082), **rules) == status


async def test_a_local_name_does_not_open_the_door_to_other_machines():
    assert await ask([LOCAL, JSON], server=("192.0.2.7", 8082)) == 403


async def test_a_unix_socket_is_this_machine():
    assert await ask([LOCAL, JSON], server=None) == 200
