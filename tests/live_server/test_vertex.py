"""Vertex AI in a real process: Google's identity never stops other requests, and its refusals say what helps."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from tests.live_server.backends import question
from tests.live_server.sessions import openai_settings
from tests.support.dragoman_in_process import dragoman_in_process
from tests.support.dragoman_process import DragomanProcess
from tests.support.http_answer import Pause
from tests.support.openai_flavor import COMPATIBLE
from tests.support.openai_upstream import ScriptedOpenAI
from tests.support.raw_client import Response, ask, calling
from tests.support.replies import Part, Text, failing, reply
from tests.support.vertex_cloud import PROJECT, ScriptedVertex

PACE = 0.02
"""Seconds between two events of a stream."""
STALL = 2.0
STREAMS = 4
ALLOWED = 0.05
"""R21: seconds by which an event may be later than without the stall."""
TRIES = 3
"""Another program may hold up these processes for a moment; what holds up the event loop does so in each try."""


def paced(events: int) -> Any:
    parts: list[Part] = [part for _ in range(events) for part in (Text("tick "), Pause(PACE))]
    return reply(*parts)


async def worst_lateness(url: str) -> float:
    """By how many seconds the latest event of several streams came after its time."""

    async def one() -> float:
        async with calling(url, question(model="openai/some-model")) as call:
            pieces = (await call.rest()).pieces
        times = [time for time, data in pieces if b"tick" in data]
        assert len(times) > 40
        return max(later - earlier for earlier, later in zip(times, times[1:], strict=False)) - PACE

    return max(await asyncio.gather(*(one() for _ in range(STREAMS))))


async def asked_at_google(url: str, stream: bool) -> tuple[Response, float]:
    """The answer, and how long it took."""
    await asyncio.sleep(0.1)
    started = asyncio.get_running_loop().time()
    answer = await ask(url, question(model="vertex_ai/gemini-2.5-pro", stream=stream))
    return answer, asyncio.get_running_loop().time() - started


async def added_delay(home: Path, metadata: bool) -> float:
    """What a stalling identity adds to the lateness of streams that have nothing to do with it."""
    home.mkdir()
    stream = paced(50)
    async with (
        ScriptedVertex(gemini=reply("Hello")) as google,
        ScriptedOpenAI(lambda body: stream, flavor=COMPATIBLE) as openai,
    ):
        google.identity.before = (Pause(STALL),)
        settings = dict(google.settings(home / "keys")) | openai_settings(openai)
        if metadata:
            del settings["VERTEX_CREDENTIALS_PATH"]
            settings["GCE_METADATA_HOST"] = google.identity.host
        async with DragomanProcess(settings, home) as dragoman:
            alone = await worst_lateness(dragoman.url)
            stream = paced(int((STALL + 0.5) / PACE))
            beside, *answers = await asyncio.gather(
                worst_lateness(dragoman.url),
                *(asked_at_google(dragoman.url, number % 2 == 0) for number in range(4)),
            )
    assert [answer.status for answer, _ in answers] == [200] * 4
    assert min(seconds for _, seconds in answers) > STALL * 0.9
    assert google.identity.granted == 1
    return beside - alone


@pytest.mark.parametrize("metadata", [False, True], ids=["token endpoint", "metadata server"])
async def test_identity_that_stalls_delays_no_other_stream(metadata: bool, tmp_path: Path) -> None:
    """R21: reading the credentials, signing and waiting for Google all happen beside the event loop; four requests
    wait for one token."""
    added: list[float] = []
    while not added or (added[-1] > ALLOWED and len(added) < TRIES):
        added.append(await added_delay(tmp_path / str(len(added)), metadata))
    assert added[-1] <= ALLOWED, added


async def test_token_that_google_refuses_is_renewed_once(tmp_path: Path) -> None:
    """The client hears nothing of it, and both families of models are answered in one process."""
    async with ScriptedVertex(
        gemini=reply("Hello"), claude=reply("Hello"), token="ya29.test-token-2"
    ) as google:
        async with DragomanProcess(google.settings(tmp_path / "keys"), tmp_path) as dragoman:
            for model in ("vertex_ai/gemini-2.5-pro", "vertex_ai/claude-opus-5-5"):
                for stream in (True, False):
                    answer = await ask(dragoman.url, question(model=model, stream=stream))
                    assert answer.status == 200, answer.body
                    assert b"Hello" in answer.body
    assert google.identity.granted == 2
    assert len(google.violations) == 1
    assert "invalid authentication credentials" in google.violations[0]
    assert len(google.gemini.requests) == len(google.claude.calls) == 2


DENIED = f"Permission 'aiplatform.endpoints.predict' denied on resource '//aiplatform.googleapis.com/projects/{PROJECT}'"
UNKNOWN = "Publisher Model `publishers/google/models/gemini-9-unheard-of` was not found."


@pytest.mark.parametrize(
    ("model", "said", "location", "status", "words"),
    [
        pytest.param(
            "gemini-9-unheard-of",
            failing(404, UNKNOWN),
            "us-central1",
            404,
            ("`gemini-9-unheard-of`", "`us-central1`", "Model Garden"),
            id="V07-gemini",
        ),
        pytest.param(
            "claude-nobody-1",
            (),
            "us-central1",
            404,
            ("`claude-nobody-1`", "`us-central1`", "Model Garden"),
            id="V07-claude",
        ),
        pytest.param(
            "gemini-2.5-pro",
            failing(403, DENIED),
            "us-central1",
            403,
            ("`roles/aiplatform.user`", "VERTEX_PROJECT"),
            id="V08-gemini",
        ),
        pytest.param(
            "claude-opus-5-5",
            failing(403, DENIED),
            "us-central1",
            403,
            ("`roles/aiplatform.user`", "VERTEX_PROJECT"),
            id="V08-claude",
        ),
        pytest.param(
            "gemini-2.5-pro",
            failing(400, "Unsupported region for this model."),
            "us-central1",
            400,
            ("VERTEX_LOCATION is `us-central1`", "`global`"),
            id="V09",
        ),
        pytest.param(
            "gemini-2.5-pro",
            (),
            "europe-west9",
            404,
            ("VERTEX_LOCATION `europe-west9`", "another region"),
            id="V09-not-there",
        ),
    ],
)
async def test_refusal_of_google_says_what_helps(
    model: str, said: Any, location: str, status: int, words: tuple[str, ...], tmp_path: Path
) -> None:
    """V07 to V09, from Google's error to what the client shows."""
    async with ScriptedVertex(gemini=said, claude=said) as google:
        settings = google.settings(tmp_path, VERTEX_LOCATION=location)
        async with dragoman_in_process(settings) as dragoman:
            for stream in (True, False):
                answer = await ask(dragoman.url, question(model=f"vertex_ai/{model}", stream=stream))
                assert answer.status == status, answer.body
                message = answer.json()["error"]["message"]
                assert [word for word in words if word not in message] == [], message


async def test_missing_credentials_name_the_command_that_gets_some(tmp_path: Path) -> None:
    """V10: no file, and no machine of Google's; nobody is asked."""
    async with ScriptedVertex() as google:
        settings = {**google.settings(tmp_path / "keys"), "NO_GCE_CHECK": "true"}
        del settings["VERTEX_CREDENTIALS_PATH"]
        async with DragomanProcess(settings, tmp_path) as dragoman:
            for model in ("vertex_ai/gemini-2.5-pro", "vertex_ai/claude-opus-5-5"):
                answer = await ask(dragoman.url, question(model=model))
                assert (answer.status, answer.json()["error"]["type"]) == (401, "authentication_error")
                assert "`gcloud auth application-default login`" in answer.json()["error"]["message"]
    assert google.wire.requests == []
