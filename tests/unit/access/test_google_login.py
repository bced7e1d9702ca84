import pytest

from dragoman.access.google_login import login_file


@pytest.mark.parametrize(
    ("environ", "windows", "folder"),
    [
        ({}, False, "/home/me/.config/gcloud"),
        ({"HOME": "/home/other"}, False, "/home/other/.config/gcloud"),
        ({"HOME": "/home/other", "CLOUDSDK_CONFIG": "/sdk"}, False, "/sdk"),
        ({"APPDATA": "C:/Users/me/AppData"}, True, "C:/Users/me/AppData/gcloud"),
        ({"APPDATA": "C:/x", "CLOUDSDK_CONFIG": "D:/sdk"}, True, "D:/sdk"),
    ],
)
def test_gcloud_keeps_its_login_in_its_folder(environ: dict[str, str], windows: bool, folder: str) -> None:
    """E13"""
    assert login_file(environ, "/home/me", windows) == f"{folder}/application_default_credentials.json"
