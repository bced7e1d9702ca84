"""The command line. Commands are imported when they run, so that `--help` loads no server and no HTTP client."""

import os
import sys
from pathlib import Path
from typing import Literal

import click
from typing_extensions import override

from dragoman.cli.supervision.commands import service

DEFAULT_ENV_FILE = Path(".env")

_env_file = click.option(
    "--env-file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="File of settings, instead of .env in the working directory.",
)


class PassingOn(click.Command):
    """Takes its own options only before all else; what follows them is another program's, and comes as it was typed."""

    @override
    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        own = 0
        while own < len(args) and _is_own(args[own]):
            own += 2 if args[own] == "--env-file" else 1
        theirs = args[own + 1 :] if args[own : own + 1] == ["--"] else args[own:]
        return super().parse_args(ctx, [*args[:own], "--", *theirs])


def _is_own(argument: str) -> bool:
    return argument in ("-h", "--help", "--env-file") or argument.startswith("--env-file=")


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="dragoman", prog_name="dragoman", message="%(prog)s %(version)s")
def commands() -> None:
    """Run Claude Code and other clients of the Messages API on the model of your choice."""


commands.add_command(service)


@commands.command()
@click.option("--host", help="Address to listen on (setting HOST, default 127.0.0.1).")
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    help="Port to listen on (setting PORT, default 8082); 0: a free one.",
)
@_env_file
@click.option(
    "--log-level",
    type=click.Choice(["debug", "info", "warning", "error"], case_sensitive=False),
    help="Least severe message to log (settings LOG_LEVEL and DEBUG).",
)
@click.option("--reload", is_flag=True, help="Restart when the source changes; for development.")
@click.option(
    "--insecure-no-auth",
    is_flag=True,
    help="Serve beyond this machine without DRAGOMAN_API_KEY. Anyone may use it.",
)
def serve(
    host: str | None,
    port: int | None,
    env_file: Path | None,
    log_level: str | None,
    reload: bool,
    insecure_no_auth: bool,
) -> None:
    """Start the gateway."""
    from dragoman.cli.serve import Flags, run_server

    flags = Flags(host=host, port=port, log_level=log_level, reload=reload, insecure_no_auth=insecure_no_auth)
    sys.exit(run_server(os.environ, env_file or DEFAULT_ENV_FILE, flags))


@commands.command()
@_env_file
@click.option("--json", "as_json", is_flag=True, help="Machine-readable output.")
def check(env_file: Path | None, as_json: bool) -> None:
    """Show the effective settings, the model map and what is missing."""
    from dragoman.cli.check import run_check

    sys.exit(run_check(os.environ, env_file or DEFAULT_ENV_FILE, as_json=as_json))


@commands.command(cls=PassingOn, options_metavar="[--env-file FILE] [--help]")
@_env_file
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED, metavar="[ARGUMENTS OF CLAUDE]...")
def claude(env_file: Path | None, arguments: tuple[str, ...]) -> None:
    """Run Claude Code on this gateway, which is started where none runs, and tell what the session used."""
    from dragoman.cli.claude import run_claude

    sys.exit(run_claude(os.environ, env_file or DEFAULT_ENV_FILE, arguments))


@commands.command()
@_env_file
@click.option(
    "--shell",
    type=click.Choice(["bash", "fish", "powershell", "cmd"]),
    help="Whose syntax to write; bash also for zsh. Unset: that of your shell.",
)
def env(env_file: Path | None, shell: Literal["bash", "fish", "powershell", "cmd"] | None) -> None:
    """Print the lines that point Claude Code at this gateway."""
    from dragoman.cli.environment import run_env

    sys.exit(run_env(os.environ, env_file or DEFAULT_ENV_FILE, shell))


@commands.command()
@_env_file
@click.option("--json", "as_json", is_flag=True, help="Machine-readable output.")
def models(env_file: Path | None, as_json: bool) -> None:
    """Show which model answers which name, its window and what it can."""
    from dragoman.cli.models import run_models

    sys.exit(run_models(os.environ, env_file or DEFAULT_ENV_FILE, as_json=as_json))


@commands.command()
@click.option("--model", required=True, help="What a client asks for, such as claude-sonnet-5.")
@click.option(
    "--body",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="File with a request of the Messages API as JSON, instead of a one-line question.",
)
@_env_file
@click.option("--json", "as_json", is_flag=True, help="Machine-readable output.")
def explain(model: str, body: Path | None, env_file: Path | None, as_json: bool) -> None:
    """Show where a request would go, why, and as what, without sending it."""
    from dragoman.cli.explain import run_explain

    sys.exit(run_explain(os.environ, env_file or DEFAULT_ENV_FILE, model, body, as_json=as_json))


@commands.command()
@_env_file
@click.option("--json", "as_json", is_flag=True, help="Machine-readable output.")
def doctor(env_file: Path | None, as_json: bool) -> None:
    """Look for what keeps requests from being answered, and say what mends it."""
    from dragoman.cli.doctor.doctor import run_doctor

    sys.exit(run_doctor(os.environ, env_file or DEFAULT_ENV_FILE, as_json=as_json))


@commands.command()
@click.option("--provider", help="openai, google, anthropic, or a vendor's prefix such as deepseek.")
@click.option("--model", help="What Claude's names stand for; without it the provider's default.")
@click.option(
    "--env-file",
    type=click.Path(dir_okay=False, path_type=Path),
    default=DEFAULT_ENV_FILE,
    show_default=True,
    help="File to write.",
)
@click.option(
    "--force", is_flag=True, help="Write the file anew if it is there; the old one is kept beside it."
)
@click.option("--yes", is_flag=True, help="Ask nothing: options and exported keys decide.")
def init(provider: str | None, model: str | None, env_file: Path, force: bool, yes: bool) -> None:
    """Write a .env after at most three questions."""
    from dragoman.cli.init import Flags, run_init

    flags = Flags(provider=provider, model=model, force=force, yes=yes)
    sys.exit(run_init(os.environ, env_file, flags))


@commands.command()
@_env_file
@click.option("--url", help="Base URL to ask, instead of the one of HOST and PORT.")
@click.option("--json", "as_json", is_flag=True, help="Machine-readable output.")
def health(env_file: Path | None, url: str | None, as_json: bool) -> None:
    """Ask a running gateway whether it takes requests; exit code 0 if it does."""
    from dragoman.cli.health import run_health

    sys.exit(run_health(os.environ, env_file or DEFAULT_ENV_FILE, url, as_json=as_json))


def arguments(program: str, given: list[str]) -> list[str]:
    """What to run: `claude-code-proxy` without a command means `serve`, as it always did."""
    asks_for_command = bool(given) and (
        given[0] in commands.commands or given[0] in ("-h", "--help", "--version")
    )
    if Path(program).stem == "claude-code-proxy" and not asks_for_command:
        return ["serve", *given]
    return given


def main() -> None:
    """The entry point of both console scripts."""
    commands.main(args=arguments(sys.argv[0], sys.argv[1:]), prog_name=Path(sys.argv[0]).stem)
