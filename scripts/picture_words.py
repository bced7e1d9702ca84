"""The words of the README's picture, taken from the code where it has them; scripts/picture.py draws them.

KeyError or ValueError if the code no longer has what the picture shows.
"""

from datetime import date
from typing import NamedTuple

from scripts.ledger_pages import COLUMNS

from dragoman.config.build import build_model_map
from dragoman.config.load import load_settings
from dragoman.dialects.registry import DIALECTS
from dragoman.routing.presets import COMPATIBLE, PRESETS

CLIENTS = (
    ("Claude Code", "in a terminal or an editor"),
    ("Anthropic's SDKs", "Python, TypeScript, …"),
    ("Anything else", "that speaks Messages"),
)
ASKED_FOR = ("claude-haiku-…", "claude-sonnet-…", "claude-opus-…", "deepseek/…", "openai/gpt-4o:work")
BEST_KNOWN = ("DeepSeek", "OpenRouter", "Groq", "Mistral", "Ollama", "vLLM")
"""Compatible vendors that are named; the others are counted."""

_ENVIRONMENT = {
    "BIG_MODEL": "big-model",
    "SMALL_MODEL": "small-model",
    "OPENAI_API_KEY": "test-key",
    "DEEPSEEK_API_KEY": "test-key",
    "CHANNEL_WORK_BASE_URL": "https://llm.example.com/v1",
    "CHANNEL_WORK_API_KEY": "test-key",
}
_SETTINGS_OF_MODELS = {"big-model": "BIG_MODEL", "small-model": "SMALL_MODEL"}


class Backend(NamedTuple):
    """One language, and who speaks it."""

    name: str
    """The dialect's name, or `litellm`."""
    title: str
    speakers: tuple[str, ...]
    """One line each."""


class Route(NamedTuple):
    """A name that a client asks for, and what answers it."""

    asked: str
    answered: str


def routes() -> list[Route]:
    """What the model map makes of the names, with every setting in place that they need."""
    model_map = build_model_map(load_settings(_ENVIRONMENT, None), date(2026, 11, 25))
    titles = {preset.name: preset.title for preset in COMPATIBLE}
    found: list[Route] = []
    for asked in ASKED_FOR:
        target = model_map.resolve(asked.replace("…", "5"))
        answered = _SETTINGS_OF_MODELS.get(target.model) or titles.get(target.channel.name)
        found.append(Route(asked, answered or f"channel {target.channel.name}"))
    return found


def backends() -> list[Backend]:
    """Every dialect that this version speaks, and LiteLLM."""
    speakers = {
        "openai_responses": ("OpenAI's current models",),
        "openai_chat": compatible_vendors(),
        "gemini": ("Google AI Studio, Vertex AI",),
        "anthropic": (f"Anthropic, {title_of('anthropic.vertex_fates')}",),
    }
    if speakers.keys() != DIALECTS.keys():
        raise ValueError(f"the picture does not show {speakers.keys() ^ DIALECTS.keys()}")
    shown = [Backend(name, title_of(f"{name}.fates"), lines) for name, lines in speakers.items()]
    if "litellm" not in {preset.name for preset in PRESETS}:
        raise ValueError("there is no LiteLLM")
    return [*shown, Backend("litellm", "LiteLLM", ("Bedrock and a hundred more",))]


def compatible_vendors() -> tuple[str, ...]:
    """Two lines: some by name, the others by number."""
    titles = {preset.title for preset in COMPATIBLE}
    if missing := set(BEST_KNOWN) - titles:
        raise ValueError(f"no vendors any more: {missing}")
    half = len(BEST_KNOWN) // 2
    first, second = BEST_KNOWN[:half], BEST_KNOWN[half:]
    return f"{', '.join(first)},", f"{', '.join(second)} and {len(titles) - len(BEST_KNOWN)} more"


def title_of(module: str) -> str:
    """A language as the loss ledger calls it."""
    titles = {column.module: column.title for column in COLUMNS}
    return titles[f"dragoman.dialects.{module}"]


def description() -> str:
    """All that the picture says, as text: it is kept in the picture, so that a test can compare it without drawing."""
    return "\n".join(
        [
            *(": ".join(client) for client in CLIENTS),
            *(" -> ".join(route) for route in routes()),
            *(f"{backend.title}: {' '.join(backend.speakers)}" for backend in backends()),
        ]
    )
