"""Images and documents by URL for backends that take only bytes: fetched by Dragoman, over real sockets all the way."""

import base64
from pathlib import Path
from typing import Any

import pytest

from tests.live_server.backends import MODELS, question, served
from tests.support.raw_client import ask
from tests.support.replies import reply
from tests.support.web import leading_to, page, web

PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)
PDF = b"%PDF-1.4\n%%EOF\n"
PAGES = {
    "/a.png": page(PNG, "application/octet-stream"),
    "/moved.pdf": leading_to("https://files.example.com/b.pdf"),
    "/b.pdf": page(PDF, "application/pdf"),
    "/c.txt": page("grün".encode("latin-1"), "text/plain; charset=iso-8859-1"),
}


def by_url(kind: str, path: str) -> dict[str, Any]:
    return {"type": kind, "source": {"type": "url", "url": f"https://example.com{path}"}}


def asked(backend: str, *blocks: dict[str, Any]) -> dict[str, Any]:
    content = [*blocks, {"type": "text", "text": "look"}]
    return question(model=MODELS[backend], messages=[{"role": "user", "content": content}])


async def test_bytes_arrive_in_place_of_urls(tmp_path: Path) -> None:
    pdf = by_url("document", "/moved.pdf")
    blocks = (by_url("image", "/a.png"), pdf, by_url("document", "/c.txt"), pdf)
    async with web(tmp_path, PAGES) as there, served("gemini", reply("Seen"), fetcher=there.fetcher) as scene:
        response = await ask(scene.url, asked("gemini", *blocks))
        assert (response.status, scene.upstream.violations) == (200, [])
        assert response.header("dragoman-losses") is None
        sent = scene.upstream.wire.requests[-1].body.decode()
        wanted = sorted(request.target for request in there.server.requests)
    assert sent.count(base64.b64encode(PDF).decode()) == 2
    assert base64.b64encode(PNG).decode() in sent
    assert "grün" in sent
    assert "https://example.com" not in sent
    assert wanted == ["/a.png", "/b.pdf", "/c.txt", "/moved.pdf"]


async def test_a_text_by_url_is_read_where_files_are_not(tmp_path: Path) -> None:
    async with (
        web(tmp_path, PAGES) as there,
        served("openai_chat", reply("Seen"), fetcher=there.fetcher) as scene,
    ):
        response = await ask(scene.url, asked("openai_chat", by_url("document", "/c.txt")))
        assert (response.status, scene.upstream.violations) == (200, [])
        assert response.header("dragoman-losses") is None
        assert "grün" in scene.upstream.wire.requests[-1].body.decode()


@pytest.mark.parametrize("backend", ["openai_chat", "openai_responses", "anthropic"])
async def test_servers_that_fetch_get_the_url(backend: str, tmp_path: Path) -> None:
    async with web(tmp_path, PAGES) as there, served(backend, reply("Seen"), fetcher=there.fetcher) as scene:
        response = await ask(scene.url, asked(backend, by_url("image", "/a.png")))
        assert response.status == 200
        assert "https://example.com/a.png" in scene.upstream.wire.requests[-1].body.decode()
        assert there.server.connections == []


@pytest.mark.parametrize("stream", [True, False])
async def test_a_url_that_leads_nowhere_is_a_400_before_anything_is_asked(
    stream: bool, tmp_path: Path
) -> None:
    async with web(tmp_path, PAGES) as there, served("gemini", reply("Seen"), fetcher=there.fetcher) as scene:
        response = await ask(scene.url, asked("gemini", by_url("image", "/gone.png")) | {"stream": stream})
        assert (response.status, scene.upstream.wire.requests) == (400, [])
    error = response.json()["error"]
    assert error["type"] == "invalid_request_error"
    assert error["message"] == (
        "messages.0.content.0.source.url: Unable to download the file (the host answered with status 404). "
        "Please verify the URL and try again."
    )


async def test_without_a_fetcher_the_loss_is_named() -> None:
    async with served("gemini", reply("Seen")) as scene:
        response = await ask(scene.url, asked("gemini", by_url("image", "/a.png")))
        assert response.header("dragoman-losses") == "messages.0.content.0=dropped"
    async with served("gemini", reply("Seen"), env={"DRAGOMAN_STRICT": "true"}) as scene:
        response = await ask(scene.url, asked("gemini", by_url("image", "/a.png")))
        assert response.status == 400
        assert "FETCH_URLS=true lets Dragoman fetch it" in response.json()["error"]["message"]


@pytest.mark.parametrize(("env", "status"), [({}, 200), ({"FETCH_URLS": "true"}, 400)])
async def test_the_setting_has_urls_fetched_but_never_from_here(env: dict[str, str], status: int) -> None:
    image = {"type": "image", "source": {"type": "url", "url": "https://127.0.0.1/a.png"}}
    async with served("gemini", reply("Seen"), env=env) as scene:
        response = await ask(scene.url, asked("gemini", image))
    assert response.status == status
    if env:
        assert "(the URL's host is an address and no name)" in response.json()["error"]["message"]
