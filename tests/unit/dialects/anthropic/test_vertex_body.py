import json

import pytest
from msgspec.structs import replace

from dragoman.dialects.anthropic.vertex_body import write_count_body, write_message_body
from dragoman.messages.errors import ApiError
from dragoman.messages.parse import parse_request
from tests.support.sealing import seal
from tests.unit.dialects.anthropic.vertex_requests import HI, VERSION, VERTEX, ask, betas, lost

TOOL = {"name": "look", "input_schema": {"type": "object"}}
SEARCH = {
    "type": "web_search_20260209",
    "name": "web_search",
    "max_uses": 3,
    "allowed_domains": ["a.example"],
}
FETCH = {"type": "web_fetch_20250910", "name": "web_fetch"}
REST = {"max_tokens": 9, "messages": [HI]}


def write(quirks=VERTEX, headers=(), **fields):
    """The body without its version, and the losses."""
    losses = []
    written = json.loads(write_message_body(ask(headers, **fields), quirks, losses))
    assert written.pop("anthropic_version") == VERSION
    return written, lost(losses)


def refusal(quirks=VERTEX, headers=(), **fields):
    with pytest.raises(ApiError) as refused:
        write_message_body(ask(headers, **fields), quirks, [])
    assert refused.value.status == 400
    return refused.value.message


def test_values_keep_their_bytes():
    body = (
        b'{ "model":"m", "max_tokens" :9.0e0,"stream":true,\t"messages": [ {"role":"user","content":"gr\\u00fcezi"} ],'
        b'"tools": [ {"name":"look", "input_schema":{"type":"object", "n":1E2}} ], "temperature":1.0,"new":{ "a":1.50 }}'
    )
    body = body.replace(b"9.0e0", b"9")
    assert write_message_body(parse_request(body, ()), VERTEX, []) == (
        b'{"anthropic_version":"vertex-2023-10-16","max_tokens":9,"stream":true,'
        b'"messages":[ {"role":"user","content":"gr\\u00fcezi"} ],'
        b'"tools":[ {"name":"look", "input_schema":{"type":"object", "n":1E2}} ],"temperature":1.0,"new":{ "a":1.50 }}'
    )


@pytest.mark.parametrize(
    ("header", "version"),
    [
        (None, VERSION),
        ("2023-06-01", VERSION),
        ("2023-01-01", VERSION),
        ("2026-10-21", "2026-10-21"),
        ("2027-03-01", "2027-03-01"),
        ("latest", VERSION),
        ("2026-10-21x", VERSION),
    ],
)
def test_the_version_is_that_of_the_clients_header(header, version):
    headers = () if header is None else (("anthropic-version", header),)
    for write_body in (
        lambda r: write_message_body(r, VERTEX, []),
        lambda r: write_count_body(r, "m", VERTEX, []),
    ):
        assert json.loads(write_body(ask(headers)))["anthropic_version"] == version


def test_the_version_of_the_clients_body_wins():
    request = ask((("anthropic-version", "2026-10-21"),), anthropic_version="vertex-2029-01-01")
    assert json.loads(write_message_body(request, VERTEX, []))["anthropic_version"] == "vertex-2029-01-01"


@pytest.mark.parametrize("named", [None, "2023-06-01", "2023-01-01"])
@pytest.mark.parametrize(("header", "version"), [("2023-06-01", VERSION), ("2026-10-21", "2026-10-21")])
def test_a_version_that_vertex_ai_does_not_know_counts_as_none(named, header, version):
    """spec/vertex.md section 8"""
    request = ask((("anthropic-version", header),), anthropic_version=named)
    written = write_message_body(request, VERTEX, [])
    assert json.loads(written)["anthropic_version"] == version
    assert written.count(b"anthropic_version") == 1


SUPPORTED = {
    "thinking": {"type": "adaptive"},
    "context_management": {"edits": [{"type": "clear_thinking_20251015", "keep": "all"}]},
    "output_config": {"effort": "xhigh", "format": {"type": "json_schema", "schema": {}}},
    "system": [{"type": "text", "text": "be brief", "cache_control": {"type": "ephemeral", "ttl": "1h"}}],
    "tools": [
        TOOL | {"defer_loading": True, "eager_input_streaming": True},
        {"type": "bash_20250124", "name": "b"},
    ],
    "metadata": {"user_id": "u"},
    "safeguards": [{"type": "dangerous_tool_use"}],
    "made_up": 1,
}


def test_everything_else_goes_out():
    assert write(**SUPPORTED) == (REST | SUPPORTED, [])


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("tags", {"team": "a"}),
        ("speed", "fast"),
        ("mcp_servers", [{"type": "url", "name": "a", "url": "https://a.example"}]),
        ("fallbacks", [{"model": "claude-sonnet-5"}]),
        ("fallback_credit_token", "t"),
        ("service_tier", "auto"),
        ("inference_geo", "us"),
        ("workspace_id", "wrkspc_1"),
    ],
)
def test_fields_that_only_anthropics_own_api_has_are_lost(field, value):
    assert write(**{field: value}) == (REST, [f"{field} dropped"])
    assert write(**{field: None}) == (REST, [])


@pytest.mark.parametrize("value", ["container_1", {"skills": [{"skill_id": "pdf"}]}])
def test_containers_are_refused(value):
    assert refusal(container=value).startswith(
        "container: containers and skills exist on Anthropic's own API"
    )
    assert write(container=None) == (REST, [])


def test_code_execution_is_refused():
    assert refusal(tools=[TOOL, {"type": "code_execution_20250825", "name": "code_execution"}]).startswith(
        "tools.1:"
    )


@pytest.mark.parametrize(
    "block",
    [
        {"type": "document", "source": {"type": "file", "file_id": "file_1"}},
        {"type": "container_upload", "file_id": "file_1"},
        {
            "type": "tool_result",
            "content": [{"type": "image", "source": {"type": "file", "file_id": "file_1"}}],
        },
    ],
)
def test_uploaded_files_are_refused(block):
    assert refusal(messages=[HI, {"role": "user", "content": [block]}]).startswith("messages.1.content:")


def test_a_users_own_file_id_is_no_file():
    call = {
        "type": "tool_use",
        "id": "t",
        "name": "look",
        "input": {"file_id": 1, "source": {"type": "file"}},
    }
    messages = [HI, {"role": "assistant", "content": [call]}]
    assert write(messages=messages) == (REST | {"messages": messages}, [])


def test_a_newer_web_search_becomes_the_one_that_is_there():
    new = SEARCH | {
        "response_inclusion": "full",
        "allowed_callers": ["code"],
        "user_location": {"city": "Bern"},
    }
    told, losses = write(tools=[TOOL, new])
    assert told["tools"] == [
        TOOL,
        SEARCH | {"type": "web_search_20250305", "user_location": {"city": "Bern"}},
    ]
    assert losses == ["tools.1.type approximated"]


def test_the_web_search_that_is_there_is_not_touched():
    tools = [SEARCH | {"type": "web_search_20250305"}]
    assert write(tools=tools) == (REST | {"tools": tools}, [])


@pytest.mark.parametrize("tool", [FETCH, {"type": "mcp_toolset", "mcp_server_name": "a"}])
def test_tools_that_are_not_there_are_lost_and_refused_where_there_are_no_others(tool):
    assert write(tools=[tool, TOOL]) == (REST | {"tools": [TOOL]}, ["tools.0 dropped"])
    assert refusal(tools=[tool]).startswith("tools: ")


def test_a_choice_goes_with_its_tool():
    told, losses = write(tools=[FETCH, TOOL], tool_choice={"type": "tool", "name": "web_fetch"})
    assert told == REST | {"tools": [TOOL]}
    assert losses == ["tools.0 dropped", "tool_choice dropped"]
    choice = {"type": "tool", "name": "look"}
    assert write(tools=[FETCH, TOOL], tool_choice=choice)[0] == REST | {
        "tools": [TOOL],
        "tool_choice": choice,
    }


def marked(**mark):
    return {"type": "ephemeral", **mark}


def test_the_scope_of_a_cache_mark_is_lost_and_the_mark_stays():
    def fields(**mark):
        text = {"type": "text", "text": "a", "cache_control": marked(ttl="1h", **mark)}
        result = {"type": "tool_result", "tool_use_id": "t", "content": [text]}
        return {
            "system": [text],
            "tools": [TOOL | {"cache_control": marked(**mark)}],
            "messages": [HI, {"role": "user", "content": [result, text]}],
            "cache_control": marked(**mark) if mark else marked(),
        }

    told, losses = write(**fields(scope="global"))
    # Four blocks are marked: a mark at the top is one too many anyway.
    expected = fields()
    del expected["cache_control"]
    assert told == REST | expected
    assert losses == ["cache_control approximated", "cache_control.scope dropped"]


def test_the_scope_of_a_mark_at_the_top_is_lost():
    assert write(cache_control=marked(scope="global")) == (
        REST | {"cache_control": marked()},
        ["cache_control.scope dropped"],
    )


def test_a_users_own_scope_is_no_mark():
    call = {"type": "tool_use", "id": "t", "name": "look", "input": {"cache_control": marked(scope="mine")}}
    body = json.dumps(
        {"model": "m", **REST, "messages": [HI, {"role": "assistant", "content": [call]}]}, indent=1
    )
    losses = []
    written = write_message_body(parse_request(body.encode(), ()), VERTEX, losses)
    assert body.partition('"messages": ')[2].removesuffix("\n}").encode() in written
    assert json.loads(written)["messages"][1]["content"] == [call]
    assert losses == []


def test_sealed_thinking_of_another_backend_is_removed():
    sealed = {"type": "thinking", "thinking": "", "signature": seal("openai_chat", {"f": "x"})}
    genuine = {"type": "thinking", "thinking": "", "signature": "EqQBgenuine"}
    text = {"type": "text", "text": "a"}
    told, losses = write(messages=[HI, {"role": "assistant", "content": [sealed, genuine, text]}, HI])
    assert told["messages"][1]["content"] == [genuine, text]
    assert losses == ["messages.1.content.0 dropped"]


@pytest.mark.parametrize(
    ("learned", "fields", "kept", "losses"),
    [
        (
            {"refused_fields": ("made_up",)},
            {"made_up": 1, "other": 2},
            {"other": 2},
            ["made_up dropped"],
        ),
        (
            {"refused_betas": ("context-management-2025-06-27",)},
            {"context_management": {"edits": [1]}},
            {},
            ["context_management dropped"],
        ),
        (
            {"refused_betas": ("effort-2025-11-24",)},
            {"output_config": {"effort": "low"}},
            {"output_config": {"effort": "low"}},
            [],
        ),
        (
            {"refused_fields": ("output_config",)},
            {"output_config": {"effort": "low"}},
            {},
            ["output_config dropped"],
        ),
        (
            {"refused_betas": ("advisor-tool-2026-03-01",)},
            {"tools": [TOOL, {"type": "advisor_20260301", "name": "advisor"}]},
            {"tools": [TOOL]},
            ["tools.1 dropped"],
        ),
    ],
)
def test_what_was_refused_is_left_out(learned, fields, kept, losses):
    headers = betas(*learned.get("refused_betas", ()))
    assert write(headers=headers, **fields)[1] == []
    assert write(replace(VERTEX, **learned), headers, **fields) == (REST | kept, losses)


@pytest.mark.parametrize(
    ("beta", "field", "words"),
    [
        ("message-threads-2026-08-12", "thread", "thread: thread_unsupported_request"),
        ("compact-2026-09-04", "compaction", "compaction: this model"),
    ],
)
def test_a_refused_feature_that_cannot_be_left_out_is_refused(beta, field, words):
    assert write(**{field: {"a": 1}}) == (REST | {field: {"a": 1}}, [])
    for learned in ({"refused_betas": (beta,)}, {"refused_fields": (field,)}):
        assert refusal(replace(VERTEX, **learned), betas(beta), **{field: {"a": 1}}).startswith(words)


def test_a_count_has_the_models_bare_id_and_only_what_is_counted():
    fields = SUPPORTED | {"stream": True, "temperature": 1, "tool_choice": {"type": "auto"}, "speed": "fast"}
    losses = []
    written = json.loads(
        write_count_body(ask(**fields, counting=True), "claude-sonnet-4-5@20250929", VERTEX, losses)
    )
    counted = {name: fields[name] for name in ("thinking", "system", "tools", "tool_choice")}
    assert written == counted | {"anthropic_version": VERSION, "model": "claude-sonnet-4-5", "messages": [HI]}
    assert losses == []
