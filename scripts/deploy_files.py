"""Writes deploy/: the files that `dragoman service install` makes, for a fixed folder, to be copied by hand.

Run by `just reference`. Also under the names that guides to earlier proxies use.
"""

import sys

from scripts.generated import ROOT, write_or_check

from dragoman.cli.supervision.unit_files import LABEL, Start, launchd_plist, systemd_unit

NAMES = {"dragoman": LABEL, "claude-code-proxy": "com.claude-code-proxy"}
"""Name of the service, and of its label in launchd."""


def deploy_files() -> dict[str, bytes]:
    """The contents by name. Each stands for a clone with its `.venv` below /opt, run as a user of the same name."""
    files: dict[str, bytes] = {}
    for name, label in NAMES.items():
        start = Start(python=f"/opt/{name}/.venv/bin/python", directory=f"/opt/{name}")
        as_user = Start(python=start.python, directory=start.directory, user=name)
        logs = f"/tmp/{name}-std"
        files[f"{name}.service"] = systemd_unit(as_user)
        files[f"{label}.plist"] = launchd_plist(
            start, label=label, stdout=f"{logs}out.log", stderr=f"{logs}err.log"
        )
    return files


if __name__ == "__main__":
    written = {ROOT / "deploy" / name: content.decode() for name, content in deploy_files().items()}
    sys.exit(write_or_check(written, "deploy_files", sys.argv[1:], whole_folder=ROOT / "deploy"))
