"""The README's way to Vertex AI, line by line: a stub in gcloud's place, and a scripted Google Cloud to ask at the end."""

import asyncio
import json
import shlex
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

from tests.docs.pages import ROOT, code_blocks
from tests.support.dragoman_process import DragomanProcess
from tests.support.gcloud_stub import GcloudStub
from tests.support.google_identity import written
from tests.support.replies import Reply, Text
from tests.support.script_home import ScriptHome, gcloud, home
from tests.support.vertex_cloud import PROJECT, ScriptedVertex

__all__ = ["gcloud", "home"]

PLACEHOLDER = "YOUR_PROJECT_ID"
GREETING = Reply(parts=(Text("Good day."),))


def vertex_blocks() -> list[str]:
    """The code blocks of the README's section, the project's name filled in."""
    text = (ROOT / "README.md").read_text("utf-8")
    start = text.index("### Vertex AI")
    section = text[start : text.index("\n## ", start)]
    blocks = [block.text for block in code_blocks(ROOT / "README.md") if block.text in section]
    return [block.replace(PLACEHOLDER, PROJECT) for block in blocks]


ENABLE, OPTION_A, OPTION_B, ENV_LINES, START = vertex_blocks()


def type_in(block: str, home: ScriptHome) -> None:
    """Each line of a block, as a user types it."""
    for line in block.splitlines():
        done = subprocess.run(
            shlex.split(line),
            cwd=home.root,
            env=home.environment(),
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, f"{line}: {done.stderr}"


async def ask(home: ScriptHome, google: ScriptedVertex, environment: Mapping[str, str]) -> dict[str, Any]:
    """What the server that the last block starts answers to a client; Google's host is the scripted one."""
    assert START.splitlines()[-1] == "uv run dragoman serve"
    body = {"model": "claude-sonnet-5", "max_tokens": 100, "messages": [{"role": "user", "content": "Hello"}]}
    async with DragomanProcess({"VERTEX_BASE_URL": google.wire.url, **environment}, home.root) as dragoman:
        request = Request(
            f"{dragoman.url}/v1/messages", json.dumps(body).encode(), {"content-type": "application/json"}
        )
        answer = await asyncio.to_thread(lambda: urlopen(request, timeout=20).read())
    return json.loads(answer)


async def test_option_a_leads_from_the_users_own_login_to_an_answer(
    home: ScriptHome, gcloud: GcloudStub, tmp_path: Path
) -> None:
    """V01 V03"""
    type_in(ENABLE, home)
    type_in(OPTION_A, home)
    assert gcloud.state["enabled"] == ["aiplatform.googleapis.com"]
    assert home.settings()["VERTEX_PROJECT"] == PROJECT
    with home.env_file.open("a") as env_file:
        env_file.write(ENV_LINES.removeprefix("# .env"))
    async with ScriptedVertex(claude=GREETING, location="global", models=("claude-sonnet-5",)) as google:
        # What the login leaves where gcloud keeps it.
        written(
            tmp_path / "gcloud-config",
            google.identity.service_account(),
            "application_default_credentials.json",
        )
        message = await ask(home, google, {"CLOUDSDK_CONFIG": str(tmp_path / "gcloud-config")})
        assert google.violations == []
    assert message["content"] == [{"type": "text", "text": "Good day."}]


async def test_option_b_leads_from_one_script_to_an_answer(home: ScriptHome, gcloud: GcloudStub) -> None:
    """V04 V05"""
    type_in(ENABLE, home)
    type_in(OPTION_B, home)
    settings = home.settings()
    promised = dict(line.split("=", 1) for line in ENV_LINES.splitlines() if "=" in line)
    assert {name: settings[name] for name in promised} == {
        name: value.strip('"') for name, value in promised.items()
    }
    key_file = Path(settings["VERTEX_CREDENTIALS_PATH"])
    assert key_file.stat().st_mode & 0o777 == 0o600
    assert home.is_ignored(key_file)
    async with ScriptedVertex(claude=GREETING, location="global", models=("claude-sonnet-5",)) as google:
        # The stub's key signs nothing: the scripted account's own takes its place.
        key_file.write_text(json.dumps(google.identity.service_account()))
        message = await ask(home, google, {})
        assert google.violations == []
    assert message["content"] == [{"type": "text", "text": "Good day."}]


def test_what_google_needs_is_installed_by_the_line_that_says_so() -> None:
    assert START.splitlines() == ["uv sync --extra vertex", "uv run dragoman check", "uv run dragoman serve"]
    assert shutil.which("uv") is not None
