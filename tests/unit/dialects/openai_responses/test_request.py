import copy
import hashlib
import json

import pytest
from msgspec.structs import replace

from dragoman.dialects.openai_responses.request import write_count, write_request
from dragoman.dialects.openai_responses.shapes import Reading
from dragoman.dialects.other_fields import PREFILL_REFUSED
from dragoman.dialects.quirks import Quirks
from dragoman.dialects.tool_names import upstream_tool_name
from dragoman.dialects.web_search_tool import SearchTool
from dragoman.messages.errors import ApiError
from tests.support.chat_requests import (
    PLAIN,
    SESSION,
    ask,
    assistant,
    call,
    image,
    main_loop,
    pdf,
    result,
    system,
    text,
    tool,
    user,
)
from tests.support.responses_requests import MODEL, NEWEST, ORIGIN, SEAL, losses, told, written

GPT41 = replace(
    NEWEST,
    sampling=True,
    reasons=False,
    effort_style="none",
    encrypted_reasoning=False,
    reasoning_summaries=False,
    reasoning_back="never",
    max_output_tokens=32_768,
)
ALWAYS = replace(NEWEST, efforts=("low", "medium", "high"), always_reasons=True)
SEARCH = {"type": "web_search_20250305", "name": "web_search"}
MARK = {"type": "ephemeral"}


def reading(request, quirks=NEWEST):
    of = write_request(request, MODEL, quirks, ORIGIN).reading
    assert isinstance(of, Reading)
    return of


def test_a_stranger_gets_nothing_that_only_openai_knows():
    assert written(ask(), PLAIN) == {
        "model": MODEL,
        "store": False,
        "truncation": "disabled",
        "stream": True,
        "max_output_tokens": 4000,
        "input": [told("hi")],
    }


def test_nothing_is_kept_upstream_and_nothing_is_cut_off():
    body = written(main_loop())
    assert body["store"] is False
    assert body["truncation"] == "disabled"
    assert not {
        "previous_response_id",
        "conversation",
        "background",
        "instructions",
        "metadata",
        "user",
    } & set(body)


def test_a_server_that_does_not_know_truncation_is_not_told():
    assert "truncation" not in written(ask(), replace(NEWEST, truncation=False))


@pytest.mark.parametrize("stream", [True, False])
def test_every_answer_is_streamed(stream):
    sent = write_request(ask(stream=stream), MODEL, NEWEST, ORIGIN)
    assert sent.path == "/responses"
    assert sent.streaming
    body = json.loads(sent.body)
    assert body["stream"] is True
    assert body["stream_options"] == {"include_obfuscation": False}


def test_an_organisation_that_may_not_stream_gets_whole_answers():
    sent = write_request(ask(stream=True), MODEL, replace(NEWEST, streaming=False), ORIGIN)
    assert not sent.streaming
    body = json.loads(sent.body)
    assert body["stream"] is False
    assert "stream_options" not in body


def test_encrypted_reasoning_is_asked_for_of_models_that_reason():
    assert written(ask())["include"] == ["reasoning.encrypted_content"]
    assert "include" not in written(ask(), GPT41)


def test_the_sources_of_a_search_are_asked_for():
    assert written(ask(tools=[SEARCH]))["include"] == [
        "reasoning.encrypted_content",
        "web_search_call.action.sources",
    ]
    assert written(ask(tools=[SEARCH]), GPT41)["include"] == ["web_search_call.action.sources"]


@pytest.mark.parametrize(
    ("max_tokens", "quirks", "sent", "cut"),
    [
        pytest.param(4000, NEWEST, 4000, None, id="as it is"),
        pytest.param(1, GPT41, 16, 1, id="below the least"),
        pytest.param(1, NEWEST, 16, 1, id="below the least, thinking off"),
        pytest.param(64_000, GPT41, 32_768, None, id="above the model's own"),
        pytest.param(64, ALWAYS, 64 + 4096, 64, id="thinking cannot be turned off"),
        pytest.param(4000, ALWAYS, 4000 + 4096, 4000, id="room beside unwanted thoughts"),
        pytest.param(127_000, ALWAYS, 128_000, 127_000, id="room up to the model's own"),
    ],
)
def test_the_limit_leaves_room_and_visible_text_is_cut_at_the_clients(max_tokens, quirks, sent, cut):
    asked = ask(max_tokens=max_tokens, thinking={"type": "disabled"})
    assert written(asked, quirks)["max_output_tokens"] == sent
    assert reading(asked, quirks).visible_tokens == cut


def test_a_limit_above_the_models_own_is_told():
    assert losses(ask(max_tokens=64_000), GPT41) == {"max_tokens": "approximated"}


def test_a_small_limit_beside_wanted_thoughts_gets_room():
    asked = ask(max_tokens=512, thinking={"type": "adaptive"})
    assert written(asked)["max_output_tokens"] == 512 + 4096
    assert reading(asked).visible_tokens == 512


def test_a_limit_of_zero_needs_no_upstream():
    assert write_request(ask(max_tokens=0), MODEL, NEWEST, ORIGIN).empty_answer == "max_tokens"
    assert write_request(ask(max_tokens=1), MODEL, NEWEST, ORIGIN).empty_answer == ""


def test_sampling_is_for_models_that_take_it():
    asked = ask(temperature=0, top_p=0.9, top_k=5)
    assert written(asked, GPT41)["temperature"] == 0
    assert written(asked, GPT41)["top_p"] == 0.9
    assert not {"temperature", "top_p", "top_k"} & set(written(asked))
    assert losses(asked, GPT41) == {"top_k": "dropped"}
    assert losses(asked) == {"temperature": "dropped", "top_p": "dropped", "top_k": "dropped"}


def test_stop_sequences_are_left_to_the_reader():
    asked = ask(stop_sequences=["a", "", "b"])
    assert not {"stop", "stop_sequences"} & set(written(asked))
    assert reading(asked).stop_sequences == ("a", "b")
    assert losses(asked) == {}


def test_the_service_tier_is_the_standard_one_or_left_open():
    assert written(ask(service_tier="standard_only"))["service_tier"] == "default"
    assert "service_tier" not in written(ask(service_tier="auto"))
    assert "service_tier" not in written(ask(service_tier="standard_only"), PLAIN)
    assert losses(ask(speed="fast")) == {"speed": "dropped"}


def test_the_user_is_a_hash_that_stays_for_the_conversation_and_the_session_the_cache_key():
    body = written(main_loop())
    assert body["safety_identifier"] == hashlib.sha256(b"d" * 64).hexdigest()
    assert body["prompt_cache_key"] == SESSION
    assert not {"safety_identifier", "prompt_cache_key"} & set(written(main_loop(), PLAIN))


def test_without_session_the_cache_key_stays_while_the_conversation_grows():
    reference = {"type": "tool_reference", "tool_name": "Late"}
    tools = [tool("Read"), tool("Late", defer_loading=True), SEARCH]
    first = [user("q"), system("note")]
    more = [*first, assistant(call("Read")), user(result(reference))]
    keys = {
        written(ask(*messages, tools=tools, system="s"))["prompt_cache_key"] for messages in (first, more)
    }
    assert len(keys) == 1
    assert keys != {written(ask(user("other"), tools=tools, system="s"))["prompt_cache_key"]}


def test_effort_and_summary_are_sent_together():
    assert written(main_loop())["reasoning"] == {"effort": "high", "summary": "auto"}
    assert "reasoning" not in written(main_loop(), GPT41)


def test_the_effort_of_the_last_note_wins():
    asked = main_loop()
    asked.raw["messages"].append(system("n", output_config={"effort": "low"}))
    assert written(asked)["reasoning"]["effort"] == "low"


def test_a_format_is_text_format_and_its_words_end_the_system_prompt():
    schema = {"type": "object", "properties": {"title": {"type": "string"}}}
    asked = ask(system="s", output_config={"format": {"type": "json_schema", "schema": schema}})
    assert written(asked)["text"]["format"]["name"] == "response"
    weak = replace(NEWEST, structured_output="none")
    first, *_ = written(asked, weak)["input"]
    assert first["content"][-1]["text"].startswith("Answer with one JSON value")


def test_blocked_domains_are_told_at_the_end_of_the_system_prompt():
    first, *_ = written(ask(system="s", tools=[SEARCH | {"blocked_domains": ["bad.test"]}]))["input"]
    assert first["role"] == "developer"
    assert "bad.test" in first["content"][-1]["text"]


def test_the_note_of_a_choice_that_the_server_does_not_know_comes_last():
    asked = ask(tools=[tool()], tool_choice={"type": "any"})
    body = written(asked, replace(NEWEST, tool_choice_required=False))
    assert body["tool_choice"] == "auto"
    assert body["input"][-1] == told("Call one of the tools now.", role="developer")


def test_the_main_loop_of_claude_code_makes_no_noise():
    assert losses(main_loop()) == losses(main_loop(), GPT41) == losses(main_loop(), PLAIN) == {}


def test_the_upstream_sees_no_field_that_only_anthropic_knows():
    sent = json.dumps(written(main_loop()))
    for word in ("cache_control", "context_management", "output_config", "metadata", "billing", "thinking"):
        assert word not in sent


def test_other_fields_are_lost_by_name():
    assert losses(ask(foo=1, inference_geo="us")) == {"foo": "dropped", "inference_geo": "dropped"}


def test_a_prefilled_answer_is_refused_in_the_real_apis_words():
    with pytest.raises(ApiError) as caught:
        written(ask(user("q"), assistant("{")))
    assert (caught.value.status, caught.value.message) == (400, PREFILL_REFUSED)


@pytest.mark.parametrize("quirks", [NEWEST, PLAIN])
def test_a_conversation_without_content_is_refused(quirks):
    with pytest.raises(ApiError, match="at least one message must have content"):
        written(ask(user(""), system="s"), quirks)


def test_the_reader_knows_what_it_needs_of_the_request():
    name = "mcp__" + "x" * 80
    choice = {"type": "auto", "disable_parallel_tool_use": True}
    known = reading(
        ask(tools=[tool(name), tool(), SEARCH], tool_choice=choice, thinking={"type": "adaptive"})
    )
    assert known == Reading(
        message_model="claude-x",
        thoughts="shown",
        single_tool_call=True,
        tool_names={upstream_tool_name(name): name},
        seal=SEAL,
        search=SearchTool("web_search"),
    )


def test_the_estimate_counts_what_the_model_reads():
    def estimate(*messages, quirks=NEWEST, **fields):
        return write_request(ask(*messages, **fields), MODEL, quirks, ORIGIN).estimated_input_tokens

    bare = estimate(user("look"))
    assert 0 < bare < estimate(user("look"), tools=[tool(description="words " * 50)])
    assert bare < estimate(user("look"), system="words " * 50, quirks=PLAIN)
    big = image(type="base64", media_type="image/png", data="iVBORw0KGgo" + "A" * 200_000)
    assert bare < estimate(user("look", big)) < bare + 10_000
    assert bare < estimate(user("look", pdf()))


def test_the_count_is_asked_for_with_what_the_model_reads():
    fields = {
        "tools": [tool()],
        "system": "s",
        "thinking": {"type": "adaptive"},
        "metadata": {"user_id": "u"},
    }
    counted = write_count(ask(**fields), MODEL, NEWEST, ORIGIN)
    assert counted.path == "/responses/input_tokens"
    assert not counted.streaming
    body, whole = json.loads(counted.body), written(ask(**fields))
    assert set(body) == {"model", "input", "tools", "parallel_tool_calls", "reasoning"}
    assert all(whole[name] == value for name, value in body.items())
    assert json.loads(write_count(ask(**fields), MODEL, PLAIN, ORIGIN).body)["instructions"] == "s"


def test_the_request_is_never_changed():
    asked = ask(
        user(text("q", cache_control=MARK)),
        assistant(call()),
        user(result("ok", image(), cache_control=MARK)),
        tools=[tool("a", input_schema={"$schema": "x", "type": "object", "required": None})],
        system=[text("x-anthropic-billing-header: a"), text("s")],
    )
    before = copy.deepcopy(asked.raw)
    for quirks in (PLAIN, NEWEST, GPT41, Quirks(plain_schemas=True)):
        assert write_request(asked, MODEL, quirks, ORIGIN) == write_request(asked, MODEL, quirks, ORIGIN)
    assert asked.raw == before


@pytest.mark.parametrize(
    ("known", "fenced"), [("json_schema", False), ("json_object", False), ("none", True)]
)
def test_a_format_that_is_only_asked_for_may_come_in_a_fence(known, fenced):
    form = {"format": {"type": "json_schema", "schema": {"type": "object"}}}
    assert reading(ask(output_config=form), Quirks(structured_output=known)).fenced is fenced
    assert not reading(ask(), Quirks(structured_output=known)).fenced
