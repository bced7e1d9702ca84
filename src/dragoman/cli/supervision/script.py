"""What root has to run for a service of the system, as a shell script."""

import shlex

from dragoman.cli.supervision.programs import Command
from dragoman.cli.supervision.supervisor import Supervisor
from dragoman.cli.supervision.unit_files import Start

_END = "END_OF_FILE"


def install_script(supervisor: Supervisor, start: Start) -> str:
    """Writes the file, makes the folders the user's, starts. Raises UnwritablePath."""
    folders = [
        shlex.join(["install", "-d", "-o", start.user or "root", str(folder)])
        for folder in supervisor.folders()
    ]
    file = shlex.quote(str(supervisor.file))
    content = supervisor.content(start).decode().rstrip("\n")
    lines = ["set -e", *folders, f"cat > {file} <<'{_END}'", content, _END, f"chmod 644 {file}"]
    return "\n".join([*lines, *map(_line, supervisor.start())]) + "\n"


def uninstall_script(supervisor: Supervisor) -> str:
    """Stops and removes it."""
    lines = [*map(_line, supervisor.stop()), shlex.join(["rm", "-f", str(supervisor.file)])]
    return "\n".join([*lines, *map(_line, supervisor.forget())]) + "\n"


def _line(wanted: Command) -> str:
    line = shlex.join(wanted.words)
    if wanted.tries > 1:
        return f"for attempt in $(seq {wanted.tries}); do {line} && break; sleep 1; done"
    return f"{line} || true" if wanted.may_fail else line
