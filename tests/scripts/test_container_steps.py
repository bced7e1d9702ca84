"""scripts/container_steps.py: the Dockerfile's own steps lead to a server that answers and says that it is well."""

import asyncio
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from scripts.container_steps import Image, healthy, running
from scripts.dockerfile import read_env_file

from tests.live_server.backends import question
from tests.support.dragoman_process import free_port, http_status
from tests.support.openai_flavor import COMPATIBLE
from tests.support.openai_upstream import ScriptedOpenAI
from tests.support.raw_client import ask
from tests.support.replies import reply

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def image(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Image]:
    folder = tmp_path_factory.mktemp("container")
    built = Image(folder, ROOT / "Dockerfile")
    built.build()
    yield built
    shutil.rmtree(folder)


async def until_healthy(image: Image, settings: dict[str, str]) -> None:
    for _ in range(100):
        if await asyncio.to_thread(healthy, image, settings):
            return
        await asyncio.sleep(0.1)
    raise AssertionError("never healthy")


async def test_the_container_answers_with_the_settings_of_a_quoted_env_file(
    image: Image, tmp_path: Path
) -> None:
    """D03, D04, E25: `docker run --env-file` hands quotes and comments over as they are; no key is asked for."""
    async with ScriptedOpenAI(reply("Hello"), flavor=COMPATIBLE, key="test-key-openai") as openai:
        env_file = tmp_path / ".env"
        env_file.write_text(
            f'OPENAI_API_KEY="test-key-openai"   # the key\nOPENAI_BASE_URL=\'{openai.base_url}\'\nBIG_MODEL="gpt-4o"\n'
        )
        settings = read_env_file(env_file) | {"PORT": f'"{free_port()}"'}
        port = int(settings["PORT"].strip('"'))
        assert settings["OPENAI_API_KEY"].startswith('"')
        assert not await asyncio.to_thread(healthy, image, settings)
        with running(image, settings) as process:
            await until_healthy(image, settings)
            # From another of the machine's addresses, as through a published port.
            answer = await ask(
                f"http://127.0.0.2:{port}", question(stream=False), headers={"host": "localhost"}
            )
            process.terminate()
            assert await asyncio.to_thread(process.wait, 20) == 0
    assert answer.status == 200
    assert openai.asked[0]["model"] == "gpt-4o"
    assert await http_status(port, "/readyz") is None


async def test_host_and_port_of_the_settings_are_kept(image: Image) -> None:
    """C17"""
    settings = {"HOST": "127.0.0.1", "PORT": str(free_port())}
    with running(image, settings):
        await until_healthy(image, settings)
        with pytest.raises(ConnectionRefusedError):
            await asyncio.open_connection("127.0.0.2", int(settings["PORT"]))


def test_the_last_stage_has_the_program_and_nothing_of_the_build(image: Image) -> None:
    assert sorted(path.name for path in image.root.iterdir()) == ["opt", "srv"]
    installed = image.root / "opt/dragoman"
    assert list(installed.glob("lib/*/site-packages/dragoman/__main__.py"))
    assert not list(installed.glob("lib/*/site-packages/*dragoman*.pth"))
    assert not list(installed.glob("lib/*/site-packages/pytest"))
    assert (image.root / "srv").is_dir()


def test_what_was_not_tried_is_said(image: Image) -> None:
    assert "USER 10001:10001" in image.not_tried
    assert any(step.startswith("FROM python:") for step in image.not_tried)
    assert not any(step.startswith("RUN") for step in image.not_tried)


@pytest.mark.parametrize("step", ["RUN false", "COPY gone /opt/gone"])
def test_a_step_that_fails_stops_the_build(step: str, tmp_path: Path) -> None:
    (tmp_path / "Dockerfile").write_text(f"FROM python:3.13-slim\n{step}\n")
    with pytest.raises((OSError, subprocess.CalledProcessError)):
        Image(tmp_path, tmp_path / "Dockerfile").build()


def test_paths_of_the_image_are_moved_and_no_others(tmp_path: Path) -> None:
    (tmp_path / "Dockerfile").write_text("FROM python:3.13-slim\n")
    image = Image(tmp_path, tmp_path / "Dockerfile")
    given = f"/opt/a:/usr/opt/b ./opt /optical '/build' {os.sep}srv"
    root = image.root
    assert image.moved(given) == f"{root}/opt/a:/usr/opt/b ./opt /optical '{root}/build' {root}/srv"
