import json

import pytest
from msgspec.structs import replace

from dragoman.dialects.anthropic.vertex import write_count, write_request
from dragoman.messages.errors import ApiError
from tests.unit.dialects.anthropic.vertex_requests import MODEL, VERTEX, ask, betas, lost


def written_betas(*values, model=MODEL, quirks=VERTEX, **fields):
    written = write_request(ask(betas(*values), **fields), model, quirks)
    value = dict(written.headers).get("anthropic-beta")
    return (value.split(",") if value is not None else None), lost(written.losses)


@pytest.mark.parametrize(
    ("model", "segment"),
    [
        ("claude-sonnet-4-5@20250929", "claude-sonnet-4-5@20250929"),
        ("a:b", "a:b"),
        ("a;b", "a%3Bb"),
        ("a/b c%", "a%2Fb%20c%25"),
        ("a?b#c", "a%3Fb%23c"),
    ],
)
def test_the_model_is_one_segment_of_the_path(model, segment):
    assert write_request(ask(), model, VERTEX).path == f"/models/{segment}:rawPredict"
    assert write_request(ask(stream=True), model, VERTEX).path == f"/models/{segment}:streamRawPredict"


@pytest.mark.parametrize("model", ["", ".", "..", ";x", ".;x", "..;x"])
@pytest.mark.parametrize("write", [write_request, write_count])
def test_a_model_that_would_change_the_path_is_refused(model, write):
    with pytest.raises(ApiError) as refused:
        write(ask(), model, VERTEX)
    assert refused.value.status == 400


def test_the_reply_is_a_stream_if_it_was_asked_for():
    assert write_request(ask(stream=True), MODEL, VERTEX).streaming is True
    assert write_request(ask(), MODEL, VERTEX).streaming is False


def test_a_count_has_an_address_of_its_own():
    written = write_count(ask(counting=True), MODEL, VERTEX)
    assert written.path == "/models/count-tokens:rawPredict"
    assert json.loads(written.body)["model"] == MODEL
    assert not written.streaming


SENT = (
    ("content-type", "application/json"),
    ("accept", "application/json"),
    ("user-agent", "claude-cli/2"),
    ("x-stainless-lang", "js"),
    ("anthropic-user-profile-id", "u-1"),
)
KEPT_BACK = [
    *("anthropic-version", "x-api-key", "authorization", "anthropic-workspace-id", "x-app", "traceparent"),
    *("anthropic-dangerous-direct-browser-access", "x-claude-code-session-id", "idempotency-key", "x-own"),
]


@pytest.mark.parametrize("write", [write_request, write_count])
def test_only_the_headers_that_vertex_ai_reads_go_out(write):
    headers = (*SENT, *((name, "2023-06-01") for name in KEPT_BACK))
    written = write(ask(headers), MODEL, VERTEX)
    assert written.headers == SENT
    assert lost(written.losses) == ["anthropic-workspace-id dropped"]


@pytest.mark.parametrize(
    "beta",
    [
        *("claude-code-20250219", "interleaved-thinking-2025-05-14", "context-management-2025-06-27"),
        *(
            "effort-2025-11-24",
            "context-1m-2025-08-07",
            "structured-outputs-2025-12-15",
            "made-up-2027-01-01",
        ),
        *("extended-cache-ttl-2025-04-11", "web-search-2025-03-05", "afk-mode-2026-01-31"),
        *("advisor-tool-2026-03-01", "message-threads-2026-08-12"),
    ],
)
def test_a_beta_goes_out_unless_it_is_known_to_be_refused(beta):
    assert written_betas(beta) == ([beta], [])


@pytest.mark.parametrize(
    "beta",
    [
        *("oauth-2025-04-20", "request-tags-2026-08-21", "fast-mode-2026-02-01", "mcp-client-2025-11-20"),
        *("server-side-fallback-2026-07-01", "fallback-credit-2026-06-01", "files-api-2025-04-14"),
        *("prompt-caching-scope-2026-01-05", "web-fetch-2025-09-10", "code-execution-2025-08-25"),
        "skills-2025-10-02",
    ],
)
def test_a_beta_that_is_not_used_is_left_out_without_a_word(beta):
    assert written_betas(beta) == (None, [])
    assert written_betas("a-1", beta, "b-2") == (["a-1", "b-2"], [])


def test_tool_search_has_another_name():
    assert written_betas("advanced-tool-use-2025-11-20") == (["tool-search-tool-2025-10-19"], [])


def test_betas_of_several_headers_are_sent_once_each_and_in_order():
    headers = (("anthropic-beta", "b-2, a-1,,b-2"), ("anthropic-beta", "a-1,c-3"))
    written = write_request(ask(headers), MODEL, VERTEX)
    assert written.headers == (("anthropic-beta", "b-2,a-1,c-3"),)


@pytest.mark.parametrize(
    ("model", "kept"),
    [
        ("claude-sonnet-4@20250514", False),
        ("claude-sonnet-4-5@20250929", False),
        ("claude-sonnet-4-5", False),
        ("claude-sonnet-4-6", True),
        ("claude-sonnet-5", True),
        ("claude-opus-4-5@20251101", True),
    ],
)
def test_the_long_context_is_not_asked_of_models_that_refuse_it(model, kept):
    asked, losses = written_betas("context-1m-2025-08-07", model=model)
    assert asked == (["context-1m-2025-08-07"] if kept else None)
    assert losses == ([] if kept else ["anthropic-beta.context-1m-2025-08-07 dropped"])


def test_what_was_refused_is_left_out_and_named():
    quirks = replace(VERTEX, refused_betas=("made-up-1", "tool-search-tool-2025-10-19"))
    assert written_betas("made-up-1", "advanced-tool-use-2025-11-20", "b-2", quirks=quirks) == (
        ["b-2"],
        ["anthropic-beta.made-up-1 dropped", "anthropic-beta.tool-search-tool-2025-10-19 dropped"],
    )


def test_a_refused_header_of_a_field_that_is_known_without_it_is_no_loss():
    quirks = replace(VERTEX, refused_betas=("effort-2025-11-24",))
    assert written_betas("effort-2025-11-24", quirks=quirks, output_config={"effort": "low"}) == (None, [])


def test_a_refused_field_takes_its_beta_with_it():
    quirks = replace(VERTEX, refused_fields=("context_management",))
    asked = written_betas("context-management-2025-06-27", quirks=quirks, context_management={"edits": [1]})
    assert asked == (None, ["context_management dropped"])


def test_a_count_has_no_betas():
    headers = betas("token-counting-2024-11-01", "web-search-2025-03-05")
    assert write_count(ask(headers, counting=True), MODEL, VERTEX).headers == ()
