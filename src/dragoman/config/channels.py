"""Settings to channels. Holds the rule "the key follows the URL": no key goes to a host it was not set for."""

import re
from urllib.parse import quote

from dragoman.config.secret import Secret
from dragoman.config.settings import ChannelSettings, Settings
from dragoman.routing.channel import Channel, DialectName
from dragoman.routing.presets import vendor_of
from dragoman.routing.ways import Channels

_VERTEX_VERSION = re.compile(r"/v1(?:beta1)?$")
"""What other programs' base URLs of Vertex AI end in (spec/vertex.md section 1)."""

VENDOR_URLS: dict[DialectName, str] = {
    "openai_chat": "https://api.openai.com/v1",
    "openai_responses": "https://api.openai.com/v1",
    "gemini": "https://generativelanguage.googleapis.com/v1beta",
    "anthropic": "https://api.anthropic.com",
}
"""Where the vendor of each dialect is."""


def built_in_channels(settings: Settings) -> Channels:
    """The providers' channels: a provider's own base URL beats BASE_URL, which beats the vendor's host."""
    openai = _own(
        "openai",
        settings.openai_dialect or "openai_chat",
        settings.openai_base_url or VENDOR_URLS["openai_chat"],
        settings.openai_api_key,
        "OPENAI_API_KEY",
        dialect_by_model=settings.openai_dialect is None,
    )
    gemini = _own(
        "gemini",
        "gemini",
        settings.gemini_base_url or VENDOR_URLS["gemini"],
        settings.gemini_api_key,
        "GEMINI_API_KEY",
    )
    anthropic = _anthropic(settings)
    if settings.base_url is not None:
        if settings.openai_base_url is None:
            openai = _shared(settings, settings.base_url, "openai", "openai_chat", settings.openai_api_key)
        if settings.gemini_base_url is None:
            gemini = _shared(settings, settings.base_url, "gemini", "gemini", settings.gemini_api_key)
        if settings.anthropic_upstream_base_url is None and settings.preferred_provider != "anthropic":
            key = settings.anthropic_api_key
            anthropic = _shared(settings, settings.base_url, "anthropic", "anthropic", key)
    return Channels(openai=openai, gemini=gemini, anthropic=anthropic)


def vertex_channels(settings: Settings) -> Channels:
    """Vertex AI's channels (spec/vertex.md section 1); without a base URL while project or location is missing."""
    gemini = _vertex(settings, "gemini", "v1beta1")
    return Channels(openai=gemini, gemini=gemini, anthropic=_vertex(settings, "anthropic", "v1"))


def named_channels(channel: ChannelSettings) -> Channels:
    """A configured channel, as it is asked in each language; the same in all if it has a dialect of its own."""
    return Channels(
        openai=_named(channel, "openai_chat"),
        gemini=_named(channel, "gemini"),
        anthropic=_named(channel, "anthropic"),
    )


def _own(
    name: str,
    dialect: DialectName,
    url: str,
    key: Secret,
    setting: str,
    *,
    dialect_by_model: bool = False,
) -> Channel:
    return Channel(
        name=name,
        dialect=dialect,
        base_url=url,
        dialect_by_model=dialect_by_model,
        credential=key.reveal(),
        credential_setting=setting,
        # A server that nobody knows may be one of the many that ask for no key.
        credential_required=vendor_of(url) is not None,
    )


def _anthropic(settings: Settings) -> Channel:
    url = settings.anthropic_upstream_base_url or VENDOR_URLS["anthropic"]
    if settings.anthropic_auth_mode == "server":
        return _own("anthropic", "anthropic", url, settings.anthropic_api_key, "ANTHROPIC_API_KEY")
    return Channel(
        name="anthropic",
        dialect="anthropic",
        base_url=url,
        credential_setting="ANTHROPIC_API_KEY",
        credential_required=False,
        passthrough_credentials=True,
    )


def _shared(settings: Settings, url: str, vendor: str, dialect: DialectName, vendor_key: Secret) -> Channel:
    """BASE_URL with API_KEY, or with the provider's own key where the host is not another vendor's."""
    key = settings.api_key
    if not key and vendor_of(url) in (None, vendor):
        key = vendor_key
    told = settings.base_url_dialect
    by_model = told is None and dialect == "openai_chat"
    return _own("default", told or dialect, url, key, "API_KEY", dialect_by_model=by_model)


def _vertex(settings: Settings, dialect: DialectName, version: str) -> Channel:
    project, location = settings.vertex_project, settings.vertex_location
    if project is None or location is None:
        missing = "VERTEX_PROJECT" if project is None else "VERTEX_LOCATION"
        return Channel(
            name="vertex_ai", dialect=dialect, base_url="", credential_setting=missing, access="vertex"
        )
    host = _VERTEX_VERSION.sub("", settings.vertex_base_url or f"https://{_vertex_host(location)}")
    path = f"{version}/projects/{quote(project, safe=':')}/locations/{quote(location, safe='')}"
    return Channel(
        name="vertex_ai",
        dialect=dialect,
        base_url=f"{host}/{path}",
        credential_required=False,
        access="vertex",
        location=location,
    )


def _vertex_host(location: str) -> str:
    if location == "global":
        return "aiplatform.googleapis.com"
    if location in ("us", "eu"):
        return f"aiplatform.{location}.rep.googleapis.com"
    return f"{quote(location, safe='')}-aiplatform.googleapis.com"


def _named(channel: ChannelSettings, dialect: DialectName) -> Channel:
    spoken = channel.dialect or dialect
    return Channel(
        name=channel.name,
        dialect=spoken,
        base_url=channel.base_url or VENDOR_URLS[spoken],
        dialect_by_model=channel.dialect is None and spoken == "openai_chat",
        credential=channel.api_key.reveal(),
        credential_setting=f"CHANNEL_{channel.name.upper()}_API_KEY",
        credential_required=False,
    )
