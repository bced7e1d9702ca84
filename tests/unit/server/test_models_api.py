import json

import pytest
from anthropic.types import ModelInfo

from dragoman.accounting.usage import LaunchUsage
from dragoman.server.models_api import ModelEntry
from dragoman.server.routes import build_router
from tests.support.asgi_call import call_app

KEY = "a-test-key"
ENTRIES = [ModelEntry(id=f"claude-{n}", display_name=f"Model {n}", max_tokens=n) for n in range(45)]
ENTRIES.append(
    ModelEntry(id="openai/gpt-5.1", display_name="GPT-5.1", max_input_tokens=400_000, max_tokens=128_000)
)


async def get(path, query="", headers=(), keys=(), entries=ENTRIES):
    router = build_router(entries, lambda launch: LaunchUsage(), lambda: True, keys, lambda: "req_1")
    reply = await call_app(router, "GET", path, headers, query=query)
    return reply.status, json.loads(reply.body)


async def ids(query):
    status, page = await get("/v1/models", query)
    assert status == 200
    found = [model["id"] for model in page["data"]]
    assert page["first_id"] == (found[0] if found else None)
    assert page["last_id"] == (found[-1] if found else None)
    return [int(name.removeprefix("claude-")) if name.startswith("claude") else name for name in found], page[
        "has_more"
    ]


async def test_the_first_page_has_twenty_models():
    assert await ids("") == (list(range(20)), True)


@pytest.mark.parametrize(
    ("query", "expected", "more"),
    [
        ("limit=1000", [*range(45), "openai/gpt-5.1"], False),
        ("limit=46", [*range(45), "openai/gpt-5.1"], False),
        ("limit=45", list(range(45)), True),
        ("limit=3", [0, 1, 2], True),
        ("limit=3&after_id=claude-2", [3, 4, 5], True),
        ("limit=3&after_id=claude-43", [44, "openai/gpt-5.1"], False),
        ("after_id=openai/gpt-5.1", [], False),
        ("after_id=openai%2Fgpt-5.1", [], False),
        ("limit=3&before_id=claude-10", [7, 8, 9], True),
        ("limit=3&before_id=claude-2", [0, 1], False),
        ("before_id=claude-0", [], False),
        ("limit=2&beta=true&unknown=1", [0, 1], True),
    ],
)
async def test_pages_follow_each_other(query, expected, more):
    assert await ids(query) == (expected, more)


@pytest.mark.parametrize(
    "query",
    [
        *(
            "limit=0",
            "limit=1001",
            "limit=-1",
            "limit=x",
            "limit=",
            "limit=1.5",
            "limit=%201",
            "limit=%D9%A3",
        ),
        *(
            "limit=" + "9" * 5000,
            "after_id=nobody",
            "before_id=nobody",
            "after_id=claude-1&before_id=claude-3",
        ),
    ],
    ids=lambda query: query[:30],
)
async def test_a_wrong_page_is_a_bad_request(query):
    status, error = await get("/v1/models", query)
    assert (status, error["error"]["type"]) == (400, "invalid_request_error")
    assert error["error"]["message"].startswith(("limit: ", "after_id: ", "before_id: "))


async def test_no_models_are_an_empty_page():
    assert await get("/v1/models", entries=[]) == (
        200,
        {"data": [], "has_more": False, "first_id": None, "last_id": None},
    )


@pytest.mark.parametrize("path", ["/v1/models/openai/gpt-5.1", "/v1/v1/models/openai/gpt-5.1"])
async def test_one_model_is_shown_in_the_shape_of_the_sdk(path):
    status, shown = await get(path)
    assert status == 200
    assert set(shown) == set(ModelInfo.model_fields)
    model = ModelInfo.model_validate(shown)
    assert (model.id, model.display_name, model.type) == ("openai/gpt-5.1", "GPT-5.1", "model")
    assert (model.max_input_tokens, model.max_tokens, model.lifecycle) == (400_000, 128_000, "active")
    assert model.created_at.year == 1970


async def test_the_list_holds_the_same_shape():
    _, page = await get("/v1/models")
    _, shown = await get("/v1/models/claude-0")
    assert page["data"][0] == shown


@pytest.mark.parametrize("model", ["claude-99", "gpt-5.1", "x" * 5000, "a\x00b", "..", "claude-0/"])
async def test_an_unknown_model_is_not_found(model):
    status, error = await get(f"/v1/models/{model}")
    assert (status, error["error"]["type"]) == (404, "not_found_error")
    assert len(error["error"]["message"]) < 300


@pytest.mark.parametrize("path", ["/v1/models", "/v1/models/claude-0"])
async def test_models_are_for_those_with_a_key(path):
    assert (await get(path, keys=(KEY,)))[0] == 401
    assert (await get(path, keys=(KEY,), query=f"key={KEY}&api_key={KEY}"))[0] == 401
    assert (await get(path, headers=[("authorization", f"Bearer {KEY}")], keys=(KEY,)))[0] == 200
