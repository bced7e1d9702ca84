import copy
import json

import pytest

from dragoman.dialects.dialect import Origin
from dragoman.dialects.openai_chat.request import write_request
from dragoman.dialects.openai_chat.shapes import Reading
from dragoman.dialects.other_fields import PREFILL_REFUSED
from dragoman.dialects.quirks import Quirks
from dragoman.dialects.tool_names import upstream_tool_name
from dragoman.dialects.web_search_tool import SearchTool
from dragoman.messages.envelope import Seal
from dragoman.messages.errors import ApiError
from dragoman.messages.parse import parse_request
from tests.support.chat_requests import (
    PLAIN,
    SESSION,
    ask,
    assistant,
    call,
    image,
    losses,
    main_loop,
    pdf,
    result,
    system,
    text,
    tool,
    user,
    written,
)

GPT41 = Quirks(
    max_tokens_field="max_completion_tokens",
    max_output_tokens=32768,
    system_anywhere=True,
    strict_tools=True,
    prompt_cache_key=True,
    user_field="safety_identifier",
    include_obfuscation=True,
    files=True,
)
GPT51 = Quirks(
    max_tokens_field="max_completion_tokens",
    system_role="developer",
    system_anywhere=True,
    sampling=False,
    reasons=True,
    effort_style="reasoning_effort",
    efforts=("none", "low", "medium", "high"),
)
MARK = {"type": "ephemeral", "ttl": "1h"}


def reading(request, quirks=PLAIN):
    of = write_request(request, "deepseek-v4", quirks, Origin("ours", seal_key=b"key")).reading
    assert isinstance(of, Reading)
    return of


def test_the_smallest_request_says_nothing_that_the_client_did_not():
    assert written(ask()) == {
        "model": "some-model",
        "messages": [{"role": "user", "content": "hi"}],
        "max_tokens": 4000,
    }


@pytest.mark.parametrize(
    ("stream", "max_tokens", "quirks", "streamed"),
    [
        pytest.param(True, 1, PLAIN, True, id="the client wants a stream"),
        pytest.param(False, 4096, PLAIN, False, id="the answer can only be short"),
        pytest.param(False, 4097, PLAIN, True, id="the answer may be long"),
        pytest.param(False, 1, GPT51, True, id="the model may think for long"),
    ],
)
def test_a_reply_that_may_take_long_is_streamed(stream, max_tokens, quirks, streamed):
    sent = write_request(ask(stream=stream, max_tokens=max_tokens), "m", quirks)
    assert sent.path == "/chat/completions"
    assert sent.streaming is streamed
    assert json.loads(sent.body).get("stream", False) is streamed
    assert ("stream_options" in json.loads(sent.body)) is streamed


def test_the_body_begins_with_the_model():
    assert write_request(ask(), "m", PLAIN).body.startswith(b'{"model":"m","messages":[')


def test_usage_is_asked_for_unless_the_server_refuses():
    assert "stream_options" not in written(ask(stream=True), Quirks(stream_options=False))
    sent = written(ask(stream=True), Quirks(include_obfuscation=True))["stream_options"]
    assert sent == {"include_usage": True, "include_obfuscation": False}


def test_the_main_loop_of_claude_code_makes_no_noise():
    assert losses(main_loop(ttl="1h"), GPT41) == {}
    assert losses(main_loop(ttl="1h"), GPT51) == {}
    assert losses(main_loop(ttl="1h"), PLAIN) == {}


def test_the_upstream_sees_no_field_that_only_anthropic_knows():
    sent = json.dumps(written(main_loop(ttl="1h"), GPT41))
    for word in ("cache_control", "context_management", "output_config", "metadata", "billing", "thinking"):
        assert word not in sent


def test_values_named_like_markers_are_not_touched():
    schema = {"type": "object", "properties": {"cache_control": {"type": "object"}}}
    asked = ask(
        user("q"),
        assistant(call("Read", cache_control={"type": "ephemeral"})),
        user(result("ok")),
        tools=[tool("Read", input_schema=schema, cache_control=MARK)],
    )
    sent = written(asked)
    assert sent["tools"][0]["function"]["parameters"] == schema
    arguments = sent["messages"][1]["tool_calls"][0]["function"]["arguments"]
    assert arguments == '{"cache_control":{"type":"ephemeral"}}'


@pytest.mark.parametrize("field", ["max_tokens", "max_completion_tokens"])
def test_the_limit_stands_in_the_field_that_the_server_knows(field):
    sent = written(ask(), Quirks(max_tokens_field=field))
    assert sent[field] == 4000
    assert len({"max_tokens", "max_completion_tokens"} & set(sent)) == 1


def test_a_limit_above_the_models_own_is_clamped_and_told():
    quirks = Quirks(max_output_tokens=16384)
    assert written(ask(max_tokens=64000), quirks)["max_tokens"] == 16384
    assert losses(ask(max_tokens=64000), quirks) == {"max_tokens": "approximated"}
    assert written(ask(max_tokens=64000))["max_tokens"] == 64000


def test_a_limit_below_the_servers_least_is_raised_and_the_text_is_cut():
    quirks = Quirks(min_output_tokens=16)
    assert written(ask(max_tokens=1), quirks)["max_tokens"] == 16
    assert reading(ask(max_tokens=1), quirks).visible_tokens == 1


def test_a_limit_of_zero_needs_no_upstream():
    assert write_request(ask(max_tokens=0), "m", PLAIN).empty_answer == "max_tokens"
    assert write_request(ask(max_tokens=1), "m", PLAIN).empty_answer == ""


def test_a_small_limit_of_a_model_that_always_thinks_gets_head_room():
    always = Quirks(effort_style="reasoning_effort", reasons=True, always_reasons=True)
    asked = ask(max_tokens=64, thinking={"type": "disabled"}, stop_sequences=["</severity>"])
    sent = written(asked, always)
    assert sent["max_tokens"] == 64 + 4096
    assert sent["reasoning_effort"] == "low"
    assert "stop" not in sent
    assert reading(asked, always).visible_tokens == 64
    assert reading(asked, always).stop_sequences == ("</severity>",)


def test_head_room_stays_below_the_models_own_limit():
    always = Quirks(reasons=True, always_reasons=True, max_output_tokens=5000)
    asked = ask(max_tokens=4000, thinking={"type": "disabled"})
    assert written(asked, always)["max_tokens"] == 5000
    assert losses(asked, always) == {}


def test_a_reasoning_model_gets_effort_and_no_sampling():
    asked = ask(thinking={"type": "adaptive"}, output_config={"effort": "max"}, temperature=1)
    sent = written(asked, GPT51)
    assert sent["reasoning_effort"] == "high"
    assert sent["max_completion_tokens"] == 4000
    assert "temperature" not in sent
    assert losses(asked, GPT51) == {}
    assert losses(ask(temperature=0.5, top_p=0.9), GPT51) == {"temperature": "dropped", "top_p": "dropped"}


@pytest.mark.parametrize("field", ["temperature", "top_p"])
def test_zero_is_a_value(field):
    assert written(ask(**{field: 0}))[field] == 0


def test_nothing_about_sampling_is_invented():
    assert not {"temperature", "top_p", "top_k", "stop", "n", "seed", "store"} & set(written(ask()))


def test_top_k_is_sent_only_where_it_is_known():
    assert "top_k" not in written(ask(top_k=5))
    assert losses(ask(top_k=5)) == {"top_k": "dropped"}
    assert written(ask(top_k=5), Quirks(top_k=True))["top_k"] == 5


def test_stop_sequences_are_left_to_the_reader():
    asked = ask(stop_sequences=["a", "b", "c", "d", "e", ""])
    assert "stop" not in written(asked)
    assert reading(asked).stop_sequences == ("a", "b", "c", "d", "e")
    assert losses(asked) == {}


def test_a_server_that_names_the_stop_gets_the_first_four():
    sent = written(ask(stop_sequences=["a", "b", "c", "d", "e"]), Quirks(native_stop=True))
    assert sent["stop"] == ["a", "b", "c", "d"]


def test_fast_mode_is_a_loss():
    assert losses(ask(speed="fast")) == {"speed": "dropped"}
    assert losses(ask(speed="standard", service_tier="auto")) == {}


def test_the_user_is_told_as_a_hash_and_the_session_as_cache_key():
    sent = written(main_loop(ttl="1h"), GPT41)
    assert sent["prompt_cache_key"] == SESSION
    assert len(sent["safety_identifier"]) == 64
    assert "d" * 64 not in json.dumps(sent)


def test_without_session_the_cache_key_stays_while_the_conversation_grows():
    first = [user("q"), system("note")]
    late = tool("Late", defer_loading=True)
    reference = {"type": "tool_reference", "tool_name": "Late"}
    more = [*first, assistant(call("Read")), user(result(reference))]
    keys = {
        written(ask(*messages, tools=[tool("Read"), late], system="s"), GPT41)["prompt_cache_key"]
        for messages in (first, more)
    }
    assert len(keys) == 1
    assert keys != {written(ask(user("other"), system="s"), GPT41)["prompt_cache_key"]}


def test_a_prefilled_answer_is_refused_in_the_real_apis_words():
    with pytest.raises(ApiError) as caught:
        written(ask(user("q"), assistant("{")))
    assert caught.value.status == 400
    assert caught.value.message == PREFILL_REFUSED


def test_a_conversation_without_content_is_refused():
    with pytest.raises(ApiError, match="at least one message must have content"):
        written(ask(user(""), system="s"))


@pytest.mark.parametrize("field", ["thread", "compaction"])
def test_what_cannot_be_left_out_is_refused_by_name(field):
    with pytest.raises(ApiError, match=field):
        written(ask(**{field: [{"type": "summarize"}]}))


def test_unknown_fields_are_dropped_and_named():
    assert losses(ask(foo=1, inference_geo="us")) == {"foo": "dropped", "inference_geo": "dropped"}


@pytest.mark.parametrize("kind", ["enabled", "adaptive", "disabled", "between_tools"])
@pytest.mark.parametrize("quirks", [PLAIN, GPT41, GPT51])
def test_every_kind_of_thinking_is_accepted_everywhere(kind, quirks):
    budget = {"budget_tokens": 2000} if kind == "enabled" else {}
    assert written(ask(thinking={"type": kind, **budget}), quirks)["model"] == "some-model"


def test_thoughts_of_the_history_are_accepted_and_not_sent():
    blocks = (
        {"type": "thinking", "thinking": "hm", "signature": "EqQB"},
        {"type": "redacted_thinking", "data": "zzz"},
        text("a"),
    )
    sent = written(ask(user("q"), assistant(*blocks), user("r")), GPT51)
    assert sent["messages"][1] == {"role": "assistant", "content": "a"}


def test_the_note_of_a_choice_that_the_server_does_not_know_comes_last():
    asked = ask(tools=[tool()], tool_choice={"type": "any"})
    sent = written(asked, Quirks(tool_choice_required=False, system_anywhere=True))
    assert sent["tool_choice"] == "auto"
    assert sent["messages"][-1] == {"role": "system", "content": "Call one of the tools now."}


def test_a_schema_for_the_answer_reaches_a_server_without_schemas_as_text():
    schema = {"type": "object", "properties": {"title": {"type": "string"}}}
    asked = ask(system="s", output_config={"format": {"type": "json_schema", "schema": schema}})
    sent = written(asked, Quirks(structured_output="json_object"))
    assert sent["response_format"] == {"type": "json_object"}
    assert sent["messages"][0]["content"].startswith("s\n\nAnswer with one JSON value")


@pytest.mark.parametrize(
    ("thinking", "shown"),
    [
        ({}, "hidden"),
        ({"thinking": {"type": "disabled"}}, "hidden"),
        ({"thinking": {"type": "adaptive"}}, "shown"),
        ({"thinking": {"type": "adaptive", "display": "summarized"}}, "shown"),
        ({"thinking": {"type": "adaptive", "display": "omitted"}}, "sealed"),
    ],
)
def test_the_reader_knows_what_the_client_wants_to_see_of_thinking(thinking, shown):
    assert reading(ask(**thinking)).thinking == shown


def test_the_reader_knows_names_choice_model_and_family():
    name = "mcp__" + "x" * 80
    choice = {"type": "auto", "disable_parallel_tool_use": True}
    known = reading(ask(tools=[tool(name), tool()], tool_choice=choice), Quirks(think_tags=False))
    assert known.tool_names == {upstream_tool_name(name): name}
    assert known.single_tool_call
    assert known.message_model == "claude-x"
    assert known.seal == Seal("openai_chat", "ours", "deepseek", b"key")
    assert not known.think_tags
    assert known.visible_tokens is None


def test_media_raise_the_estimate_but_not_by_their_bytes():
    bare = write_request(ask(user(text("look"))), "m", GPT41).estimated_input_tokens
    big = image(type="base64", media_type="image/png", data="iVBORw0KGgo" + "A" * 200_000)
    seen = write_request(ask(user(text("look"), big)), "m", GPT41).estimated_input_tokens
    read = write_request(ask(user(text("look"), pdf())), "m", GPT41).estimated_input_tokens
    assert bare < read
    assert bare < seen < bare + 10_000


def test_markers_of_every_block_reach_a_server_that_knows_them():
    asked = ask(
        user("q"),
        assistant(call() | {"cache_control": {"type": "ephemeral"}}),
        user(result("ok") | {"cache_control": {"type": "ephemeral"}}),
    )
    sent = written(asked, Quirks(cache_control=True))["messages"]
    assert [message.get("cache_control") for message in sent] == [
        None,
        {"type": "ephemeral"},
        {"type": "ephemeral"},
    ]


def history(turns):
    messages = [user(text("q"), text("look")), system("note")]
    for n in range(turns):
        messages.append(assistant(text(f"step {n}"), call("Read", f"toolu_{n % 3}", n=n)))
        messages.append(user(result(f"out {n}", image(), id=f"toolu_{n % 3}"), text("more")))
    return messages


@pytest.mark.parametrize(
    "quirks",
    [
        PLAIN,
        GPT41,
        GPT51,
        Quirks(merge_roles=True, tool_ids="nine"),
        Quirks(images=False, reasoning_back="always"),
    ],
)
def test_a_growing_conversation_keeps_the_bytes_of_its_beginning(quirks):
    def prefix(turns):
        sent = written(ask(*history(turns), tools=[tool("Read")], system="s"), quirks)
        return [json.dumps(part) for part in (sent["tools"], *sent["messages"])]

    for turns in range(5):
        shorter, longer = prefix(turns), prefix(turns + 1)
        assert longer[: len(shorter)] == shorter


def test_the_attribution_block_does_not_change_the_prefix():
    bodies = [
        write_request(ask(system=[text(f"x-anthropic-billing-header: cc={n};"), text("s")]), "m", GPT41).body
        for n in ("440", "e60")
    ]
    assert bodies[0] == bodies[1]


def test_the_request_is_never_changed():
    asked = ask(
        *history(2),
        tools=[tool("a", input_schema={"$schema": "x", "type": "object", "required": None})],
        system=[text("x-anthropic-billing-header: a"), text("s")],
        thinking={"type": "adaptive"},
    )
    before = copy.deepcopy(asked.raw)
    for quirks in (PLAIN, GPT41, GPT51, Quirks(plain_schemas=True, merge_roles=True, cache_control=True)):
        write_request(asked, "m", quirks)
    assert asked.raw == before


def test_lone_surrogates_do_not_break_the_body():
    body = rb'{"model":"m","max_tokens":9,"messages":[{"role":"user","content":"cut \ud83d"}]}'
    sent = write_request(parse_request(body, ()), "m", PLAIN).body
    assert json.loads(sent)["messages"][0]["content"] == "cut \ufffd"


@pytest.mark.parametrize(
    ("known", "fenced"), [("json_schema", False), ("json_object", False), ("none", True)]
)
def test_a_format_that_is_only_asked_for_may_come_in_a_fence(known, fenced):
    form = {"format": {"type": "json_schema", "schema": {"type": "object"}}}
    assert reading(ask(output_config=form), Quirks(structured_output=known)).fenced is fenced
    assert not reading(ask(), Quirks(structured_output=known)).fenced


def test_the_place_of_a_search_among_the_tools_changes_no_estimate():
    schema = {"type": "object", "properties": {f"field_{n}": {"type": "string"} for n in range(40)}}
    search = {"type": "web_search_20250305", "name": "m"}

    def estimate(name):
        request = ask(user("look"), tools=[tool(name, input_schema=schema), search])
        return write_request(request, "m", Quirks(web_search=True)).estimated_input_tokens

    assert estimate("a") == estimate("z")


def test_the_reader_knows_of_the_search_that_the_server_runs():
    request = ask(user("look"), tools=[{"type": "web_search_20250305", "name": "find"}])
    assert reading(request, Quirks(web_search=True)).search == SearchTool("find")
    assert reading(request, Quirks()).search is None
