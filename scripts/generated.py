"""What every script that generates files does at its end: write them, or say which are old."""

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


def write_or_check(
    files: Mapping[Path, str], generator: str, arguments: Sequence[str], *, whole_folder: Path | None = None
) -> int:
    """Writes `files`; with the argument `--check` it only compares them. Gives the exit code.

    `generator`: the script's name, for whoever has to run it. `whole_folder`: where nothing else may be.
    """
    if "--check" not in arguments:
        for file, text in files.items():
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(text.encode())
        return 0
    stale = [file for file, text in files.items() if not file.exists() or file.read_bytes() != text.encode()]
    if whole_folder is not None:
        stale += [file for file in whole_folder.iterdir() if file not in files]
    for file in stale:
        sys.stderr.write(f"{file.name} is not current: uv run python -m scripts.{generator}\n")
    return 1 if stale else 0
