"""What becomes of answers in progress when the process is told to stop."""

import asyncio
import os
import signal
from pathlib import Path

import pytest

from tests.live_server.backends import every_backend, question, scripted, settings_for
from tests.support.dragoman_process import DragomanProcess, http_status
from tests.support.grammar_table import check_stream, fold_stream
from tests.support.http_answer import Hold
from tests.support.raw_client import calling
from tests.support.replies import reply


@every_backend
async def test_sigterm_lets_answers_end_and_takes_no_new_ones(backend: str, tmp_path: Path) -> None:
    """Issue point 8, R4 in small: a stream and a whole answer in progress, an idle connection beside them."""
    silence = asyncio.Event()

    async with scripted(backend, reply("Once ", Hold(silence), "upon a time")) as upstream:
        async with DragomanProcess(settings_for(upstream), tmp_path) as dragoman:
            async with calling(dragoman.url, target="/health", method="GET") as idle:
                await idle.rest()
                async with calling(dragoman.url, question()) as streamed:
                    await streamed.until(b"Once ")
                    os.kill(dragoman.pid, signal.SIGTERM)
                    await refused(dragoman.port)
                    silence.set()
                    message = fold_stream(check_stream((await streamed.rest()).body))
                assert await dragoman.stop() == 0
    assert "".join(block["text"] for block in message["content"]) == "Once upon a time"
    assert "error" not in dragoman.output.lower().replace('"error":', "")


async def refused(port: int) -> None:
    """Waits until nobody listens."""
    async with asyncio.timeout(5):
        while await http_status(port, "/readyz", timeout=0.5) is not None:
            await asyncio.sleep(0.02)


@pytest.mark.parametrize(("number", "wanted"), [(signal.SIGTERM, 0), (signal.SIGINT, 130)])
async def test_idle_process_ends_at_once_without_a_word_of_complaint(
    tmp_path: Path, number: signal.Signals, wanted: int
) -> None:
    """R4: exit code, no traceback."""
    async with DragomanProcess({"OPENAI_API_KEY": "test-key-openai"}, tmp_path) as dragoman:
        said = len(dragoman.stderr)
        os.kill(dragoman.pid, number)
        async with asyncio.timeout(5):
            while dragoman.exit_code is None:
                await asyncio.sleep(0.02)
    assert dragoman.exit_code == wanted
    assert dragoman.stderr[said:] == []
