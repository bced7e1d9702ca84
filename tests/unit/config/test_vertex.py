import os
from datetime import date
from pathlib import Path

from dragoman.config.build import build_model_map
from dragoman.config.load import load_settings
from dragoman.config.vertex import credentials_file, has_google_auth, vertex_faults

VERTEX = {
    "PREFERRED_PROVIDER": "google",
    "USE_VERTEX_AUTH": "true",
    "VERTEX_PROJECT": "test-project",
    "VERTEX_LOCATION": "global",
}


def faults(installed: bool | None = True, **environ: str) -> list[str]:
    settings = load_settings(environ, None)
    return list(vertex_faults(settings, build_model_map(settings, date(2026, 10, 1)), installed))


def test_the_own_setting_beats_googles_variable() -> None:
    """E14 E15 E16"""
    both = {"VERTEX_CREDENTIALS_PATH": "/a.json", "GOOGLE_APPLICATION_CREDENTIALS": "/b.json"}
    assert credentials_file(load_settings(both, None)) == ("VERTEX_CREDENTIALS_PATH", Path("/a.json"))
    del both["VERTEX_CREDENTIALS_PATH"]
    before = dict(os.environ)
    assert credentials_file(load_settings(both, None)) == ("GOOGLE_APPLICATION_CREDENTIALS", Path("/b.json"))
    assert dict(os.environ) == before
    assert credentials_file(load_settings({}, None)) is None


def test_the_home_directory_can_be_written_as_in_a_shell() -> None:
    named = credentials_file(load_settings({"VERTEX_CREDENTIALS_PATH": "~/key.json"}, None))
    assert named == ("VERTEX_CREDENTIALS_PATH", Path.home() / "key.json")


def test_the_library_is_found_without_being_imported() -> None:
    assert has_google_auth()
    assert not has_google_auth("no_such_package.auth")
    assert not has_google_auth("dragoman.no_such_module")


def test_a_missing_library_is_told_where_it_is_needed() -> None:
    assert faults(**VERTEX) == []
    [missing] = faults(False, **VERTEX)
    assert missing == (
        "Vertex AI needs the extra `vertex`: uv sync --extra vertex (or pip install 'dragoman[vertex]')"
    )
    assert faults(False, OPENAI_API_KEY="test-key") == []


def test_a_credentials_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    """E14 V10"""
    path = tmp_path / "key.json"
    [missing] = faults(**VERTEX, VERTEX_CREDENTIALS_PATH=str(path))
    assert missing == (
        f"VERTEX_CREDENTIALS_PATH: expected a file with Google's credentials, got `{path}`, which is no file"
    )
    [missing] = faults(**VERTEX, GOOGLE_APPLICATION_CREDENTIALS=str(tmp_path))
    assert missing.startswith("GOOGLE_APPLICATION_CREDENTIALS: ")
    path.write_text("{}")
    assert faults(**VERTEX, VERTEX_CREDENTIALS_PATH=str(path)) == []
    assert faults(OPENAI_API_KEY="test-key", VERTEX_CREDENTIALS_PATH="/nowhere.json") == []
