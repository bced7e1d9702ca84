"""T96: a gateway leaves no file behind: neither in its folder, nor at home, nor among temporary files."""

import os
from pathlib import Path

import pytest
from tests.live_server.backends import question
from tests.support.dragoman_process import DragomanProcess
from tests.support.openai_upstream import ScriptedOpenAI
from tests.support.raw_client import ask
from tests.support.replies import failing, reply


def files_below(folder: Path) -> set[Path]:
    return {file for file in folder.rglob("*") if not file.is_dir()}


@pytest.mark.parametrize("debug", ["false", "true"])
async def test_answers_failures_and_start_leave_no_file(tmp_path: Path, debug: str) -> None:
    places = {"cwd": tmp_path / "work", "HOME": tmp_path / "home", "TMPDIR": tmp_path / "temporary"}
    for place in places.values():
        place.mkdir()
    env_file = places["cwd"] / ".env"
    env_file.write_text(f"DEBUG={debug}\nOPENAI_API_KEY=test-key-openai\n")
    async with ScriptedOpenAI([reply("Hello"), failing(500, "broken")], key="test-key-openai") as upstream:
        env = {name: str(place) for name, place in places.items() if name != "cwd"}
        env |= {"OPENAI_BASE_URL": upstream.base_url, "PYTHONDONTWRITEBYTECODE": "1"}
        async with DragomanProcess(env, places["cwd"]) as dragoman:
            answers = [
                (await ask(dragoman.url, question(model="gpt-4o", stream=False))).status for _ in range(2)
            ]
            opened = {os.path.realpath(link) for link in Path(f"/proc/{dragoman.pid}/fd").glob("*")}
    assert answers == [200, 502]
    assert files_below(tmp_path) == {env_file}
    assert not [path for path in opened if path.startswith(str(tmp_path))]
