"""What README.md says about defaults is what the code does (T94), and its promised parts are there."""

import re
from datetime import date, timedelta

import pytest

from dragoman.cli.serve import address_for_clients
from dragoman.config.build import build_model_map
from dragoman.config.secret import Secret
from dragoman.config.settings import Settings
from dragoman.dialects.registry import DIALECTS
from dragoman.routing.lifecycle import LIFECYCLES, default_model
from dragoman.routing.local_servers import LOCAL_SERVERS
from dragoman.routing.vendors import VENDORS
from tests.docs.pages import ROOT, headings, shell_commands, text_of

README = ROOT / "README.md"
TEXT = text_of(README)


def table_rows(*cells: str) -> list[list[str]]:
    """The rows of the table whose head begins with `cells`."""
    lines = TEXT.splitlines()
    [head] = [number for number, line in enumerate(lines) if line.startswith(f"| {' | '.join(cells)} |")]
    rows: list[list[str]] = []
    for line in lines[head + 2 :]:
        if not line.startswith("|"):
            break
        rows.append([cell.strip() for cell in line.strip("|").split("|")])
    return rows


def test_default_models_and_their_ends_are_those_of_the_code() -> None:
    written = table_rows("provider", "setting", "default", "from", "then")
    expected = [
        [provider, f"`{size.upper()}_MODEL`", f"`{row.model}`", str(row.retires), f"`{row.successor}`"]
        for row in LIFECYCLES
        if row.default_for is not None
        for provider, size in [row.default_for]
    ]
    assert sorted(written) == sorted(expected)
    for row in LIFECYCLES:
        if row.default_for is not None:
            assert default_model(*row.default_for, row.retires - timedelta(days=1)) == row.model
            assert default_model(*row.default_for, row.retires) == row.successor


def test_the_default_provider_is_marked_and_no_other_is_left_out() -> None:
    rows = table_rows("`PREFERRED_PROVIDER`", "key")
    [marked] = [row[0] for row in rows if "default" in row[0]]
    assert marked == f"`{Settings().preferred_provider}` (default)"
    assert {row[0].split("`")[1] for row in rows} == {"openai", "anthropic", "google", "litellm"}


@pytest.mark.parametrize(
    ("provider", "dialect"),
    [("openai", "openai_chat"), ("anthropic", "anthropic"), ("google", "gemini"), ("litellm", "openai_chat")],
)
def test_what_is_said_to_be_served_is(provider: str, dialect: str) -> None:
    [served] = [row[2] for row in table_rows("`PREFERRED_PROVIDER`", "key") if f"`{provider}`" in row[0]]
    assert (served == "yes") == (dialect in DIALECTS)


@pytest.mark.parametrize(
    ("requested", "model"),
    [
        ("claude-haiku-4-5", "the-small-one"),
        ("haiku", "the-small-one"),
        ("claude-sonnet-5", "the-big-one"),
        ("sonnet", "the-big-one"),
        ("claude-opus-4-8", "the-big-one"),
        ("opus", "the-big-one"),
        ("claude-fable-5", "the-big-one"),
        ("o3", "o3"),
        ("gemini-2.5-pro", "gemini-2.5-pro"),
        ("my-own-model", "my-own-model"),
        ("claude-sonnet-5[1m]", "the-big-one"),
    ],
)
def test_the_mapping_table_is_the_model_map(requested: str, model: str) -> None:
    settings = Settings(
        big_model="the-big-one", small_model="the-small-one", openai_base_url="http://localhost:1/v1"
    )
    assert build_model_map(settings, date(2026, 11, 21)).resolve(requested).model == model


def test_the_vendors_and_their_keys_are_those_of_the_rows() -> None:
    *hosted, local = table_rows("prefix", "key")
    expected = {f"`{preset.prefixes[0]}/`": preset.key_variables[0] for preset in VENDORS if preset.prefixes}
    assert {prefix: key.split("`")[1] for prefix, key in hosted} == expected
    assert local == [", ".join(f"`{preset.prefixes[0]}/`" for preset in LOCAL_SERVERS), "none"]


def test_the_address_is_the_default_one() -> None:
    settings = Settings()
    assert f"--host {settings.host} --port {settings.port}" in TEXT
    assert address_for_clients(Settings(host="localhost")) == "http://localhost:8082"
    for command in shell_commands(README):
        for url in re.findall(r"http://localhost:\d+", command):
            assert url == f"http://localhost:{settings.port}"


def test_the_promised_parts_are_there() -> None:
    assert {
        *("Contributing", "Licence", "How it works", "Tests", "Channels", "渠道（中文）", "Vertex AI"),
        *("Docker", "Service", "Supported models"),
    } <= set(headings(README))
    steps = re.findall(r"^\d\. \*\*(\w+)\.\*\*", TEXT, re.MULTILINE)
    assert steps == ["Receive", "Translate", "Send", "Convert", "Return"]
    for said in (
        "3.10 reached its end of life",
        "VIRTUAL_ENV",
        "deactivate",
        "dragoman-losses",
        "https://console.cloud.google.com/vertex-ai/model-garden",
        "roles/aiplatform.user",
        "billing",
        "(SERVICE.md)",
        "(docs/guides/container.md)",
    ):
        assert said in TEXT


def test_the_python_that_is_named_is_the_one_that_is_required() -> None:
    required = re.search(
        r'^requires-python = ">=(\d+\.\d+)"', (ROOT / "pyproject.toml").read_text("utf-8"), re.MULTILINE
    )
    assert required is not None
    assert f"Python {required[1]} or later" in TEXT


BENCH = (
    text_of(ROOT / "docs/concepts/speed.md")
    .partition("<!-- bench:begin -->")[2]
    .partition("<!-- bench:end -->")[0]
)
"""What `just bench` printed."""


@pytest.mark.parametrize(
    ("label", "measured"),
    [
        ("a request, to OpenAI Chat", "| small request, not streamed | openai |"),
        ("a request of 300 KB, to OpenAI Chat", "| 300 KB request, streamed | openai |"),
        ("an event of a stream, from OpenAI Chat", "| an event in a burst of 200 | openai |"),
        ("memory after load", "| memory after load | |"),
        ("start to ready", "| start to ready | |"),
    ],
)
def test_the_figures_are_those_of_the_bench(label: str, measured: str) -> None:
    [told] = [row[1:] for row in table_rows("measured", "floor", "Dragoman") if row[0] == label]
    [line] = [line for line in BENCH.splitlines() if line.startswith(measured)]
    assert told == [cell.strip() for cell in line.removeprefix(measured).split("|")][:2]


def test_the_comparison_is_that_of_its_page() -> None:
    lines = text_of(ROOT / "docs/concepts/comparison.md").splitlines()
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines if line.startswith("| ")]
    costs = {row[0]: [row[3], row[5]] for row in cells if len(row) == 6 and row[1] == "Chat"}
    vitals = {row[0]: [row[3], row[2]] for row in cells if len(row) == 6 and row[2].endswith(" s")}
    told = table_rows("gateway", "a request, in floors")
    assert [name for name, *_ in told] == [name for name in costs if name != "the floor"]
    assert {name: figures for name, *figures in told} == {
        name: [*costs[name], *vitals[name]] for name in costs if name != "the floor"
    }


@pytest.mark.parametrize(
    ("vendor", "channel"), [("OpenAI", "openai"), ("Google", "gemini")], ids=["openai", "google"]
)
def test_the_supported_models_go_to_their_vendor(vendor: str, channel: str) -> None:
    """M09 to M24"""
    [names] = [row[1] for row in table_rows("vendor", "models") if row[0] == vendor]
    keys = Settings(openai_api_key=Secret("test-key"), gemini_api_key=Secret("test-key"))
    model_map = build_model_map(keys, date(2026, 11, 21))
    asked = re.findall(r"`([^`]+)`", names)
    assert len(asked) > 5
    assert {
        (name, model_map.resolve(name).channel.name, model_map.resolve(name).model) for name in asked
    } == {(name, channel, name) for name in asked}
