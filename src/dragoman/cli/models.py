"""`dragoman models`: which model answers which name, and what it can."""

import sys
from collections.abc import Mapping
from pathlib import Path

import msgspec

from dragoman.cli.exit_codes import DONE, bad_settings
from dragoman.cli.map_view import obstacle
from dragoman.cli.say import table
from dragoman.config.build import build_model_map
from dragoman.config.load import ConfigError, load_settings
from dragoman.config.today import utc_today
from dragoman.routing.channel import Target
from dragoman.routing.model_map import ModelMap
from dragoman.wire.jsonbytes import encode

TAKES_ALL_MEDIA = ("anthropic", "gemini")
"""Dialects in which images and PDF files are never taken out."""


class Capabilities(msgspec.Struct, frozen=True):
    """What of a request is carried to a model."""

    images: bool
    files: bool
    tools: bool
    reasoning: bool
    """Whether the model thinks, or can be told how much."""


class ModelRow(msgspec.Struct, frozen=True, kw_only=True):
    """One line of the map. Its fields are those of `--json`."""

    alias: str
    """A pattern of requested names."""
    model: str
    """`*`: the name as it came."""
    channel: str
    dialect: str
    context_window: int | None
    """Tokens; None where nobody knows."""
    max_output_tokens: int | None
    capabilities: Capabilities | None
    """None where the name decides."""
    obstacle: str
    """Why it cannot answer yet, or nothing."""


def run_models(environ: Mapping[str, str], env_file: Path, *, as_json: bool) -> int:
    """Print the models. Gives the exit code."""
    try:
        model_map = build_model_map(load_settings(environ, env_file), utc_today())
    except ConfigError as fault:
        return bad_settings(fault)
    rows = model_rows(model_map)
    if as_json:
        sys.stdout.write(encode({"models": rows}).decode() + "\n")
        return DONE
    for line in model_lines(rows):
        print(line)
    return DONE


def model_rows(model_map: ModelMap) -> list[ModelRow]:
    """The map from top to bottom: the first pattern that fits decides."""
    return [_row(alias, target) for alias, target in model_map.rows()]


def model_lines(rows: list[ModelRow]) -> list[str]:
    """The rows as a table."""
    heads = ("alias", "model", "goes to", "window", "output", "images", "files", "tools", "reasoning", "")
    return table([heads, *map(_cells, rows)], indent="")


def _row(alias: str, target: Target) -> ModelRow:
    any_model = target.model == "*"
    return ModelRow(
        alias=alias,
        model=target.model,
        channel=target.channel.name,
        dialect=target.channel.dialect,
        context_window=None if any_model else target.quirks.context_window,
        max_output_tokens=None if any_model else target.quirks.max_output_tokens,
        capabilities=None if any_model else _capabilities(target),
        obstacle=obstacle(target),
    )


def _capabilities(target: Target) -> Capabilities:
    quirks = target.quirks
    all_media = target.channel.dialect in TAKES_ALL_MEDIA
    return Capabilities(
        images=all_media or quirks.images,
        files=all_media or quirks.files,
        tools=True,
        reasoning=target.channel.dialect == "anthropic"
        or quirks.reasons
        or quirks.always_reasons
        or quirks.effort_style != "none",
    )


def _cells(row: ModelRow) -> tuple[str, ...]:
    able = row.capabilities
    flags = (
        ("",) * 4
        if able is None
        else tuple("yes" if flag else "no" for flag in (able.images, able.files, able.tools, able.reasoning))
    )
    numbers = (
        "" if number is None else f"{number:,}" for number in (row.context_window, row.max_output_tokens)
    )
    model = "the same name" if row.model == "*" else row.model
    return (row.alias, model, row.channel, *numbers, *flags, row.obstacle)
