"""routing/model_map.py"""

import pytest
from msgspec.structs import replace

from dragoman.messages.errors import ApiError
from dragoman.routing.model_map import DEMO_PICKER_ID, Alias, ModelMap, draw_map
from tests.unit.routing.channels import ways

BIG = Alias("BIG_MODEL", "gpt-4.1")
SMALL = Alias("SMALL_MODEL", "gpt-4.1-mini")
ALIASES = {"haiku": SMALL, "sonnet": BIG, "opus": BIG, "claude": BIG}


def openai_map(*named: str, **aliases: Alias) -> ModelMap:
    return draw_map(ways(named=named), ALIASES | aliases)


@pytest.mark.parametrize(
    ("requested", "model"),
    [
        pytest.param("claude-3-5-haiku-20241022", "gpt-4.1-mini", id="M07-dated-haiku"),
        pytest.param("haiku", "gpt-4.1-mini", id="M07-bare-haiku"),
        pytest.param("claude-sonnet-4-5-20250929", "gpt-4.1", id="M07-dated-sonnet"),
        pytest.param("sonnet", "gpt-4.1", id="M07-bare-sonnet"),
        pytest.param("Claude-SONNET-5", "gpt-4.1", id="M07-any-case"),
        pytest.param("claude-opus-4-8", "gpt-4.1", id="M08-T11"),
        pytest.param("opus", "gpt-4.1", id="T11-bare"),
        pytest.param("claude-fable-5", "gpt-4.1", id="T12"),
        pytest.param("claude-via-x", "gpt-4.1", id="T12-unknown"),
        pytest.param("claude-sonnet-4-5[1m]", "gpt-4.1", id="T13"),
    ],
)
def test_claudes_names_are_aliases(requested: str, model: str) -> None:
    target = openai_map().resolve(requested)
    assert (target.model, target.channel.name) == (model, "openai")


@pytest.mark.parametrize(
    ("requested", "channel", "model"),
    [
        pytest.param("openai/claude-3-haiku", "openai", "claude-3-haiku", id="T20-C08"),
        pytest.param("anthropic/claude-3-5-sonnet:claude2", "claude2", "claude-3-5-sonnet", id="C08-H11"),
        pytest.param("claude-3-opus:claude2", "claude2", "claude-3-opus", id="C08-suffix-alone"),
        pytest.param("ft:gpt-4o:org:opus", "openai", "ft:gpt-4o:org:opus", id="foreign-id-with-opus-in-it"),
        pytest.param("gemini-opus", "gemini", "gemini-opus", id="gemini-id-with-opus-in-it"),
    ],
)
def test_what_the_client_says_plainly_is_no_alias(requested: str, channel: str, model: str) -> None:
    target = openai_map("claude2").resolve(requested)
    assert (target.channel.name, target.model) == (channel, model)


@pytest.mark.parametrize(
    ("requested", "channel", "model"),
    [
        ("claude-gpt-5.1-codex", "openai", "gpt-5.1-codex"),
        ("claude-o3-mini", "openai", "o3-mini"),
        ("claude-gemini-2.5-pro", "gemini", "gemini-2.5-pro"),
        ("claude-openai/gpt-4o", "openai", "gpt-4o"),
        ("Claude-GPT-4o:work", "work", "GPT-4o"),
        ("claude-Llama3.1:8b", "openai", "llama3.1:8b"),
        ("claude-openai/X-1:work", "work", "X-1"),
        ("claude-dragoman-demo", "dragoman", "demo"),
        ("dragoman/demo", "dragoman", "demo"),
    ],
)
def test_picker_ids_lead_to_the_foreign_model_behind_them(requested: str, channel: str, model: str) -> None:
    drawn = openai_map(
        "work", haiku=Alias("HAIKU_MODEL", "llama3.1:8b"), opus=Alias("OPUS_MODEL", "openai/X-1:work")
    )
    target = drawn.resolve(requested)
    assert (target.channel.name, target.model) == (channel, model)


@pytest.mark.parametrize(
    ("requested", "channel", "model"),
    [
        ("deepseek/deepseek-chat", "deepseek", "deepseek-chat"),
        ("claude-deepseek/deepseek-chat", "deepseek", "deepseek-chat"),
        ("openrouter/anthropic/claude-sonnet-5", "openrouter", "anthropic/claude-sonnet-5"),
        ("deepseek/x-opus", "deepseek", "x-opus"),
        ("groq/x", "openai", "groq/x"),
        ("claude-opus-4-8", "deepseek", "deepseek-reasoner"),
        ("claude-deepseek/deepseek-reasoner", "deepseek", "deepseek-reasoner"),
    ],
)
def test_a_vendors_prefix_counts_in_requests_settings_and_the_picker(
    requested: str, channel: str, model: str
) -> None:
    drawn = draw_map(
        ways(vendors=("deepseek", "openrouter")),
        ALIASES | {"opus": Alias("OPUS_MODEL", "deepseek/deepseek-reasoner")},
    )
    target = drawn.resolve(requested)
    assert (target.channel.name, target.model) == (channel, model)


def test_with_nothing_configured_a_vendors_prefix_is_no_name_for_the_demo() -> None:
    drawn = draw_map(ways(vendors=("ollama",)), ALIASES, demo_only=True)
    assert drawn.resolve("ollama/llama3.1:8b").channel.name == "ollama"
    assert drawn.resolve("claude-opus-4-8").channel.name == "dragoman"


def test_rows_show_the_vendors_that_settings_speak_of() -> None:
    found = ways(vendors=("deepseek", "ollama", "together_ai"))
    drawn = draw_map(replace(found, configured=("deepseek", "together")), ALIASES)
    shown = {pattern: target.channel.name for pattern, target in drawn.rows()}
    assert shown["deepseek/*"] == "deepseek"
    assert shown["together_ai/*, together/*"] == "together"
    assert "ollama/*, ollama_chat/*" not in shown


@pytest.mark.parametrize("requested", ["", "a\x00b", "../x", "x" * 257, "[1m]", "openai/:work"])
def test_impossible_names_are_a_bad_request_that_names_the_field(requested: str) -> None:
    with pytest.raises(ApiError) as caught:
        openai_map("work").resolve(requested)
    assert caught.value.status == 400
    assert caught.value.type == "invalid_request_error"
    assert caught.value.message.startswith("model: ")


def test_a_suffix_that_is_no_channel_is_part_of_the_id_and_said_so() -> None:
    """C07 T25 H16"""
    target = openai_map("work").resolve("llama3.1:8b")
    assert target.model == "llama3.1:8b"
    assert target.why == "unknown, to the preferred provider; `:8b` is no channel"


def test_in_anthropic_mode_claudes_names_pass_and_only_set_families_are_aliases() -> None:
    """M04 E03"""
    drawn = draw_map(ways("anthropic"), {"opus": Alias("OPUS_MODEL", "gpt-4o")})
    assert drawn.resolve("claude-sonnet-5[1m]").model == "claude-sonnet-5"
    assert drawn.resolve("claude-sonnet-5").channel.name == "anthropic"
    assert drawn.resolve("claude-opus-4-8").channel.name == "openai"
    assert drawn.resolve("haiku").model == "haiku"


def test_without_any_key_the_demo_answers_every_possible_name() -> None:
    drawn = draw_map(ways(), ALIASES, demo_only=True)
    for name in ("claude-opus-4-8", "gpt-4o", "openai/x", "gemini-x", "anything"):
        target = drawn.resolve(name)
        assert (target.channel.name, target.channel.base_url, target.model) == ("dragoman", "demo:", "demo")
        assert not target.channel.credential_required
    with pytest.raises(ApiError):
        drawn.resolve("../x")


def test_an_alias_is_never_an_alias_of_an_alias() -> None:
    """C04"""
    drawn = openai_map(sonnet=Alias("SONNET_MODEL", "claude-opus-4-8"))
    target = drawn.resolve("sonnet")
    assert (target.channel.name, target.model) == ("anthropic", "claude-opus-4-8")


def test_rows_show_the_whole_map() -> None:
    rows = {pattern: target for pattern, target in openai_map("work").rows()}
    assert {pattern: (target.channel.name, target.model) for pattern, target in rows.items()} == {
        "*opus*": ("openai", "gpt-4.1"),
        "*sonnet*": ("openai", "gpt-4.1"),
        "*haiku*": ("openai", "gpt-4.1-mini"),
        "claude-*": ("openai", "gpt-4.1"),
        "gpt-*, o1*, chatgpt-*": ("openai", "*"),
        "gemini-*": ("gemini", "*"),
        "any other name": ("openai", "*"),
        "*:work": ("work", "*"),
    }
    assert rows["*haiku*"].why == "haiku -> SMALL_MODEL"


def test_rows_of_the_demo_are_one() -> None:
    [(pattern, target)] = draw_map(ways(), ALIASES, demo_only=True).rows()
    assert (pattern, target.channel.name) == ("any name", "dragoman")


def test_used_is_where_claudes_names_lead() -> None:
    assert [target.model for target in openai_map().used()] == [
        "gpt-4.1",
        "gpt-4.1",
        "gpt-4.1-mini",
        "gpt-4.1",
    ]
    assert {target.channel.name for target in draw_map(ways("anthropic"), {}).used()} == {"anthropic"}
    assert draw_map(ways(), ALIASES, demo_only=True).used() == ()


@pytest.mark.parametrize(
    "drawn",
    [
        openai_map(
            "work", opus=Alias("OPUS_MODEL", "openai/X-1:work"), haiku=Alias("HAIKU_MODEL", "my-Claude-tune")
        ),
        draw_map(ways("anthropic"), {}),
        draw_map(
            ways(vendors=("openrouter",)), {"opus": Alias("BIG_MODEL", "openrouter/anthropic/claude-x")}
        ),
        draw_map(ways(vendors=("groq",)), ALIASES | {"haiku": Alias("SMALL_MODEL", "groq/some-model")}),
        draw_map(ways("anthropic"), {"haiku": Alias("HAIKU_MODEL", "gemini-2.5-flash")}),
        draw_map(ways("vertex_ai", use_vertex=True), {"claude": Alias("BIG_MODEL", "claude-x@20250929")}),
        draw_map(ways(), ALIASES, demo_only=True),
    ],
)
def test_every_listed_id_contains_claude_and_resolves_to_what_the_list_says(drawn: ModelMap) -> None:
    """T81"""
    listed = drawn.listing()
    assert len({entry.id for entry in listed}) == len(listed)
    assert DEMO_PICKER_ID in {entry.id for entry in listed}
    for entry in listed:
        assert "claude" in entry.id
        assert entry.display_name
        target = drawn.resolve(entry.id)
        assert (entry.max_input_tokens, entry.max_tokens) == (
            target.quirks.context_window,
            target.quirks.max_output_tokens,
        )
        assert target.model in entry.display_name or entry.id == DEMO_PICKER_ID


def test_listing_names_families_current_ids_and_served_models() -> None:
    assert [entry.id for entry in openai_map().listing()] == [
        "claude-opus",
        "claude-opus-4-8",
        "claude-sonnet",
        "claude-sonnet-5",
        "claude-haiku",
        "claude-haiku-4-5",
        "claude-gpt-4.1-mini",
        "claude-gpt-4.1",
        "claude-dragoman-demo",
    ]
    [first, *_] = openai_map().listing()
    assert (first.display_name, first.max_input_tokens, first.max_tokens) == (
        "Opus: gpt-4.1 (openai)",
        1_047_576,
        32_768,
    )


def test_listing_tells_the_windows_that_are_known() -> None:
    """T81: whatever the backend is; what nobody knows is null."""
    drawn = [openai_map(), draw_map(ways("anthropic"), {"haiku": Alias("HAIKU_MODEL", "gemini-2.5-flash")})]
    windows = {entry.id: entry.max_input_tokens for listed in drawn for entry in listed.listing()}
    assert windows["claude-gpt-4.1"] == 1_047_576
    assert windows["claude-gemini-2.5-flash"] == 1_048_576
    assert windows["claude-opus-4-8"] == 1_000_000
    assert windows["claude-dragoman-demo"] is None


def test_listing_leaves_out_family_words_that_anthropic_does_not_know() -> None:
    ids = [entry.id for entry in draw_map(ways("anthropic"), {}).listing()]
    assert ids == ["claude-opus-4-8", "claude-sonnet-5", "claude-haiku-4-5", "claude-dragoman-demo"]
