"""Dragoman of this repository, installed as a user installs it, and the floor on the same libraries."""

from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path

from typing_extensions import override

from bench.peers.peer import Ports, PythonPeer
from bench.processes import REPOSITORY, dragoman_settings


class Dragoman(PythonPeer):
    """Without extras, without a configuration file."""

    name = "Dragoman"
    version = version("dragoman")
    options = ("--refresh-package", "dragoman")
    configuration = "`OPENAI_BASE_URL` and `ANTHROPIC_UPSTREAM_BASE_URL` at the upstream, keys of both"

    @property
    @override
    def requirement(self) -> str:
        return str(REPOSITORY)

    @override
    def install(self) -> None:
        """Anew each time: the repository may have changed."""
        (self.folder / "installed").unlink(missing_ok=True)
        super().install()

    @override
    def command(self, ports: Ports, home: Path) -> Sequence[str]:
        return [str(self.folder / "bin/dragoman"), "serve", "--host", "127.0.0.1", "--port", str(ports.own)]

    @override
    def environment(self, ports: Ports) -> dict[str, str]:
        return dragoman_settings(ports.origin)


class Floor(Dragoman):
    """The yardstick (bench/floor.py) in Dragoman's environment."""

    name = "floor"

    @property
    @override
    def slug(self) -> str:
        return Dragoman.name.lower()

    @override
    def install(self) -> None:
        """Into Dragoman's place, unless that is there."""
        PythonPeer.install(self)

    @override
    def command(self, ports: Ports, home: Path) -> Sequence[str]:
        python = str(self.folder / "bin/python")
        return [python, "-m", "bench.floor", "--port", str(ports.own), "--upstream", ports.origin]

    @override
    def environment(self, ports: Ports) -> dict[str, str]:
        return {"PYTHONPATH": str(REPOSITORY)}
