import json
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from dragoman.messages.blocks import Image, Text, Thought, ToolReference, ToolResult, ToolUse, UnknownBlock
from dragoman.messages.errors import ApiError
from dragoman.messages.parse import parse_conversation, parse_request
from dragoman.messages.request import Message, Thinking, ToolChoice

FIXTURES = sorted((Path(__file__).parents[2] / "fixtures" / "claude-code").glob("*.json"))
SMALL = {"model": "claude-sonnet-4-5", "max_tokens": 10, "messages": [{"role": "user", "content": "hi"}]}
ABSENT = object()


def body_of(**changes) -> bytes:
    fields = {**SMALL, **changes}
    return json.dumps({name: value for name, value in fields.items() if value is not ABSENT}).encode()


def conversation_of(**changes):
    return parse_conversation(parse_request(body_of(**changes), ()))


def refusal_of(body: bytes, counting: bool = False) -> ApiError:
    with pytest.raises(ApiError) as caught:
        parse_conversation(parse_request(body, (), counting=counting))
    assert caught.value.status == 400
    assert caught.value.type == "invalid_request_error"
    assert caught.value.headers == (("x-should-retry", "false"),)
    return caught.value


def test_a_request_keeps_what_routing_needs_and_everything_as_it_came():
    body = b'{ "model": "m", "max_tokens":8.0,"stream":true,"new_field":[1e2],"messages":[{"role":"user","content":[]}]}'
    headers = (("x-claude-code-session-id", "s-1"),)
    request = parse_request(body, headers)
    assert (request.model, request.max_tokens, request.stream, request.counting) == ("m", 8, True, False)
    assert request.body == body
    assert request.raw["new_field"] == [100.0]
    assert request.session_id == "s-1"


@pytest.mark.parametrize("stream", [None, False, ABSENT])
def test_not_asking_for_a_stream_is_no_stream(stream):
    assert parse_request(body_of(stream=stream), ()).stream is False


def test_counting_needs_no_limit_and_ignores_every_field_that_it_does_not_need():
    body = body_of(max_tokens=ABSENT, stream=True, metadata={}, thinking={"type": "adaptive"}, tools=[])
    request = parse_request(body, (), counting=True)
    assert (request.max_tokens, request.stream, request.counting) == (0, False, True)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"model": ABSENT}, "model: Field required"),
        ({"model": None}, "model: Input should be a valid string"),
        ({"model": 7}, "model: Input should be a valid string"),
        ({"model": ""}, "model: String should have at least 1 character"),
        ({"model": " "}, "model: String should have at least 1 character"),
        ({"model": "a" * 257}, "model: String should have at most 256 characters"),
        ({"model": "a\x00b"}, "model: String should have no"),
        ({"model": "a\nb"}, "model: String should have no"),
        ({"model": "a\u2028b"}, "model: String should have no"),
        ({"model": "a\x7fb"}, "model: String should have no"),
        ({"model": "../../v1/keys"}, "model: String should have no"),
        ({"max_tokens": ABSENT}, "max_tokens: Field required"),
        ({"max_tokens": None}, "max_tokens: Field required"),
        ({"max_tokens": -1}, "max_tokens: Input should be greater than or equal to 0"),
        ({"max_tokens": True}, "max_tokens: Input should be a valid integer"),
        ({"max_tokens": 1.5}, "max_tokens: Input should be a valid integer"),
        ({"max_tokens": "10"}, "max_tokens: Input should be a valid integer"),
        ({"max_tokens": 2**31}, "max_tokens: Input should be less than or equal to"),
        ({"max_tokens": 10**30}, "max_tokens: Input should be less than or equal to"),
        ({"max_tokens": 1e300}, "max_tokens: Input should be less than or equal to"),
        ({"messages": ABSENT}, "messages: Field required"),
        ({"messages": []}, "messages: at least one message is required"),
        ({"messages": {}}, "messages: Input should be a valid list"),
        ({"messages": "hi"}, "messages: Input should be a valid list"),
        ({"messages": [7]}, "messages.0: Input should be an object"),
        ({"messages": [SMALL["messages"][0], {}]}, "messages.1.role: Field required"),
        ({"messages": [{"role": 1, "content": ""}]}, "messages.0.role: Input should be a valid string"),
        ({"messages": [{"role": "user"}]}, "messages.0.content: Field required"),
        ({"messages": [{"role": "user", "content": None}]}, "messages.0.content: Field required"),
        ({"messages": [{"role": "system"}]}, "messages.0.content: Field required"),
        ({"messages": [{"role": "user", "content": 4}]}, "messages.0.content: Input should be a valid string or list"),
        ({"stream": "yes"}, "stream: Input should be a valid boolean"),
        ({"stream": 1}, "stream: Input should be a valid boolean"),
        ({"tools": {}}, "tools: Input should be a valid list"),
        ({"tools": [{"name": f"t{n}"} for n in range(2001)]}, "tools: List should have at most 2000 items"),
    ],
)  # fmt: skip
def test_a_wrong_field_is_refused_before_routing_and_named(change, said):
    body = body_of(**change)
    with pytest.raises(ApiError) as caught:
        parse_request(body, ())
    assert caught.value.message.startswith(said)
    assert caught.value.status == 400


def test_a_hundred_thousand_messages_are_the_limit():
    message = '{"role":"user","content":""}'
    most = '{"model":"m","max_tokens":1,"messages":[' + ",".join([message] * 100_000)
    assert len(parse_request((most + "]}").encode(), ()).raw["messages"]) == 100_000
    assert "messages: List should have at most" in refusal_of((most + f",{message}]}}").encode()).message


@pytest.mark.parametrize(
    "body",
    [
        *(b"", b"null", b"[]", b'"text"', b"7", b"{", b'{"model":', b"\xff\xfe", b'{"model":"\xff"}', b"{}x"),
        *(b"[" * 2000 + b"]" * 2000, b'{"a":' * 200 + b"1" + b"}" * 200, b'{"max_tokens":1e999}', b"NaN"),
    ],
    ids=lambda body: body[:12].decode("latin-1"),
)
def test_what_is_no_json_object_is_refused(body):
    assert refusal_of(body).message.startswith("The request body is not valid")


def test_half_of_an_emoji_is_replaced_not_refused():
    body = b'{"model":"m","max_tokens":1,"messages":[{"role":"user","content":"cut \\ud83d"}]}'
    request = parse_request(body, ())
    assert parse_conversation(request).messages[0].content == (Text("cut \ufffd"),)
    assert b"\\ud83d" not in request.body


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"messages": [SMALL["messages"][0], {"role": "user", "content": [{"type": "text", "text": "a"}, {"type": "text", "text": 7}]}]}, "messages.1.content.1.text: Input should be a valid string"),
        ({"messages": [{"role": "user", "content": [{"type": "tool_result", "tool_use_id": "i", "content": [{"type": "text"}]}]}]}, "messages.0.content.0.content.0.text: Field required"),
        ({"messages": [{"role": "user", "content": [None]}]}, "messages.0.content.0: Input should be an object"),
        ({"messages": [{"role": "tool", "content": "x"}]}, "messages.0.role: Input should be 'user', 'assistant' or 'system'"),
        ({"messages": [{"role": "system", "content": [], "output_config": 4}]}, "messages.0.output_config: Input should be an object"),
        ({"messages": [{"role": "system", "content": [], "output_config": {"effort": 4}}]}, "messages.0.output_config.effort: Input should be a valid string"),
        ({"system": 4}, "system: Input should be a valid string or list"),
        ({"system": [{"type": "text"}]}, "system.0.text: Field required"),
        ({"tools": [{"name": "A"}, {"name": "A"}]}, "tools: Tool names must be unique"),
        ({"tools": [{"name": "A", "input_schema": 3}]}, "tools.0.input_schema: Input should be an object"),
        ({"tools": [{"name": "A"}], "tool_choice": {"type": "tool", "name": "B"}}, "tool_choice: Tool 'B' not found in provided tools"),
        ({"thinking": {"type": "enabled", "budget_tokens": 1023}}, "thinking.enabled.budget_tokens: Input should be greater than or equal to 1024"),
        ({"thinking": {"type": "enabled", "budget_tokens": "x"}}, "thinking.budget_tokens: Input should be a valid integer"),
        ({"thinking": {}}, "thinking.type: Field required"),
        ({"thinking": "on"}, "thinking: Input should be an object"),
        ({"output_config": []}, "output_config: Input should be an object"),
        ({"output_config": {"effort": 3}}, "output_config.effort: Input should be a valid string"),
        ({"output_config": {"format": {"type": "json_schema"}}}, "output_config.format.schema: Field required"),
        ({"output_format": {"type": "json_schema", "schema": 1}}, "output_format.schema: Input should be an object"),
        ({"stop_sequences": "x"}, "stop_sequences: Input should be a valid list"),
        ({"stop_sequences": ["a", 1]}, "stop_sequences.1: Input should be a valid string"),
        ({"temperature": "hot"}, "temperature: Input should be a valid number"),
        ({"temperature": True}, "temperature: Input should be a valid number"),
        ({"top_k": 1.5}, "top_k: Input should be a valid integer"),
        ({"metadata": "x"}, "metadata: Input should be an object"),
        ({"metadata": {"user_id": 1}}, "metadata.user_id: Input should be a valid string"),
        ({"service_tier": 1}, "service_tier: Input should be a valid string"),
    ],
)  # fmt: skip
def test_a_wrong_field_of_the_conversation_is_named_by_its_path(change, said):
    assert refusal_of(body_of(**change)).message.startswith(said)


@pytest.mark.parametrize(
    ("thinking", "expected"),
    [
        (ABSENT, None),
        (None, None),
        ({"type": "adaptive", "display": "omitted"}, Thinking("adaptive", None, "omitted")),
        ({"type": "adaptive", "budget_tokens": 0}, Thinking("adaptive")),
        ({"type": "enabled", "budget_tokens": 1024}, Thinking("enabled", 1024)),
        ({"type": "enabled"}, Thinking("enabled")),
        ({"type": "disabled"}, Thinking("disabled")),
        ({"type": "between_tools"}, Thinking("between_tools")),
        ({"type": "of_next_year", "x": 1}, Thinking("of_next_year")),
    ],
)
def test_every_kind_of_thinking_is_accepted(thinking, expected):
    assert conversation_of(thinking=thinking).thinking == expected


def test_thoughts_in_the_history_are_kept():
    content = [
        {"type": "thinking", "thinking": "t", "signature": "", "future": 1},
        {"type": "redacted_thinking", "data": "d"},
        {"type": "text", "text": "a"},
    ]
    messages = [{"role": "user", "content": "x"}, {"role": "assistant", "content": content}]
    assert conversation_of(messages=messages).messages[1].content[0] == Thought("t", "")


def test_a_system_message_keeps_its_place():
    messages = [
        {"role": "user", "content": "a"},
        {"role": "system", "content": "rule", "clear_at": "next_user_message"},
        {"role": "assistant", "content": "b"},
        {"role": "system", "output_config": {"effort": "low"}},
        {"role": "user", "content": [{"type": "text", "text": "c"}], "future": 1},
    ]
    assert conversation_of(messages=messages).messages == (
        Message("user", (Text("a"),)),
        Message("system", (Text("rule"),), None, "next_user_message"),
        Message("assistant", (Text("b"),)),
        Message("system", (), "low"),
        Message("user", (Text("c"),)),
    )


def test_everything_with_a_place_is_read():
    marked = {"type": "text", "text": "rules", "cache_control": {"type": "ephemeral"}}
    conversation = conversation_of(
        system=[marked],
        tools=[{"name": "A", "input_schema": {}}],
        tool_choice={"type": "any", "disable_parallel_tool_use": True},
        output_config={"effort": "xhigh", "format": {"type": "json_schema", "schema": {"type": "object"}}},
        stop_sequences=["a", "b"],
        temperature=0,
        top_p=0.5,
        top_k=3,
        metadata={"user_id": "u", "more": 1},
        service_tier="auto",
        speed="fast",
    )
    assert conversation.system == (Text("rules", {"type": "ephemeral"}),)
    assert conversation.tool_choice == ToolChoice("any", "", True)
    assert (conversation.effort, conversation.output_schema) == ("xhigh", {"type": "object"})
    assert conversation.stop_sequences == ("a", "b")
    assert (conversation.temperature, conversation.top_p, conversation.top_k) == (0, 0.5, 3)
    assert (conversation.user_id, conversation.service_tier, conversation.speed) == ("u", "auto", "fast")
    assert conversation.others == ()


def test_the_older_output_format_is_the_same_thing():
    wanted = {"type": "json_schema", "schema": {"type": "object"}}
    assert conversation_of(output_format=wanted).output_schema == {"type": "object"}
    assert conversation_of(output_format={"type": "text"}).output_schema is None


@pytest.mark.parametrize("system", [ABSENT, None, "", []])
def test_no_system_prompt_is_no_text(system):
    assert conversation_of(system=system).system == ()


def test_fields_without_a_place_are_named_not_lost():
    conversation = conversation_of(
        system=[{"type": "text", "text": "a"}, {"type": "frob"}],
        context_management={"edits": []},
        safeguards=None,
        container="c",
        output_config={"effort": "low", "task_budget": {"type": "tokens"}},
    )
    assert set(conversation.others) == {
        "context_management",
        "container",
        "output_config.task_budget",
        "system.1",
    }
    assert conversation.system == (Text("a"),)


def blocks_in(content) -> int:
    if isinstance(content, str):
        return 1
    return sum(
        1 + (blocks_in(block.get("content") or []) if block["type"] == "tool_result" else 0)
        for block in content
    )


def blocks_of(content) -> int:
    return sum(1 + (blocks_of(block.content) if isinstance(block, ToolResult) else 0) for block in content)


def recorded_requests():
    for path in FIXTURES:
        for number, recorded in enumerate(json.loads(path.read_text())["requests"]):
            if recorded.get("body") is not None:
                yield pytest.param(recorded, id=f"{path.stem}-{number}")


def test_all_seventy_situations_are_here():
    assert len(FIXTURES) == 70


@pytest.mark.parametrize("recorded", list(recorded_requests()))
def test_what_claude_code_really_sends_is_read_without_losing_a_block(recorded):
    # On Vertex the model stands in the path.
    sent = {"model": "in-the-path", **recorded["body"]}
    counting = recorded["path"].endswith("count_tokens")
    request = parse_request(json.dumps(sent).encode(), (), counting=counting)
    conversation = parse_conversation(request)
    assert request.raw == sent
    assert [message.role for message in conversation.messages] == [
        entry["role"] for entry in sent["messages"]
    ]
    for message, entry in zip(conversation.messages, sent["messages"], strict=True):
        assert blocks_of(message.content) == blocks_in(entry["content"])
    assert len(conversation.tools) == len(sent.get("tools", []))
    assert "".join(text.text for text in conversation.system) == (
        "".join(block["text"] for block in sent.get("system") or [])
    )
    known = {"context_management", "anthropic_version", "foo"}
    assert set(conversation.others) <= known


def recorded_blocks(name: str):
    path = next(path for path in FIXTURES if path.stem == name)
    for recorded in json.loads(path.read_text())["requests"]:
        request = parse_request(json.dumps(recorded["body"]).encode(), ())
        for message in parse_conversation(request).messages:
            yield from message.content


def test_deferred_tools_come_back_as_references():
    results = [block for block in recorded_blocks("tool_search") if isinstance(block, ToolResult)]
    assert any(isinstance(block, ToolReference) for result in results for block in result.content)


def test_an_image_that_a_tool_read_is_an_image():
    results = [block for block in recorded_blocks("read_image") if isinstance(block, ToolResult)]
    assert any(isinstance(block, Image) for result in results for block in result.content)


def test_broken_tool_json_comes_back_in_claude_codes_own_form():
    uses = [block for block in recorded_blocks("tool_json_cut") if isinstance(block, ToolUse)]
    assert uses
    assert all(isinstance(use.input, dict) for use in uses)


def test_a_block_that_nobody_knows_comes_back_as_it_was():
    unknown = [
        block for block in recorded_blocks("unknown_block_returned") if isinstance(block, UnknownBlock)
    ]
    assert [block.type for block in unknown] == ["frob_block"]


scalars = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=5)
)
names = st.sampled_from(
    ["type", "text", "role", "content", "source", "data", "media_type", "id", "name", "input", "tool_use_id"]
    + [
        "is_error",
        "tool",
        "definition",
        "citations",
        "enabled",
        "schema",
        "format",
        "effort",
        "budget_tokens",
    ]
    + ["url", "title", "thinking", "signature", "cache_control", "output_config", "user_id"]
)
types = st.sampled_from(
    ["text", "image", "document", "search_result", "thinking", "redacted_thinking", "tool_use", "tool_result"]
    + [
        "tool_reference",
        "server_tool_use",
        "web_search_tool_result",
        "compaction",
        "tool_addition",
        "tool_removal",
    ]
    + ["base64", "url", "content", "enabled", "json_schema", "tool", "user", "assistant", "system", "frob"]
)
trees = st.recursive(
    scalars | types,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(names, inner | types, max_size=5),
    max_leaves=25,
)
top = st.sampled_from(sorted({"model", "max_tokens", "messages", "stream", "system", "tools", "tool_choice", "thinking"}
    | {"output_config", "output_format", "stop_sequences", "temperature", "top_k", "metadata", "speed", "x"}))  # fmt: skip
entries = st.lists(st.fixed_dictionaries({"role": types, "content": trees}), min_size=1, max_size=3)


def outcome_of(body: bytes, counting: bool) -> ApiError | None:
    try:
        parse_conversation(parse_request(body, (), counting=counting))
    except ApiError as error:
        return error
    return None


def survives(body: bytes) -> None:
    for counting in (False, True):
        error = outcome_of(body, counting)
        assert error is None or (error.status == 400 and error.message.partition(": ")[2])


@settings(max_examples=200)
@given(st.dictionaries(top, trees, max_size=6))
def test_any_json_is_read_or_refused(fields):
    survives(json.dumps(fields).encode())


@settings(max_examples=250)
@given(st.dictionaries(top, trees, max_size=4), entries)
def test_any_fields_on_a_good_request_are_read_or_refused(fields, messages):
    survives(body_of(**{"messages": messages, **fields}))


@given(st.binary(max_size=80))
@example(b'{"model":"\\ud800"}')
def test_any_bytes_are_read_or_refused(body):
    survives(body)


@settings(max_examples=60)
@given(st.data())
def test_a_damaged_recording_is_read_or_refused(data):
    path = data.draw(st.sampled_from(FIXTURES))
    recorded = data.draw(st.sampled_from(json.loads(path.read_text())["requests"]))
    body = bytearray(json.dumps(recorded.get("body")).encode())
    for _ in range(data.draw(st.integers(1, 3))):
        position = data.draw(st.integers(0, max(0, len(body) - 1)))
        body[position : position + data.draw(st.integers(0, 3))] = data.draw(st.binary(max_size=3))
    survives(bytes(body))


@settings(max_examples=50)
@given(st.dictionaries(top, trees, max_size=4))
def test_reading_changes_nothing_in_the_request(fields):
    try:
        request = parse_request(body_of(**fields), ())
    except ApiError:
        return
    before = json.dumps(request.raw)
    with suppress(ApiError):
        parse_conversation(request)
    assert json.dumps(request.raw) == before
