"""Writes deploy/: the files that `dragoman service install` makes, for a fixed folder, to be copied by hand.

Run by `just reference`. Also under the names that guides to earlier proxies use.
"""

from pathlib import Path

from dragoman.cli.supervision.unit_files import LABEL, Start, launchd_plist, systemd_unit

ROOT = Path(__file__).resolve().parents[1]

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
    (ROOT / "deploy").mkdir(exist_ok=True)
    for name, content in deploy_files().items():
        (ROOT / "deploy" / name).write_bytes(content)
