"""Every failure reaches the official SDK as the class, wording and headers that its users act on."""

import anthropic
import pytest

from tests.live_server.backends import every_backend, question, served
from tests.live_server.sdk import message_of, sdk
from tests.support.raw_client import ask
from tests.support.replies import StreamError, Text, failing, reply

SAYS = "the scripted backend says why"


CLASSES: dict[int, type[anthropic.APIStatusError]] = {
    400: anthropic.BadRequestError,
    402: anthropic.PaymentRequiredError,
    403: anthropic.PermissionDeniedError,
    404: anthropic.NotFoundError,
    413: anthropic.ContentTooLargeError,
    429: anthropic.RateLimitError,
    500: anthropic.InternalServerError,
    502: anthropic.InternalServerError,
    504: anthropic.GatewayTimeoutError,
    529: anthropic.OverloadedError,
}

STATUSES = {
    "openai_chat": [
        (400, 400, "invalid_request_error", False),
        (401, 403, "permission_error", False),
        (402, 402, "billing_error", False),
        (403, 403, "permission_error", False),
        (404, 404, "not_found_error", False),
        (413, 413, "request_too_large", False),
        (422, 400, "invalid_request_error", False),
        (429, 429, "rate_limit_error", True),
        (500, 502, "api_error", True),
        (503, 529, "overloaded_error", True),
        (504, 504, "timeout_error", True),
    ],
    "anthropic": [
        (400, 400, "invalid_request_error", True),
        (401, 403, "permission_error", False),
        (402, 402, "billing_error", True),
        (403, 403, "permission_error", True),
        (404, 404, "not_found_error", True),
        (413, 413, "request_too_large", True),
        (429, 429, "rate_limit_error", True),
        (500, 500, "api_error", True),
        (504, 504, "timeout_error", True),
        (529, 529, "overloaded_error", True),
    ],
}
ROWS = [
    pytest.param(backend, *row, id=f"{backend}-{row[0]}")
    for backend, rows in STATUSES.items()
    for row in rows
]


@pytest.mark.parametrize(("backend", "theirs", "ours", "kind", "silent"), ROWS)
async def test_upstreams_status_becomes_the_sdks_class(
    backend: str, theirs: int, ours: int, kind: str, silent: bool
) -> None:
    """T72, T83, T84, T88, case 15: streamed and whole, asked once each; `silent`: no word about retrying."""
    async with served(backend, failing(theirs, SAYS)) as scene, sdk(scene.url) as client:
        with pytest.raises(CLASSES[ours]) as streamed:
            async with client.messages.stream(**message_of()):
                pass
        with pytest.raises(CLASSES[ours]) as whole:
            await client.messages.create(**message_of())
    for caught in (streamed.value, whole.value):
        assert (caught.status_code, caught.type) == (ours, kind)
        assert isinstance(caught.body, dict)
        assert caught.body["type"] == "error"
        assert caught.request_id == caught.response.headers["request-id"] == caught.body["request_id"]
        assert caught.response.headers.get("x-should-retry") == (None if silent else "false")
        if theirs == 401:
            assert "credential" in (caught.api_message or "")
            assert "login" in (caught.api_message or "") or "not yours" in (caught.api_message or "")
        else:
            assert SAYS in (caught.api_message or "")
    assert len(scene.upstream.wire.requests) == 2


@every_backend
async def test_wait_that_the_upstream_asks_for_is_passed_on_and_kept(backend: str) -> None:
    """T84, case 20: the SDK waits as it is told and succeeds; Dragoman itself repeats nothing."""
    limits = (("retry-after", "1"), ("anthropic-ratelimit-unified-status", "rejected"))
    script = [failing(429, "slow down", headers=limits)] * 2 + [reply("Hello")]
    async with served(backend, script) as scene, sdk(scene.url, max_retries=1) as client:
        refused = await ask(scene.url, question())
        message = await client.messages.create(**message_of())
    assert (refused.status, refused.header("retry-after")) == (429, "1")
    assert refused.json()["error"]["type"] == "rate_limit_error"
    if backend == "anthropic":
        assert refused.header("anthropic-ratelimit-unified-status") == "rejected"
    assert message.content[0].text == "Hello"
    first, second, third = (request.received for request in scene.upstream.wire.requests)
    assert second - first < 1 <= third - second


@pytest.mark.parametrize("headers", [{}, {"x-api-key": "wrong"}, {"authorization": "Bearer wrong"}])
@pytest.mark.parametrize(
    "target", ["/v1/messages", "/v1/messages/count_tokens", "/v1/models", "/v1/models/x"]
)
async def test_wrong_key_is_an_authentication_error(target: str, headers: dict[str, str]) -> None:
    """T83, T87."""
    env = {"DRAGOMAN_API_KEY": "test-key-one,test-key-two"}
    method = "GET" if "models" in target else "POST"
    body = None if method == "GET" else question()
    async with served("openai_chat", (), env=env) as scene:
        refused = await ask(scene.url, body, target=target, method=method, headers=headers)
    assert refused.status == 401
    assert refused.json()["error"]["type"] == "authentication_error"
    assert refused.json()["request_id"] == refused.header("request-id")
    assert refused.header("x-should-retry") == "false"
    assert scene.upstream.wire.requests == []


@pytest.mark.parametrize(
    "options", [{"api_key": "test-key-two"}, {"auth_token": "test-key-one", "api_key": None}]
)
async def test_either_key_in_either_header_is_right(options: dict[str, str | None]) -> None:
    """T87: the SDK sends its key as a bearer, Claude Code as `x-api-key`."""
    env = {"DRAGOMAN_API_KEY": "test-key-one,test-key-two"}
    async with served("openai_chat", reply("Hello"), env=env) as scene:
        async with sdk(scene.url, **options) as client:
            assert (await client.messages.create(**message_of())).content[0].text == "Hello"
            assert (await client.models.list()).data
        key = {"x-api-key": "test-key-one"}
        assert (await ask(scene.url, question(), headers=key)).status == 200
        both = {"x-api-key": "test-key-one", "authorization": "Bearer something-else"}
        assert (await ask(scene.url, question(), headers=both)).status == 200
        with pytest.raises(anthropic.AuthenticationError, match="DRAGOMAN_API_KEY"):
            async with sdk(scene.url) as client:
                await client.messages.create(**message_of())


@every_backend
async def test_error_inside_a_stream_is_raised_after_the_text(backend: str) -> None:
    """T72, case 8: what was said is kept, the upstream's words are in the exception."""
    script = reply(
        Text("Once upon", 4), StreamError("the model fell over", "overloaded_error", "server_is_overloaded")
    )
    async with served(backend, script) as scene, sdk(scene.url) as client:
        heard = []
        with pytest.raises(anthropic.APIStatusError, match="the model fell over") as caught:
            async with client.messages.stream(**message_of()) as stream:
                async for text in stream.text_stream:
                    heard.append(text)
    assert "".join(heard) == "Once upon"
    assert isinstance(caught.value.body, dict)
    assert caught.value.body["error"]["type"] == "overloaded_error"


async def test_unknown_model_of_the_list_is_not_found() -> None:
    """T81."""
    async with served("openai_chat", ()) as scene, sdk(scene.url) as client:
        with pytest.raises(anthropic.NotFoundError, match="no-such-model"):
            await client.models.retrieve("no-such-model")
        with pytest.raises(anthropic.BadRequestError, match="after_id"):
            await client.models.list(after_id="no-such-model")
        with pytest.raises(anthropic.BadRequestError, match="limit"):
            await client.models.list(limit=0)
