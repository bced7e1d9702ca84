"""What a comparison must know of a gateway: how it is installed, how it is started, and what it calls a model."""

import json
import os
import re
import secrets
import shutil
import subprocess
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import ClassVar, NamedTuple

from typing_extensions import override

from bench.processes import REPOSITORY, Server, free_port

INSTALL_LIMIT = 600
"""Seconds after which an installation is given up."""
SIGNS = ("cause:", "could not be found", "error")
"""What a line with the cause has in it, the most telling first."""
ADDRESS = re.compile(r"\S*://\S*")


class NotMeasured(Exception):
    """A gateway could not be installed or started; the message says why, in one line."""


class Footprint(NamedTuple):
    """What an installation takes, without Python or Node themselves."""

    packages: int
    megabytes: float
    """Of its files, not of the blocks of the disk."""


class Ports(NamedTuple):
    """Where a gateway listens, and where its upstream does."""

    own: int
    upstream: int

    @property
    def origin(self) -> str:
        return f"http://127.0.0.1:{self.upstream}"


class Peer(ABC):
    """One gateway at one version."""

    name: ClassVar[str]
    version: ClassVar[str]
    package: ClassVar[str] = ""
    """What the registry calls it; empty for what is in this repository."""
    models: ClassVar[Mapping[str, str]] = {"openai": "openai/{model}", "anthropic": "anthropic/{model}"}
    """How a model of each backend is asked for. A backend that is missing is not translated to."""
    ready_path: ClassVar[str] = "/readyz"
    configuration: ClassVar[str] = ""
    """How it was set up, for the page."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / self.slug
        """Where it is installed."""
        self.key = "sk-" + secrets.token_hex(32)
        """What its clients must know, where it asks for a key; made anew for each run."""

    @property
    def slug(self) -> str:
        return self.name.lower().replace(" ", "-")

    @abstractmethod
    def install(self) -> None:
        """Bring it into its folder, unless it is there. Raises NotMeasured."""

    @abstractmethod
    def footprint(self) -> Footprint:
        """What lies in its folder after `install`."""

    @abstractmethod
    def command(self, ports: Ports, home: Path) -> Sequence[str]:
        """What starts it, after its files were written to `home`."""

    def environment(self, ports: Ports) -> dict[str, str]:
        """The variables that configure it."""
        return {}

    def start(self, home: Path, upstream: int) -> Server:
        """Start it with `home` as its home and as its working directory, which nothing else uses."""
        ports = Ports(free_port(), upstream)
        # Far below `home`: LiteLLM imports modules from two folders above the working directory.
        working = home / "runs" / "in" / "here"
        working.mkdir(parents=True, exist_ok=True)
        return Server(
            self.name,
            self.command(ports, home),
            ports.own,
            log=home / "output.log",
            cwd=working,
            env={"PATH": os.environ.get("PATH", ""), "HOME": str(home), "LANG": "C.UTF-8"}
            | self.environment(ports),
            ready_path=self.ready_path,
        )


class PythonPeer(Peer):
    """A gateway from PyPI, in a virtual environment of its own."""

    options: ClassVar[Sequence[str]] = ()
    """Of `uv pip install`."""

    @property
    def requirement(self) -> str:
        return f"{self.package}=={self.version}"

    @override
    def install(self) -> None:
        if not (self.folder / "installed").exists():
            uv = os.environ.get("UV", "uv")
            python = ["--python", str(self.folder / "bin/python")]
            run([uv, "venv", "--clear", "--python", "3.11", str(self.folder)])
            run([uv, "pip", "install", "--compile-bytecode", *python, *self.options, self.requirement])
            (self.folder / "installed").touch()

    @override
    def footprint(self) -> Footprint:
        [packages] = self.folder.glob("lib/python3*/site-packages")
        return Footprint(len(list(packages.glob("*.dist-info"))), megabytes(packages))


class NodePeer(Peer):
    """A gateway from npm, in a folder of its own."""

    @override
    def install(self) -> None:
        if not (self.folder / "installed").exists():
            shutil.rmtree(self.folder, ignore_errors=True)
            self.folder.mkdir(parents=True)
            (self.folder / "package.json").write_text('{"private": true}', "utf-8")
            quiet = ["--no-audit", "--no-fund", "--ignore-scripts", "--prefix", str(self.folder)]
            run(["npm", "install", *quiet, f"{self.package}@{self.version}"])
            (self.folder / "installed").touch()

    @override
    def footprint(self) -> Footprint:
        lock = json.loads((self.folder / "package-lock.json").read_text("utf-8"))
        return Footprint(len([name for name in lock["packages"] if name]), megabytes(self.folder))


def run(command: Sequence[str]) -> None:
    """Run an installer. Raises NotMeasured with what it said last."""
    try:
        done = subprocess.run(
            command, cwd=REPOSITORY.parent, capture_output=True, text=True, timeout=INSTALL_LIMIT, check=False
        )
    except FileNotFoundError as error:
        raise NotMeasured(f"{command[0]} is not installed") from error
    except subprocess.TimeoutExpired as error:
        raise NotMeasured(f"not installed within {INSTALL_LIMIT} s") from error
    if done.returncode:
        raise NotMeasured(f"not installed: {reason(done.stderr)}")


def reason(text: str) -> str:
    """The most telling line of what an installer or a server said, without addresses."""
    lines = [line.strip() for line in ADDRESS.sub("", text).splitlines() if line.strip()]
    telling = [line for sign in SIGNS for line in lines if sign in line.lower()]
    return (telling or lines or ["it said nothing"])[0][:160].replace("|", "/")


def megabytes(folder: Path) -> float:
    """Bytes of all files under `folder`, in millions."""
    return sum(file.lstat().st_size for file in folder.rglob("*") if file.is_file()) / 1e6
