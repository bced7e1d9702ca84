import json

import pytest

from dragoman.dialects.gemini.contents import BEGINNING, CONTINUE
from dragoman.dialects.gemini.parts import MISSING_RESULT
from dragoman.dialects.gemini.signatures import SKIP
from dragoman.messages.errors import ApiError
from tests.support.chat_requests import ask, assistant, call, image, pdf, result, system, text, tool, user
from tests.support.gemini_history import payloads
from tests.support.gemini_requests import (
    NEW,
    OLD,
    contents_of,
    losses_of,
    origin_of,
    sealed,
)
from tests.support.gemini_signatures import current_turn

READS = {"tools": [tool("Read")]}
SEARCH = {"tools": [tool("Read"), {"type": "web_search_20250305", "name": "web_search"}]}


def roles_of(contents):
    return [content["role"] for content in contents]


def texts_of(content):
    return payloads(content, "text")


def server_use(id="srvtoolu_1", name="web_search", **arguments):
    return {"type": "server_tool_use", "id": id, "name": name, "input": arguments or {"query": "q"}}


def server_result(id="srvtoolu_1", envelope=""):
    found = {
        "type": "web_search_result",
        "url": "https://a.example",
        "title": "A",
        "encrypted_content": envelope,
    }
    return {"type": "web_search_tool_result", "tool_use_id": id, "content": [found]}


def side_envelope(id="s1", *, signature=None, name="web_search", **other):
    """What the reader seals after a call that ran in a request of its own."""
    part = {"functionCall": {"name": name, "args": {"query": "q"}, "id": id}}
    if signature is not None:
        part["thoughtSignature"] = signature
    response = {"functionResponse": {"id": id, "name": name, "response": {"output": "found"}}}
    return sealed(parts=[part], responses=[response], **other)


def test_roles_are_user_and_model_and_neighbours_are_joined():
    contents = contents_of(ask(user("a"), user("b"), assistant("c"), assistant("d"), user("e")))
    assert contents == [
        {"role": "user", "parts": [{"text": "a"}, {"text": "b"}]},
        {"role": "model", "parts": [{"text": "c"}, {"text": "d"}]},
        {"role": "user", "parts": [{"text": "e"}]},
    ]


def test_the_first_content_is_the_users():
    contents = contents_of(ask(assistant("hello"), user("hi")))
    assert contents[0] == {"role": "user", "parts": [{"text": BEGINNING}]}


def test_a_prefill_is_asked_to_be_continued():
    request = ask(user("a"), assistant("The answer is"))
    assert contents_of(request)[-1] == {"role": "user", "parts": [{"text": CONTINUE}]}
    assert losses_of(request) == {"messages": "approximated"}
    assert losses_of(ask(user("a"), assistant("b"), user("c"))) == {}


def test_empty_messages_and_texts_leave_no_trace():
    contents = contents_of(
        ask(user("a"), assistant(), user(text("")), assistant(text("")), user("", "b", " \n"))
    )
    assert contents == [{"role": "user", "parts": [{"text": "a"}, {"text": "b"}, {"text": " \n"}]}]


@pytest.mark.parametrize("message", [user(""), user(), assistant(""), system("")])
def test_a_conversation_that_says_nothing_is_refused(message):
    with pytest.raises(ApiError) as caught:
        contents_of(ask(message))
    assert caught.value.status == 400
    assert "messages" in str(caught.value)


def test_a_system_message_is_a_reminder_where_it_stands():
    contents = contents_of(
        ask(
            user("a"),
            system("be brief"),
            assistant("b"),
            user("c"),
            system("<system-reminder>x</system-reminder>"),
        )
    )
    assert texts_of(contents[0]) == ["a", "<system-reminder>\nbe brief\n</system-reminder>"]
    assert texts_of(contents[2]) == ["c", "<system-reminder>x</system-reminder>"]


def test_a_note_that_has_expired_is_not_told():
    contents = contents_of(ask(user("a"), system("soon gone", clear_at="next_user_message"), user("b")))
    assert texts_of(contents[0]) == ["a", "b"]


def test_a_compaction_stands_for_all_before_it():
    contents = contents_of(
        ask(user("old"), assistant({"type": "compaction", "content": "sum"}, "new"), user("go"))
    )
    assert "old" not in json.dumps(contents)
    assert roles_of(contents) == ["user", "model", "user"]
    assert texts_of(contents[0]) == ["<summary>\nsum\n</summary>"]


def test_a_call_is_answered_in_the_content_right_behind_it():
    contents = contents_of(ask(user("go"), assistant("ok", call(path="a")), user(result("text")), **READS))
    assert contents[1:] == [
        {
            "role": "model",
            "parts": [
                {"text": "ok"},
                {
                    "functionCall": {"id": "toolu_1", "name": "Read", "args": {"path": "a"}},
                    "thoughtSignature": SKIP,
                },
            ],
        },
        {
            "role": "user",
            "parts": [
                {"functionResponse": {"id": "toolu_1", "name": "Read", "response": {"output": "text"}}}
            ],
        },
    ]


def test_results_stand_in_the_order_of_the_calls_and_before_everything_else():
    request = ask(
        user("go"),
        assistant(call(id="one"), call("Bash", id="two")),
        user("words", result("2", id="two"), image(), result("1", id="one")),
        **READS,
    )
    last = contents_of(request)[-1]
    assert [answer["id"] for answer in payloads(last, "functionResponse")] == ["one", "two"]
    assert [next(iter(part)) for part in last["parts"]] == ["functionResponse"] * 2 + ["text", "inlineData"]


@pytest.mark.parametrize("vertex", [False, True])
def test_models_before_3_know_no_ids_of_calls(vertex):
    """Vertex AI refuses the field there; results are told apart by their order."""
    request = ask(
        user("go"),
        assistant(call(id="one", n=1), call(id="two", n=2)),
        user(result("2", id="two"), result("1", id="one")),
        **READS,
    )
    contents = contents_of(request, OLD, vertex=vertex)
    assert payloads(contents[1], "functionCall") == [{"name": "Read", "args": {"n": n}} for n in (1, 2)]
    assert payloads(contents[2], "functionResponse") == [
        {"name": "Read", "response": {"output": said}} for said in ("1", "2")
    ]


def test_a_missing_result_is_told_as_an_error():
    request = ask(user("go"), assistant(call(id="one"), call(id="two")), user(result("1", id="one"), "stop"))
    answers = payloads(contents_of(request)[-1], "functionResponse")
    assert [answer["response"] for answer in answers] == [{"output": "1"}, {"error": MISSING_RESULT}]
    assert losses_of(request) == {"messages.1.content.1": "approximated"}


def test_a_call_at_the_end_of_the_conversation_is_answered_too():
    contents = contents_of(ask(user("go"), assistant(call())))
    assert payloads(contents[-1], "functionResponse")[0]["response"] == {"error": MISSING_RESULT}


def test_a_result_that_comes_a_turn_late_answers_nothing():
    request = ask(user("go"), assistant(call()), user("wait"), assistant("ok"), user(result("late", image())))
    contents = contents_of(request)
    assert payloads(contents[2], "functionResponse")[0]["response"] == {"error": MISSING_RESULT}
    assert "late" in texts_of(contents[-1])[0]
    assert payloads(contents[-1], "functionResponse") == []
    assert len(payloads(contents[-1], "inlineData")) == 1


def test_repeated_ids_are_told_apart_and_stay_as_the_conversation_grows():
    turn = [
        assistant(call(id="same", n=1), call(id="same", n=2)),
        user(result("a", id="same"), result("b", id="same")),
    ]
    short = contents_of(ask(user("go"), *turn, **READS))
    long = contents_of(ask(user("go"), *turn, *turn, **READS))
    answers = payloads(long[2], "functionResponse") + payloads(long[4], "functionResponse")
    assert len({answer["id"] for answer in answers}) == 4
    assert [answer["response"]["output"] for answer in answers] == ["a", "b", "a", "b"]
    assert answers[0]["id"] == "same"
    assert long[: len(short)] == short


@pytest.mark.parametrize("id", ["call/é:1", "x" * 200, ""])
def test_an_odd_id_is_replaced_on_both_sides(id):
    contents = contents_of(ask(user("go"), assistant(call(id=id)), user(result("a", id=id))))
    (called,), (answer,) = payloads(contents[1], "functionCall"), payloads(contents[2], "functionResponse")
    assert called["id"] == answer["id"] != id
    assert answer["response"] == {"output": "a"}


@pytest.mark.parametrize("id", ["toolu_01" + "A" * 24, "v1-" + "b" * 55])
def test_a_foreign_id_is_passed_whole(id):
    assert payloads(contents_of(ask(user("go"), assistant(call(id=id))))[1], "functionCall")[0]["id"] == id


def test_geminis_own_id_comes_back_as_it_was():
    long = "g" * 47
    ids = ["toolu_dpabcDEF12_call_0", f"toolu_dpabcDEF34_{long}"]
    called = payloads(
        contents_of(ask(user("go"), assistant(*[call(id=id) for id in ids])))[1], "functionCall"
    )
    assert [one["id"] for one in called] == ["call_0", long]


def test_a_name_that_gemini_refuses_is_the_same_on_all_sides():
    request = ask(user("go"), assistant(call("1 odd/name")), user(result("a")), tools=[tool("1 odd/name")])
    contents = contents_of(request)
    (called,), (answer,) = payloads(contents[1], "functionCall"), payloads(contents[2], "functionResponse")
    assert called["name"] == answer["name"] != "1 odd/name"


@pytest.mark.parametrize("arguments", [["x"], "words", None, 3])
def test_arguments_are_always_an_object(arguments):
    broken = {"type": "tool_use", "id": "toolu_1", "name": "Read", "input": arguments}
    called = payloads(contents_of(ask(user("go"), assistant(broken)))[1], "functionCall")
    assert isinstance(called[0]["args"], dict)


def test_arguments_named_like_fields_of_the_protocol_are_untouched():
    arguments = {"cache_control": {"type": "ephemeral"}, "$ref": "#/x", "thoughtSignature": "mine"}
    assert (
        payloads(contents_of(ask(user("go"), assistant(call(**arguments))))[1], "functionCall")[0]["args"]
        == arguments
    )


THOUGHTS = [
    {"type": "thinking", "thinking": "hm", "signature": ""},
    {"type": "thinking", "thinking": "hm", "signature": "EqQBCkYIBxgCKkAclaude"},
    {"type": "thinking", "thinking": "hm", "signature": "dgm2.openai_chat.another.dialects.0000"},
    {"type": "thinking", "thinking": "hm", "signature": sealed(("thought", "", "aG0="), account="other")},
    {"type": "thinking", "thinking": "hm", "signature": "gAAAAABoencrypted"},
    {"type": "redacted_thinking", "data": "x"},
]


@pytest.mark.parametrize("thought", THOUGHTS)
def test_thoughts_of_others_are_left_out_silently(thought):
    request = ask(user("a"), assistant(thought, "b"), user("c"))
    assert contents_of(request)[1] == {"role": "model", "parts": [{"text": "b"}]}
    assert losses_of(request) == {}


def test_blocks_without_a_place_are_named_as_lost():
    request = ask(
        user("a"), assistant({"type": "hologram", "light": 1}, {"type": "fallback"}, "b"), user("c")
    )
    assert contents_of(request)[1] == {"role": "model", "parts": [{"text": "b"}]}
    assert losses_of(request) == {"messages.1.content.0": "dropped"}


@pytest.mark.parametrize("fields", [{}, SEARCH])
def test_a_search_of_another_server_is_told_as_text(fields):
    request = ask(
        user("a"), assistant(server_use(), server_result(envelope="EqgfCioclaude"), "b"), user("c"), **fields
    )
    told = contents_of(request)[1]
    assert [set(part) for part in told["parts"]] == [{"text"}, {"text"}]
    assert all(word in told["parts"][0]["text"] for word in ("web search", "https://a.example"))


def test_a_search_without_a_result_is_told_as_text():
    assert "web search" in texts_of(contents_of(ask(user("a"), assistant(server_use()), user("c")))[1])[0]


BUILT_IN = [
    {"toolCall": {"id": "x", "toolType": "GOOGLE_SEARCH_WEB", "args": {}}, "thoughtSignature": "c2ln"},
    {"toolResponse": {"id": "x", "toolType": "GOOGLE_SEARCH_WEB", "response": {}}},
]


def test_an_own_search_goes_back_as_it_was_while_the_tool_is_there():
    history = [
        user("a"),
        assistant(server_use(), server_result(envelope=sealed(parts=BUILT_IN)), "b"),
        user("c"),
    ]
    origin = origin_of()
    assert contents_of(ask(*history, **SEARCH), origin=origin)[1]["parts"] == [*BUILT_IN, {"text": "b"}]
    assert "web search" in texts_of(contents_of(ask(*history, **READS), origin=origin)[1])[0]
    assert "web search" in texts_of(contents_of(ask(*history, **SEARCH), origin=origin_of(account="b"))[1])[0]
    beside = contents_of(ask(*history, **SEARCH), origin=origin, search_with_functions=False)[1]
    assert "web search" in texts_of(beside)[0]


def test_an_own_search_comes_from_the_store_too():
    history = [user("a"), assistant(server_use(), server_result(), "b"), user("c")]
    origin = origin_of({"srvtoolu_1": sealed(parts=BUILT_IN)})
    assert contents_of(ask(*history, **SEARCH), origin=origin)[1]["parts"][:2] == BUILT_IN


def test_an_own_search_goes_back_without_its_signature_once_signatures_are_skipped():
    history = [
        user("a"),
        assistant(server_use(), server_result(envelope=sealed(parts=BUILT_IN)), "b"),
        user("c"),
    ]
    parts = contents_of(ask(*history, **SEARCH), origin=origin_of(), skip_signatures=True)[1]["parts"]
    assert [set(part) for part in parts] == [{"toolCall"}, {"toolResponse"}, {"text"}]


BESIDE = {"origin": origin_of(), "search_with_functions": False}
SIGNED = [side_envelope("s1", signature="c2ln"), side_envelope("s2")]


def steps_of(*blocks, **fields):
    """Names and signatures of the calls, content by content, of an answer in the middle of a tool loop."""
    contents = contents_of(
        ask(user("a"), assistant(*blocks), user(result("r", id="toolu_1")), **SEARCH), **(BESIDE | fields)
    )
    assert current_turn(contents) == 1
    return [
        [(part["functionCall"]["name"], part.get("thoughtSignature")) for part in content["parts"] if "functionCall" in part]
        for content in contents
        if content["role"] == "model"
    ]  # fmt: skip


def test_a_call_of_its_own_request_goes_back_as_a_step():
    blocks = [server_use(), server_result(envelope=SIGNED[0]), "found", call()]
    assert steps_of(*blocks) == [[("web_search", "c2ln")], [("Read", SKIP)]]


@pytest.mark.parametrize("order", [(0, 1, 2), (1, 0, 2), (0, 2, 1)])
def test_calls_of_both_kinds_are_answered_whatever_their_order(order):
    blocks = [server_use(), call(), server_result(envelope=SIGNED[0])]
    names = [name for step in steps_of(*[blocks[place] for place in order]) for name, _ in step]
    assert sorted(names) == ["Read", "web_search"]


def test_calls_that_were_made_together_stay_together():
    blocks = [server_use(), call(), server_result(envelope=SIGNED[0])]
    assert steps_of(*blocks) == [[("web_search", "c2ln"), ("Read", None)]]
    two = [server_use("srvtoolu_1"), server_use("srvtoolu_2")]
    two += [server_result("srvtoolu_1", SIGNED[0]), server_result("srvtoolu_2", SIGNED[1])]
    assert steps_of(*two, call())[0] == [("web_search", "c2ln"), ("web_search", None)]


def test_the_first_call_of_a_step_is_signed_even_if_nobody_has_its_signature():
    blocks = [server_use(), server_result(envelope=SIGNED[1]), call()]
    assert steps_of(*blocks) == [[("web_search", SKIP)], [("Read", SKIP)]]
    blocks = [server_use(), server_result(envelope=SIGNED[0]), call()]
    assert steps_of(*blocks, skip_signatures=True) == [[("web_search", SKIP)], [("Read", SKIP)]]


def test_own_calls_never_share_an_id_with_others():
    blocks = [server_use(), call(id="toolu_dpabcDEF12_s1"), server_result(envelope=SIGNED[0])]
    contents = contents_of(ask(user("a"), assistant(*blocks), user("c"), **SEARCH), **BESIDE)
    ids = [one["id"] for one in payloads(contents[1], "functionCall")]
    assert len(set(ids)) == 2
    assert ids == [one["id"] for one in payloads(contents[2], "functionResponse")]


@pytest.mark.parametrize(
    "forged",
    [{"parts": "x"}, {"parts": [1]}, {"parts": [{"text": "x"}]}]
    + [{"parts": [{"functionCall": {"name": "a"}}], "responses": []}, {"parts": [{"functionCall": 3}]}]
    + [{"parts": [{"functionCall": {"name": "a"}}], "responses": [{"text": "x"}, {"functionResponse": {"name": "b"}}]}],
)  # fmt: skip
def test_an_envelope_of_a_form_that_was_never_written_is_told_as_text(forged):
    blocks = [server_use(), server_result(envelope=sealed(**forged)), "b"]
    contents = contents_of(ask(user("a"), assistant(*blocks), user("c"), **SEARCH), origin=origin_of())
    assert "web search" in texts_of(contents[1])[0]


def test_system_prompt_and_images_do_not_disturb_the_prefix():
    turns = [
        user("a", image()),
        system("note"),
        assistant("b", call()),
        user(result("r", pdf(title="t")), "c"),
    ]
    turns += [
        assistant("d"),
        user("e"),
        assistant(call(id="toolu_2")),
        user(result(id="toolu_2", is_error=True)),
    ]
    for model in (NEW, OLD):
        whole = contents_of(ask(*turns, **READS), model)
        for end in (1, 4, 6, 8):
            part = contents_of(ask(*turns[:end], **READS), model)
            assert whole[: len(part) - 1] == part[:-1]
            assert whole[len(part) - 1]["parts"][: len(part[-1]["parts"])] == part[-1]["parts"]
