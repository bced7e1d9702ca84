"""`dragoman doctor`: all checks, one report."""

import asyncio
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

from msgspec.structs import replace

from dragoman.cli.doctor.channels import channel_finding, channels_to_ask
from dragoman.cli.doctor.claude_code import claude_version, variable_findings, version_finding
from dragoman.cli.doctor.findings import Finding, as_data, as_lines, is_healthy
from dragoman.cli.doctor.port import port_finding
from dragoman.cli.doctor.surroundings import (
    file_findings,
    proxy_findings,
    setting_findings,
    setting_problems,
)
from dragoman.cli.exit_codes import DONE, FAILED, INTERRUPTED
from dragoman.cli.say import paint, say, shows_colour
from dragoman.config.build import build_model_map
from dragoman.config.load import ConfigError, load_settings
from dragoman.config.settings import Settings
from dragoman.config.today import utc_today
from dragoman.relay.ports import TokenSource, Upstream
from dragoman.routing.model_map import ModelMap
from dragoman.wire.jsonbytes import encode
from dragoman.wire.redact import SecretScrubber

MOST_SECONDS = 5.0
"""For each channel and for the port; all are asked at once."""


def run_doctor(environ: Mapping[str, str], env_file: Path, *, as_json: bool) -> int:
    """Look at everything and print what was found. Gives the exit code: 1 if something failed."""
    progress = _quiet if as_json else say
    findings = [*file_findings(env_file), *proxy_findings(environ)]
    try:
        settings = load_settings(environ, env_file)
        model_map = build_model_map(settings, utc_today())
        findings += setting_findings(settings, model_map, environ, env_file)
        asked = asyncio.run(_ask(settings, model_map, environ, env_file, progress))
        scrubber = SecretScrubber(settings.secrets())
        findings += [scrubbed(finding, scrubber) for finding in asked]
        findings += variable_findings(settings, environ, Path.cwd())
    except ConfigError as fault:
        findings += setting_problems(fault.problems, environ, env_file)
        findings.append(version_finding(claude_version(environ)))
    except KeyboardInterrupt:
        return INTERRUPTED
    _print_report(findings, as_json=as_json)
    return DONE if is_healthy(findings) else FAILED


async def _ask(
    settings: Settings,
    model_map: ModelMap,
    environ: Mapping[str, str],
    env_file: Path,
    progress: Callable[[str], None],
) -> list[Finding]:
    from dragoman.app import open_upstreams

    async with open_upstreams(settings, MOST_SECONDS) as (upstream, tokens):
        version = asyncio.to_thread(claude_version, environ)
        found, said = await asyncio.gather(
            ask_all(settings, model_map, env_file, upstream, tokens, progress), version
        )
    return [*found, version_finding(said)]


async def ask_all(
    settings: Settings,
    model_map: ModelMap,
    env_file: Path,
    upstream: Upstream,
    tokens: TokenSource,
    progress: Callable[[str], None],
) -> list[Finding]:
    """The port's finding and each channel's, all asked at once."""
    channels = channels_to_ask(model_map)
    names = ", ".join(channel.name for channel in channels)
    progress(f"asking {names}, at most {MOST_SECONDS:g} s ..." if channels else "no upstream to ask")
    return await asyncio.gather(
        port_finding(settings, upstream, MOST_SECONDS),
        *(channel_finding(channel, upstream, tokens, MOST_SECONDS, env_file) for channel in channels),
    )


def scrubbed(finding: Finding, scrubber: SecretScrubber) -> Finding:
    """The finding without any key that is configured: an upstream may quote one. What mends it is our own text."""
    return replace(finding, cause=scrubber.scrub(finding.cause))


def _print_report(findings: list[Finding], *, as_json: bool) -> None:
    if as_json:
        sys.stdout.write(encode(as_data(findings)).decode() + "\n")
        return
    from os import environ

    coloured = shows_colour(sys.stdout, environ)
    for line, colour in as_lines(findings):
        print(line if colour is None else paint(line, colour, coloured=coloured))


def _quiet(text: str) -> None:
    """Programs need no progress."""
