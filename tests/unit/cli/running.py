"""The real command in a process of its own, with no setting but those of the test."""

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]


def run_command(
    *arguments: str, environ: Mapping[str, str] | None = None, cwd: Path
) -> subprocess.CompletedProcess[str]:
    """`dragoman ...` in the folder `cwd`."""
    return run_python(
        "-c", "from dragoman.cli.main import main; main()", *arguments, environ=environ, cwd=cwd
    )


def run_python(
    *arguments: str, environ: Mapping[str, str] | None = None, cwd: Path
) -> subprocess.CompletedProcess[str]:
    """Python with an empty environment but for PATH."""
    return subprocess.run(
        [sys.executable, *arguments],
        env={"PATH": os.environ["PATH"]} | dict(environ or {}),
        cwd=cwd,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
