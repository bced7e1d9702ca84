"""Dragoman: an interpreter between clients of the Messages API and models that speak something else."""

from importlib import metadata


def __getattr__(name: str) -> str:
    if name == "__version__":
        return metadata.version("dragoman")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
