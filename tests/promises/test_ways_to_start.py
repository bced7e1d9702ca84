"""Every documented way to start leads to a server that answers, with the settings of `.env` and the environment."""

import asyncio
import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.live_server.backends import question
from tests.support.dragoman_process import DragomanProcess
from tests.support.openai_flavor import COMPATIBLE
from tests.support.openai_upstream import ScriptedOpenAI
from tests.support.raw_client import ask
from tests.support.replies import reply

ROOT = Path(__file__).resolve().parents[2]
SCRIPTS = Path(sys.executable).parent
KEY = {"DRAGOMAN_API_KEY": "test-key-gate"}

HELLO = question(stream=False)


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A folder with the module that `uvicorn server:app` imports, and a verbatim copy of the example settings."""
    shutil.copy(ROOT / "server.py", tmp_path)
    shutil.copy(ROOT / ".env.example", tmp_path / ".env")
    return tmp_path


class Uvicorn(DragomanProcess):
    """`uvicorn server:app` with the documented flags, but for the port."""

    def __init__(
        self, cwd: Path, *flags: str, host: str = "127.0.0.1", program: tuple[str, ...], **fields
    ) -> None:
        super().__init__(cwd=cwd, **{"env": {}} | fields)
        self._command = (*program, "server:app", "--host", host, "--port", str(self.port), *flags)


@pytest.mark.parametrize("flags", [(), ("--reload",)], ids=["plain", "reload"])
@pytest.mark.parametrize(
    "program",
    [(str(SCRIPTS / "uvicorn"),), (sys.executable, "-m", "uvicorn")],
    ids=["the environment's program", "module"],
)
async def test_uvicorn_serves_the_app_of_the_root_module(
    home: Path, program: tuple[str, ...], flags: tuple[str, ...]
) -> None:
    """R04, R05, R07, R09: with and without `--reload`, from an activated environment too."""
    async with Uvicorn(home, *flags, program=program) as server:
        answer = await ask(server.url, HELLO)
        assert not listens("127.0.0.2", server.port)
    assert "demo model" in answer.json()["content"][0]["text"]


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux answers on all of 127.0.0.0/8")
async def test_uvicorn_on_all_interfaces_is_reached_from_each_and_wants_the_key(home: Path) -> None:
    """R06, C05."""
    program = (str(SCRIPTS / "uvicorn"),)
    async with Uvicorn(home, host="0.0.0.0", program=program, env=KEY) as server:
        await assert_keyed(f"http://127.0.0.2:{server.port}")


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux answers on all of 127.0.0.0/8")
@pytest.mark.parametrize("name", ["dragoman", "claude-code-proxy"])
async def test_console_script_listens_where_host_and_port_say(tmp_path: Path, name: str) -> None:
    """E27, C05."""
    command = (str(SCRIPTS / name), *(("serve",) if name == "dragoman" else ()))
    async with DragomanProcess({}, tmp_path, command=command) as dragoman:
        assert (await ask(dragoman.url, HELLO)).status == 200
        assert not listens("127.0.0.2", dragoman.port)
    async with DragomanProcess(KEY | {"HOST": "0.0.0.0"}, tmp_path, command=command) as dragoman:
        await assert_keyed(f"http://127.0.0.2:{dragoman.port}")


def listens(host: str, port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(2)
        return probe.connect_ex((host, port)) == 0


async def assert_keyed(url: str) -> None:
    """The server answers there, to those with the key."""
    local = {"host": "localhost"}
    assert (await ask(url, HELLO, headers=local)).status == 401
    assert (await ask(url, HELLO, headers={**local, "x-api-key": "test-key-gate"})).status == 200


@pytest.fixture
def clone(tmp_path: Path) -> Iterator[Path]:
    """The files of the repository as they are, without an environment."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        check=False,
    )
    if listed.returncode != 0:
        pytest.skip("not a git checkout")
    copy = tmp_path / "clone"
    for name in listed.stdout.decode().rstrip("\0").split("\0"):
        if not name.startswith("tests/") and (ROOT / name).is_file():
            (copy / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, copy / name)
    yield copy
    shutil.rmtree(copy)


async def test_fresh_clone_starts_with_uv_alone(clone: Path) -> None:
    """R03, R04: `cp .env.example .env` and `uv run uvicorn server:app ...`, no other step.

    Offline, so that it takes what installing the tests' own environment has left in uv's cache.
    """
    uv = shutil.which("uv")
    if uv is None:
        pytest.skip("uv is not installed")
    shutil.copy(clone / ".env.example", clone / ".env")
    env = {"HOME": os.environ["HOME"], "UV_OFFLINE": "1"}
    if "UV_CACHE_DIR" in os.environ:
        env["UV_CACHE_DIR"] = os.environ["UV_CACHE_DIR"]
    async with Uvicorn(clone, program=(uv, "run", "uvicorn"), env=env, ready_within=60) as server:
        answer = await ask(server.url, HELLO)
    assert "demo model" in answer.json()["content"][0]["text"]
    assert (clone / ".venv").is_dir()


@pytest.mark.parametrize("launch", ["dragoman serve", "uvicorn"])
async def test_settings_are_read_the_same_in_every_launch(home: Path, launch: str) -> None:
    """E24, E25, H13, T92: quotes and comments in `.env` and in exported values; what is exported wins."""
    async with ScriptedOpenAI(reply("Hello"), flavor=COMPATIBLE, key="test-key-openai") as openai:
        (home / ".env").write_text(
            'BIG_MODEL="of-the-file"   # loses\n'
            "SMALL_MODEL='gpt-4o-mini' # wins\n"
            f'OPENAI_BASE_URL="{openai.base_url}" # where\n'
        )
        # As `docker run --env-file` and systemd hand over the lines of the same file.
        env = {"BIG_MODEL": '"gpt-4o" # exported', "OPENAI_API_KEY": "'test-key-openai'"}
        if launch == "uvicorn":
            server: DragomanProcess = Uvicorn(home, program=(str(SCRIPTS / "uvicorn"),), env=env)
        else:
            server = DragomanProcess(env, home)
        async with server:
            answers = [
                await ask(server.url, question(model=model, stream=False)) for model in ("sonnet", "haiku")
            ]
    assert [answer.status for answer in answers] == [200, 200]
    assert [asked["model"] for asked in openai.asked] == ["gpt-4o", "gpt-4o-mini"]


@pytest.mark.parametrize(
    ("env", "debugging"),
    [
        ({"DEBUG": '"true"'}, True),
        ({"LOG_LEVEL": "debug"}, True),
        ({"DEBUG": "false"}, False),
        ({}, False),
    ],
)
async def test_debug_turns_on_more_lines_and_none_has_a_secret(
    tmp_path: Path, env: dict[str, str], debugging: bool
) -> None:
    """E26, T90."""
    async with ScriptedOpenAI(reply("Hello"), flavor=COMPATIBLE) as openai:
        settings = env | {"OPENAI_BASE_URL": openai.base_url, "OPENAI_API_KEY": "test-key-canary"}
        async with DragomanProcess(settings, tmp_path) as dragoman:
            assert (await ask(dragoman.url, question(stream=False))).status == 200
            await asyncio.sleep(0.1)
    lines = [line for line in dragoman.stderr if line.startswith("{")]
    assert any('"event":"request"' in line for line in lines)
    assert any('"logger":"uvicorn' in line for line in lines) == debugging
    assert "test-key-canary" not in dragoman.output
