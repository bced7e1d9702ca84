"""Where values come from: exported variables first, then the `.env` file. Knows names, not meanings."""

import difflib
import re
from collections.abc import Iterable, Mapping
from io import StringIO
from pathlib import Path
from typing import Literal

import msgspec
from dotenv.parser import parse_stream

from dragoman.config.settings import Settings
from dragoman.routing.presets import COMPATIBLE

Origin = Literal["environment", "file"]

NAMES = tuple(
    field.upper()
    for field in Settings.__struct_fields__
    if field not in ("channels", "vendors", "foreign_variables")
)
"""The variables of the settings, without those of the channels, the vendors and others."""

VENDOR_KEYS = frozenset(variable for preset in COMPATIBLE for variable in preset.key_variables)
VENDOR_URLS = frozenset(variable for preset in COMPATIBLE for variable in preset.base_url_variables)
"""The variables of the vendors, as their rows name them."""

CHANNEL_FIELDS = ("BASE_URL", "API_KEY", "DIALECT")
CHANNEL_NAME = re.compile(rf"CHANNEL_([A-Za-z0-9][A-Za-z0-9_-]*)_({'|'.join(CHANNEL_FIELDS)})")

ENV_FILE_VARIABLE = "DRAGOMAN_ENV_FILE"
"""How `serve --reload` tells the process that it starts which file was named; not a setting."""

_NOT_OURS = frozenset(
    {
        *("ANTHROPIC_BASE_URL", "ANTHROPIC_AUTH_TOKEN", "ANTHROPIC_MODEL"),
        *(
            "ANTHROPIC_AWS_API_KEY",
            "ANTHROPIC_AWS_BASE_URL",
            "CO_API_KEY",
            "EDENAI_API_KEY",
            "MINIMAX_API_KEY",
        ),
        *(
            "NADIR_API_KEY",
            "OPENAI_LIKE_API_KEY",
            "OPENCODE_API_KEY",
            "OR_API_KEY",
            "POE_API_KEY",
            "TOPAZ_API_KEY",
        ),
        *("V0_API_KEY", "WX_API_KEY", "VERTEXAI_PROJECT", "VERTEXAI_LOCATION", "VERTEXAI_CREDENTIALS"),
    }
)
"""Variables of other programs whose names are near to ours; the first three are Claude Code's own, most are LiteLLM's."""

_NEAR = 0.8
_QUOTED = re.compile(r"""(['"])(.*?)\1\s*(?:#.*)?""", re.DOTALL)
_COMMENT = re.compile(r"(?:^|\s+)#(?=\s).*|\s+#.*", re.DOTALL)


class Sourced(msgspec.Struct, frozen=True):
    """One value as text, and where it was found."""

    text: str
    origin: Origin


def read_sources(environ: Mapping[str, str], env_file: Path | None) -> tuple[dict[str, Sourced], list[str]]:
    """The values by variable, and the problems of names and lines.

    A file that does not exist holds nothing. An empty value counts as not written, so an exported empty variable
    does not hide the file's.
    """
    written, problems = _read_file(env_file)
    problems += [problem for name in written if (problem := _name_problem(name, in_file=True)) is not None]
    exported = {name: plain_value(text) for name, text in environ.items()}
    problems += [
        problem
        for name, text in exported.items()
        if text and (problem := _name_problem(name, in_file=False)) is not None
    ]
    found = {name: Sourced(text, "file") for name, text in written.items() if text}
    found |= {name: Sourced(text, "environment") for name, text in exported.items() if text}
    return {name: value for name, value in found.items() if is_setting(name)}, problems


def foreign_variables(env_file: Path | None) -> dict[str, str]:
    """What the file holds beside our own settings. None of it is exported: only a library that needs it is given it."""
    written, _ = _read_file(env_file)
    return {
        name: text for name, text in written.items() if text and (not is_setting(name) or is_vendors(name))
    }


def is_vendors(name: str) -> bool:
    """Whether a variable is a vendor's, which more programs than this one know."""
    return name in VENDOR_KEYS or name in VENDOR_URLS


def is_setting(name: str) -> bool:
    return (
        name in NAMES
        or name in VENDOR_KEYS
        or name in VENDOR_URLS
        or CHANNEL_NAME.fullmatch(name) is not None
    )


def plain_value(text: str) -> str:
    """A value of `.env` syntax that was exported raw (`docker --env-file`): without quotes and comment.

    A `#` with nothing before it but the value itself belongs to the value.
    """
    text = text.strip()
    if (quoted := _QUOTED.fullmatch(text)) is not None:
        return quoted[2].strip()
    return _COMMENT.sub("", text, count=1).strip()


def nearest(name: str, known: Iterable[str], cutoff: float = 0.6) -> str:
    """``; did you mean `X`?`` for the nearest known spelling, or nothing."""
    found = difflib.get_close_matches(name, list(known), n=1, cutoff=cutoff)
    return f"; did you mean `{found[0]}`?" if found else ""


def _read_file(env_file: Path | None) -> tuple[dict[str, str], list[str]]:
    if env_file is None or not env_file.exists():
        return {}, []
    try:
        text = env_file.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as failure:
        reason = "not UTF-8" if isinstance(failure, UnicodeDecodeError) else failure.strerror
        return {}, [f"{env_file}: expected a readable text file, but it is not: {reason}"]
    bindings = list(parse_stream(StringIO(text)))
    problems = [
        f"{env_file}, line {binding.original.line}: expected NAME=value"
        for binding in bindings
        if binding.error
    ]
    return {binding.key: (binding.value or "").strip() for binding in bindings if binding.key}, problems


def _name_problem(name: str, *, in_file: bool) -> str | None:
    if is_setting(name) or name in _NOT_OURS or name == ENV_FILE_VARIABLE:
        return None
    if name.startswith("CHANNEL_"):
        fields = " or ".join(f"CHANNEL_<NAME>_{field}" for field in CHANNEL_FIELDS)
        return f"{name}: expected {fields}"
    if name.startswith("DRAGOMAN_"):
        return f"{name}: there is no such setting{nearest(name, NAMES)}"
    if in_file and (hint := nearest(name.upper(), NAMES, _NEAR)):
        return f"{name}: there is no such setting{hint}"
    return None
