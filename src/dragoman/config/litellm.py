"""What LiteLLM needs of this machine and of the settings: the library, its names of models, keys, the environment."""

from collections.abc import Iterator, Mapping
from importlib.util import find_spec

from dragoman.config.channels import VENDOR_URLS
from dragoman.config.secret import Secret
from dragoman.config.settings import CREDENTIAL_NAME, Settings
from dragoman.config.sources import is_setting, is_vendors
from dragoman.routing.channel import Channel
from dragoman.routing.model_map import ModelMap
from dragoman.routing.names import split_prefix
from dragoman.routing.presets import COMPATIBLE
from dragoman.routing.ways import LITELLM_CHANNEL

PREFIX = "litellm/"
MISSING_EXTRA = "needs the extra `litellm`: uv sync --extra litellm"

_MISTAKABLE = frozenset(
    {
        *("ANTHROPIC_BASE_URL", "ANTHROPIC_AUTH_TOKEN"),
        *("OPENAI_API_BASE", "ANTHROPIC_API_BASE", "GEMINI_API_BASE"),
    }
)
"""Claude Code's own variables, which lead to this gateway and would do so again; and LiteLLM's own words for addresses
that settings name, to which a setting's key must not go."""


def has_litellm(module: str = "litellm") -> bool:
    """Whether the extra `litellm` is installed; nothing is imported."""
    return find_spec(module) is not None


def litellm_name(written: str) -> str:
    """LiteLLM's name of a model as a setting has it, with the prefix that it may lack."""
    return written if split_prefix(written)[0] == "litellm" else PREFIX + written


def names_litellm(settings: Settings) -> bool:
    """Whether a setting chooses LiteLLM."""
    named = (
        *(settings.big_model, settings.small_model),
        *(settings.opus_model, settings.sonnet_model, settings.haiku_model),
    )
    prefixed = any(split_prefix(model)[0] == "litellm" for model in named if model)
    return prefixed or settings.preferred_provider == "litellm"


def litellm_faults(model_map: ModelMap, installed: bool | None = None) -> Iterator[str]:
    """Why LiteLLM cannot be used although a model that Claude's names stand for is there. `installed`: whether the
    library is there, if that is known."""
    used = any(is_litellm(target.channel) for target in model_map.used())
    if used and not (has_litellm() if installed is None else installed):
        yield f"LiteLLM {MISSING_EXTRA} (or pip install 'dragoman[litellm]')"


def is_litellm(channel: Channel) -> bool:
    return channel.name == LITELLM_CHANNEL.name


def vendor_arguments(settings: Settings) -> dict[str, dict[str, str]]:
    """What a call has to hold for the vendors whose keys are settings: by LiteLLM's name of the vendor, its own key and
    where that key may go. All other vendors find theirs in the environment."""
    openai = _key(settings.openai_api_key) | {
        "api_base": settings.openai_base_url or VENDOR_URLS["openai_chat"]
    }
    anthropic = _key(settings.anthropic_api_key) | {
        "api_base": settings.anthropic_upstream_base_url or VENDOR_URLS["anthropic"]
    }
    # LiteLLM has another idea of what a base URL of Gemini's is, so a key for one stays here.
    gemini = _key(settings.gemini_api_key) if settings.gemini_base_url is None else {}
    return {
        "openai": openai,
        "text-completion-openai": openai,
        "anthropic": anthropic,
        "gemini": gemini,
    }


def hidden_variables(environ: Mapping[str, str]) -> list[str]:
    """Those of `environ` that LiteLLM must not see: it shows OpenAI's key to vendors who have none of their own, and
    takes OpenAI's base URL for theirs."""
    return [name for name in environ if name in _MISTAKABLE or _is_key_or_url(name)]


def added_variables(settings: Settings, environ: Mapping[str, str]) -> dict[str, str]:
    """What the `.env` file holds for LiteLLM and nobody exported, and under LiteLLM's own names the base URLs that
    vendors' keys are for."""
    found = {
        name: value.reveal()
        for name, value in settings.foreign_variables
        if name not in _MISTAKABLE and not environ.get(name)
    }
    return found | _vendors_addresses(settings)


def foreign_secrets(environ: Mapping[str, str]) -> tuple[str, ...]:
    """The values of exported variables that hold credentials, by their names."""
    return tuple(value for name, value in environ.items() if CREDENTIAL_NAME.search(name))


def _is_key_or_url(name: str) -> bool:
    return is_setting(name) and not is_vendors(name) and name.endswith(("_KEY", "_BASE_URL", "BASE_URL"))


def _vendors_addresses(settings: Settings) -> dict[str, str]:
    told = {vendor.name: vendor.base_url for vendor in settings.vendors if vendor.base_url is not None}
    return {
        variable: told[preset.name]
        for preset in COMPATIBLE
        if preset.name in told and preset.key_variables
        for variable in preset.base_url_variables
        if variable.endswith("_API_BASE")
    }


def _key(secret: Secret) -> dict[str, str]:
    return {"api_key": secret.reveal()} if secret else {}
