"""Runs the very steps of the Dockerfile in a clean directory, starts its CMD and asks its HEALTHCHECK.

    uv run python -m scripts.container_steps [--env-file .env]

For machines without a container engine. The directory stands for the image's file system: paths of the image that the
Dockerfile itself names are moved into it. What only an engine has is not tried, and is said: the base images (this
machine's Python and uv stand in their place), USER, and the network of a container.
"""

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from scripts.dockerfile import Instruction, Stage, exec_form, read_env_file, read_stages

ROOT = Path(__file__).resolve().parents[1]

MOVED = re.compile(r"(?<![\w./-])/(?=(?:build|opt|srv)(?:[/:\s\"']|$))")
"""The folders of the image that the Dockerfile makes; others, such as /usr, belong to the base image."""

OF_THIS_MACHINE = re.compile(
    r"(?:PATH|HOME|LANG|UV_(?:CACHE_DIR|OFFLINE|INDEX\w*|DEFAULT_INDEX)|SSL_\w+|\w+_proxy)"
)
"""What building takes from this machine: programs, a cache and the way to the package index."""


class Image:
    """The file system that the stages leave behind, below `root`."""

    def __init__(self, folder: Path, dockerfile: Path) -> None:
        self.root = folder / "root"
        self.context = dockerfile.parent
        self.stages = read_stages(dockerfile.read_text("utf-8"))
        self.environment: dict[str, str] = {}
        self.directory = self.root
        self.not_tried: list[str] = []
        self._finished: dict[str, Path] = {}
        self._folder = folder

    def build(self) -> None:
        """Raises CalledProcessError for a RUN that fails, FileNotFoundError for a COPY of nothing."""
        for stage in self.stages:
            self._begin(stage)
            for step in stage.instructions:
                sys.stderr.write(f"{stage.name}: {step.keyword} {step.text}\n")
                self._take(step)
            if stage is not self.stages[-1]:
                # Moved away, as a stage's files are gone from the next: what still needs them fails.
                self._finished[stage.name] = self.root.rename(self._folder / f"stage-{stage.name}")

    def run_environment(self, settings: Mapping[str, str]) -> dict[str, str]:
        """What a process of the container sees: the image's own, then `--env-file` and `-e`."""
        return self.environment | {"HOME": str(self.root)} | dict(settings)

    def moved(self, text: str) -> str:
        """`text` with the image's paths as they are here."""
        return MOVED.sub(f"{self.root}/", text)

    def _begin(self, stage: Stage) -> None:
        self.root.mkdir()
        self.directory = self.root
        self.environment = {
            name: value for name, value in os.environ.items() if OF_THIS_MACHINE.fullmatch(name)
        }
        self.environment["UV_PYTHON"] = sys.executable
        self.not_tried.append(f"FROM {stage.image}")

    def _take(self, step: Instruction) -> None:
        match step.keyword:
            case "COPY":
                self._copy(step)
            case "ENV":
                for name, value in step.pairs().items():
                    path = self.environment.get("PATH", "")
                    self.environment[name] = self.moved(value).replace("$PATH", path)
            case "WORKDIR":
                self.directory = Path(self.moved(step.text))
                self.directory.mkdir(parents=True, exist_ok=True)
            case "RUN":
                subprocess.run(
                    ["sh", "-c", self.moved(step.text)], cwd=self.directory, env=self.environment, check=True
                )
            case "CMD" | "HEALTHCHECK":
                pass
            case _:
                self.not_tried.append(f"{step.keyword} {step.text}")

    def _copy(self, step: Instruction) -> None:
        *sources, target = step.words()
        stage = step.flags.get("from")
        if stage is not None and not any(self._finished[stage].iterdir()):
            # A stage without steps is somebody else's image: its program is looked for on this machine.
            assert shutil.which(Path(target).name), f"{Path(target).name} is not on the PATH"
            self.not_tried.append(f"COPY --from={stage} {step.text}")
            return
        origin = self.context if stage is None else self._finished[stage]
        into = self.directory / self.moved(target)
        for source in sources:
            found = origin / source.lstrip("/")
            # As Docker: a folder's contents, and a file under its own name only into a folder.
            place = into if found.is_dir() or not target.endswith("/") else into / found.name
            place.parent.mkdir(parents=True, exist_ok=True)
            if found.is_dir():
                shutil.copytree(found, place, symlinks=True, dirs_exist_ok=True)
            else:
                shutil.copy2(found, place)


@contextmanager
def running(image: Image, settings: Mapping[str, str]) -> Iterator[subprocess.Popen[bytes]]:
    """The CMD of the image; on leaving it gets SIGTERM, and SIGKILL if it does not end."""
    command = exec_form(image.stages[-1].last("CMD").text)
    environment = image.run_environment(settings)
    program = shutil.which(command[0], path=environment["PATH"])
    assert program is not None, f"{command[0]} is not on the image's PATH"
    with subprocess.Popen([program, *command[1:]], cwd=image.directory, env=environment) as process:
        try:
            yield process
        finally:
            process.terminate()
            try:
                process.wait(40)
            except subprocess.TimeoutExpired:
                process.kill()


def healthy(image: Image, settings: Mapping[str, str]) -> bool:
    """What the image's HEALTHCHECK says."""
    _, _, command = image.stages[-1].last("HEALTHCHECK").text.partition("CMD ")
    environment = image.run_environment(settings)
    words = exec_form(command)
    program = shutil.which(words[0], path=environment["PATH"]) or words[0]
    done = subprocess.run([program, *words[1:]], cwd=image.directory, env=environment, check=False)
    return done.returncode == 0


def main() -> int:
    options = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    options.add_argument("--env-file", type=Path, help="Settings, as `docker run --env-file` takes them.")
    options.add_argument("--port", default="8082", help="Port to listen on, in place of the image's.")
    given = options.parse_args()
    settings = read_env_file(given.env_file) if given.env_file else {}
    settings["PORT"] = given.port
    with tempfile.TemporaryDirectory() as folder:
        image = Image(Path(folder), ROOT / "Dockerfile")
        image.build()
        with running(image, settings) as process:
            deadline = time.monotonic() + 30
            while not (well := healthy(image, settings)) and time.monotonic() < deadline:
                if process.poll() is not None:
                    break
                time.sleep(0.5)
    for step in image.not_tried:
        sys.stderr.write(f"not tried without an engine: {step}\n")
    sys.stdout.write("healthy\n" if well else "not healthy\n")
    return 0 if well else 1


if __name__ == "__main__":
    sys.exit(main())
