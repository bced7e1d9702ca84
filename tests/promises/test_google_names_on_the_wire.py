"""Names that lead to Google arrive there, with Google's credential and under the promised id: real sockets."""

from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from tests.live_server.backends import question
from tests.support.anthropic_upstream import ScriptedAnthropic
from tests.support.dragoman_in_process import dragoman_in_process
from tests.support.gemini_upstream import ScriptedGemini
from tests.support.google_identity import written
from tests.support.openai_flavor import COMPATIBLE
from tests.support.openai_upstream import ScriptedOpenAI
from tests.support.raw_client import Response, ask
from tests.support.replies import reply
from tests.support.vertex_cloud import TOKEN, ScriptedVertex

from dragoman.config.load import ConfigError, load_settings
from dragoman.config.today import utc_today
from dragoman.routing.lifecycle import default_model

HELLO = reply("Hello")
GEMINI_KEY = "test-key-gemini"
CLAUDES = ("claude-sonnet-4-5@20250929", "claude-haiku-4-5@20251001", "claude-sonnet-5")

GOOGLE = {"PREFERRED_PROVIDER": "google"}
OPENAI = {"OPENAI_API_KEY": "test-key-openai"}
ANTHROPIC = {"PREFERRED_PROVIDER": "anthropic", "ANTHROPIC_API_KEY": "test-key-anthropic"}
VERTEX = {"USE_VERTEX_AUTH": "true"}


@dataclass
class Vendors:
    """Dragoman with one upstream for each vendor."""

    url: str
    gemini: ScriptedGemini
    vertex: ScriptedVertex
    openai: ScriptedOpenAI
    anthropic: ScriptedAnthropic

    async def ask(self, model: str) -> Response:
        return await ask(
            self.url, question(model=model, stream=False), headers={"x-api-key": "test-key-client"}
        )

    @property
    def heard(self) -> list[tuple[str, str]]:
        """Where each request for a message arrived, and the model's id there."""
        return [
            *(("gemini", call.model) for call in self.gemini.requests),
            *(("vertex gemini", call.model) for call in self.vertex.gemini.requests),
            *(("vertex claude", call.model) for call in self.vertex.claude.calls),
            *(("openai", body["model"]) for body in self.openai.asked),
            *(("anthropic", body["model"]) for body in self.anthropic.asked),
        ]


@asynccontextmanager
async def vendors(
    env: Mapping[str, str], keys: Path, location: str = "us-central1"
) -> AsyncGenerator[Vendors]:
    """Vertex AI's settings are there in any case; {gemini} in values is the upstream's URL. An empty value is none."""
    async with (
        ScriptedGemini(HELLO) as gemini,
        ScriptedVertex(gemini=HELLO, claude=HELLO, location=location, models=CLAUDES) as vertex,
        ScriptedOpenAI(HELLO, flavor=COMPATIBLE) as openai,
        ScriptedAnthropic(HELLO) as anthropic,
    ):
        settings = {
            **vertex.settings(keys),
            "USE_VERTEX_AUTH": "false",
            "PREFERRED_PROVIDER": "openai",
            "GEMINI_API_KEY": GEMINI_KEY,
            "GEMINI_BASE_URL": gemini.base_url,
            "OPENAI_BASE_URL": openai.base_url,
            "ANTHROPIC_UPSTREAM_BASE_URL": anthropic.base_url,
        }
        settings |= {name: value.replace("{gemini}", gemini.base_url) for name, value in env.items()}
        async with dragoman_in_process(
            {name: value for name, value in settings.items() if value}
        ) as dragoman:
            yield Vendors(dragoman.url, gemini, vertex, openai, anthropic)


def default(size: str) -> str:
    return default_model("google", "small" if size == "small" else "big", utc_today())


@pytest.mark.parametrize(
    ("env", "requested", "vendor", "model"),
    [
        pytest.param(GOOGLE, "haiku", "gemini", default("small"), id="E02-E21-M02-T16-haiku"),
        pytest.param(GOOGLE, "sonnet", "gemini", default("big"), id="E02-E21-M02-T16-sonnet"),
        pytest.param(GOOGLE | VERTEX, "haiku", "vertex gemini", default("small"), id="E10-E22-M03-T18-haiku"),
        pytest.param(GOOGLE | VERTEX, "sonnet", "vertex gemini", default("big"), id="E10-E22-M03-T18-sonnet"),
        pytest.param(OPENAI, "gemini-2.5-pro", "gemini", "gemini-2.5-pro", id="M21"),
        pytest.param(OPENAI, "gemini-2.5-flash", "gemini", "gemini-2.5-flash", id="M22"),
        pytest.param(
            OPENAI, "gemini-2.5-pro-preview-03-25", "gemini", "gemini-2.5-pro-preview-03-25", id="M23-M26-C11"
        ),
        pytest.param(OPENAI, "gemini-2.0-flash", "gemini", "gemini-2.0-flash", id="M24-E20-C02"),
        pytest.param(OPENAI, "gemini-9-unheard-of", "gemini", "gemini-9-unheard-of", id="M05-C03"),
        pytest.param(VERTEX, "gemini-2.5-pro", "vertex gemini", "gemini-2.5-pro", id="M21-vertex"),
        pytest.param(
            OPENAI | {"BIG_MODEL": "gemini-3-flash-preview"},
            "sonnet",
            "gemini",
            "gemini-3-flash-preview",
            id="M27-C04-T17",
        ),
        pytest.param(
            GOOGLE | VERTEX | {"BIG_MODEL": "gemini-2.5-pro"},
            "sonnet",
            "vertex gemini",
            "gemini-2.5-pro",
            id="M28-M29",
        ),
        pytest.param(
            GOOGLE | VERTEX | {"BIG_MODEL": "claude-sonnet-4-5@20250929"},
            "sonnet",
            "vertex claude",
            "claude-sonnet-4-5@20250929",
            id="M30-big",
        ),
        pytest.param(
            GOOGLE | VERTEX | {"SMALL_MODEL": "claude-haiku-4-5@20251001"},
            "haiku",
            "vertex claude",
            "claude-haiku-4-5@20251001",
            id="M30-small",
        ),
        pytest.param(OPENAI, "gemini/gemini-2.5-pro", "gemini", "gemini-2.5-pro", id="M26-M31-gemini"),
        pytest.param(
            ANTHROPIC, "gemini/gemini-2.5-pro", "gemini", "gemini-2.5-pro", id="M31-gemini-elsewhere"
        ),
        pytest.param(
            OPENAI, "vertex_ai/gemini-2.5-pro", "vertex gemini", "gemini-2.5-pro", id="M31-T21-vertex"
        ),
        pytest.param(
            ANTHROPIC, "vertex_ai/claude-sonnet-5", "vertex claude", "claude-sonnet-5", id="M31-T21-claude"
        ),
        pytest.param(
            OPENAI, "vertex_ai/google/gemini-2.5-pro", "vertex gemini", "gemini-2.5-pro", id="publisher"
        ),
        pytest.param(
            OPENAI, "vertex_ai/claude-haiku-4-5", "vertex claude", "claude-haiku-4-5@20251001", id="no date"
        ),
        pytest.param(
            OPENAI,
            "vertex_ai/claude-sonnet-4-5-20250929[1m]",
            "vertex claude",
            "claude-sonnet-4-5@20250929",
            id="date",
        ),
    ],
)
async def test_name_arrives_at_google_under_its_id(
    env: dict[str, str], requested: str, vendor: str, model: str, tmp_path: Path
) -> None:
    async with vendors(env, tmp_path) as scene:
        answer = await scene.ask(requested)
    assert answer.status == 200, answer.body
    assert scene.heard == [(vendor, model)]


CHANNEL = {"CHANNEL_GEMINI2_BASE_URL": "{gemini}", "CHANNEL_GEMINI2_API_KEY": "test-key-second"}


@pytest.mark.parametrize(
    "requested",
    [
        pytest.param("gemini/gemini-2.5-pro:gemini2", id="H03-H05-H10"),
        pytest.param("gemini-2.5-pro:GEMINI2", id="H02"),
        pytest.param("gemini/whatever-model:gemini2", id="H04"),
    ],
)
async def test_suffix_chooses_a_second_gemini_with_its_own_key(requested: str, tmp_path: Path) -> None:
    async with vendors(CHANNEL | GOOGLE | VERTEX, tmp_path) as scene:
        assert (await scene.ask(requested)).status == 200
    [call] = scene.gemini.requests
    assert call.wire.header("x-goog-api-key") == "test-key-second"
    assert call.model == requested.partition(":")[0].rpartition("/")[2]


async def test_missing_gemini_key_is_named_and_nobody_is_asked(tmp_path: Path) -> None:
    """E06"""
    async with vendors(GOOGLE | {"GEMINI_API_KEY": "", "GEMINI_BASE_URL": ""}, tmp_path) as scene:
        answer = await scene.ask("sonnet")
    assert (answer.status, answer.json()["error"]["type"]) == (401, "authentication_error")
    assert "GEMINI_API_KEY" in answer.json()["error"]["message"]
    assert scene.heard == []


@pytest.mark.parametrize("model", ["gemini-2.5-pro", "claude-sonnet-5"])
async def test_vertex_sees_its_token_and_no_key(model: str, tmp_path: Path) -> None:
    """E07 C10 T15: whether the other keys are set or not."""
    for key in (GEMINI_KEY, ""):
        env = GOOGLE | VERTEX | {"BIG_MODEL": model, "GEMINI_API_KEY": key, **OPENAI}
        async with vendors(env, tmp_path) as scene:
            assert (await scene.ask("sonnet")).status == 200
            [request] = scene.vertex.wire.requests
            assert request.header("authorization") == f"Bearer {TOKEN}"
            said = str(request.headers) + request.target + request.body.decode()
            assert "test-key" not in said
            assert scene.gemini.wire.requests == []


@pytest.mark.parametrize("location", ["us-central1", "global", "eu"])
async def test_location_is_in_the_path(location: str, tmp_path: Path) -> None:
    """E12; the host that goes with it: unit/config/test_channels.py"""
    async with vendors(GOOGLE | VERTEX, tmp_path, location) as scene:
        assert (await scene.ask("sonnet")).status == 200
    assert f"/locations/{location}/publishers/google/" in scene.vertex.wire.requests[0].target


@pytest.mark.parametrize("missing", ["VERTEX_PROJECT", "VERTEX_LOCATION"])
async def test_vertex_without_its_settings_names_what_is_missing(missing: str, tmp_path: Path) -> None:
    """E11: at start where a setting leads there, else with the first request; Google is never asked."""
    with pytest.raises(ConfigError, match=missing):
        load_settings(GOOGLE | VERTEX | {"VERTEX_PROJECT": "p", "VERTEX_LOCATION": "l"} | {missing: ""}, None)
    async with vendors({missing: ""}, tmp_path) as scene:
        answer = await scene.ask("vertex_ai/gemini-2.5-pro")
    assert (answer.status, scene.vertex.wire.requests) == (401, [])
    assert missing in answer.json()["error"]["message"]


async def test_key_file_that_a_setting_names_beats_googles_own_variable(tmp_path: Path) -> None:
    """E14 E15 E16"""
    wrong = str(written(tmp_path, "no credentials", "wrong.json"))
    async with vendors(GOOGLE | VERTEX | {"GOOGLE_APPLICATION_CREDENTIALS": wrong}, tmp_path) as scene:
        assert (await scene.ask("sonnet")).status == 200
        right = str(written(tmp_path, scene.vertex.identity.service_account(), "right.json"))
        env = {"VERTEX_CREDENTIALS_PATH": "", "GOOGLE_APPLICATION_CREDENTIALS": right}
        async with dragoman_in_process(
            {
                **{k: v for k, v in scene.vertex.settings(tmp_path).items() if k not in env},
                "GOOGLE_APPLICATION_CREDENTIALS": right,
            }
        ) as second:
            answer = await ask(second.url, question(model="sonnet", stream=False))
            assert answer.status == 200


@pytest.mark.parametrize(("setting", "told"), [("", True), ("off", True), ("default", False)])
async def test_safety_filters_are_off_unless_google_is_to_decide(
    setting: str, told: bool, tmp_path: Path
) -> None:
    for env in (GOOGLE, GOOGLE | VERTEX):
        async with vendors(env | {"GEMINI_SAFETY": setting}, tmp_path) as scene:
            assert (await scene.ask("sonnet")).status == 200
        [body] = [*scene.gemini.asked, *scene.vertex.gemini.asked]
        assert ("safetySettings" in body) == told
