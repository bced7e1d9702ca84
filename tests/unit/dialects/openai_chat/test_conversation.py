import msgspec
import pytest

from dragoman.dialects.losses import Losses
from dragoman.dialects.openai_chat.conversation import write_messages
from dragoman.dialects.quirks import Quirks
from dragoman.dialects.tool_ids import client_tool_id
from dragoman.dialects.tool_names import upstream_tool_name
from dragoman.messages.envelope import Seal
from tests.support.chat_requests import (
    PLAIN,
    assistant,
    call,
    conversation,
    image,
    result,
    system,
    text,
    tool,
    user,
)
from tests.support.sealing import damaged

ANYWHERE = Quirks(system_anywhere=True)
DEVELOPER = Quirks(system_anywhere=True, system_role="developer")
SEAL = Seal("openai_chat", family="deepseek")
LOOP = [user("q"), assistant(call()), user(result("ok"))]


def messages(*asked, quirks=PLAIN, **fields):
    return write_messages(conversation(*asked, **fields), "deepseek-v4", quirks, Losses(), SEAL).messages


def lost(*asked, quirks=PLAIN, **fields):
    losses = Losses()
    write_messages(conversation(*asked, **fields), "some-model", quirks, losses, SEAL)
    return [(loss.field, loss.what) for loss in losses.as_tuple()]


def roles(*asked, **fields):
    return [message["role"] for message in messages(*asked, **fields)]


def test_the_system_prompt_is_one_string_and_comes_first():
    assert messages(user("hi"), system=[text("a"), text("b")])[0] == {"role": "system", "content": "a\n\nb"}


def test_string_and_block_give_the_same_system_prompt():
    assert messages(user("hi"), system="a") == messages(user("hi"), system=[text("a")])


def test_the_role_of_the_system_prompt_is_the_servers():
    assert messages(user("hi"), system="a", quirks=DEVELOPER)[0]["role"] == "developer"


def test_the_attribution_block_does_not_reach_the_upstream():
    billing = text("x-anthropic-billing-header: cc_version=2.1.330.440;")
    assert messages(user("hi"), system=[billing, text("a")])[0]["content"] == "a"


def test_no_system_prompt_makes_no_message():
    assert roles(user("hi")) == ["user"]


def test_a_note_stays_at_its_place_where_the_server_allows_it():
    asked = [user("q"), system("note"), assistant("a"), user("r")]
    assert messages(*asked, quirks=DEVELOPER) == [
        {"role": "user", "content": "q"},
        {"role": "developer", "content": "note"},
        {"role": "assistant", "content": "a"},
        {"role": "user", "content": "r"},
    ]


def test_elsewhere_a_note_joins_the_user_message_before_it():
    assert messages(user("q"), system("note")) == [
        {"role": "user", "content": "q\n\n<system-reminder>\nnote\n</system-reminder>"}
    ]


def test_a_note_after_tool_results_becomes_a_user_message_of_its_own():
    assert messages(*LOOP, system("note"))[-2:] == [
        {"role": "tool", "tool_call_id": "toolu_1", "content": "ok"},
        {"role": "user", "content": "<system-reminder>\nnote\n</system-reminder>"},
    ]


def test_string_and_block_give_the_same_note():
    assert messages(user("q"), system("note")) == messages(user("q"), system(text("note")))
    assert messages(user("q"), system("n"), quirks=ANYWHERE) == messages(
        user("q"), system(text("n")), quirks=ANYWHERE
    )


@pytest.mark.parametrize("quirks", [PLAIN, Quirks(cache_control=True)])
def test_a_note_before_the_first_message_joins_the_system_prompt(quirks):
    asked = messages(system("note"), user("q"), system="a", quirks=quirks)
    assert [message["role"] for message in asked] == ["system", "user"]
    assert "note" in str(asked[0]["content"])
    assert "reminder" not in str(asked)


def test_a_note_without_a_system_prompt_is_the_system_prompt():
    assert messages(system("note"), user("q")) == [
        {"role": "system", "content": "note"},
        {"role": "user", "content": "q"},
    ]


def test_an_expired_note_is_not_sent():
    note = system("for now", clear_at="next_user_message")
    assert "for now" not in str(messages(user("q"), note, assistant("a"), user("r")))
    assert "for now" in str(messages(user("q"), note))


def test_a_note_that_only_changes_the_effort_is_not_sent():
    change = {"role": "system", "output_config": {"effort": "low"}}
    assert messages(user("q"), change) == [{"role": "user", "content": "q"}]


def test_tool_changes_are_told_in_place():
    change = {"type": "tool_removal", "tool": {"type": "tool_reference", "name": "Read"}}
    sent = messages(user("q"), system(text("note"), change), quirks=ANYWHERE, tools=[tool()])
    assert sent[1]["content"] == "note\n\nThe tool Read is no longer available."


def test_an_image_in_a_system_message_is_a_loss():
    assert lost(user("q"), system(text("n"), image())) == [("messages.1.content.1", "dropped")]


def test_instructions_end_the_system_prompt():
    asked = conversation(user("q"), system="a")
    sent = write_messages(asked, "m", PLAIN, Losses(), SEAL, instructions="answer in JSON").messages
    assert sent[0]["content"] == "a\n\nanswer in JSON"
    bare = write_messages(
        conversation(user("q")), "m", PLAIN, Losses(), SEAL, instructions="answer in JSON"
    ).messages
    assert bare[0] == {"role": "system", "content": "answer in JSON"}


def test_a_closing_note_is_said_last():
    asked = conversation(user("q"))
    assert write_messages(asked, "m", ANYWHERE, Losses(), SEAL, closing_note="now").messages[-1] == {
        "role": "system",
        "content": "now",
    }


def test_a_message_of_text_is_a_string():
    assert messages(user(text("a"), text("b")))[0]["content"] == "a\n\nb"


def test_string_and_block_give_the_same_user_message():
    assert messages(user("hi")) == messages(user(text("hi"))) == messages(user(text("hi", citations=None)))


def test_a_message_with_an_image_is_a_list_of_parts():
    (message,) = messages(user(image(), text("what is it")))
    assert [part["type"] for part in message["content"]] == ["image_url", "text"]


def test_an_empty_user_message_is_not_sent():
    assert roles(user("q"), assistant("a"), user(text("")), assistant("b"), user("r")) == [
        "user",
        "assistant",
        "assistant",
        "user",
    ]


def test_assistant_messages_around_an_empty_one_are_joined_where_templates_insist():
    asked = [user("q"), assistant("a"), user(text("")), assistant(text("b"), call()), user(result("ok"))]
    sent = messages(*asked, quirks=Quirks(merge_roles=True))
    assert [message["role"] for message in sent] == ["user", "assistant", "tool"]
    assert sent[1]["content"] == "a\n\nb"
    assert sent[1]["tool_calls"]


def test_user_messages_in_a_row_are_joined_only_where_templates_insist():
    assert len(messages(user("a"), user("b"))) == 2
    assert messages(user("a"), user("b"), quirks=Quirks(merge_roles=True)) == [
        {"role": "user", "content": "a\n\nb"}
    ]


def test_texts_of_an_assistant_message_are_joined_without_a_gap():
    assert messages(user("q"), assistant(text("Hel"), text("lo")), user("r"))[1] == {
        "role": "assistant",
        "content": "Hello",
    }


def test_a_tool_call_has_its_arguments_as_compact_json_in_the_order_of_the_client():
    asked = [user("q"), assistant(call("Edit", replace_all=False, path="ü")), user(result("ok"))]
    assert messages(*asked)[1] == {
        "role": "assistant",
        "content": None,
        "tool_calls": [
            {
                "id": "toolu_1",
                "type": "function",
                "function": {"name": "Edit", "arguments": '{"replace_all":false,"path":"ü"}'},
            }
        ],
    }


def test_text_beside_a_tool_call_is_kept():
    assert (
        messages(user("q"), assistant(text("I read."), call()), user(result("ok")))[1]["content"] == "I read."
    )


@pytest.mark.parametrize(
    ("form", "content"), [("null", {"content": None}), ("empty", {"content": ""}), ("omit", {})]
)
def test_content_of_a_bare_call_is_what_the_server_accepts(form, content):
    sent = messages(*LOOP, quirks=Quirks(null_content=form))[1]
    assert {key: value for key, value in sent.items() if key == "content"} == content


def test_assistant_messages_in_a_row_are_one():
    sent = messages(user("q"), assistant("a"), assistant(call()), user(result("ok")))
    assert [message["role"] for message in sent] == ["user", "assistant", "tool"]
    assert sent[1]["content"] == "a"


@pytest.mark.parametrize(
    "blocks", [[], [text("")], [text(" \n")], [{"type": "thinking", "thinking": "x", "signature": ""}]]
)
def test_an_assistant_message_that_says_nothing_is_not_sent(blocks):
    assert roles(user("q"), {"role": "assistant", "content": blocks}, user("r")) == ["user", "user"]


@pytest.mark.parametrize(
    ("given", "sent"),
    [
        ({"__unparsedToolInput": {"raw": "{", "len": 1}}, '{"__unparsedToolInput":{"raw":"{","len":1}}'),
        (["x"], '{"__unparsedToolInput":{"raw":"[\\"x\\"]","len":5}}'),
        ('{"a":1}', '{"a":1}'),
        ("{broken", '{"__unparsedToolInput":{"raw":"{broken","len":7}}'),
        (None, "{}"),
    ],
)
def test_arguments_are_a_json_object_whatever_the_client_echoes(given, sent):
    block = {"type": "tool_use", "id": "toolu_1", "name": "Read", "input": given}
    written = messages(user("q"), assistant(block), user(result("ok")))[1]
    assert written["tool_calls"][0]["function"]["arguments"] == sent


def test_a_long_tool_name_is_the_same_in_the_history_and_among_the_tools():
    name = "mcp__" + "x" * 80
    sent = messages(user("q"), assistant(call(name)), user(result("ok")))[1]
    assert sent["tool_calls"][0]["function"]["name"] == upstream_tool_name(name)


def test_server_tools_of_the_history_are_folded_into_text():
    search = {"type": "server_tool_use", "id": "srvtoolu_1", "name": "web_search", "input": {"query": "cats"}}
    hits = [{"type": "web_search_result", "title": "C", "url": "https://c.example", "encrypted_content": "z"}]
    found = {"type": "web_search_tool_result", "tool_use_id": "srvtoolu_1", "content": hits}
    sent = messages(user("q"), assistant(text("Looking."), search, found, text("Cats!")), user("r"))
    assert sent[1]["content"] == 'Looking.\n[web search "cats" → C — https://c.example]\nCats!'


def test_a_server_tool_without_result_is_folded_too():
    search = {"type": "server_tool_use", "id": "srvtoolu_1", "name": "web_search", "input": {"query": "cats"}}
    assert '[web search "cats"]' in messages(user("q"), assistant(search), user("r"))[1]["content"]


def test_an_unknown_block_of_the_assistant_is_a_loss():
    unknown = {"type": "frob_block", "foo": "bar"}
    asked = [user("q"), assistant(unknown, text("a")), user("r")]
    assert lost(*asked) == [("messages.1.content.0", "dropped")]
    assert messages(*asked)[1]["content"] == "a"


@pytest.mark.parametrize(
    "block", [{"type": "fallback"}, {"type": "redacted_thinking", "data": "x"}, {"type": "compaction"}]
)
def test_blocks_that_say_nothing_make_no_noise(block):
    assert lost(user("q"), assistant(block, text("a")), user("r")) == []


def test_each_result_is_a_tool_message_right_after_the_calls():
    calls = assistant(call("A", "toolu_a"), call("B", "toolu_b"))
    answers = user(result("one", id="toolu_a"), result("two", id="toolu_b"), text("go on"))
    assert messages(user("q"), calls, answers)[2:] == [
        {"role": "tool", "tool_call_id": "toolu_a", "content": "one"},
        {"role": "tool", "tool_call_id": "toolu_b", "content": "two"},
        {"role": "user", "content": "go on"},
    ]


def test_results_follow_the_order_of_the_calls_not_of_their_completion():
    calls = assistant(call("A", "toolu_a"), call("B", "toolu_b"))
    answers = user(result("two", id="toolu_b", is_error=True), result("one", id="toolu_a"))
    assert [message["content"] for message in messages(user("q"), calls, answers)[2:]] == [
        "one",
        "[tool error] two",
    ]


def test_results_come_before_other_content_of_the_same_message():
    answers = user(text("first"), result("ok"))
    assert [message["role"] for message in messages(user("q"), assistant(call()), answers)[2:]] == [
        "tool",
        "user",
    ]


def test_a_missing_result_is_made_up_and_told():
    asked = [user("q"), assistant(call()), user("never mind")]
    assert messages(*asked)[2] == {"role": "tool", "tool_call_id": "toolu_1", "content": "[no result]"}
    assert lost(*asked) == [("messages.1.content.0", "approximated")]


def test_an_orphan_result_is_dropped_and_told():
    asked = [user(text("q"), result("late"))]
    assert messages(*asked) == [{"role": "user", "content": "q"}]
    assert lost(*asked) == [("messages.0.content.1", "dropped")]


def test_images_of_several_results_follow_all_tool_messages_and_are_numbered():
    calls = assistant(call("Shot", "a"), call("Read", "b"), call("Shot", "c"))
    answers = user(
        result(image(), id="a"),
        result("text", id="b"),
        result(text("see"), image(), id="c"),
        text("what now"),
    )
    sent = messages(user("q"), calls, answers)[2:]
    assert [message["role"] for message in sent] == ["tool", "tool", "tool", "user"]
    assert [message["content"] for message in sent[:3]] == [
        "[image attached below: 1]",
        "text",
        "see\n[image attached below: 2]",
    ]
    told = [part.get("text", "image") for part in sent[3]["content"]]
    assert told == [
        "Image output of tool call Shot (1):",
        "image",
        "Image output of tool call Shot (2):",
        "image",
        "what now",
    ]


@pytest.mark.parametrize("quirks", [PLAIN, ANYWHERE])
def test_images_of_results_come_before_a_note(quirks):
    sent = messages(user("q"), assistant(call()), user(result(image())), system("note"), quirks=quirks)
    assert "image_url" in str(sent[3]["content"])
    assert "note" in str(sent[-1]["content"])


def test_images_of_results_are_sent_before_the_next_assistant_message():
    asked = [user("q"), assistant(call()), user(result(image())), assistant("a"), user("r")]
    assert roles(*asked) == ["user", "assistant", "tool", "user", "assistant", "user"]


def test_the_upstream_sees_its_own_ids_again():
    wrapped = client_tool_id("functions.Read:0", "abcdefgh")
    sent = messages(user("q"), assistant(call(id=wrapped)), user(result("ok", id=wrapped)))
    assert sent[1]["tool_calls"][0]["id"] == "functions.Read:0"
    assert sent[2]["tool_call_id"] == "functions.Read:0"


@pytest.mark.parametrize("quirks", [PLAIN, Quirks(tool_ids="nine", max_tool_id=9)])
def test_repeated_odd_and_long_ids_become_unique_and_valid(quirks):
    odd = ["same", "same", "", "a:b/c", "x" * 205]
    calls = assistant(*(call(id=one) for one in odd))
    answers = user(*(result(str(n), id=one) for n, one in enumerate(odd)))
    sent = messages(
        user("q"), calls, answers, assistant(call(id="same")), user(result("again", id="same")), quirks=quirks
    )
    made = [one["id"] for message in sent for one in message.get("tool_calls", [])]
    assert len(set(made)) == 6
    assert all(0 < len(one) <= quirks.max_tool_id for one in made)
    answered = [message["tool_call_id"] for message in sent if message["role"] == "tool"]
    assert answered == made
    assert [m["content"] for m in sent if m["role"] == "tool"] == ["0", "1", "2", "3", "4", "again"]


def thinking(words, family="deepseek"):
    return signed(Seal("openai_chat", family=family).close({"f": "reasoning_content"}), words)


def signed(signature, words="hm"):
    return {"type": "thinking", "thinking": words, "signature": signature}


THOUGHT = [
    user("q"),
    assistant(thinking("one"), call(id="toolu_1")),
    user(result("ok", id="toolu_1")),
    assistant(thinking("two"), text("done")),
    user("next"),
    assistant(thinking("three"), call(id="toolu_2")),
    user(result("ok", id="toolu_2"), text("Tool loaded.")),
]


def reasoned(quirks):
    return [m.get("reasoning_content") for m in messages(*THOUGHT, quirks=quirks) if m["role"] == "assistant"]


def test_reasoning_goes_back_when_the_server_wants_it():
    assert reasoned(PLAIN) == [None, None, None]
    assert reasoned(Quirks(reasoning_back="tool_loop")) == [None, None, "three"]
    assert reasoned(Quirks(reasoning_back="always")) == ["one", "two", "three"]


OWN = SEAL.close({"f": "reasoning_content", "t": "hm"})
DAMAGED = damaged(OWN)
DAMAGED.append(msgspec.structs.replace(SEAL, key=b"another gateway's").close({"t": "hm"}))
FOREIGN = [
    "",
    "EqQBCkYIBxgCKkA",
    "gAAAAABoencrypted",
    "dgm2.gemini.of.another.dialect",
    Seal("openai_chat", "another account", "deepseek").close({"t": "hm"}),
    Seal("openai_chat", family="kimi").close({"t": "hm"}),
]


def reasoned_with(signature, back="always"):
    """What the server is sent of one thought, and what is said to be lost."""
    losses = Losses()
    asked = conversation(user("q"), assistant(signed(signature), text("a")), user("on"))
    sent = write_messages(asked, "deepseek-v4", Quirks(reasoning_back=back), losses, SEAL).messages
    return sent[1], losses.as_tuple()


@pytest.mark.parametrize("signature", DAMAGED)
def test_own_reasoning_that_does_not_open_is_left_out_and_named(signature):
    sent, (loss,) = reasoned_with(signature)
    assert sent == {"role": "assistant", "content": "a"}
    assert (loss.field, loss.what) == ("messages.1.content.0.signature", "dropped")
    assert loss.why in {"its seal is broken", "another version of Dragoman sealed it"}


@pytest.mark.parametrize("signature", FOREIGN)
def test_reasoning_of_others_is_left_out_and_is_no_loss(signature):
    assert reasoned_with(signature) == ({"role": "assistant", "content": "a"}, ())


def test_nothing_is_lost_where_no_reasoning_goes_back():
    assert reasoned_with(DAMAGED[0], "never")[1] == ()
    assert reasoned_with(DAMAGED[0], "tool_loop")[1] == ()
    assert reasoned_with(OWN)[0]["reasoning_content"] == "hm"


def test_a_tool_turn_without_reasoning_has_an_empty_one_where_it_is_required():
    quirks = Quirks(reasoning_back="always", reasoning_required=True)
    asked = [
        user("q"),
        assistant(thinking("x", "kimi"), call()),
        user(result("ok")),
        assistant("a"),
        user("r"),
    ]
    sent = messages(*asked, quirks=quirks)
    assert sent[1]["reasoning_content"] == ""
    assert "reasoning_content" not in sent[3]


def test_a_message_of_nothing_but_reasoning_is_sent_where_reasoning_is():
    asked = [user("q"), assistant(thinking("hm")), user("r")]
    assert messages(*asked, quirks=Quirks(reasoning_back="always"))[1] == {
        "role": "assistant",
        "content": "",
        "reasoning_content": "hm",
    }


def test_foreign_thoughts_reach_nobody_and_make_no_noise():
    foreign = {"type": "thinking", "thinking": "secret", "signature": "EqQBCkYIBxgCKkA"}
    asked = [user("q"), assistant(foreign, text("a")), user("r")]
    assert "secret" not in str(messages(*asked, quirks=Quirks(reasoning_back="always")))
    assert lost(*asked) == []


MARK = {"type": "ephemeral"}
CACHING = Quirks(cache_control=True, system_anywhere=True)


def test_markers_of_texts_stay_on_their_parts():
    sent = messages(
        user(text("a"), text("b", cache_control=MARK)), system=[text("s", cache_control=MARK)], quirks=CACHING
    )
    assert sent[0]["content"] == [text("s", cache_control=MARK)]
    assert sent[1]["content"] == [text("a"), text("b", cache_control=MARK)]


def test_markers_of_results_and_assistant_blocks_stand_on_the_message():
    asked = conversation(*LOOP)
    markers = {(1, 0): MARK, (2, 0): MARK}
    sent = write_messages(asked, "m", CACHING, Losses(), SEAL, markers=markers).messages
    assert sent[1]["cache_control"] == MARK
    assert sent[2]["cache_control"] == MARK


def test_other_servers_see_no_markers():
    asked = [user(text("q", cache_control=MARK)), assistant(call() | {"cache_control": MARK})]
    assert "cache_control" not in str(messages(*asked, user(result("ok", cache_control=MARK))))


def test_a_compaction_replaces_what_was_before():
    compaction = {"type": "compaction", "content": "what happened"}
    assert messages(user("old"), assistant(compaction, text("after")), user("new")) == [
        {"role": "user", "content": "<summary>\nwhat happened\n</summary>"},
        {"role": "assistant", "content": "after"},
        {"role": "user", "content": "new"},
    ]


def test_a_closing_note_joins_the_last_user_message_where_no_system_message_may_stand():
    asked = conversation(user("q"))
    assert write_messages(asked, "m", PLAIN, Losses(), SEAL, closing_note="now").messages == [
        {"role": "user", "content": "q\n\n<system-reminder>\nnow\n</system-reminder>"}
    ]


def test_images_of_the_last_results_stand_before_a_closing_note_and_join_where_roles_are_merged():
    asked = [user("q"), assistant(call()), user(result(image()), text("see")), user("again")]
    sent = messages(*asked, quirks=Quirks(merge_roles=True))
    assert [message["role"] for message in sent] == ["user", "assistant", "tool", "user"]
    assert [part.get("text", "image") for part in sent[3]["content"]] == [
        "Image output of tool call Read (1):",
        "image",
        "see",
        "again",
    ]
