"""Dragoman: an interpreter between clients of the Messages API and models that speak something else."""


def __getattr__(name: str) -> str:
    if name == "__version__":
        # Loading what reads the version takes longer than `dragoman --help` otherwise does.
        from importlib import metadata

        return metadata.version("dragoman")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
