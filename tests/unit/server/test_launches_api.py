"""server/launches_api.py"""

import json

from dragoman.accounting.usage import LaunchUsage, Used
from dragoman.server.routes import build_router
from tests.support.asgi_call import call_app

KEY = "a-test-key"
USED = LaunchUsage({"opus -> openai/gpt-4.1": Used(requests=2, output=6)}, {"top_k dropped": 1})


async def asked(path: str, *headers: tuple[str, str]):
    usages = {"mine": USED}
    router = build_router(
        [], lambda name: usages.get(name, LaunchUsage()), lambda: True, (KEY,), lambda: "req_1"
    )
    reply = await call_app(router, "GET", path, headers)
    return reply.status, json.loads(reply.body)


async def test_a_launch_is_shown_to_whoever_has_a_key() -> None:
    bearer = ("authorization", f"Bearer {KEY}")
    assert await asked("/dragoman/launches/mine", bearer) == (
        200,
        {
            "routes": {
                "opus -> openai/gpt-4.1": {"requests": 2, "failed": 0, "input": 0, "cached": 0, "output": 6}
            },
            "losses": {"top_k dropped": 1},
        },
    )
    assert await asked("/dragoman/launches/other", bearer) == (200, {"routes": {}, "losses": {}})


async def test_without_a_key_nothing_is_shown() -> None:
    status, answer = await asked("/dragoman/launches/mine")
    assert (status, answer["error"]["type"]) == (401, "authentication_error")


async def test_launches_are_not_listed() -> None:
    bearer = ("authorization", f"Bearer {KEY}")
    assert [(await asked(path, bearer))[0] for path in ("/dragoman/launches", "/dragoman/launches/")] == [
        404,
        404,
    ]
