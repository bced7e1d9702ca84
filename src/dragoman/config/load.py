"""Environment and `.env` file to `Settings`. Reports everything that is wrong at once."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, get_type_hints

from dragoman.config.readers import Unreadable, read_value
from dragoman.config.secret import Secret
from dragoman.config.settings import ChannelSettings, Settings, VendorSettings
from dragoman.config.sources import (
    CHANNEL_NAME,
    NAMES,
    Sourced,
    foreign_variables,
    nearest,
    read_sources,
)
from dragoman.routing.families import family_of
from dragoman.routing.names import RESERVED_CHANNEL_NAMES, split_channel, split_prefix
from dragoman.routing.presets import COMPATIBLE
from dragoman.wire.redact import redact_text

_LONGEST_SHOWN = 80

_KINDS = get_type_hints(Settings, include_extras=True)
_CHANNEL_KINDS = get_type_hints(ChannelSettings, include_extras=True)
_VENDOR_KINDS = get_type_hints(VendorSettings, include_extras=True)


class ConfigError(Exception):
    """The settings cannot be used; each of `problems` is one line that begins with a variable's name."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = tuple(problems)


def load_settings(environ: Mapping[str, str], env_file: Path | None) -> Settings:
    """The settings of `environ` and, where it says nothing, of `env_file`. Raises ConfigError."""
    found, problems = read_sources(environ, env_file)
    values: dict[str, Any] = {}
    for name in NAMES:
        if name in found:
            _read_into(values, name.lower(), _KINDS[name.lower()], name, found[name], problems)
    values["channels"] = _read_channels(found, problems)
    values["vendors"] = _read_vendors(found, problems)
    values["foreign_variables"] = tuple(
        (name, Secret(text)) for name, text in sorted(foreign_variables(env_file).items())
    )
    if problems:
        raise ConfigError(problems)
    settings = Settings(**values)
    if contradictions := list(_contradictions(settings)):
        raise ConfigError(contradictions)
    return settings


def _read_into(
    values: dict[str, Any], field: str, kind: Any, name: str, sourced: Sourced, problems: list[str]
) -> None:
    try:
        values[field] = read_value(kind, sourced.text)
    except Unreadable as fault:
        shown = ""
        hint = ""
        if fault.show:
            shown = f", got `{redact_text(sourced.text[:_LONGEST_SHOWN])}`"
            hint = nearest(sourced.text.lower(), fault.choices)
        problems.append(f"{name}: {fault.expected}{shown}{hint}")


def _read_channels(found: Mapping[str, Sourced], problems: list[str]) -> tuple[ChannelSettings, ...]:
    channels: dict[str, dict[str, Any]] = {}
    variables: dict[tuple[str, str], str] = {}
    for variable, sourced in found.items():
        parts = CHANNEL_NAME.fullmatch(variable)
        if parts is None:
            continue
        name, field = parts[1].lower(), parts[2].lower()
        if name in RESERVED_CHANNEL_NAMES:
            problems.append(f"{variable}: expected another channel name, `{name}` is built in")
            continue
        if (other := variables.setdefault((name, field), variable)) != variable:
            problems.append(f"{variable}: expected one variable, {other} names the same channel")
            continue
        values = channels.setdefault(name, {"name": name})
        _read_into(values, field, _CHANNEL_KINDS[field], variable, sourced, problems)
    return tuple(ChannelSettings(**channels[name]) for name in sorted(channels))


def _read_vendors(found: Mapping[str, Sourced], problems: list[str]) -> tuple[VendorSettings, ...]:
    """Of several variables for the same, the first of the row counts."""
    vendors: list[VendorSettings] = []
    for preset in COMPATIBLE:
        values: dict[str, Any] = {}
        for field, variables in (
            ("api_key", preset.key_variables),
            ("base_url", preset.base_url_variables),
        ):
            for variable in reversed(variables):
                if variable in found:
                    _read_into(values, field, _VENDOR_KINDS[field], variable, found[variable], problems)
        if values:
            vendors.append(VendorSettings(name=preset.name, **values))
    return tuple(vendors)


def _contradictions(settings: Settings) -> list[str]:
    problems: list[str] = []
    if settings.use_vertex_auth and _names_google(settings):
        for name, value in (
            ("VERTEX_PROJECT", settings.vertex_project),
            ("VERTEX_LOCATION", settings.vertex_location),
        ):
            if value is None:
                problems.append(f"{name}: expected a value, because USE_VERTEX_AUTH is on; it is not set")
    if settings.search_provider in ("brave", "tavily") and not settings.search_api_key:
        problems.append(
            f"SEARCH_API_KEY: expected a value, because SEARCH_PROVIDER is {settings.search_provider}; it is not set"
        )
    if settings.search_provider == "searxng" and settings.search_base_url is None:
        problems.append(
            "SEARCH_BASE_URL: expected a value, because SEARCH_PROVIDER is searxng; it is not set"
        )
    if settings.preferred_provider == "litellm":
        for name, value in (("BIG_MODEL", settings.big_model), ("SMALL_MODEL", settings.small_model)):
            if value is None:
                problems.append(
                    f"{name}: expected LiteLLM's name of a model, because PREFERRED_PROVIDER is litellm; it is not set"
                )
    if settings.anthropic_auth_mode == "passthrough" and settings.dragoman_api_key:
        problems.append(
            "ANTHROPIC_AUTH_MODE: expected server while DRAGOMAN_API_KEY is set, got `passthrough`: a client has "
            "one credential to show, and Dragoman's own key must not go to Anthropic"
        )
    return problems


def _names_google(settings: Settings) -> bool:
    """Whether a configured route leads to Vertex AI."""
    if settings.preferred_provider == "google":
        return True
    if settings.preferred_provider == "litellm":
        return False
    models = (settings.opus_model, settings.sonnet_model, settings.haiku_model)
    families: tuple[str, ...] = ("gemini",)
    if settings.preferred_provider == "openai":
        models += (settings.big_model, settings.small_model)
        families = ("gemini", "claude")
    channels = {channel.name for channel in settings.channels}
    named = [split_channel(model, channels) for model in models if model is not None]
    prefixed = [split_prefix(model) for model, channel in named if channel is None]
    return any(
        way == "vertex_ai" or (way is None and family_of(model) in families) for way, model in prefixed
    )
