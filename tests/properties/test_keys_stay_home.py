"""The law of keys: a key goes to the URL it was set for, and to no other vendor (T15, E07, E08)."""

from contextlib import suppress
from datetime import date

from hypothesis import given, settings
from hypothesis import strategies as st

from dragoman.config.build import build_model_map
from dragoman.config.load import ConfigError, load_settings
from dragoman.messages.errors import ApiError
from dragoman.routing.presets import BY_PREFIX, COMPATIBLE, VENDOR_HOSTS, vendor_of

TODAY = date(2026, 11, 21)

PROVIDERS = {
    "OPENAI_API_KEY": ("openai", "OPENAI_BASE_URL"),
    "GEMINI_API_KEY": ("gemini", "GEMINI_BASE_URL"),
    "ANTHROPIC_API_KEY": ("anthropic", "ANTHROPIC_UPSTREAM_BASE_URL"),
}
"""Key to the vendor it is for, unless the URL beside it says otherwise."""

known_urls = st.sampled_from(
    [f"https://x{host}/v1" if host[0] == "." else f"https://{host}/v1" for host in VENDOR_HOSTS]
)
urls = st.one_of(
    known_urls,
    st.sampled_from(["http://localhost:11434/v1", "https://llm.example.com", "http://10.0.0.1/a/v1"]),
)
dialects = st.sampled_from(["openai_chat", "openai_responses", "gemini", "anthropic"])
channel_names = st.sampled_from(["work", "gemini2", "claude_2"])
bare_names = st.one_of(
    st.sampled_from(
        [
            *(
                "haiku",
                "claude-sonnet-5",
                "claude-opus-4-8[1m]",
                "claude-fable-5",
                "gpt-4o",
                "o3-mini",
                "gemini-2.5-pro",
            ),
            *("llama3.1:8b", "claude-gpt-4o", "claude-gemini-x", "dragoman/demo", "deepseek/deepseek-chat"),
        ]
    ),
    st.text(min_size=1, max_size=20),
)
model_names = st.builds(
    lambda prefix, name, suffix: prefix + name + suffix,
    st.one_of(
        st.sampled_from(["", "", "openai/", "gemini/", "anthropic/", "vertex_ai/"]),
        st.sampled_from([f"{prefix}/" for prefix in BY_PREFIX]),
    ),
    bare_names,
    st.sampled_from(["", "", ":work", ":GEMINI2", ":claude_2", ":nowhere"]),
)


@st.composite
def environments(draw: st.DrawFn) -> dict[str, str]:
    """Any combination of settings; every key is a value of its own."""
    environ = {
        "PREFERRED_PROVIDER": draw(st.sampled_from(["openai", "google", "anthropic"])),
        "USE_VERTEX_AUTH": draw(st.sampled_from(["true", "false"])),
        "VERTEX_PROJECT": "p",
        "VERTEX_LOCATION": draw(st.sampled_from(["global", "us-east5"])),
        "ANTHROPIC_AUTH_MODE": draw(st.sampled_from(["server", "passthrough"])),
    }
    for key, (_, url) in PROVIDERS.items():
        environ[key] = draw(st.sampled_from(["", f"test-{key}"]))
        environ[url] = draw(st.one_of(st.just(""), st.just(""), urls))
    environ["BASE_URL"] = draw(st.one_of(st.just(""), urls))
    environ["API_KEY"] = draw(st.sampled_from(["", "test-API_KEY"]))
    environ["BASE_URL_DIALECT"] = draw(st.one_of(st.just(""), dialects))
    environ["OPENAI_DIALECT"] = draw(dialects)
    for preset in draw(st.sets(st.sampled_from(COMPATIBLE), max_size=6)):
        for key in preset.key_variables:
            environ[key] = draw(st.sampled_from(["", f"test-{key}"]))
        for url in preset.base_url_variables:
            environ[url] = draw(st.one_of(st.just(""), st.just(""), urls))
    for name in draw(st.sets(channel_names)):
        prefix = f"CHANNEL_{name.upper()}"
        environ[f"{prefix}_BASE_URL"] = draw(st.one_of(st.just(""), urls))
        environ[f"{prefix}_API_KEY"] = draw(st.sampled_from(["", f"test-{prefix}"]))
        environ[f"{prefix}_DIALECT"] = draw(st.one_of(st.just(""), dialects))
    for setting in ("BIG_MODEL", "SMALL_MODEL", "OPUS_MODEL", "SONNET_MODEL", "HAIKU_MODEL"):
        environ[setting] = draw(st.one_of(st.just(""), model_names.filter(str.isprintable)))
    return environ


def may_go_to(key: str, environ: dict[str, str], base_url: str) -> bool:
    """Whether the key of this setting was set for this URL: the rule in words, not the code under test."""
    if key == "API_KEY":
        return base_url == environ["BASE_URL"]
    if key.startswith("CHANNEL_"):
        own = environ[f"{key}_BASE_URL"]
        return base_url == own if own else vendor_of(base_url) in ("openai", "gemini", "anthropic")
    for preset in COMPATIBLE:
        if key in preset.key_variables:
            set_for = [environ[url] for url in preset.base_url_variables if environ.get(url)]
            # A path may be added to the first of them; a host never.
            return base_url.startswith(set_for[0]) if set_for else vendor_of(base_url) == preset.name
    vendor, url = PROVIDERS[key]
    if environ[url]:
        return base_url == environ[url]
    if vendor_of(base_url) == vendor:
        return True
    return base_url == environ["BASE_URL"] and vendor_of(base_url) is None and not environ["API_KEY"]


@given(environ=environments(), requested=st.lists(model_names, min_size=1, max_size=8))
@settings(max_examples=120, deadline=None)
def test_no_key_reaches_a_url_it_was_not_set_for(environ: dict[str, str], requested: list[str]) -> None:
    try:
        model_map = build_model_map(load_settings(environ, None), TODAY)
    except ConfigError:
        return
    targets = [target for _, target in model_map.rows()] + list(model_map.used())
    for name in requested:
        with suppress(ApiError):
            targets.append(model_map.resolve(name))
    for target in targets:
        channel = target.channel
        if channel.credential:
            key = channel.credential.removeprefix("test-")
            assert may_go_to(key, environ, channel.base_url), (key, target)
        if channel.access == "vertex" or channel.passthrough_credentials or channel.base_url == "demo:":
            assert channel.credential == ""
        assert "test-" not in repr(target)


@given(environ=environments(), requested=model_names)
@settings(max_examples=60, deadline=None)
def test_a_gemini_id_never_goes_to_openai_unless_it_was_sent_there(
    environ: dict[str, str], requested: str
) -> None:
    """C03: only a prefix, a channel or OpenAI's own URL can do that."""
    try:
        model_map = build_model_map(load_settings(environ, None), TODAY)
        target = model_map.resolve(requested)
    except (ConfigError, ApiError):
        return
    explicit = (
        "/" in requested or ":" in requested or "claude" in requested.lower() or "haiku" in requested.lower()
    )
    if target.model.lower().startswith("gemini-") and not explicit:
        assert target.channel.name in ("gemini", "vertex_ai", "default")
