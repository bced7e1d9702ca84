"""`dragoman init`: at most three questions, and a `.env` that its owner alone can read."""

import os
import re
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path

import click
import msgspec

from dragoman.cli.exit_codes import DONE, FAILED, INTERRUPTED, REFUSED, bad_settings
from dragoman.cli.say import say
from dragoman.config.build import build_model_map
from dragoman.config.load import ConfigError, load_settings
from dragoman.config.sources import plain_value
from dragoman.config.today import utc_today
from dragoman.routing.lifecycle import default_model
from dragoman.routing.presets import BY_PREFIX

OWNER_ONLY = 0o600

_KEYS = {"openai": "OPENAI_API_KEY", "google": "GEMINI_API_KEY", "anthropic": "ANTHROPIC_API_KEY"}
_WRITABLE = re.compile(r"[!-~]+")
_NEEDS_QUOTES = re.compile(r"[^\w.:/@+-]")


class Ask(msgspec.Struct, frozen=True):
    """How a person is asked; both give what was typed, stripped, and raise click.Abort where nobody is there."""

    text: Callable[[str, str], str]
    """Takes the question and what an empty answer means."""
    hidden: Callable[[str], str]
    """What is typed is not shown; it may be empty."""


class Flags(msgspec.Struct, frozen=True, kw_only=True):
    """What was typed; None where a question or a default decides."""

    provider: str | None = None
    model: str | None = None
    force: bool = False
    yes: bool = False


class Choice(msgspec.Struct, frozen=True, kw_only=True):
    """What the file will say."""

    provider: str
    """`openai`, `google`, `anthropic`, or the prefix of another vendor or local server."""
    key_variable: str
    """Empty for a server that wants no key."""
    key: str
    model: str
    """Empty: the provider's default."""


class Incomplete(Exception):
    """Something is missing and may not be asked for; the message says what."""


def ask_at_terminal() -> Ask:
    """Questions of click, on stderr."""

    def text(question: str, default: str) -> str:
        return str(click.prompt(question, default=default, show_default=bool(default), err=True)).strip()

    def hidden(question: str) -> str:
        typed = click.prompt(question, default="", hide_input=True, show_default=False, err=True)
        return str(typed).strip()

    return Ask(text, hidden)


def run_init(environ: Mapping[str, str], env_file: Path, flags: Flags, ask: Ask | None = None) -> int:
    """Write the file. Gives the exit code: 1 where one is there already, 2 where `--yes` lacks something, 3 for what
    would be no valid setting."""
    if env_file.exists() and not flags.force:
        say(f"{env_file} is there already: --force writes it anew and keeps the old one beside it", "red")
        return FAILED
    try:
        choice = choose(environ, flags, None if flags.yes else ask or ask_at_terminal())
        kept = write_settings(env_file, file_text(choice))
    except Incomplete as lack:
        say(str(lack), "red")
        return REFUSED
    except ConfigError as fault:
        return bad_settings(fault)
    except OSError as failure:
        say(f"cannot write {env_file}: {failure.strerror}", "red")
        return FAILED
    except click.Abort:
        say("")
        return INTERRUPTED
    if kept is not None:
        say(f"the old settings are in {kept}")
    say(f"wrote {env_file}; next: dragoman doctor, then dragoman serve", "green")
    return DONE


def choose(environ: Mapping[str, str], flags: Flags, ask: Ask | None) -> Choice:
    """Provider, key and model: from the options, else from `ask`, else from the environment. Raises Incomplete."""
    provider = flags.provider or _exported_provider(environ)
    if flags.provider is None and ask is not None:
        provider = ask.text("Provider (openai, google, anthropic, or a vendor such as deepseek)", provider)
    provider = provider.lower()
    if not provider:
        raise Incomplete(f"--provider: expected one, as none of {', '.join(_KEYS.values())} is exported")
    if provider not in _KEYS and provider not in BY_PREFIX:
        raise Incomplete(f"--provider: expected {', '.join(_KEYS)} or {', '.join(sorted(BY_PREFIX))}")
    variables = (_KEYS[provider],) if provider in _KEYS else BY_PREFIX[provider].key_variables
    if provider in BY_PREFIX and BY_PREFIX[provider].base_url is None:
        needed = BY_PREFIX[provider].base_url_variables[0]
        raise Incomplete(f"{provider} has an address of your own, {needed}: start from .env.example instead")
    variable = next((name for name in variables if environ.get(name)), variables[0] if variables else "")
    key = plain_value(environ.get(variable, ""))
    if variable and ask is not None:
        fallback = "Enter takes the exported one" if key else "it is not shown"
        key = ask.hidden(f"{variable} ({fallback})") or key
    if variable and not key:
        raise Incomplete(f"{variable}: expected a key; it is not set")
    if variable and not _WRITABLE.fullmatch(key):
        raise Incomplete(f"{variable}: expected visible ASCII characters without spaces")
    return Choice(provider=provider, key_variable=variable, key=key, model=_model(provider, flags, ask))


def _exported_provider(environ: Mapping[str, str]) -> str:
    for provider, variable in _KEYS.items():
        if environ.get(variable):
            return provider
    exported = (prefix for prefix, row in BY_PREFIX.items() if any(map(environ.get, row.key_variables)))
    return next(exported, "")


def _model(provider: str, flags: Flags, ask: Ask | None) -> str:
    """Empty for the default. Raises Incomplete where a vendor has none."""
    default = ""
    if provider in ("openai", "google"):
        default = default_model(provider, "big", utc_today())
    if provider == "anthropic":
        default = "as Claude Code asks"
    model = flags.model or ""
    if not model and ask is not None:
        model = ask.text("Model", default)
    if default and model in ("", default):
        return ""
    if not model:
        raise Incomplete(f"--model: expected the id of a model, as {provider} has no default")
    return model


def file_text(choice: Choice) -> str:
    """The `.env`, with a comment for each setting."""
    provider, model = choice.provider, choice.model
    told = provider if provider in _KEYS else "openai"
    if model and provider not in _KEYS and not model.startswith(f"{provider}/"):
        model = f"{provider}/{model}"
    names = (
        ("OPUS_MODEL", "SONNET_MODEL", "HAIKU_MODEL")
        if provider == "anthropic"
        else ("BIG_MODEL", "SMALL_MODEL")
    )
    lines = [
        "# Settings of Dragoman. An exported variable of the same name beats a line here.",
        "# `dragoman check` shows what is in effect, `dragoman doctor` what does not work.",
        "",
        "# Where models go that nobody knows, and whose defaults Claude's names stand for:",
        "# openai, google, anthropic or litellm.",
        f"PREFERRED_PROVIDER={told}",
        "",
    ]
    if choice.key_variable:
        lines += [
            "# The key. It goes to this provider's own address, or to the base URL that is set for it.",
            f"{choice.key_variable}={_quoted(choice.key)}",
            "",
        ]
    lines += [
        "# What Claude's names stand for: the small model for haiku, the big one for all others.",
        *(f"{name}={_quoted(model)}" if model else f"#{name}=" for name in names),
        "",
        "# Where Dragoman listens.",
        "#HOST=127.0.0.1",
        "#PORT=8082",
        "",
    ]
    return "\n".join(lines)


def _quoted(value: str) -> str:
    """As python-dotenv reads it: single quotes keep everything but themselves and backslashes."""
    if not _NEEDS_QUOTES.search(value):
        return value
    escaped = value.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"


def write_settings(env_file: Path, text: str) -> Path | None:
    """Write the file whole or not at all, with the mode 0600. Gives where an older one was kept. Raises ConfigError
    for a text that is not valid, and OSError."""
    descriptor, name = tempfile.mkstemp(prefix=".env-", dir=env_file.parent)
    draft = Path(name)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
        draft.chmod(OWNER_ONLY)
        build_model_map(load_settings({}, draft), utc_today())
        kept = None
        if env_file.exists():
            kept = _free_name(env_file.with_name(f"{env_file.name}.bak-{utc_today()}"))
            env_file.replace(kept)
            kept.chmod(OWNER_ONLY)
        draft.replace(env_file)
    finally:
        draft.unlink(missing_ok=True)
    return kept


def _free_name(file: Path) -> Path:
    """The name itself, or with a number behind it: no copy replaces another."""
    names = (file, *(file.with_name(f"{file.name}-{number}") for number in range(2, 1000)))
    return next(name for name in names if not name.exists())
