"""cli/claude_variables.py"""

from collections.abc import Mapping

import pytest

from dragoman.cli.claude_variables import (
    ANY_TOKEN,
    OTHER_PROVIDERS,
    ClaudeVariables,
    claude_variables,
    token_for,
)
from dragoman.config.build import build_model_map
from dragoman.config.load import load_settings
from dragoman.config.today import utc_today

URL = "http://127.0.0.1:9000"


def variables(environ: Mapping[str, str]) -> ClaudeVariables:
    settings = load_settings(environ, None)
    return claude_variables(settings, build_model_map(settings, utc_today()), URL, "test-token")


def child(settings: Mapping[str, str], environ: Mapping[str, str]) -> dict[str, str]:
    return variables(settings).applied(environ)


def test_the_child_goes_to_the_gateway_with_its_token_and_no_other_credential() -> None:
    environ = {
        "PATH": "/bin",
        "ANTHROPIC_BASE_URL": "http://elsewhere",
        "ANTHROPIC_AUTH_TOKEN": "test-elsewhere",
        "ANTHROPIC_API_KEY": "test-key",
        "CLAUDE_CODE_OAUTH_TOKEN": "test-login",
        **dict.fromkeys(OTHER_PROVIDERS, "1"),
    }
    assert child({}, environ) == {
        "PATH": "/bin",
        "ANTHROPIC_BASE_URL": URL,
        "ANTHROPIC_AUTH_TOKEN": "test-token",
        "ANTHROPIC_DEFAULT_HAIKU_MODEL": "claude-haiku-4-5",
        "CLAUDE_CODE_ENABLE_GATEWAY_MODEL_DISCOVERY": "1",
        "CLAUDE_CODE_AUTO_MODE_SERVER": "0",
        "API_TIMEOUT_MS": "600000",
        "CLAUDE_STREAM_IDLE_TIMEOUT_MS": "600000",
        "API_FORCE_IDLE_TIMEOUT": "0",
    }
    assert environ["ANTHROPIC_API_KEY"] == "test-key"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ({}, "x-dragoman-launch: mine"),
        ({"ANTHROPIC_CUSTOM_HEADERS": "x-team: one"}, "x-team: one\nx-dragoman-launch: mine"),
    ],
)
def test_a_launch_is_named_beside_the_users_own_headers(before: dict[str, str], after: str) -> None:
    settings = load_settings({}, None)
    named = claude_variables(settings, build_model_map(settings, utc_today()), URL, "test-token", "mine")
    assert named.applied(before)["ANTHROPIC_CUSTOM_HEADERS"] == after
    assert "ANTHROPIC_CUSTOM_HEADERS" not in child({}, {})


def test_what_the_user_prefers_stays() -> None:
    preferred = {
        "ANTHROPIC_DEFAULT_HAIKU_MODEL": "my-own-model",
        "CLAUDE_CODE_ENABLE_GATEWAY_MODEL_DISCOVERY": "0",
        "CLAUDE_CODE_AUTO_MODE_SERVER": "1",
        "API_TIMEOUT_MS": "1000",
    }
    assert preferred.items() <= child({}, preferred).items()


def test_an_empty_variable_is_no_preference() -> None:
    assert child({}, {"API_TIMEOUT_MS": ""})["API_TIMEOUT_MS"] == "600000"


def test_the_client_waits_longer_than_a_patient_gateway() -> None:
    environment = child({"UPSTREAM_IDLE_SECONDS": "900"}, {})
    assert environment["API_TIMEOUT_MS"] == environment["CLAUDE_STREAM_IDLE_TIMEOUT_MS"] == "960000"


@pytest.mark.parametrize(
    ("settings", "window"),
    [
        ({"BIG_MODEL": "gpt-4o"}, "128000"),
        ({"BIG_MODEL": "gpt-5.1"}, "400000"),
        ({"BIG_MODEL": "gpt-5.1", "OPUS_MODEL": "gpt-4o"}, "128000"),
        ({"BIG_MODEL": "gpt-5.1", "SMALL_MODEL": "gpt-4o"}, "400000"),
        ({"BIG_MODEL": "gpt-4.1"}, None),
        ({"BIG_MODEL": "openai/nobody-knows"}, None),
        ({"PREFERRED_PROVIDER": "anthropic", "ANTHROPIC_API_KEY": "test-key"}, None),
        ({}, None),
    ],
)
def test_conversations_are_compacted_within_the_main_models_window(
    settings: dict[str, str], window: str | None
) -> None:
    environment = child({"OPENAI_API_KEY": "test-key", **settings}, {})
    assert environment.get("CLAUDE_CODE_AUTO_COMPACT_WINDOW") == window


def test_the_users_own_login_is_left_alone_where_it_goes_upstream() -> None:
    own = {"ANTHROPIC_API_KEY": "test-key", "CLAUDE_CODE_OAUTH_TOKEN": "test-login"}
    environment = child(
        {"ANTHROPIC_AUTH_MODE": "passthrough", "PREFERRED_PROVIDER": "anthropic"},
        {**own, "CLAUDE_CODE_USE_BEDROCK": "1"},
    )
    assert own.items() <= environment.items()
    assert "ANTHROPIC_AUTH_TOKEN" not in environment
    assert "CLAUDE_CODE_USE_BEDROCK" not in environment


@pytest.mark.parametrize(
    ("settings", "judges"),
    [
        ({}, False),
        ({"OPENAI_API_KEY": "test-key"}, False),
        ({"ANTHROPIC_API_KEY": "test-key", "PREFERRED_PROVIDER": "anthropic"}, True),
        (
            {
                "ANTHROPIC_API_KEY": "test-key",
                "PREFERRED_PROVIDER": "anthropic",
                "HAIKU_MODEL": "openai/gpt-4.1-mini",
            },
            False,
        ),
    ],
    ids=["demo", "openai", "anthropic", "mixed"],
)
def test_auto_mode_asks_the_server_only_where_each_can_judge(settings: dict[str, str], judges: bool) -> None:
    assert ("CLAUDE_CODE_AUTO_MODE_SERVER" not in child(settings, {})) == judges


@pytest.mark.parametrize(
    ("environ", "expected"),
    [
        ({}, {}),
        ({"HTTPS_PROXY": "http://proxy"}, {"NO_PROXY": "127.0.0.1"}),
        ({"http_proxy": "http://proxy", "no_proxy": "a.example"}, {"no_proxy": "a.example,127.0.0.1"}),
        ({"HTTP_PROXY": "http://proxy", "NO_PROXY": "127.0.0.1, b"}, {"NO_PROXY": "127.0.0.1,b"}),
        ({"HTTP_PROXY": "http://proxy", "NO_PROXY": "*"}, {"NO_PROXY": "*"}),
    ],
)
def test_no_http_proxy_stands_before_the_gateway(environ: dict[str, str], expected: dict[str, str]) -> None:
    environment = child({}, environ)
    assert {name: value for name, value in environment.items() if name.upper() == "NO_PROXY"} == expected


def test_the_token_is_the_first_key_or_any_word() -> None:
    assert token_for(load_settings({"DRAGOMAN_API_KEY": "test-one,test-two"}, None)) == "test-one"
    assert token_for(load_settings({}, None)) == ANY_TOKEN
