"""routing/ways.py"""

import pytest

from dragoman.messages.errors import ApiError
from dragoman.routing.channel import DialectName
from dragoman.routing.names import Way
from tests.unit.routing.channels import ways


@pytest.mark.parametrize(
    ("written", "channel", "dialect", "model"),
    [
        pytest.param("openai/m", "openai", "openai_chat", "m", id="M31-openai"),
        pytest.param("gemini/m", "gemini", "gemini", "m", id="M31-gemini"),
        pytest.param("anthropic/m", "anthropic", "anthropic", "m", id="M31-anthropic"),
        pytest.param(
            "vertex_ai/gemini-2.5-pro", "vertex_ai", "gemini", "gemini-2.5-pro", id="M31-T21-vertex"
        ),
        pytest.param(
            "vertex_ai/claude-sonnet-4-5@20250929",
            "vertex_ai",
            "anthropic",
            "claude-sonnet-4-5@20250929",
            id="M30-vertex-claude",
        ),
        pytest.param(
            "openai/openai/m", "openai", "openai_chat", "openai/m", id="second-prefix-is-the-models"
        ),
        pytest.param("openai/m:work", "work", "openai_chat", "m", id="H04-H05-openai"),
        pytest.param("gemini/m:work", "work", "gemini", "m", id="H03-H04-H05-gemini"),
        pytest.param("anthropic/m:work", "work", "anthropic", "m", id="H04-H05-anthropic"),
        pytest.param("vertex_ai/m:work", "work", "gemini", "m", id="vertex-at-a-channel"),
        pytest.param("claude-x:work", "work", "anthropic", "claude-x", id="H05-family-claude"),
        pytest.param("gemini-x:WORK", "work", "gemini", "gemini-x", id="H02-H05-family-gemini"),
        pytest.param("llama3.1:8b:work", "work", "openai_chat", "llama3.1:8b", id="H05-no-family"),
        pytest.param(
            "claude-x[1m]:work", "work", "anthropic", "claude-x", id="T13-bracket-before-the-channel"
        ),
        pytest.param("dragoman/demo", "dragoman", "anthropic", "demo", id="demo"),
        pytest.param(
            "litellm/bedrock/claude-v1:0", "litellm", "openai_chat", "bedrock/claude-v1:0", id="litellm"
        ),
        pytest.param(
            "LiteLLM/a/b:work", "litellm", "openai_chat", "a/b:work", id="litellm-knows-no-channels"
        ),
    ],
)
def test_prefix_says_the_language_and_suffix_the_endpoint(
    written: str, channel: str, dialect: DialectName, model: str
) -> None:
    target = ways(named=("work",)).explicit(written, "")
    assert target is not None
    assert (target.channel.name, target.channel.dialect, target.model) == (channel, dialect, model)


@pytest.mark.parametrize(
    "written", ["gpt-4o", "llama3.1:8b", "deepseek/deepseek-chat", "openai", "ft:gpt-4o:org::x"]
)
def test_names_without_known_prefix_or_suffix_are_not_explicit(written: str) -> None:
    """C07"""
    assert ways(named=("work",)).explicit(written, "") is None


@pytest.mark.parametrize(
    ("written", "channel", "model"),
    [
        ("deepseek/deepseek-chat", "deepseek", "deepseek-chat"),
        ("DeepSeek/deepseek-chat[1m]", "deepseek", "deepseek-chat"),
        ("ollama/llama3.1:8b", "ollama", "llama3.1:8b"),
        ("openrouter/deepseek/deepseek-chat", "openrouter", "deepseek/deepseek-chat"),
        ("openrouter/auto", "openrouter", "openrouter/auto"),
        ("openai/deepseek/deepseek-chat", "openai", "deepseek/deepseek-chat"),
        ("deepseek/deepseek-chat:work", "work", "deepseek/deepseek-chat"),
    ],
)
def test_a_vendors_prefix_leads_to_the_vendor_unless_a_channel_is_named(
    written: str, channel: str, model: str
) -> None:
    target = ways(named=("work",), vendors=("deepseek", "ollama", "openrouter")).explicit(written, "")
    assert target is not None
    assert (target.channel.name, target.model) == (channel, model)


def test_the_prefix_says_how_the_vendor_deviates_and_in_which_language_its_models_are_asked() -> None:
    found = ways(vendors=("deepseek", "xai", "azure"))
    for written, dialect in (
        ("deepseek/deepseek-chat", "openai_chat"),
        ("xai/grok-4", "openai_responses"),
        ("azure/gpt-5.4", "openai_responses"),
        ("azure/my-deployment", "openai_chat"),
    ):
        target = found.place(written, "")
        assert target.channel.dialect == dialect, written
    assert found.place("deepseek/deepseek-chat", "").quirks.reasoning_required


def test_a_prefix_is_known_by_what_is_configured() -> None:
    found = ways(vendors=("deepseek",))
    assert [found.has_prefix(name) for name in ("deepseek/x", "openai/x", "groq/x", "deepseek")] == [
        True,
        True,
        False,
        False,
    ]


@pytest.mark.parametrize(
    "written", [":work", "openai/:work", "openai/ ", "gemini//:work", "deepseek/", "deepseek//", "litellm/"]
)
def test_nothing_beside_prefix_and_suffix_is_a_bad_request(written: str) -> None:
    with pytest.raises(ApiError) as caught:
        ways(named=("work",), vendors=("deepseek",)).explicit(written, "")
    assert caught.value.status == 400
    assert caught.value.message.startswith("model: ")


@pytest.mark.parametrize(
    ("model", "preferred", "use_vertex", "channel"),
    [
        pytest.param("gpt-5", "gemini", False, "openai", id="T14"),
        pytest.param("gemini-x", "openai", False, "gemini", id="C03-T17"),
        pytest.param("gemini-x", "openai", True, "vertex_ai", id="M22-vertex"),
        pytest.param("claude-x", "openai", False, "anthropic", id="C04-claude"),
        pytest.param("claude-x", "vertex_ai", True, "vertex_ai", id="M30"),
        pytest.param("claude-x", "anthropic", True, "anthropic", id="M04"),
        pytest.param("llama3.1:8b", "gemini", False, "gemini", id="unknown-to-preferred"),
        pytest.param("llama3.1:8b", "anthropic", False, "anthropic", id="unknown-to-anthropic"),
    ],
)
def test_family_first_provider_second(model: str, preferred: Way, use_vertex: bool, channel: str) -> None:
    """C04"""
    target = ways(preferred, use_vertex=use_vertex).by_family(model, "")
    assert (target.channel.name, target.model) == (channel, model)


def test_a_settings_value_is_placed_without_its_bracket() -> None:
    target = ways().place("gpt-4.1[1m]", "BIG_MODEL")
    assert (target.model, target.why) == ("gpt-4.1", "BIG_MODEL")


def test_a_target_has_the_quirks_of_its_model_at_its_host() -> None:
    assert ways().place("gpt-5", "").quirks.max_tokens_field == "max_completion_tokens"


def test_litellm_is_not_told_an_address() -> None:
    """T7: some of its vendors would be shown their key there."""
    for place in (
        lambda: ways().explicit("litellm/huggingface/https://models.example.com", ""),
        lambda: ways(preferred="litellm").by_family("huggingface/https://models.example.com", ""),
    ):
        with pytest.raises(ApiError) as refused:
            place()
        assert refused.value.status == 400


def test_unknown_names_go_to_litellm_where_it_is_preferred() -> None:
    target = ways(preferred="litellm").by_family("groq/x", "")
    assert (target.channel.name, target.model) == ("litellm", "groq/x")
    assert ways(preferred="litellm").by_family("gpt-4.1", "").channel.name == "openai"
