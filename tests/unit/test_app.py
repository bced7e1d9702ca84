import json
import platform

import pytest

from dragoman.app import _web_search, create_app, new_id, new_request_id
from dragoman.config.load import ConfigError, load_settings
from tests.support.asgi_call import call_app
from tests.support.dragoman_in_process import own_logging
from tests.support.ports import FakeUpstream
from tests.support.python_process import run_python

HEADERS = [("host", "localhost"), ("content-type", "application/json")]
HELLO = json.dumps(
    {"model": "claude-x", "max_tokens": 9, "messages": [{"role": "user", "content": "hi"}]}
).encode()


def app_of(**environ: str):
    return create_app(load_settings(environ, None))


@pytest.fixture(autouse=True)
def _logging():
    with own_logging():
        yield


async def test_without_any_setting_the_demo_answers():
    reply = await call_app(app_of(), "POST", "/v1/messages", HEADERS, HELLO)
    assert reply.status == 200
    assert "demo model" in json.loads(reply.body)["content"][0]["text"]


async def test_the_configured_keys_are_asked_for():
    app = app_of(DRAGOMAN_API_KEY="test-key-one, test-key-two")
    assert (await call_app(app, "POST", "/v1/messages", HEADERS, HELLO)).status == 401
    for key in ("test-key-one", "test-key-two"):
        assert (
            await call_app(app, "POST", "/v1/messages", [*HEADERS, ("x-api-key", key)], HELLO)
        ).status == 200


@pytest.mark.parametrize(
    ("settings", "serve_anyone", "status"),
    [
        pytest.param({}, False, 403, id="nobody chose"),
        pytest.param({"HOST": "0.0.0.0"}, False, 403, id="a host alone is no choice"),
        pytest.param({"HOST": "0.0.0.0"}, True, 200, id="chosen"),
        pytest.param({"DRAGOMAN_API_KEY": "test-key-one"}, False, 401, id="keyed"),
    ],
)
async def test_other_machines_come_in_only_where_somebody_chose_so(settings, serve_anyone, status):
    app = create_app(load_settings(settings, None), serve_anyone=serve_anyone)
    headers = [("host", "192.0.2.7:8082"), ("content-type", "application/json")]
    reply = await call_app(app, "POST", "/v1/messages", headers, HELLO, server=("192.0.2.7", 8082))
    assert reply.status == status


async def test_every_listed_model_is_answered():
    app = app_of()
    listed = json.loads((await call_app(app, "GET", "/v1/models", HEADERS, query="limit=1000")).body)["data"]
    assert listed
    for entry in listed:
        body = HELLO.replace(b"claude-x", entry["id"].encode())
        assert (await call_app(app, "POST", "/v1/messages", HEADERS, body)).status == 200


def test_a_model_that_cannot_be_placed_stops_the_start():
    with pytest.raises(ConfigError):
        app_of(OPENAI_API_KEY="test-key", BIG_MODEL="openai/")


@pytest.mark.parametrize("provider", [None, "brave", "tavily", "searxng"])
def test_the_web_is_searched_where_a_provider_is_configured(provider):
    chosen = {} if provider is None else {"SEARCH_PROVIDER": provider}
    settings = load_settings(
        chosen | {"SEARCH_API_KEY": "test-key", "SEARCH_BASE_URL": "http://search.example.com"}, None
    )
    assert create_app(settings)
    assert (_web_search(settings, FakeUpstream()) is None) is (provider is None)


def test_ids_do_not_repeat():
    assert len({new_id() for _ in range(1000)}) == 1000
    assert new_request_id().startswith("req_")


FAULTS = """
import resource
from dragoman.app import keep_freed_memory

keep_freed_memory()
before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
for _ in range(100):
    bytes(bytearray(b"x") * 1_000_000)
print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="other C libraries have their own ways")
def test_large_bodies_do_not_ask_the_kernel_for_new_memory_each_time():
    done = run_python("-c", FAULTS)
    pages_of_all_bodies = 100 * 1_000_000 // 4096
    assert int(done.stdout) < pages_of_all_bodies / 4
