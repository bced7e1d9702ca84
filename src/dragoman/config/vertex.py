"""What Vertex AI needs on this machine beside its settings: a library and, if one is named, a credentials file."""

import os
from collections.abc import Iterator, Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Literal

from dragoman.access.google_login import login_file
from dragoman.config.settings import Settings
from dragoman.routing.model_map import ModelMap

LOGIN = "gcloud auth application-default login"
MISSING_EXTRA = "needs the extra `vertex`: uv sync --extra vertex"


def credentials_file(settings: Settings) -> tuple[str, Path] | None:
    """The setting that names a credentials file, and the file; None leaves the search to Google's own rules.

    `~` is the home directory, as it is in a shell.
    """
    for setting, named in (
        ("VERTEX_CREDENTIALS_PATH", settings.vertex_credentials_path),
        ("GOOGLE_APPLICATION_CREDENTIALS", settings.google_application_credentials),
    ):
        if named:
            return setting, Path(os.path.expanduser(named))
    return None


def has_google_auth(module: str = "google.auth") -> bool:
    """Whether the extra `vertex` is installed; nothing of it is imported but the namespace."""
    try:
        return find_spec(module) is not None
    except ModuleNotFoundError:
        return False


def vertex_faults(settings: Settings, model_map: ModelMap, installed: bool | None = None) -> Iterator[str]:
    """Why Vertex AI cannot be used although a model that Claude's names stand for is there. For the operator's own
    eyes: a path is shown. `installed`: whether the library is there, if that is known."""
    if not _uses_vertex(model_map):
        return
    if not (has_google_auth() if installed is None else installed):
        yield f"Vertex AI {MISSING_EXTRA} (or pip install 'dragoman[vertex]')"
    file = credentials_file(settings)
    if file is not None and not file[1].is_file():
        yield f"{file[0]}: expected a file with Google's credentials, got `{file[1]}`, which is no file"


def credentials_source(
    settings: Settings, environ: Mapping[str, str]
) -> Literal["file", "login", "machine", "nowhere"]:
    """Where the server will look for credentials; found out without asking anybody. The order is that of
    upstream/google_credentials.py."""
    if credentials_file(settings) is not None:
        return "file"
    if Path(login_file(environ, os.path.expanduser("~"), os.name == "nt")).is_file():
        return "login"
    return "nowhere" if environ.get("NO_GCE_CHECK", "").lower() == "true" else "machine"


def credentials_notice(
    settings: Settings, model_map: ModelMap, environ: Mapping[str, str]
) -> tuple[str, bool]:
    """What to say of the credentials, if anything, and whether Vertex AI may work all the same."""
    if not _uses_vertex(model_map):
        return "", True
    match credentials_source(settings, environ):
        case "nowhere":
            return (
                f"Vertex AI: there are no Google credentials: run `{LOGIN}`, or name a service account's key file with "
                "VERTEX_CREDENTIALS_PATH",
                False,
            )
        case "machine":
            return (
                "Vertex AI: no credentials file is named and gcloud has no login here, so the machine's own identity "
                f"will be asked for; outside Google's cloud run `{LOGIN}`",
                True,
            )
        case _:
            return "", True


def _uses_vertex(model_map: ModelMap) -> bool:
    return any(target.channel.access == "vertex" and target.channel.base_url for target in model_map.used())
