"""`dragoman env`: what `dragoman claude` sets, as lines for a shell."""

import os
from collections.abc import Mapping
from pathlib import Path

from dragoman.cli.claude_settings import overrides, settings_files
from dragoman.cli.claude_variables import claude_variables, token_for
from dragoman.cli.exit_codes import DONE, FAILED, bad_settings
from dragoman.cli.say import say
from dragoman.cli.serve import address_for_clients
from dragoman.cli.shell_lines import Shell, Unquotable, shell_lines, usual_shell
from dragoman.config.build import build_model_map
from dragoman.config.load import ConfigError, load_settings
from dragoman.config.today import utc_today


def run_env(environ: Mapping[str, str], env_file: Path, shell: Shell | None) -> int:
    """Print the lines, and nothing else, on stdout. Gives the exit code."""
    try:
        settings = load_settings(environ, env_file)
        if settings.port == 0:
            raise ConfigError(["PORT: expected a port, because 0 is another one at each start, got `0`"])
        variables = claude_variables(
            settings,
            build_model_map(settings, utc_today()),
            address_for_clients(settings),
            token_for(settings),
        )
    except ConfigError as fault:
        return bad_settings(fault)
    chosen = shell or usual_shell(environ, windows=os.name == "nt")
    try:
        lines = shell_lines(chosen, variables.assignments(environ), variables.removed)
    except Unquotable as fault:
        say(str(fault), "red")
        return FAILED
    for warning in overrides(settings_files(environ, Path.cwd()), variables):
        say(f"! {warning}", "yellow")
    for line in lines:
        print(line)
    return DONE
