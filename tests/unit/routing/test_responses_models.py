"""routing/responses_models.py"""

import pytest

from dragoman.routing.responses_models import responses_quirks, speaks_responses


@pytest.mark.parametrize(
    ("model", "spoken"),
    [
        ("gpt-5.4", True),
        ("gpt-5.5-2026-09-08", True),
        ("gpt-5.6-terra", True),
        ("gpt-6-astra", True),
        ("gpt-6.2-sol", True),
        ("gpt-9", True),
        ("gpt-5-pro", True),
        ("gpt-5.1-codex-max", True),
        ("gpt-6-cyber", True),
        ("o3-deep-research", True),
        ("computer-use-preview", True),
        ("gpt-5", False),
        ("gpt-5.2", False),
        ("o3", False),
        ("gpt-4.1", False),
        ("gpt-oss-120b", False),
        ("my-deployment", False),
    ],
)
@pytest.mark.parametrize("vendor", ["openai", "azure"])
def test_the_generation_decides_at_openais_hosts(vendor: str, model: str, spoken: bool) -> None:
    assert speaks_responses(vendor, model) is spoken


@pytest.mark.parametrize(
    ("model", "spoken"),
    [
        ("grok-4", True),
        ("grok-5-fast", True),
        ("grok-3-mini", True),
        ("grok-code-fast-1", True),
        ("grok-3", False),
    ],
)
def test_xais_reasoning_models_are_asked_there(model: str, spoken: bool) -> None:
    assert speaks_responses("xai", model) is spoken


@pytest.mark.parametrize("vendor", [None, "openrouter", "groq"])
def test_nobody_else_is_asked_there_unless_told(vendor: str | None) -> None:
    assert not speaks_responses(vendor, "gpt-5.6-terra")


def test_a_stranger_gets_nothing_that_only_openai_knows() -> None:
    assert responses_quirks(None, "some-model") == {
        "max_tool_id": 64,
        "min_output_tokens": 16,
        "think_tags": False,
        "web_search": False,
    }


@pytest.mark.parametrize(
    ("model", "reasons"), [("gpt-4.1", False), ("gpt-5", True), ("o3", True), ("gpt-6-sol", True)]
)
def test_reasoning_comes_back_from_models_that_reason(model: str, reasons: bool) -> None:
    fields = responses_quirks("openai", model)
    assert fields.get("encrypted_reasoning", False) is reasons
    assert fields.get("reasoning_summaries", False) is reasons
    assert fields.get("reasoning_back", "never") == ("always" if reasons else "never")


@pytest.mark.parametrize("model", ["gpt-4.1", "gpt-5.6-terra", "o3"])
@pytest.mark.parametrize("vendor", ["openai", "azure", None])
def test_openais_models_take_what_the_language_has_wherever_they_are(vendor: str | None, model: str) -> None:
    fields = responses_quirks(vendor, model)
    assert fields["min_output_tokens"] == 16
    assert fields["system_role"] == "developer"
    assert fields["system_as_item"]
    assert fields["system_anywhere"]
    assert fields["media_in_results"]
    assert fields["web_search"]


@pytest.mark.parametrize(
    ("model", "phases"),
    [
        ("gpt-5.2", False),
        ("gpt-5.3", False),
        ("gpt-5.3-codex", True),
        ("gpt-5.4", True),
        ("gpt-6-sol", True),
        ("o3", False),
    ],
)
def test_phases_are_for_models_that_have_them(model: str, phases: bool) -> None:
    assert responses_quirks("azure", model)["phases"] is phases


@pytest.mark.parametrize(
    ("vendor", "model", "tools", "breakpoints"),
    [
        ("openai", "gpt-5.2", False, False),
        ("openai", "gpt-5.4", True, False),
        ("openai", "gpt-5.6-terra", True, True),
        ("openai", "gpt-7", True, True),
        ("azure", "gpt-5.6-terra", False, False),
        (None, "gpt-5.6-terra", False, False),
    ],
)
def test_what_is_new_at_openai_is_used_there_alone(
    vendor: str | None, model: str, tools: bool, breakpoints: bool
) -> None:
    fields = responses_quirks(vendor, model)
    assert fields.get("additional_tools", False) is tools
    assert fields.get("cache_breakpoints", False) is breakpoints


def test_xais_reasoning_comes_back() -> None:
    fields = responses_quirks("xai", "grok-4")
    assert (fields["encrypted_reasoning"], fields["reasoning_back"]) == (True, "always")
