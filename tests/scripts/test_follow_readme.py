"""scripts/follow_readme.py: it says what failed and what was not run. The README itself is followed by .ci/run."""

from pathlib import Path

import pytest
from scripts.follow_readme import follow, is_message
from scripts.readme_steps import UnknownCommand
from scripts.terminal import Lost


def page(folder: Path, *blocks: str) -> Path:
    file = folder / "page.md"
    file.write_text("\n".join(f"```sh\n{block}\n```\n" for block in blocks), "utf-8")
    return file


async def test_what_fails_and_what_is_not_run_is_told(tmp_path: Path) -> None:
    followed = page(
        tmp_path,
        "git clone <this repository> here\ncd here",
        '# .env\nCHANNEL_WORK_BASE_URL="https://llm.example.com/v1"',
        "cat .env README.md",
        "docker run dragoman",
        "cat nowhere\ncp .env.example .env",
    )
    report = await follow(followed)
    assert report.run == 5
    assert report.failed == ["cat nowhere: exit code 1"]
    assert report.not_run == ["docker run dragoman"]
    assert "1 failed, 1 not run" in report.told()


async def test_nothing_goes_on_where_there_is_no_clone(tmp_path: Path) -> None:
    with pytest.raises(Lost, match="should have done"):
        await follow(page(tmp_path, "cd nowhere\nmkdir here"))


async def test_a_gateway_that_does_not_start_is_a_failure(tmp_path: Path) -> None:
    report = await follow(page(tmp_path, "claude-code-proxy --port 9000"))
    [fault] = report.failed
    assert fault.endswith(": did not serve until Ctrl-C")


async def test_a_command_that_nobody_knows_stops_it_before_anything_is_run(tmp_path: Path) -> None:
    with pytest.raises(UnknownCommand):
        await follow(page(tmp_path, f"mkdir {tmp_path}/made\nfrobnicate"))
    assert not (tmp_path / "made").exists()


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ('{"type": "message", "content": []}', True),
        ('{"type": "error", "error": {}}', False),
        ("event: message_start\ndata: {}\n\nevent: message_stop\ndata: {}\n", True),
        ("event: message_start\ndata: {}\n\nevent: error\ndata: {}\n", False),
        ("[]", False),
        ("", False),
    ],
)
def test_what_a_message_is(answer: str, expected: bool) -> None:
    assert is_message(answer) == expected
