"""config/settings.py"""

import ast
import inspect

from dragoman.config import settings as module
from dragoman.config.secret import Secret
from dragoman.config.settings import ChannelSettings, Settings, VendorSettings


def test_no_repr_of_settings_holds_a_secret() -> None:
    """T86"""
    settings = Settings(
        openai_api_key=Secret("canary-1"),
        gemini_api_key=Secret("canary-2"),
        anthropic_api_key=Secret("canary-3"),
        api_key=Secret("canary-4"),
        dragoman_api_key=(Secret("canary-5"), Secret("canary-6")),
        channels=(ChannelSettings(name="a", api_key=Secret("canary-7")),),
        vendors=(VendorSettings(name="deepseek", api_key=Secret("canary-8")),),
        search_api_key=Secret("canary-9"),
    )
    assert "canary" not in repr(settings)
    assert sorted(settings.secrets()) == [f"canary-{number}" for number in range(1, 10)]


def test_every_secret_field_is_known_to_the_scrubber() -> None:
    fields = {
        name: Secret(f"canary-{name}") for name, kind in Settings.__annotations__.items() if kind is Secret
    }
    assert set(Settings(**fields).secrets()) == {f"canary-{name}" for name in fields}


def test_debug_beats_the_log_level() -> None:
    """E26"""
    assert Settings(debug=True, log_level="error").effective_log_level == "debug"
    assert Settings(log_level="error").effective_log_level == "error"
    assert Settings().effective_log_level == "info"


def test_every_setting_has_its_meaning_written_under_it() -> None:
    tree = ast.parse(inspect.getsource(module))
    for node in tree.body:
        if not isinstance(node, ast.ClassDef):
            continue
        for field, below in zip(node.body, [*node.body[1:], node], strict=True):
            if isinstance(field, ast.AnnAssign):
                assert isinstance(below, ast.Expr), ast.unparse(field)
                assert isinstance(below.value, ast.Constant), ast.unparse(field)


def test_defaults_serve_this_machine_only() -> None:
    """E27 C05"""
    assert (Settings().host, Settings().port) == ("127.0.0.1", 8082)
