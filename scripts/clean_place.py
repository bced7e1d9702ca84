"""A folder that stands for a new user's machine: an empty home, this machine's programs, the project as git has it."""

import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]

KEPT = re.compile(
    r"LANG|(?:UV|PIP|npm_config)_(?:CACHE_DIR|CONFIG_FILE|OFFLINE|\w*INDEX\w*|FIND_LINKS|CERT|REGISTRY)"
    r"|SSL_\w+|NODE_EXTRA_CA_CERTS|\w+_CA_BUNDLE|\w+_PROXY",
    re.IGNORECASE,
)
"""What a new user's shell takes from this one: the way to the package indexes, and their caches."""

CONFIGURATIONS = {
    "UV_CONFIG_FILE": ".config/uv/uv.toml",
    "PIP_CONFIG_FILE": ".config/pip/pip.conf",
    "npm_config_userconfig": ".npmrc",
}
"""Files of the real home that say where the indexes are."""

PIP = """\
[ -d "$HOME/python" ] || python3 -m venv "$HOME/python" || exit 1
exec "$HOME/python/bin/pip" "$@"
"""
"""As `pip` of a machine whose Python may be written to: an environment in the home, whose programs are on the PATH."""


@dataclass(frozen=True)
class Place:
    """`root` is empty when it is given."""

    root: Path

    @property
    def home(self) -> Path:
        return self.root / "home"

    @property
    def programs(self) -> Path:
        """The first folder of the PATH."""
        return self.root / "programs"

    @property
    def origin(self) -> Path:
        """A repository with the tracked files as they are in the working tree."""
        return self.root / "origin"

    def furnish(self) -> None:
        """Makes the home, the programs and the repository. Raises CalledProcessError where there is no git."""
        self.home.mkdir()
        self.programs.mkdir()
        python = os.path.realpath(sys.executable)
        for name in ("python", "python3"):
            self.program(name, f'exec "{python}" "$@"\n')
        self.program("pip", PIP)
        copy_tracked(self.origin)
        git = ["git", "-C", str(self.origin), "-c", "user.name=nobody", "-c", "user.email=nobody@example.com"]
        subprocess.run([*git, "init", "--quiet"], check=True)
        subprocess.run([*git, "add", "--all", "--force"], check=True)
        subprocess.run([*git, "commit", "--quiet", "--message", "as it is"], check=True)

    def program(self, name: str, text: str) -> None:
        """Puts a shell script on the PATH."""
        file = self.programs / name
        file.write_text(f"#!/bin/sh\n{text}", "utf-8")
        file.chmod(0o755)

    def environment(self, **more: str) -> dict[str, str]:
        """Of a new user's shell. The PATH is this machine's without the environment that runs this."""
        ours = Path(sys.executable).parent
        others = [folder for folder in os.environ["PATH"].split(os.pathsep) if Path(folder) != ours]
        own = [self.programs, self.home / ".local/bin", self.home / ".npm/bin", self.home / "python/bin"]
        real = Path.home()
        return {
            **{name: value for name, value in os.environ.items() if KEPT.fullmatch(name)},
            **{name: str(real / file) for name, file in CONFIGURATIONS.items() if (real / file).is_file()},
            "HOME": str(self.home),
            "PATH": os.pathsep.join([*map(str, own), *others]),
            "PIP_CACHE_DIR": os.environ.get("PIP_CACHE_DIR", str(real / ".cache/pip")),
            "PIP_DISABLE_PIP_VERSION_CHECK": "1",
            "UV_CACHE_DIR": said_by("uv", "cache", "dir"),
            **more,
        }


def copy_tracked(folder: Path) -> None:
    """Puts every file that git tracks into `folder`, as it is in the working tree."""
    for name in filter(None, said_by("git", "-C", str(ROOT), "ls-files", "-z").split("\0")):
        # One that is deleted and not yet committed is tracked still.
        if (source := ROOT / name).exists():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(source, folder / name)


def said_by(*command: str) -> str:
    """The output of a program, stripped. Raises CalledProcessError or FileNotFoundError."""
    return subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout.strip()
