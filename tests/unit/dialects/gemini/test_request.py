import json

import pytest

from dragoman.dialects.dialect import NOWHERE
from dragoman.dialects.gemini.request import write_count, write_request
from dragoman.messages.envelope import Seal
from dragoman.messages.errors import ApiError
from dragoman.messages.estimate import MESSAGE_TOKENS
from dragoman.messages.parse import parse_request
from dragoman.wire.jsonbytes import join_object
from tests.support.chat_requests import ask, assistant, call, image, result, system, text, tool, user
from tests.support.gemini_requests import (
    MODELS,
    NEW,
    OLD,
    body_of,
    count_of,
    losses_of,
    origin_of,
    quirks_of,
    write,
)

WEB = {"type": "web_search_20250305", "name": "web_search"}
ATTRIBUTION = "x-anthropic-billing-header: cc_version=2.1.330.440; cc_entrypoint=cli;"


def config_of(model=NEW, **fields):
    return body_of(ask(**fields), model)["generationConfig"]


def counting(*messages, **fields):
    body = {"model": "claude-x", "messages": list(messages) or [user("hi")], **fields}
    return parse_request(json.dumps(body).encode(), (), counting=True)


def test_the_smallest_request():
    assert body_of(ask(), OLD) == {
        "safetySettings": [
            {"category": "HARM_CATEGORY_HARASSMENT", "threshold": "OFF"},
            {"category": "HARM_CATEGORY_HATE_SPEECH", "threshold": "OFF"},
            {"category": "HARM_CATEGORY_SEXUALLY_EXPLICIT", "threshold": "OFF"},
            {"category": "HARM_CATEGORY_DANGEROUS_CONTENT", "threshold": "OFF"},
        ],
        "generationConfig": {"maxOutputTokens": 4000, "thinkingConfig": {"thinkingBudget": 0}},
        "contents": [{"role": "user", "parts": [{"text": "hi"}]}],
    }


@pytest.mark.parametrize("stream", [False, True])
def test_the_answer_is_always_streamed(stream):
    written = write(ask(stream=stream))
    assert written.path == "/models/gemini-3.8-flash:streamGenerateContent?alt=sse"
    assert written.streaming
    assert b'"stream"' not in written.body
    assert b'"model"' not in written.body


@pytest.mark.parametrize(
    ("model", "resource"),
    [("gemini-x", "models/gemini-x"), ("models/gemini-x", "models/gemini-x"), ("tunedModels/x-1", "tunedModels/x-1")]
    + [("a b", "models/a%20b"), ("a?key=b&c#d", "models/a%3Fkey%3Db%26c%23d"), ("é", "models/%C3%A9")]
    + [("a;b", "models/a%3Bb"), ("gemini@001", "models/gemini@001"), ("a/b", "models/a%2Fb"), ("a%2e", "models/a%252e")],
)  # fmt: skip
def test_the_model_is_one_step_of_the_path(model, resource):
    written = write_request(ask(), model, quirks_of(), NOWHERE)
    assert written.path == f"/{resource}:streamGenerateContent?alt=sse"
    assert write_count(ask(), model, quirks_of(), NOWHERE).path == f"/{resource}:countTokens"


@pytest.mark.parametrize(
    "model",
    ["", ".", "..", "models/", "models/..", "tunedModels/.", "a/../b", "../x", "..;x", ";x", ".;x", " ", "/"]
    + ["a..b", "a\nb", "a\x00", "\u2028"],
)
def test_a_name_that_could_lead_elsewhere_is_refused(model):
    with pytest.raises(ApiError) as caught:
        write_request(ask(), model, quirks_of(), NOWHERE)
    assert caught.value.status == 400
    assert str(caught.value).startswith("model")


def test_the_system_prompt_is_one_part_for_each_block():
    blocks = [
        text(ATTRIBUTION),
        text("one", cache_control={"type": "ephemeral", "ttl": "1h"}),
        text(""),
        text("two"),
    ]
    for vertex in (False, True):
        body = body_of(ask(system=blocks), vertex=vertex)
        assert body["systemInstruction"] == {"parts": [{"text": "one"}, {"text": "two"}]}
        assert body_of(ask(system="one"), vertex=vertex)["systemInstruction"] == {"parts": [{"text": "one"}]}
    assert losses_of(ask(system=blocks)) == {}


@pytest.mark.parametrize("empty", [None, "", [], [text("")], [text(ATTRIBUTION)]])
def test_without_a_system_prompt_there_is_no_field(empty):
    assert "systemInstruction" not in body_of(ask(system=empty))


def test_cache_control_reaches_nobody_but_values_of_that_name_do():
    mark = {"cache_control": {"type": "ephemeral", "ttl": "1h"}}
    schema = {"type": "object", "properties": {"cache_control": {"type": "string"}}}
    messages = [user(text("a", **mark)), assistant(call(**mark) | mark), user(result("r") | mark)]
    body = body_of(
        ask(*messages, system=[text("s", **mark)], tools=[tool(input_schema=schema, **mark)], **mark)
    )
    assert body["contents"][1]["parts"][0]["functionCall"]["args"] == mark
    assert body["tools"][0]["functionDeclarations"][0]["parametersJsonSchema"] == schema
    assert json.dumps(body).count("cache_control") == 2


@pytest.mark.parametrize("model", MODELS)
def test_a_limit_above_the_models_own_is_lowered(model):
    request = ask(max_tokens=128_000)
    assert body_of(request, model)["generationConfig"]["maxOutputTokens"] == 65_536
    assert losses_of(request, model) == {"max_tokens": "approximated"}
    assert losses_of(ask(max_tokens=65_536), model) == {}


def test_no_tokens_are_an_answer_that_needs_no_server():
    assert write(ask(max_tokens=0)).empty_answer == "max_tokens"
    assert write(ask(max_tokens=1)).empty_answer == ""


def test_older_models_sample_as_the_client_wants():
    asked = {"temperature": 0.5, "top_p": 0.9, "top_k": 40}
    config = config_of(OLD, **asked)
    assert (config["temperature"], config["topP"], config["topK"]) == (0.5, 0.9, 40)
    assert losses_of(ask(**asked), OLD) == {}
    assert config_of(OLD, temperature=0)["temperature"] == 0


@pytest.mark.parametrize("model", ["gemini-4-neon", NEW, "gemini-flash-latest"])
def test_newer_models_sample_by_their_own_rules(model):
    asked = {"temperature": 0, "top_p": 0.9, "top_k": 40}
    assert not {"temperature", "topP", "topK"} & set(config_of(model, **asked))
    assert losses_of(ask(**asked), model) == dict.fromkeys(("temperature", "top_p", "top_k"), "dropped")
    assert losses_of(ask(temperature=1), model) == {}


def test_gemini_is_told_of_five_stop_sequences_and_the_reader_of_the_others():
    written = write(ask(stop_sequences=["a", "", "b", "a", "c", "d", "e", "f", "g"]))
    assert json.loads(written.body)["generationConfig"]["stopSequences"] == ["a", "b", "c", "d", "e"]
    assert written.reading.stop_sequences == ("f", "g")
    assert write(ask(stop_sequences=["a"])).reading.stop_sequences == ()
    assert "stopSequences" not in config_of(stop_sequences=[""])


@pytest.mark.parametrize(
    ("fields", "lost"),
    [
        ({"metadata": {"user_id": "u"}}, {}),
        ({"service_tier": "auto"}, {}),
        ({"service_tier": "standard_only"}, {}),
        ({"speed": "fast"}, {"speed": "dropped"}),
        ({"inference_geo": "us"}, {"inference_geo": "dropped"}),
        ({"foo": 1}, {"foo": "dropped"}),
        ({"context_management": {"edits": [{"type": "clear_thinking_20251015", "keep": "all"}]}}, {}),
    ],
)
def test_what_gemini_has_no_field_for_is_left_out(fields, lost):
    assert body_of(ask(**fields)) == body_of(ask())
    assert losses_of(ask(**fields)) == lost


def test_container_skills_are_refused():
    with pytest.raises(ApiError, match="container"):
        write(ask(container={"skills": [{"type": "anthropic", "skill_id": "pdf"}]}))


def test_the_same_request_is_the_same_bytes_whatever_comes_after():
    asked = {"system": "s", "tools": [tool("B"), tool("A")], "stop_sequences": ["x"]}
    first, again = write(ask(**asked)).body, write(ask(**asked)).body
    assert first == again
    more = write(ask(user("hi"), assistant("a"), system("n"), user("b"), **asked)).body
    assert more.startswith(first[: first.index(b'"contents"')])
    assert list(json.loads(first))[:2] == ["systemInstruction", "tools"]


def test_the_reader_learns_what_it_needs():
    request = ask(
        tools=[tool("1st"), WEB], tool_choice={"type": "any", "disable_parallel_tool_use": True}, model="opus"
    )
    reading = write(request, origin=origin_of()).reading
    assert reading.message_model == "opus"
    assert reading.seal == Seal("gemini", "account-1", "gemini-3")
    assert reading.signs
    assert reading.single_tool_call
    assert list(reading.tool_names.values()) == ["1st"]
    assert reading.context_window == 1_048_576
    assert reading.searches
    assert reading.holds_text
    assert json.loads(join_object(reading.fields)) == body_of(request)
    assert not write(ask(), "gemma-4-31b-it").reading.signs


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize(("choice", "forced"), [("auto", False), ("any", True)])
def test_text_waits_for_its_sources_where_the_client_waits_too(stream, choice, forced):
    reading = write(ask(tools=[WEB], tool_choice={"type": choice}, stream=stream)).reading
    assert reading.holds_text is (forced or not stream)
    assert not write(ask(stream=stream)).reading.holds_text


def test_the_estimate_grows_with_all_that_the_model_reads():
    sizes = [
        write(ask(**fields)).estimated_input_tokens
        for fields in ({}, {"system": "many words " * 50}, {"tools": [tool(description="many words " * 50)]})
    ]
    assert MESSAGE_TOKENS <= sizes[0] < min(sizes[1:])
    assert write(ask(user("hi", image()))).estimated_input_tokens > sizes[0]


ASKED = {"system": "s", "tools": [tool("Read")], "tool_choice": {"type": "any"}, "stop_sequences": ["x"]}
COUNTED = {
    "systemInstruction": {"parts": [{"text": "s"}]},
    "tools": [{"functionDeclarations": [{"name": "Read"}]}],
    "contents": [{"role": "user", "parts": [{"text": "hi"}]}],
}


def test_a_count_is_wrapped_on_ai_studio_and_flat_on_vertex():
    named = {"model": "models/gemini-3.8-flash", **COUNTED}
    assert count_of(counting(**ASKED)) == {"generateContentRequest": named}
    assert count_of(counting(**ASKED), vertex=True) == COUNTED
    written = write_count(counting(), NEW, quirks_of(), NOWHERE)
    assert written.path == "/models/gemini-3.8-flash:countTokens"
    assert not written.streaming


@pytest.mark.parametrize("vertex", [False, True])
@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("tools", [[], [WEB], [WEB, tool("Read")]])
def test_every_conversation_can_be_counted(model, vertex, tools):
    history = [user("a", image()), assistant("b", call()), user(result("r", image()))]
    assert count_of(counting(*history, tools=tools, thinking={"type": "adaptive"}), model, vertex=vertex)


def test_a_count_of_both_kinds_of_tools_has_the_functions():
    counted = count_of(counting(tools=[WEB, tool("Read")]))["generateContentRequest"]
    assert counted["tools"] == [{"functionDeclarations": [{"name": "Read"}]}]
    assert count_of(counting(tools=[WEB]))["generateContentRequest"]["tools"] == [{"googleSearch": {}}]
