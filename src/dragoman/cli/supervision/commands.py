"""`dragoman service`: its commands and options. What they do is imported when they run."""

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from dragoman.cli.supervision.programs import Programs
    from dragoman.cli.supervision.supervisor import Supervisor
    from dragoman.cli.supervision.unit_files import Start

_system = click.option(
    "--system",
    is_flag=True,
    help="The machine's service instead of your own; what needs root is printed, not run.",
)


@click.group()
def service() -> None:
    """Keep the gateway running: systemd on Linux, launchd on macOS."""


@service.command()
@_system
@click.option(
    "--directory",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    default=".",
    show_default="the working directory",
    help="Folder of the .env file with the settings.",
)
@click.option("--dry-run", is_flag=True, help="Show the file and the commands; change nothing.")
def install(system: bool, directory: Path, dry_run: bool) -> None:
    """Start now and from now on, with the settings of .env. Again: take up what changed."""
    from dragoman.cli.say import say
    from dragoman.cli.supervision import actions

    supervisor, programs = _here(system)
    start = _start(directory, system)
    if "archive-v0" in Path(start.python).parts:
        say("! this is uv's temporary environment, which may go; first: uv tool install dragoman", "yellow")
    if hidden := actions.hidden_settings(os.environ, Path(start.directory) / ".env"):
        say(f"! a service reads .env alone; exported here and not seen there: {', '.join(hidden)}", "yellow")
    if system and not dry_run:
        sys.exit(actions.print_install(supervisor, start))
    sys.exit(actions.install(supervisor, programs, start, dry_run=dry_run))


@service.command()
@_system
@click.option("--json", "as_json", is_flag=True, help="Machine-readable output.")
def status(system: bool, as_json: bool) -> None:
    """Show whether it runs; exit code 0 if it does."""
    from dragoman.cli.supervision import actions

    sys.exit(actions.status(*_here(system), as_json=as_json))


@service.command()
@_system
@click.option("-n", "--lines", type=click.IntRange(0), default=100, show_default=True, help="How many.")
@click.option("-f", "--follow", is_flag=True, help="Go on with new lines.")
def logs(system: bool, lines: int, follow: bool) -> None:
    """Show the last lines of its log."""
    from dragoman.cli.supervision import actions

    sys.exit(actions.logs(*_here(system), lines=lines, follow=follow))


@service.command()
@_system
def uninstall(system: bool) -> None:
    """Stop it and remove it; settings stay."""
    from dragoman.cli.supervision import actions

    supervisor, programs = _here(system)
    sys.exit(actions.print_uninstall(supervisor) if system else actions.uninstall(supervisor, programs))


def _here(system: bool) -> "tuple[Supervisor, Programs]":
    """What manages services on this machine, or the end."""
    from dragoman.cli.supervision.programs import Programs
    from dragoman.cli.supervision.supervisor import find_supervisor

    uid = os.getuid() if sys.platform != "win32" else 0
    supervisor = find_supervisor(Path.home(), os.environ, system=system, uid=uid)
    if supervisor is None:
        raise click.ClickException(
            "this platform has neither systemd nor launchd; `dragoman serve` runs anywhere"
        )
    return supervisor, Programs(os.environ.get("PATH", os.defpath))


def _start(directory: Path, system: bool) -> "Start":
    import getpass

    from dragoman.cli.supervision.unit_files import Start

    user = (os.environ.get("SUDO_USER") or getpass.getuser()) if system else None
    # Not resolved: the interpreter of a virtual environment is a link to another's.
    return Start(python=os.path.abspath(sys.executable), directory=os.path.abspath(directory), user=user)
