import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dragoman.dialects.anthropic.request import forwarded_headers, write_count, write_request
from dragoman.dialects.dialect import Loss
from dragoman.messages.parse import parse_request
from tests.support.sealing import seal

SEALED = seal("openai_chat", {"f": "reasoning_content"}, family="deepseek")
GENUINE = "EqQBCgIYAhIM/+genuine=="
VERSION = (("anthropic-version", "2023-06-01"),)


def request(body, headers=VERSION, **options):
    return parse_request(body if isinstance(body, bytes) else json.dumps(body).encode(), headers, **options)


def conversation(*messages, **fields):
    return {"model": "claude-sonnet-5", "max_tokens": 100, "messages": list(messages), **fields}


def thinking(signature, text="why"):
    return {"type": "thinking", "thinking": text, "signature": signature}


HI = {"role": "user", "content": "Hi"}
ODD = (
    b'{ "max_tokens":100,\t"messages" : [ {"role":"user","content":"gr\\u00fcezi  \\ud83e\\udd89 \xf0\x9f\xa6\x89"} ],\n'
    b' "stream" :true, "model":"claude-sonnet-5" ,"temperature":1E0,"metadata":{"n":123456789012345678901234567890,'
    b'"f":1.50,"e":-0.0,"x":1e-7},"new_field":{"b":1,"a":[ 1 ,2 ]},"top_p" : null }'
)


def test_the_body_is_untouched_if_the_model_is_the_same():
    written = write_request(request(ODD), "claude-sonnet-5")
    assert written.body == ODD
    assert written.losses == ()


def test_the_body_is_untouched_if_the_word_model_occurs_in_it_again():
    tools = [{"name": "Agent", "input_schema": {"type": "object", "properties": {"model": {}}}}]
    data = json.dumps(conversation({"role": "user", "content": '"model"'}, tools=tools), indent=2).encode()
    assert write_request(request(data), "claude-sonnet-5").body == data


@pytest.mark.parametrize("first", [b'"claude-opus-5-5"', b'{"model":"x"}', b"null"])
def test_of_two_models_only_the_one_that_was_routed_is_sent(first):
    rest = (
        b'"max_tokens":9,"messages":[{"role":"user","content":"the \\"model\\""}],"model":"claude-sonnet-5"}'
    )
    written = write_request(request(b'{"model":' + first + b"," + rest), "claude-sonnet-5").body
    assert written.count(b'"model"') == 1
    assert json.loads(written)["model"] == "claude-sonnet-5"


def test_only_the_model_changes_if_it_is_another():
    written = write_request(request(ODD), "claude-opus-5-5")
    for kept in (
        b'[ {"role":"user","content":"gr\\u00fcezi  \\ud83e\\udd89 \xf0\x9f\xa6\x89"} ]',
        b"1E0",
        b'{"n":123456789012345678901234567890,"f":1.50,"e":-0.0,"x":1e-7}',
        b'{"b":1,"a":[ 1 ,2 ]}',
        b"null",
    ):
        assert kept in written.body
    before, after = json.loads(ODD), json.loads(written.body)
    assert list(after) == list(before)
    assert after == before | {"model": "claude-opus-5-5"}


def test_only_the_models_own_field_is_the_model():
    body = conversation(
        HI, metadata={"model": "claude-sonnet-5"}, tools=[{"name": "model", "input_schema": {}}]
    )
    written = json.loads(write_request(request(body), "other").body)
    assert written == body | {"model": "other"}


def test_a_model_with_odd_characters_is_written_as_json():
    written = write_request(request(conversation(HI)), 'claude"\n5')
    assert json.loads(written.body)["model"] == 'claude"\n5'


values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**25), 10**25)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


@given(st.dictionaries(st.text(max_size=8), values, max_size=4), st.booleans())
def test_unknown_fields_survive_a_rewritten_model(fields, spaced):
    body = {name: value for name, value in fields.items() if name not in ("stream", "tools")} | conversation(
        HI
    )
    data = json.dumps(body, indent=2 if spaced else None, ensure_ascii=spaced).encode()
    written = json.loads(write_request(request(data), "other").body)
    assert list(written) == list(body)
    assert written == body | {"model": "other"}


@pytest.mark.parametrize(("stream", "streaming"), [(True, True), (False, False), (None, False)])
def test_the_answer_streams_if_the_client_wants_a_stream(stream, streaming):
    assert write_request(request(conversation(HI, stream=stream)), "claude-sonnet-5").streaming is streaming


def test_it_goes_to_messages():
    assert write_request(request(conversation(HI)), "claude-sonnet-5").path == "/v1/messages"


def assistant(*blocks):
    return {"role": "assistant", "content": list(blocks)}


TEXT = {"type": "text", "text": "because"}


def test_sealed_thinking_is_removed_and_named():
    body = conversation(HI, assistant(thinking(SEALED), TEXT), HI, assistant(thinking(SEALED), TEXT), HI)
    written = write_request(request(body), "claude-sonnet-5")
    assert json.loads(written.body) == conversation(HI, assistant(TEXT), HI, assistant(TEXT), HI)
    assert written.losses == (
        Loss("messages.1.content.0", "dropped", "reasoning of another backend"),
        Loss("messages.3.content.0", "dropped", "reasoning of another backend"),
    )


@pytest.mark.parametrize(
    "block",
    [
        thinking(SEALED),
        thinking("dgm2.gemini.newer.0000000000000000"),
        thinking("dgm2.openai_chat.damaged"),
        {"type": "redacted_thinking", "data": SEALED},
    ],
)
def test_whatever_this_proxy_sealed_is_removed(block):
    written = write_request(request(conversation(HI, assistant(block, TEXT), HI)), "claude-sonnet-5")
    assert json.loads(written.body) == conversation(HI, assistant(TEXT), HI)


@pytest.mark.parametrize(
    "block",
    [
        thinking(GENUINE),
        thinking(""),
        thinking("gmn1.other"),
        {"type": "thinking", "thinking": SEALED, "signature": GENUINE},
        {"type": "redacted_thinking", "data": GENUINE},
        {"type": "text", "text": SEALED},
        {"type": "text", "text": "say dgm2.x", "signature": SEALED},
    ],
)
def test_whatever_another_sealed_is_untouched(block):
    data = json.dumps(conversation(HI, assistant(block, TEXT), HI), indent=1).encode()
    written = write_request(request(data), "claude-sonnet-5")
    assert (written.body, written.losses) == (data, ())


def test_genuine_thinking_beside_a_sealed_one_is_byte_identical():
    genuine = b'{ "type":"thinking",  "thinking":"gr\\u00fcezi 1E2", "signature":"EqQB\\/genuine==" }'
    call = b'{"type" : "tool_use","id":"toolu_1","name":"Bash","input":{ "n":1.0e2 }}'
    data = (
        b'{"model":"claude-sonnet-5","max_tokens":9,"messages":[ {"role":"user","content":"Hi"} ,'
        b'{"content":[%s , %s,%s],"role":"assistant","extra":1E2},{"role":"user","content":"go  on"}]}'
    ) % (genuine, json.dumps(thinking(SEALED)).encode(), call)
    written = write_request(request(data), "claude-sonnet-5")
    assert genuine in written.body
    assert call in written.body
    assert b"dgm2" not in written.body
    assert b'"role":"assistant","extra":1E2' in written.body
    assert b'{"role":"user","content":"go  on"}' in written.body
    assert len(written.losses) == 1


def test_a_message_is_never_left_empty():
    written = write_request(request(conversation(HI, assistant(thinking(SEALED)), HI)), "claude-sonnet-5")
    empty = {"type": "text", "text": "(no content)"}
    assert json.loads(written.body) == conversation(HI, assistant(empty), HI)


def test_model_and_sealed_thinking_are_changed_together():
    body = conversation(
        HI, assistant(thinking(SEALED), TEXT), HI, system=[{"type": "text", "text": "be brief"}]
    )
    written = json.loads(write_request(request(body), "other").body)
    assert written == conversation(HI, assistant(TEXT), HI, system=body["system"]) | {"model": "other"}
    assert list(written) == list(body)


@pytest.mark.parametrize(
    "content", [None, "dgm2.text", [], ["dgm2."], [{"type": "thinking", "signature": 5}]]
)
def test_odd_content_is_not_touched(content):
    odd = {"role": "system", "content": content, "output_config": {"effort": "low"}, "note": "dgm2."}
    data = json.dumps(conversation(HI, odd)).encode()
    assert write_request(request(data), "claude-sonnet-5").body == data


def test_a_count_goes_to_the_counting_endpoint_with_the_same_rules():
    body = {"model": "claude-sonnet-5", "messages": [HI, assistant(thinking(SEALED), TEXT), HI]}
    written = write_count(request(body, counting=True), "other")
    assert written.path == "/v1/messages/count_tokens"
    assert json.loads(written.body) == {"model": "other", "messages": [HI, assistant(TEXT), HI]}
    assert not written.streaming


def test_the_body_of_a_count_is_untouched_if_nothing_has_to_change():
    data = b'{ "model":"claude-sonnet-5","messages":[{"role":"user","content":"Hi"}]}'
    assert write_count(request(data, counting=True), "claude-sonnet-5").body == data


def test_fields_that_only_a_message_has_are_not_counted():
    body = {
        "max_tokens": 5,
        **conversation(HI),
        "stream": True,
        "temperature": 0,
        "metadata": {},
        "odd": [1.50],
    }
    data = json.dumps(body).replace("1.5", "1.50").encode()
    written = write_count(request(data, counting=True), body["model"])
    assert b"1.50" in written.body
    assert json.loads(written.body) == {
        "model": body["model"],
        "messages": [HI],
        **{name: value for name, value in conversation(HI).items() if name not in ("max_tokens", "stream")},
        "odd": [1.5],
    }


@pytest.mark.parametrize(
    "name",
    [
        "content-type",
        "accept",
        "user-agent",
        "anthropic-version",
        "anthropic-beta",
        "anthropic-dangerous-direct-browser-access",
        "anthropic-user-profile-id",
        "anthropic-workspace-id",
        "anthropic-client-platform",
        "anthropic-anything-new",
        "x-stainless-lang",
        "x-stainless-retry-count",
        "x-stainless-timeout",
        "x-app",
        "x-claude-code-session-id",
        "x-claude-code-agent-id",
        "x-claude-code-parent-agent-id",
        "x-claude-code-prompt-id",
        "x-claude-anything",
        "x-client-request-id",
        "x-client-app",
        "x-anthropic-additional-protection",
        "x-of-the-users-own",
        "idempotency-key",
        "traceparent",
        "tracestate",
        "baggage",
    ],
)
def test_headers_of_the_api_and_of_the_client_are_forwarded(name):
    assert (name, "a value") in forwarded_headers((*VERSION, (name, "a value")))


@pytest.mark.parametrize(
    "name",
    [
        "connection",
        "keep-alive",
        "proxy-connection",
        "proxy-authenticate",
        "proxy-authorization",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
        "host",
        "content-length",
        "content-encoding",
        "expect",
        "accept-encoding",
        "authorization",
        "x-api-key",
        "cookie",
        "x-forwarded-for",
        "x-forwarded-proto",
        "forwarded",
        "via",
        "x-real-ip",
        "cf-connecting-ip",
        "origin",
        "referer",
        "sec-fetch-mode",
        "x-proxy-anything",
        "x-dragoman-launch",
    ],
)
def test_headers_of_the_connection_the_way_and_the_credential_are_kept_back(name):
    assert forwarded_headers((*VERSION, (name, "a value"))) == VERSION


def test_headers_that_the_connection_header_names_are_kept_back():
    headers = (*VERSION, ("connection", "close, X-Hop"), ("x-hop", "1"), ("x-app", "cli"))
    assert forwarded_headers(headers) == (*VERSION, ("x-app", "cli"))


def test_repeated_headers_stay_repeated_and_in_order():
    headers = (("anthropic-beta", "b-1,a-2"), ("x-app", "cli"), ("anthropic-beta", "c-3"), *VERSION)
    assert forwarded_headers(headers) == headers


@pytest.mark.parametrize("version", ["2023-06-01", "2026-10-21", "2030-01-01"])
def test_the_version_is_never_changed(version):
    assert forwarded_headers((("anthropic-version", version),)) == (("anthropic-version", version),)


def test_a_missing_version_is_added():
    assert forwarded_headers((("x-app", "cli"),)) == (("x-app", "cli"), *VERSION)


def test_requests_and_counts_carry_the_headers():
    headers = (*VERSION, ("x-app", "cli"), ("x-api-key", "test-key-client"))
    kept = (*VERSION, ("x-app", "cli"))
    assert write_request(request(conversation(HI), headers), "m").headers == kept
    assert write_count(request(conversation(HI), headers, counting=True), "m").headers == kept
