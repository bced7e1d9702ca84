"""Settings to a model map, and what start-up has to say about both."""

from collections.abc import Iterator
from datetime import date

from msgspec.structs import replace

from dragoman.config.channels import built_in_channels, named_channels, vertex_channels
from dragoman.config.litellm import litellm_faults, litellm_name, names_litellm
from dragoman.config.load import ConfigError
from dragoman.config.settings import ChannelSettings, Settings
from dragoman.config.sources import nearest
from dragoman.config.vendors import (
    configured_vendors,
    names_local_server,
    vendor_channel,
    vendor_channels,
)
from dragoman.config.vertex import vertex_faults
from dragoman.messages.errors import ApiError
from dragoman.routing.channel import lacks_key
from dragoman.routing.lifecycle import default_model, retirement_notices
from dragoman.routing.model_map import Alias, ModelMap, draw_map
from dragoman.routing.names import Way
from dragoman.routing.presets import COMPATIBLE
from dragoman.routing.ways import Ways

_MODEL_SETTINGS = ("big_model", "small_model", "opus_model", "sonnet_model", "haiku_model")


def build_model_map(settings: Settings, today: date) -> ModelMap:
    """The model map of these settings. Raises ConfigError for a model that cannot be placed."""
    ways = Ways(
        preferred=_preferred(settings),
        use_vertex=settings.use_vertex_auth,
        built_in=built_in_channels(settings),
        vertex=vertex_channels(settings),
        named={channel.name: named_channels(channel) for channel in settings.channels},
        vendors=vendor_channels(settings, passes_on=_passes_on(settings)),
        configured=tuple(preset.name for preset in configured_vendors(settings)),
    )
    aliases = _aliases(settings, today)
    for alias in aliases.values():
        try:
            ways.place(alias.written, alias.setting)
        except ApiError as fault:
            raise ConfigError([f"{alias.setting}: {fault.message.removeprefix('model: ')}"]) from None
    return draw_map(ways, aliases, demo_only=not _anything_configured(settings))


def notices(settings: Settings, model_map: ModelMap, today: date) -> list[str]:
    """What the user should know at start, one sentence each."""
    if model_map.demo_only:
        return [
            "no key is configured: every model is answered by the built-in demo; set OPENAI_API_KEY, "
            "GEMINI_API_KEY, ANTHROPIC_API_KEY or the key of another vendor, such as DEEPSEEK_API_KEY"
        ]
    used = [target.model for target in model_map.used()]
    return [
        *_missing_keys(settings, model_map),
        *_idle_vendors(settings, model_map),
        *vertex_faults(settings, model_map),
        *litellm_faults(model_map),
        *(notice for channel in settings.channels for notice in _channel_notices(channel)),
        *_incomplete_vendors(settings),
        *_mistaken_suffixes(settings),
        *_without_effect(settings),
        *retirement_notices(used, today),
    ]


def _preferred(settings: Settings) -> Way:
    if settings.preferred_provider == "google":
        return "vertex_ai" if settings.use_vertex_auth else "gemini"
    return settings.preferred_provider


def _passes_on(settings: Settings) -> bool:
    """Whether names that nobody knows go to an endpoint that the user chose."""
    match settings.preferred_provider:
        case "litellm":
            return True
        case "openai":
            return bool(settings.openai_base_url or settings.base_url)
        case "google":
            return not settings.use_vertex_auth and bool(settings.gemini_base_url or settings.base_url)
        case "anthropic":
            return settings.anthropic_upstream_base_url is not None


def _anything_configured(settings: Settings) -> bool:
    keys = (settings.openai_api_key, settings.gemini_api_key, settings.anthropic_api_key)
    urls = (settings.openai_base_url, settings.gemini_base_url, settings.anthropic_upstream_base_url)
    return (
        any((*keys, *urls, settings.base_url, settings.channels, settings.vendors))
        or any(names_local_server(getattr(settings, name)) for name in _MODEL_SETTINGS)
        or settings.use_vertex_auth
        or settings.anthropic_auth_mode == "passthrough"
        or names_litellm(settings)
    )


def _aliases(settings: Settings, today: date) -> dict[str, Alias]:
    """What each Claude family stands for; in anthropic mode only where a family's own setting says so."""
    provider = settings.preferred_provider
    written_big, written_small = settings.big_model, settings.small_model
    if provider in ("openai", "google"):
        written_big = written_big or default_model(provider, "big", today)
        written_small = written_small or default_model(provider, "small", today)
    aliases: dict[str, Alias] = {}
    if provider != "anthropic":
        assert written_big is not None
        assert written_small is not None
        big, small = Alias("BIG_MODEL", written_big), Alias("SMALL_MODEL", written_small)
        aliases = {"haiku": small, "sonnet": big, "opus": big, "claude": big}
    for word, written in (
        ("haiku", settings.haiku_model),
        ("sonnet", settings.sonnet_model),
        ("opus", settings.opus_model),
    ):
        if written is not None:
            aliases[word] = Alias(f"{word.upper()}_MODEL", written)
    if provider == "litellm":
        return {word: replace(alias, written=litellm_name(alias.written)) for word, alias in aliases.items()}
    return aliases


def _missing_keys(settings: Settings, model_map: ModelMap) -> Iterator[str]:
    """Only for what Claude Code will ask; the map itself shows which other rows have no key."""
    channels = {target.channel for target in model_map.used() if lacks_key(target.channel)}
    for setting in sorted({channel.credential_setting for channel in channels}):
        hint = ""
        if setting == "OPENAI_API_KEY" and settings.preferred_provider == "openai":
            others = {"google": settings.gemini_api_key, "anthropic": settings.anthropic_api_key}
            meant = [f"PREFERRED_PROVIDER={provider}" for provider, key in others.items() if key]
            hint = f" (or did you mean {' or '.join(meant)}?)" if meant else ""
        yield f"{setting} is not set: requests that need it are answered with 401{hint}"


def _idle_vendors(settings: Settings, model_map: ModelMap) -> Iterator[str]:
    """Who has one vendor's key and asks for Claude's names wants that vendor's models; which, only they know."""
    vendors = configured_vendors(settings)
    used = {target.channel.name for target in model_map.used()}
    lacking = any(lacks_key(target.channel) for target in model_map.used())
    if lacking and vendors and used.isdisjoint(preset.name for preset in vendors):
        anthropic = settings.preferred_provider == "anthropic"
        models = "OPUS_MODEL, SONNET_MODEL and HAIKU_MODEL" if anthropic else "BIG_MODEL and SMALL_MODEL"
        example = f"{models.partition(' ')[0].rstrip(',')}={vendors[0].prefixes[0]}/<a model's id>"
        yield (
            f"Claude's names do not lead to {' or '.join(preset.title for preset in vendors)} yet: "
            f"set {models}, such as {example}"
        )


def _incomplete_vendors(settings: Settings) -> Iterator[str]:
    told = {vendor.name for vendor in settings.vendors}
    for preset in COMPATIBLE:
        channel = vendor_channel(preset, settings)
        if preset.name in told and lacks_key(channel):
            yield f"{channel.credential_setting} is not set: `{preset.prefixes[0]}/` leads nowhere without it"


def _mistaken_suffixes(settings: Settings) -> Iterator[str]:
    names = [channel.name for channel in settings.channels]
    for setting in _MODEL_SETTINGS:
        _, colon, suffix = (getattr(settings, setting) or "").rpartition(":")
        hint = nearest(suffix.lower(), names) if colon and suffix.lower() not in names else ""
        if hint:
            yield f"{setting.upper()}: `:{suffix}` is no channel, so it is part of the model's id{hint}"


def _channel_notices(channel: ChannelSettings) -> Iterator[str]:
    prefix = f"CHANNEL_{channel.name.upper()}"
    if channel.base_url is None and not channel.api_key:
        yield f"{prefix}_BASE_URL and {prefix}_API_KEY are not set: the channel goes nowhere useful"
    elif channel.base_url is None:
        chooses = f"its dialect `{channel.dialect}`" if channel.dialect else "the model's prefix or family"
        yield f"{prefix}_BASE_URL is not set: {chooses} chooses the vendor that gets {prefix}_API_KEY"
    elif not channel.api_key:
        yield f"{prefix}_API_KEY is not set: requests go out without a key"


def _without_effect(settings: Settings) -> Iterator[str]:
    if settings.preferred_provider == "anthropic":
        for name, value in (("BIG_MODEL", settings.big_model), ("SMALL_MODEL", settings.small_model)):
            if value is not None:
                yield f"{name} has no effect while PREFERRED_PROVIDER is anthropic"
    if settings.base_url is None and settings.api_key:
        yield "API_KEY has no effect without BASE_URL"
    if settings.base_url is None and settings.base_url_dialect is not None:
        yield "BASE_URL_DIALECT has no effect without BASE_URL"
    if settings.search_provider is None:
        for name, value in (
            ("SEARCH_API_KEY", settings.search_api_key),
            ("SEARCH_BASE_URL", settings.search_base_url),
        ):
            if value:
                yield f"{name} has no effect without SEARCH_PROVIDER"
    if settings.search_provider == "searxng" and settings.search_api_key:
        yield "SEARCH_API_KEY has no effect while SEARCH_PROVIDER is searxng"
