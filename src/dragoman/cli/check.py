"""`dragoman check`: the effective settings without secrets, the model map, what is missing."""

import sys
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from dragoman.cli.exit_codes import DONE, FAILED, bad_settings
from dragoman.cli.map_view import map_lines, obstacle
from dragoman.cli.say import say, table
from dragoman.config.build import build_model_map, notices
from dragoman.config.litellm import litellm_faults
from dragoman.config.load import ConfigError, load_settings
from dragoman.config.secret import Secret
from dragoman.config.settings import Settings
from dragoman.config.sources import CHANNEL_NAME, NAMES, VENDOR_KEYS, VENDOR_URLS, Sourced, read_sources
from dragoman.config.today import utc_today
from dragoman.config.vertex import credentials_notice, vertex_faults
from dragoman.routing.channel import Target, lacks_key
from dragoman.routing.model_map import ModelMap
from dragoman.wire.jsonbytes import encode


def run_check(environ: Mapping[str, str], env_file: Path, *, as_json: bool) -> int:
    """Print the report. Gives the exit code: 1 when a route that Claude's names take lacks its
    key, or what Vertex AI or LiteLLM needs."""
    try:
        settings = load_settings(environ, env_file)
        model_map = build_model_map(settings, utc_today())
    except ConfigError as fault:
        return bad_settings(fault, as_json=as_json)
    found, _ = read_sources(environ, env_file)
    usable = not any(lacks_key(target.channel) for target in model_map.used())
    usable = usable and not any((*vertex_faults(settings, model_map), *litellm_faults(model_map)))
    told = notices(settings, model_map, utc_today())
    credentials, may_work = credentials_notice(settings, model_map, environ)
    usable = usable and may_work
    told += [credentials] if credentials else []
    values = shown_settings(settings, found)
    if as_json:
        _print_json(
            {
                "settings": values,
                "models": _map_as_data(model_map),
                "counting": _counting(),
                "schemas": _schemas(),
                "notices": told,
                "usable": usable,
            }
        )
    else:
        for line in _report(values, model_map):
            print(line)
        for notice in told:
            say(f"! {notice}", "yellow")
    return DONE if usable else FAILED


def shown_settings(settings: Settings, found: dict[str, Sourced]) -> dict[str, dict[str, Any]]:
    """Value and source of every setting by variable; of a secret only whether it is set."""
    shown = {name: _entry(getattr(settings, name.lower()), name, found) for name in NAMES}
    channels = {channel.name: channel for channel in settings.channels}
    for variable in sorted(found):
        if parts := CHANNEL_NAME.fullmatch(variable):
            value = getattr(channels[parts[1].lower()], parts[2].lower())
            shown[variable] = _entry(value, variable, found)
        elif variable in VENDOR_KEYS:
            shown[variable] = _entry(Secret(found[variable].text), variable, found)
        elif variable in VENDOR_URLS:
            shown[variable] = _entry(found[variable].text, variable, found)
    return shown


def _entry(value: Any, name: str, found: dict[str, Sourced]) -> dict[str, Any]:
    source = found[name].origin if name in found else "default"
    if isinstance(value, Secret) or name == "DRAGOMAN_API_KEY":
        return {"value": "set" if value else "not set", "source": source}
    return {"value": value, "source": source}


def _report(values: dict[str, dict[str, Any]], model_map: ModelMap) -> list[str]:
    rows = [
        (name, _as_text(entry["value"]), "" if entry["source"] == "default" else f"from {entry['source']}")
        for name, entry in values.items()
    ]
    counting = f"Tokens that no upstream counts: {_counting()}"
    schemas = f"Answers under a schema: {_schemas()}"
    return ["Settings:", *table(rows), "", *map_lines(model_map), "", counting, schemas]


def _counting() -> str:
    if find_spec("toktok") is not None:
        return "counted with vocabularies (extra `tokens`)"
    return "estimated from bytes; the extra `tokens` counts them"


def _schemas() -> str:
    if find_spec("jsonschema_rs") is not None:
        return "checked against it (extra `schema`)"
    return "checked to be JSON; the extra `schema` checks them against it"


def _as_text(value: Any) -> str:
    match value:
        case None | ():
            return "not set"
        case bool():
            return "true" if value else "false"
        case float():
            return f"{value:g}"
        case tuple():
            return ", ".join(str(part) for part in value)  # pyright: ignore[reportUnknownArgumentType, reportUnknownVariableType]
        case _:
            return str(value)


def _map_as_data(model_map: ModelMap) -> list[dict[str, str]]:
    return [_row_as_data(pattern, target) for pattern, target in model_map.rows()]


def _row_as_data(pattern: str, target: Target) -> dict[str, str]:
    return {
        "requested": pattern,
        "model": target.model,
        "channel": target.channel.name,
        "dialect": target.channel.dialect,
        "base_url": target.channel.base_url,
        "why": target.why,
        "obstacle": obstacle(target),
    }


def _print_json(report: dict[str, Any]) -> None:
    sys.stdout.write(encode(report).decode() + "\n")
