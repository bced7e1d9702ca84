"""The model map and the providers as lines of text, for `serve` and `check`."""

from collections.abc import Callable

from dragoman.cli.say import table
from dragoman.config import litellm
from dragoman.config.settings import Settings
from dragoman.config.vendors import configured_vendors
from dragoman.config.vertex import MISSING_EXTRA, has_google_auth
from dragoman.routing.channel import Target, lacks_key
from dragoman.routing.model_map import ModelMap


def map_lines(model_map: ModelMap) -> list[str]:
    """One line for each pattern of requested names."""
    rows = [("requested", "model", "goes to", "")]
    for pattern, target in model_map.rows():
        model = "the same name" if target.model == "*" else target.model
        rows.append((pattern, model, target.channel.name, obstacle(target)))
    return ["Models:", *table(rows)]


def obstacle(
    target: Target,
    library: Callable[[], bool] = has_google_auth,
    has_litellm: Callable[[], bool] = litellm.has_litellm,
) -> str:
    """Why this target cannot answer, or nothing. `library`: whether Google's is there; asked only for Vertex AI, and
    `has_litellm` only for LiteLLM."""
    if lacks_key(target.channel):
        return f"{target.channel.credential_setting} is not set"
    if target.channel.access == "vertex" and not library():
        return MISSING_EXTRA
    if litellm.is_litellm(target.channel) and not has_litellm():
        return litellm.MISSING_EXTRA
    return ""


def provider_lines(settings: Settings) -> list[str]:
    """Which providers and channels are configured; never with a key."""
    keys = {
        "openai": bool(settings.openai_api_key or settings.openai_base_url),
        "gemini": bool(settings.gemini_api_key or settings.gemini_base_url),
        "anthropic": bool(
            settings.anthropic_api_key
            or settings.anthropic_upstream_base_url
            or settings.anthropic_auth_mode == "passthrough"
        ),
        "vertex_ai": settings.use_vertex_auth,
        "litellm": litellm.names_litellm(settings),
        f"BASE_URL {settings.base_url}": settings.base_url is not None,
    }
    found = [name for name, configured in keys.items() if configured]
    found += [preset.name for preset in configured_vendors(settings)]
    found += [f":{channel.name}" for channel in settings.channels]
    return [f"Providers found: {', '.join(found) or 'none, so the built-in demo answers'}"]
