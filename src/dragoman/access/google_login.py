"""Where Google's own login lies on this machine. Apart from `vertex`, so that asking loads nothing else."""

from collections.abc import Mapping


def login_file(environ: Mapping[str, str], home: str, windows: bool = False) -> str:
    """Where `gcloud auth application-default login` writes; gcloud may be told of another folder."""
    folder = environ.get("CLOUDSDK_CONFIG", "")
    if not folder and windows:
        folder = f"{environ.get('APPDATA', '')}/gcloud"
    elif not folder:
        folder = f"{environ.get('HOME') or home}/.config/gcloud"
    return f"{folder}/application_default_credentials.json"
