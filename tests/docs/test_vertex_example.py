"""The README's way to Vertex AI, line by line: a stub in gcloud's place, and a scripted Google Cloud to ask at the end."""

import asyncio
import json
import shlex
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

from tests.docs.pages import ROOT, code_blocks_in
from tests.support.dragoman_process import DragomanProcess
from tests.support.gcloud_stub import GcloudStub
from tests.support.google_front import GoogleFront
from tests.support.google_identity import authorized_user, written
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
    return [block.text.replace(PLACEHOLDER, PROJECT) for block in code_blocks_in(section)]


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
    assert "Vertex AI: credentials from " in dragoman.output
    return json.loads(answer)


def follow_option_a(home: ScriptHome, gcloud: GcloudStub) -> None:
    type_in(ENABLE, home)
    type_in(OPTION_A, home)
    assert gcloud.state["enabled"] == ["aiplatform.googleapis.com"]
    assert home.settings()["VERTEX_PROJECT"] == PROJECT
    with home.env_file.open("a") as env_file:
        env_file.write(ENV_LINES.removeprefix("# .env"))


def log_in(folder: Path, credentials: Mapping[str, Any]) -> dict[str, str]:
    """What the login leaves where gcloud keeps it, and the variable that says where."""
    written(folder, credentials, "application_default_credentials.json")
    return {"CLOUDSDK_CONFIG": str(folder)}


async def test_option_a_leads_from_the_users_own_login_to_an_answer(
    home: ScriptHome, gcloud: GcloudStub, tmp_path: Path
) -> None:
    """V01 V03: also that the login knows which project pays for it."""
    follow_option_a(home, gcloud)
    assert gcloud.state["quota_project"] == PROJECT
    login = authorized_user(quota_project_id=gcloud.state["quota_project"])
    environment = log_in(tmp_path / "gcloud-config", login)
    async with ScriptedVertex(claude=GREETING, location="global", models=("claude-sonnet-5",)) as google:
        async with GoogleFront(google.identity, tmp_path) as front:
            message = await ask(home, google, {**environment, **front.environment})
        assert google.violations == []
        assert google.identity.granted == 1
        [call] = google.claude.calls
        assert call.wire.header("x-goog-user-project") == PROJECT
    assert message["content"] == [{"type": "text", "text": "Good day."}]


async def test_option_a_also_takes_a_service_account_in_the_logins_place(
    home: ScriptHome, gcloud: GcloudStub, tmp_path: Path
) -> None:
    """V03 E24: as `gcloud auth application-default login --impersonate-service-account` and other tools leave it."""
    follow_option_a(home, gcloud)
    with home.env_file.open("a") as env_file:
        env_file.write('VERTEX_QUOTA_PROJECT="payer-1"\n')
    async with ScriptedVertex(claude=GREETING, location="global", models=("claude-sonnet-5",)) as google:
        message = await ask(
            home, google, log_in(tmp_path / "gcloud-config", google.identity.service_account())
        )
        assert google.violations == []
        assert [call.wire.header("x-goog-user-project") for call in google.claude.calls] == ["payer-1"]
    assert message["content"] == [{"type": "text", "text": "Good day."}]


def test_option_a_touches_no_settings_that_are_there(home: ScriptHome, gcloud: GcloudStub) -> None:
    home.env_file.write_text('OPENAI_API_KEY="test-key"\n')
    type_in(OPTION_A, home)
    assert home.settings() == {"OPENAI_API_KEY": "test-key", "VERTEX_PROJECT": PROJECT}


def run_check(home: ScriptHome, environment: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
    """The line of the last block, with the `.env` of the user's folder."""
    command = START.splitlines()[1].removeprefix("uv run ")
    return subprocess.run(
        [sys.executable, "-m", *shlex.split(command)],
        cwd=home.root,
        env={"HOME": str(home.root.parent), "LANG": "C.UTF-8", "NO_GCE_CHECK": "true", **environment},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_the_check_of_the_last_block_shows_where_claude_goes(
    home: ScriptHome, gcloud: GcloudStub, tmp_path: Path
) -> None:
    """V03 H01"""
    follow_option_a(home, gcloud)
    missing = run_check(home, {})
    assert missing.returncode == 1, missing.stdout
    assert "there are no Google credentials: run `gcloud auth application-default login`" in missing.stderr
    done = run_check(home, log_in(tmp_path / "gcloud-config", authorized_user()))
    assert (done.returncode, done.stderr) == (0, "")
    lines = [" ".join(line.split()) for line in done.stdout.splitlines()]
    for expected in (
        "PREFERRED_PROVIDER google from file",
        "USE_VERTEX_AUTH true from file",
        f"VERTEX_PROJECT {PROJECT} from file",
        "VERTEX_LOCATION global from file",
        "*haiku* claude-haiku-4-5@20251001 vertex_ai",
        "*sonnet* claude-sonnet-5 vertex_ai",
    ):
        assert expected in lines, done.stdout


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
