"""A folder with the scripts, and a gcloud that is none."""

from tests.support.script_home import gcloud, home

__all__ = ["gcloud", "home"]
