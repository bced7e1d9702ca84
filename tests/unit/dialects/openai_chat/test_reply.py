import json

import msgspec
import pytest

from dragoman.messages.envelope import Seal
from dragoman.messages.errors import UpstreamNonsense
from dragoman.messages.events import (
    ContentBlockDelta,
    ContentBlockStart,
    MessageDelta,
    MessageStart,
    MessageStop,
    TextDelta,
)
from dragoman.wire.sse import SseDecoder
from tests.support.chat_chunks import (
    DONE,
    ESTIMATED_INPUT,
    call,
    chunk,
    completion,
    content,
    data,
    finish,
    hear_chat,
    hear_completion,
    open_reply,
    reasoning,
    text,
    text_block,
    tool_blocks,
    usage,
)
from tests.support.grammar_table import check_stream
from tests.support.reading import check_grammar
from tests.support.sealing import opened


def frame(data):
    (only,) = SseDecoder().feed(data)
    return only


def kinds(heard):
    return [block["type"] for block in content(heard)]


def test_text_is_a_message():
    heard = hear_chat(
        chunk({"role": "assistant", "content": ""}), text("Hel"), text("lo"), finish(), usage(), DONE
    )
    assert heard.message == {
        "id": "msg_0000000100000000000000",
        "type": "message",
        "role": "assistant",
        "model": "claude-sonnet-5",
        "content": [text_block("Hello")],
        "stop_reason": "end_turn",
        "stop_sequence": None,
        "stop_details": None,
        "usage": {
            "input_tokens": 100,
            "cache_creation_input_tokens": 0,
            "cache_read_input_tokens": 0,
            "output_tokens": 20,
            "output_tokens_details": {"thinking_tokens": 0},
            "service_tier": None,
        },
    }


def test_the_first_chunk_starts_the_message_with_estimated_input():
    reader = open_reply()
    (start,) = reader.feed(frame(chunk({"role": "assistant"})))
    assert isinstance(start, MessageStart)
    assert start.message.usage.input_tokens == ESTIMATED_INPUT


def test_the_message_starts_once():
    heard = hear_chat(chunk({"role": "assistant"}), chunk({"role": "assistant"}), text("Hi"), finish(), DONE)
    assert sum(isinstance(event, MessageStart) for event in heard.events) == 1


def test_a_message_that_was_started_early_starts_once():
    reader = open_reply()
    said = [*reader.start(), *reader.feed(frame(text("Hi"))), *reader.feed(frame(finish())), *reader.finish()]
    check_grammar(said, complete=True)


def test_text_is_said_in_the_pieces_that_it_came_in():
    heard = hear_chat(text("Hel"), text("lo"), finish(), DONE)
    deltas = [event.delta for event in heard.events if isinstance(event, ContentBlockDelta)]
    assert deltas == [TextDelta("Hel"), TextDelta("lo")]


def test_text_then_tool_call_then_text_are_three_blocks():
    heard = hear_chat(
        text("Let me look."), call(0, "call_a", "Bash", '{"command": "ls"}'), text("Done."), finish(), DONE
    )
    assert kinds(heard) == ["text", "tool_use", "text"]
    assert content(heard)[2] == text_block("Done.")


def test_text_after_a_tool_call_keeps_the_stop_reason():
    heard = hear_chat(call(0, "call_a", "Bash", "{}"), text("Done."), finish("tool_calls"), DONE)
    assert heard.message["stop_reason"] == "tool_use"


def test_reasoning_then_text_are_a_thinking_and_a_text_block():
    heard = hear_chat(reasoning("why"), text("\n\nbecause"), finish(), DONE, thinking="shown")
    assert kinds(heard) == ["thinking", "text"]
    assert content(heard)[1] == text_block("because")


def test_a_tool_call_alone_has_no_text_block():
    heard = hear_chat(chunk({"content": ""}), call(0, "call_a", "Bash", "{}"), finish("tool_calls"), DONE)
    assert kinds(heard) == ["tool_use"]


def test_parallel_calls_that_interleave_are_blocks_one_after_the_other():
    heard = hear_chat(
        call(0, "call_a", "Bash", ""),
        call(1, "call_b", "Read", ""),
        call(0, arguments='{"a":'),
        call(1, arguments='{"b":'),
        call(0, arguments="1}"),
        call(1, arguments="2}"),
        finish("tool_calls"),
        DONE,
    )
    assert tool_blocks(heard) == [("Bash", {"a": 1}), ("Read", {"b": 2})]


def test_two_fragments_in_one_chunk_are_both_read():
    pieces = [
        {"index": 0, "id": "call_a", "function": {"name": "Bash", "arguments": "{}"}},
        {"index": 1, "id": "call_b", "function": {"name": "Read", "arguments": "{}"}},
    ]
    heard = hear_chat(chunk({"tool_calls": pieces}), finish("tool_calls"), DONE)
    assert tool_blocks(heard) == [("Bash", {}), ("Read", {})]


def test_the_old_function_call_is_a_tool_call():
    heard = hear_chat(
        chunk({"function_call": {"name": "Bash", "arguments": ""}}),
        chunk({"function_call": {"arguments": '{"a": 1}'}}),
        finish("function_call"),
        DONE,
    )
    assert tool_blocks(heard) == [("Bash", {"a": 1})]
    assert heard.message["stop_reason"] == "tool_use"


def test_what_was_said_is_a_stream_of_the_messages_api():
    heard = hear_chat(
        reasoning("why"),
        text("Let me look."),
        call(0, "call_a", "Bash", '{"a": 1}'),
        call(1, "call_b", "Read", '{"b": 2}'),
        finish("tool_calls"),
        usage(),
        DONE,
        thinking="shown",
    )
    raw = b"".join(
        b"event: %s\ndata: %s\n\n" % (str(event.__struct_config__.tag).encode(), msgspec.json.encode(event))
        for event in heard.events
    )
    check_stream(raw)


DETAIL = {"type": "reasoning.text", "text": "why", "signature": "abc", "index": 0}


@pytest.mark.parametrize(
    ("delta", "field"),
    [
        pytest.param({"reasoning_content": "why"}, "reasoning_content", id="DeepSeek"),
        pytest.param({"reasoning": "why"}, "reasoning", id="vLLM"),
        pytest.param({"reasoning_content": "why", "reasoning": "why"}, "reasoning_content", id="both"),
        pytest.param({"reasoning_content": "", "reasoning": "why"}, "reasoning", id="one of both"),
        pytest.param({"thinking": "why"}, "reasoning_content", id="Ollama"),
        pytest.param(
            {"content": [{"type": "thinking", "thinking": [{"type": "text", "text": "why"}]}]},
            "reasoning_content",
            id="Mistral",
        ),
        pytest.param(
            {"content": [{"type": "thinking", "thinking": "why"}]}, "reasoning_content", id="Mistral text"
        ),
        pytest.param({"reasoning": "why", "reasoning_details": [DETAIL]}, "reasoning", id="OpenRouter"),
        pytest.param({"reasoning_details": [DETAIL]}, "reasoning_details", id="details alone"),
        pytest.param(
            {"reasoning_details": [{"type": "reasoning.summary", "summary": "why"}]},
            "reasoning_details",
            id="summary alone",
        ),
        pytest.param({"content": "<think>why</think>"}, "think_tags", id="tags"),
    ],
)
def test_every_spelling_of_reasoning_is_thinking_said_once(delta, field):
    seal = Seal("openai_chat", "ours", "qwen", b"key")
    heard = hear_chat(chunk(delta), text("because"), finish(), DONE, thinking="shown", seal=seal)
    thinking, answer = content(heard)
    assert (thinking["thinking"], answer) == ("why", text_block("because"))
    payload = opened(thinking["signature"], "openai_chat", account="ours", family="qwen", key=b"key")
    assert payload is not None
    assert payload["f"] == field
    assert payload.get("d") == delta.get("reasoning_details")


@pytest.mark.parametrize("mode", ["sealed", "hidden"])
def test_reasoning_is_not_shown_to_a_client_that_wants_none(mode):
    heard = hear_chat(reasoning("secret"), text("Hi"), finish(), DONE, thinking=mode)
    assert "secret" not in json.dumps(heard.message)
    assert kinds(heard) == (["thinking", "text"] if mode == "sealed" else ["text"])


def test_mistrals_parts_are_read_in_their_order():
    parts = [
        {"type": "text", "text": "Hel"},
        {"type": "text", "text": "lo"},
        {"type": "reference", "ids": [1]},
    ]
    heard = hear_chat(chunk({"content": parts}), finish(), DONE)
    assert content(heard) == [text_block("Hello")]


def test_reasoning_alone_is_a_message():
    heard = hear_chat(reasoning("why"), finish("length"), DONE, thinking="shown")
    assert kinds(heard) == ["thinking"]
    assert heard.message["stop_reason"] == "max_tokens"


TOOL = call(0, "call_a", "Bash", '{"a": 1}')


@pytest.mark.parametrize(
    ("said", "reason", "expected"),
    [
        (text("Hi"), "stop", "end_turn"),
        (text("Hi"), "eos", "end_turn"),
        (text("Hi"), "length", "max_tokens"),
        (text("Hi"), "model_context_window_exceeded", "max_tokens"),
        (text("Hi"), "content_filter", "refusal"),
        (text("Hi"), "sensitive", "refusal"),
        (text("Hi"), "tool_calls", "end_turn"),
        (chunk({"tool_calls": []}), "tool_calls", "end_turn"),
        (call(0, "call_a", None, "{}"), "tool_calls", "end_turn"),
        (TOOL, "tool_calls", "tool_use"),
        (TOOL, "function_call", "tool_use"),
        (TOOL, "stop", "tool_use"),
        (TOOL, "eos", "tool_use"),
        (TOOL, "length", "max_tokens"),
        (TOOL, "content_filter", "refusal"),
    ],
)
def test_the_finish_reason_and_the_content_decide_the_stop_reason(said, reason, expected):
    heard = hear_chat(said, finish(reason), DONE)
    assert heard.message["stop_reason"] == expected == heard.reader.stop_reason


def test_a_tool_call_that_the_output_limit_cut_is_no_call():
    heard = hear_chat(text("I write."), call(0, "call_a", "Write", '{"text": "abc'), finish("length"), DONE)
    assert content(heard) == [text_block("I write.")]
    assert heard.message["stop_reason"] == "max_tokens"


def test_a_refusal_is_text_and_a_stop_reason():
    heard = hear_chat(chunk({"refusal": "I can't "}), chunk({"refusal": "do that."}), finish(), DONE)
    assert content(heard) == [text_block("I can't do that.")]
    assert heard.message["stop_reason"] == "refusal"
    assert heard.message["stop_details"] == {
        "type": "refusal",
        "category": None,
        "explanation": "I can't do that.",
    }


def test_a_content_filter_is_a_refusal_without_an_explanation():
    heard = hear_chat(text("Well"), finish("content_filter"), DONE)
    assert heard.message["stop_details"] == {"type": "refusal", "category": None, "explanation": None}


def test_usage_after_the_finish_reason_is_read():
    heard = hear_chat(text("Hi"), finish(), usage(50, 3), DONE)
    assert (heard.message["usage"]["input_tokens"], heard.message["usage"]["output_tokens"]) == (50, 3)


def test_nothing_after_the_end_is_read():
    heard = hear_chat(text("Hi"), finish(), DONE, text("more"), b"data: not json\n\n")
    assert content(heard) == [text_block("Hi")]
    assert isinstance(heard.events[-1], MessageStop)


def test_a_stream_that_ends_after_its_finish_reason_is_complete():
    heard = hear_chat(text("Hi"), finish())
    assert heard.message["stop_reason"] == "end_turn"


def test_a_stream_that_says_it_is_done_without_a_finish_reason_is_complete():
    heard = hear_chat(text("Hi"), DONE)
    assert heard.message["stop_reason"] == "end_turn"


@pytest.mark.parametrize(
    "frames",
    [
        pytest.param([], id="nothing"),
        pytest.param([b": keep-alive\n\n"], id="a comment"),
        pytest.param([chunk({"role": "assistant"})], id="a role"),
        pytest.param([text("Hi")], id="text"),
        pytest.param([TOOL], id="a tool call"),
        pytest.param([text("Hi"), usage()], id="usage"),
        pytest.param([text("Hi"), finish()[:-1]], id="half a frame"),
        pytest.param([chunk({"content": "Hi"}, ""), chunk({"content": "Hi"}, "")], id="empty finish reasons"),
    ],
)
def test_a_cut_is_never_an_ending(frames):
    heard = hear_chat(*frames)
    assert isinstance(heard.failure, UpstreamNonsense)
    assert heard.failure.kind == "broke_midway"
    assert heard.failure.error.status == 502
    assert not any(isinstance(event, (MessageDelta, MessageStop)) for event in heard.events)


def test_a_reader_is_finished_when_it_said_the_last_event():
    reader = open_reply()
    reader.feed(frame(text("Hi")))
    reader.feed(frame(finish()))
    assert not reader.finished
    assert reader.stop_reason is None
    reader.feed(frame(DONE))
    assert reader.finished


def test_a_stop_sequence_over_chunk_borders_ends_the_message_at_once():
    heard = hear_chat(
        text("<severity>low</sev"), text("erity> and"), text("more"), stop_sequences=("</severity>",)
    )
    assert content(heard) == [text_block("<severity>low")]
    assert (heard.message["stop_reason"], heard.message["stop_sequence"]) == ("stop_sequence", "</severity>")


def test_a_stop_sequence_that_does_not_come_is_no_stop():
    heard = hear_chat(text("low</sev"), finish(), DONE, stop_sequences=("</severity>",))
    assert content(heard) == [text_block("low</sev")]
    assert (heard.message["stop_reason"], heard.message["stop_sequence"]) == ("end_turn", None)


def test_a_stop_sequence_in_the_arguments_of_a_tool_is_no_stop():
    heard = hear_chat(
        call(0, "call_a", "Write", '{"text": "END"}'), finish("tool_calls"), DONE, stop_sequences=("END",)
    )
    assert tool_blocks(heard) == [("Write", {"text": "END"})]


def test_a_stop_sequence_ends_the_message_before_a_tool_call_in_the_same_chunk():
    both = {"content": "doneEND", "tool_calls": [{"id": "call_a", "function": {"name": "Bash"}}]}
    heard = hear_chat(chunk(both), stop_sequences=("END",))
    assert content(heard) == [text_block("done")]
    assert heard.message["stop_reason"] == "stop_sequence"


@pytest.mark.parametrize("field", ["stop_reason", "matched_stop"])
def test_the_server_names_the_stop_sequence_that_it_hit(field):
    choice = {"index": 0, "delta": {}, "finish_reason": "stop", field: "END"}
    heard = hear_chat(
        text("done, E"), data({"choices": [choice]}), usage(50, 3), DONE, stop_sequences=("END",)
    )
    assert content(heard) == [text_block("done, E")]
    assert (heard.message["stop_reason"], heard.message["stop_sequence"]) == ("stop_sequence", "END")
    assert heard.message["usage"]["output_tokens"] == 3


@pytest.mark.parametrize("matched", ["<|im_end|>", 128009, None, ["END"]])
def test_a_stop_of_the_servers_own_is_the_end_of_the_turn(matched):
    choice = {
        "index": 0,
        "delta": {},
        "finish_reason": "stop",
        "stop_reason": matched,
        "matched_stop": matched,
    }
    heard = hear_chat(text("done"), data({"choices": [choice]}), DONE, stop_sequences=("END",))
    assert (heard.message["stop_reason"], heard.message["stop_sequence"]) == ("end_turn", None)


def test_a_message_that_was_stopped_has_the_usage_that_was_told_by_then():
    counted = {"prompt_tokens": 50, "completion_tokens": 2, "total_tokens": 52}
    heard = hear_chat(chunk({"content": "doneEND"}, usage=counted), stop_sequences=("END",))
    assert (heard.message["usage"]["input_tokens"], heard.message["usage"]["output_tokens"]) == (50, 2)


def test_visible_text_is_cut_at_the_limit_of_the_client():
    heard = hear_chat(reasoning("long thoughts"), text("1234"), text("56789"), visible_tokens=2)
    assert content(heard) == [text_block("12345678")]
    assert heard.message["stop_reason"] == "max_tokens"


def test_calls_after_the_first_are_left_out_if_the_client_wants_one():
    heard = hear_chat(
        call(0, "call_a", "Bash", "{}"),
        call(1, "call_b", "Read", "{}"),
        finish("tool_calls"),
        DONE,
        single_tool_call=True,
    )
    assert tool_blocks(heard) == [("Bash", {})]


def counts(heard):
    told = heard.message["usage"]
    return told["input_tokens"], told["cache_read_input_tokens"], told["output_tokens"]


@pytest.mark.parametrize(
    "frames",
    [
        pytest.param([text("Hi"), finish(), usage(50, 3)], id="after the finish reason"),
        pytest.param(
            [text("Hi"), finish(usage={"prompt_tokens": 50, "completion_tokens": 3})], id="with the finish"
        ),
        pytest.param(
            [text("Hi"), finish(x_groq={"id": "r", "usage": {"prompt_tokens": 50, "completion_tokens": 3}})],
            id="x_groq",
        ),
        pytest.param(
            [
                chunk({"content": "H"}, usage={"prompt_tokens": 50, "completion_tokens": 1}),
                chunk({"content": "i"}, usage={"prompt_tokens": 50, "completion_tokens": 2}),
                finish(usage={"prompt_tokens": 50, "completion_tokens": 3}),
            ],
            id="on every chunk",
        ),
    ],
)
def test_the_last_usage_counts_wherever_it_comes(frames):
    assert counts(hear_chat(*frames, DONE)) == (50, 0, 3)


def test_cached_tokens_are_told_apart():
    cached = usage(240403, 7, prompt_tokens_details={"cached_tokens": 229504})
    assert counts(hear_chat(text("Hi"), finish(), cached, DONE)) == (10899, 229504, 7)


@pytest.mark.parametrize(
    "frames",
    [[], [data({"choices": [], "usage": None})], [usage(0, 0)], [data({"choices": [], "usage": {}})]],
)
def test_usage_that_the_server_does_not_tell_is_estimated(frames):
    heard = hear_chat(text("x" * 10), call(0, "call_a", "Bash", "{}"), finish(), *frames, DONE)
    assert counts(heard) == (ESTIMATED_INPUT, 0, 3)


def test_input_that_the_server_does_not_tell_is_estimated():
    counted = data({"choices": [], "usage": {"completion_tokens": 9}})
    assert counts(hear_chat(text("Hi"), finish(), counted, DONE)) == (ESTIMATED_INPUT, 0, 9)


def test_the_service_tier_is_told():
    heard = hear_chat(
        text("Hi"),
        finish(),
        data({"choices": [], "service_tier": "priority", "usage": {"prompt_tokens": 1}}),
        DONE,
    )
    assert heard.message["usage"]["service_tier"] == "priority"


def test_usage_is_unknown_before_the_server_tells_it():
    reader = open_reply()
    reader.feed(frame(text("Hi")))
    assert reader.usage is None
    reader.feed(frame(usage(50, 3)))
    assert reader.usage is not None
    assert reader.usage.output_tokens == 3


@pytest.mark.parametrize(
    ("value", "status", "words"),
    [
        pytest.param(
            {"error": {"message": "The server had an error", "type": "server_error", "code": None}},
            502,
            "The server had an error",
            id="OpenAI",
        ),
        pytest.param(
            {
                "error": {"code": 502, "message": "Provider disconnected"},
                "choices": [{"index": 0, "delta": {"content": ""}, "finish_reason": "error"}],
            },
            502,
            "Provider disconnected",
            id="OpenRouter",
        ),
        pytest.param(
            {"object": "error", "message": "CUDA out of memory", "type": "InternalServerError", "code": 500},
            502,
            "CUDA out of memory",
            id="vLLM",
        ),
        pytest.param({"error": "the model crashed"}, 502, "the model crashed", id="Ollama"),
        pytest.param(
            {"error": {"message": "Rate limit reached", "type": "rate_limit_error"}},
            429,
            "Rate limit reached",
            id="rate limit",
        ),
        pytest.param(
            {"error": {"code": 429, "message": "too many requests"}},
            429,
            "too many requests",
            id="a status as code",
        ),
    ],
)
def test_an_error_inside_the_stream_is_a_failure_in_its_words(value, status, words):
    heard = hear_chat(text("Hi"), data(value), DONE)
    assert heard.failure is not None
    assert heard.failure.error.status == status
    assert words in heard.failure.error.message
    assert not any(isinstance(event, (MessageDelta, MessageStop)) for event in heard.events)


@pytest.mark.parametrize("reason", ["error", "abort", "insufficient_system_resource", "network_error"])
def test_a_finish_reason_that_is_an_error_is_a_failure(reason):
    heard = hear_chat(text("Hi"), finish(reason), DONE)
    assert heard.failure is not None
    assert heard.failure.kind in ("overloaded", "broke_midway")


def test_a_server_without_resources_is_overloaded():
    heard = hear_chat(text("Hi"), finish("insufficient_system_resource"), DONE)
    assert heard.failure is not None
    assert (heard.failure.kind, heard.failure.error.status) == ("overloaded", 529)


@pytest.mark.parametrize("error", [b'"error":null', b'"object":"chat.completion.chunk"'])
def test_an_error_field_that_says_nothing_is_no_error(error):
    heard = hear_chat(b'data: {%s,"choices":[{"delta":{"content":"Hi"}}]}\n\n' % error, finish(), DONE)
    assert content(heard) == [text_block("Hi")]


@pytest.mark.parametrize(
    "line",
    [b"not json", b"<html>", b"[1]", b'"text"', b"null", b'{"choices": 5}', b'{"choices": [{"delta": 1}]}'],
)
def test_a_data_line_that_is_no_chunk_is_a_failure(line):
    heard = hear_chat(text("Hi"), b"data: " + line + b"\n\n", finish(), DONE)
    assert isinstance(heard.failure, UpstreamNonsense)


def test_comments_and_empty_data_say_nothing():
    heard = hear_chat(
        b": OPENROUTER PROCESSING\n\n",
        b"data:\n\n",
        text("Hi"),
        b": keep-alive\n\n",
        b"data: \n\n",
        finish(),
        DONE,
    )
    assert content(heard) == [text_block("Hi")]


def test_event_lines_and_carriage_returns_change_nothing():
    plain = (text("Hi"), finish(), usage(), DONE)
    crlf = b"".join(plain).replace(b"data:", b"event: message\ndata:").replace(b"\n", b"\r\n")
    assert hear_chat(crlf).message == hear_chat(*plain).message


def test_other_choices_are_ignored():
    other = {"index": 1, "delta": {"content": "another"}, "finish_reason": "length"}
    first = {"index": 0, "delta": {"content": "Hi"}, "finish_reason": None}
    heard = hear_chat(data({"choices": [other, first]}), data({"choices": [other]}), finish(), DONE)
    assert content(heard) == [text_block("Hi")]
    assert heard.message["stop_reason"] == "end_turn"


@pytest.mark.parametrize(
    "empty", [{"choices": [], "prompt_filter_results": []}, {"choices": None}, {"id": "x"}]
)
def test_chunks_without_choices_say_nothing(empty):
    heard = hear_chat(data(empty), text("Hi"), data(empty), finish(), DONE)
    assert content(heard) == [text_block("Hi")]


def test_a_choice_without_a_delta_says_nothing():
    heard = hear_chat(data({"choices": [{"index": 0}]}), text("Hi"), finish(), DONE)
    assert content(heard) == [text_block("Hi")]


def test_a_choice_may_lack_its_index():
    heard = hear_chat(data({"choices": [{"delta": {"content": "Hi"}}]}), finish(), DONE)
    assert content(heard) == [text_block("Hi")]


def test_numbers_in_quotes_are_numbers():
    piece = {"index": "0", "id": "call_a", "function": {"name": "Bash", "arguments": "{}"}}
    heard = hear_chat(chunk({"tool_calls": [piece]}), finish(), DONE)
    assert tool_blocks(heard) == [("Bash", {})]


def test_a_surrogate_pair_that_is_cut_over_two_chunks_is_joined():
    heard = hear_chat(text("owl \ud83e"), text("\udd89!"), finish(), DONE)
    assert content(heard) == [text_block("owl 🦉!")]


@pytest.mark.parametrize("last", [[], [call(0, "call_a", "Bash", "{}")]])
def test_half_a_surrogate_pair_is_replaced(last):
    heard = hear_chat(text("owl \ud83e"), *last, finish(), DONE)
    assert content(heard)[0] == text_block("owl \ufffd")


def test_a_whole_answer_has_its_blocks_in_order():
    message = {
        "content": "Let me look.",
        "reasoning_content": "why",
        "tool_calls": [
            {"id": "call_a", "type": "function", "function": {"name": "Bash", "arguments": '{"a": 1}'}},
            {"id": "call_b", "type": "function", "function": {"name": "Read", "arguments": '{"b": 2}'}},
        ],
    }
    heard = hear_completion(completion(message, "tool_calls"), thinking="shown")
    assert kinds(heard) == ["thinking", "text", "tool_use", "tool_use"]
    assert tool_blocks(heard) == [("Bash", {"a": 1}), ("Read", {"b": 2})]
    assert heard.message["stop_reason"] == "tool_use"


COUNTED = {"prompt_tokens": 50, "completion_tokens": 3, "total_tokens": 53}
BASH = {"id": "call_a", "type": "function", "function": {"name": "Bash", "arguments": '{"a": 1}'}}


@pytest.mark.parametrize(
    ("message", "reason", "frames", "reading"),
    [
        pytest.param({"content": "Hello"}, "stop", [text("Hel"), text("lo")], {}, id="text"),
        pytest.param({"content": None}, "stop", [], {}, id="nothing"),
        pytest.param(
            {"content": None, "tool_calls": [BASH]},
            "tool_calls",
            [call(0, "call_a", "Bash"), call(0, arguments='{"a": 1}')],
            {},
            id="tool call",
        ),
        pytest.param(
            {"content": "Hi", "reasoning": "why"},
            "stop",
            [reasoning("w", "reasoning"), reasoning("hy", "reasoning"), text("Hi")],
            {"thinking": "shown"},
            id="reasoning",
        ),
        pytest.param(
            {"content": "<think>why</think>Hi"},
            "stop",
            [text("<think>w"), text("hy</think>Hi")],
            {"thinking": "shown"},
            id="think tags",
        ),
        pytest.param(
            {"content": None, "refusal": "No."}, "stop", [chunk({"refusal": "No."})], {}, id="refusal"
        ),
        pytest.param({"content": "cut"}, "length", [text("cut")], {}, id="length"),
        pytest.param(
            {"content": "doneEND more", "tool_calls": [BASH]},
            "tool_calls",
            [text("doneEN"), chunk({"content": "D more", "tool_calls": [BASH]}, usage=COUNTED)],
            {"stop_sequences": ("END",)},
            id="stop sequence",
        ),
        pytest.param(
            {"content": "123456789"},
            "stop",
            [chunk({"content": "123456789"}, usage=COUNTED)],
            {"visible_tokens": 2},
            id="limit",
        ),
        pytest.param(
            {"content": None, "function_call": {"name": "Bash", "arguments": "{}"}},
            "function_call",
            [chunk({"function_call": {"name": "Bash", "arguments": "{}"}})],
            {},
            id="function call",
        ),
    ],
)
def test_a_whole_answer_is_the_message_that_its_stream_would_be(message, reason, frames, reading):
    whole = hear_completion(completion(message, reason, usage=COUNTED), **reading)
    streamed = hear_chat(*frames, finish(reason, usage=COUNTED), DONE, **reading)
    assert whole.message == streamed.message
    assert whole.message["usage"]["output_tokens"] == 3


def test_a_whole_answer_without_a_finish_reason_is_complete():
    assert hear_completion(completion({"content": "Hi"}, None)).message["stop_reason"] == "end_turn"


def test_a_whole_answer_without_a_finish_reason_ends_once_at_a_stop_sequence():
    heard = hear_completion(completion({"content": "HiEND"}, None), stop_sequences=("END",))
    assert heard.message["stop_sequence"] == "END"


def test_usage_of_a_whole_answer_is_estimated_if_it_is_missing():
    heard = hear_completion(completion({"content": "12345678"}))
    assert counts(heard) == (ESTIMATED_INPUT, 0, 2)


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b'{"error": {"message": "it broke", "type": "server_error"}}', "it broke"),
        (b'{"object": "error", "message": "it broke", "code": 500}', "it broke"),
        (b"{}", "not a chat completion"),
        (b'{"choices": []}', "not a chat completion"),
        (b"<html>", "not a JSON object"),
        (b"", "not a JSON object"),
    ],
)
def test_a_whole_answer_that_is_no_completion_is_a_failure(body, words):
    heard = hear_completion(body)
    assert heard.failure is not None
    assert words in heard.failure.error.message


def test_keep_alive_starts_the_message_and_says_an_empty_delta():
    reader = open_reply()
    said = list(reader.keep_alive())
    assert [type(event) for event in said] == [MessageStart, ContentBlockStart, ContentBlockDelta]
    for piece in (text("Hi"), finish(), DONE):
        said += reader.feed(frame(piece))
    check_grammar(said, complete=True)


def test_keep_alive_says_nothing_after_the_end():
    reader = open_reply()
    for piece in (text("Hi"), finish(), DONE):
        reader.feed(frame(piece))
    assert reader.keep_alive() == ()


@pytest.mark.parametrize(
    "odd",
    [
        {"choices": [], "x_groq": {"usage": "none"}},
        {"choices": [], "usage": {"prompt_tokens_details": [1]}},
        {"choices": [{"delta": {"content": {"text": "x"}}}]},
        {"choices": [{"delta": {"content": [5, None, "x", {"type": "image"}]}}]},
        {"choices": [{"delta": {"content": [{"type": "thinking", "thinking": 5}]}}]},
        {"choices": [{"delta": {"content": [{"type": "thinking", "thinking": [5, {"text": 5}]}]}}]},
        {"choices": [{"delta": {"reasoning": {"effort": "high"}}}]},
        {"choices": [{"delta": {"reasoning_details": [{"type": "reasoning.summary", "summary": 5}]}}]},
        {"choices": [{"delta": {"tool_calls": [{"function": None}]}}]},
        {"choices": [{"delta": {"function_call": {}}}]},
        {"choices": [{"delta": None, "message": None, "finish_reason": None}]},
    ],
)
def test_odd_values_do_no_harm(odd):
    heard = hear_chat(data(odd), text("Hi"), finish(), DONE)
    assert content(heard) == [text_block("Hi")]
