"""Presets to channels: a vendor's key goes to that vendor's host, or to the base URL that was set for it."""

from urllib.parse import urlsplit

from dragoman.config.settings import Settings, VendorSettings
from dragoman.routing.channel import Channel, lacks_key
from dragoman.routing.names import split_vendor
from dragoman.routing.preset import Preset
from dragoman.routing.presets import BY_PREFIX, COMPATIBLE, vendor_of


def vendor_channels(settings: Settings, *, passes_on: bool) -> dict[str, Channel]:
    """The channels by prefix. `passes_on`: a prefix whose vendor has no key is part of the id, because names that
    nobody knows go to an endpoint that the user chose, where vendors' names may be part of ids; elsewhere its channel
    says which setting is missing."""
    channels: dict[str, Channel] = {}
    for preset in COMPATIBLE:
        channel = vendor_channel(preset, settings)
        if not (passes_on and lacks_key(channel)):
            channels |= dict.fromkeys(preset.prefixes, channel)
    return channels


def vendor_channel(preset: Preset, settings: Settings) -> Channel:
    """The way to one vendor; without a base URL while the user has to say one."""
    told = next((vendor for vendor in settings.vendors if vendor.name == preset.name), None)
    told = told or VendorSettings(name=preset.name)
    url = preset.base_url if told.base_url is None else _with_path(told.base_url, preset.bare_path)
    missing_url = url is None
    return Channel(
        name=preset.name,
        dialect=preset.dialect,
        base_url=url or "",
        dialect_by_model=preset.dialect == "openai_chat",
        credential="" if missing_url else told.api_key.reveal(),
        credential_setting=(preset.base_url_variables if missing_url else preset.key_variables or ("",))[0],
        # A gateway that nobody knows may be one of the many that ask for no key.
        credential_required=missing_url or (bool(preset.key_variables) and vendor_of(url or "") is not None),
        preset=preset.name,
    )


def configured_vendors(settings: Settings) -> tuple[Preset, ...]:
    """The presets that settings speak of and that lack nothing."""
    told = {vendor.name for vendor in settings.vendors}
    return tuple(
        preset
        for preset in COMPATIBLE
        if preset.name in told and not lacks_key(vendor_channel(preset, settings))
    )


def names_local_server(model: str | None) -> bool:
    """Whether a setting's model is one of a local server, which needs no other setting."""
    prefix, _ = split_vendor(model or "", BY_PREFIX)
    return prefix is not None and BY_PREFIX[prefix].is_local


def _with_path(url: str, path: str) -> str:
    return url if urlsplit(url).path else url + path
