"""Whatever a client asks, writing it changes nothing of it, and what is written holds together from turn to turn."""

import copy
import json
from dataclasses import replace

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from dragoman.dialects.quirks import Quirks
from dragoman.dialects.registry import DIALECTS
from dragoman.messages.parse import parse_request
from dragoman.routing.presets import quirks_for
from tests.support.openai_flavor import COMPATIBLE
from tests.support.openai_history import check_history
from tests.support.sealing import seal
from tests.support.strategies import conversations, images, text_blocks, texts

quick = settings(max_examples=60, deadline=None)

SERVERS = [
    (Quirks(), COMPATIBLE),
    (
        Quirks(system_anywhere=True, system_role="developer", files=True, prompt_cache_key=True),
        COMPATIBLE,
    ),
    (
        Quirks(reasoning_back="always", reasoning_required=True, reasons=True, effort_style="thinking_type"),
        replace(
            COMPATIBLE, extra_message_fields=frozenset({"reasoning_content"}), needs_reasoning_content=True
        ),
    ),
    (
        Quirks(
            tool_ids="nine", max_tool_id=9, merge_roles=True, images=False, filler_for_empty="(no output)"
        ),
        replace(COMPATIBLE, nine_char_ids=True, alternates=True, system_first=True),
    ),
    (
        Quirks(cache_control=True, reasoning_back="always", reasoning_field="reasoning_details"),
        COMPATIBLE,
    ),
]
servers = st.sampled_from(SERVERS)
"""Servers of all kinds, with the quirks that make them take what is written."""

IDS = ("call_0", "toolu_dpAAAAAAAA_call_0", "toolu_01Abc", "Bash", "tool:1/ü", "x" * 64, "functions.Bash:0")
SIGNED = (
    seal("openai_chat", {"f": "reasoning_content"}, family="deepseek"),
    seal(
        "openai_chat",
        {"f": "reasoning", "d": [{"type": "reasoning.encrypted", "data": "x"}]},
        family="gemini",
    ),
    seal("gemini", {"parts": []}),
    "EqQBCgIYAhIM",
    "",
)
TOOLS = [
    {"name": name, "input_schema": {"type": "object"}} for name in ("Bash", "Read", "mcp__a.b__c" + "d" * 60)
]


@st.composite
def _turn(draw, turn):
    """An assistant's message and what the user and the system answer, results in any order and not all there."""
    said = []
    if draw(st.booleans()):
        said.append({"type": "thinking", "thinking": "Hm.", "signature": draw(st.sampled_from(SIGNED))})
    if draw(st.booleans()):
        said.append(draw(text_blocks))
    called = draw(st.lists(st.tuples(st.sampled_from(IDS), st.sampled_from(TOOLS)), max_size=3))
    for place, (id, tool) in enumerate(called):
        said.append({"type": "tool_use", "id": id, "name": tool["name"], "input": {"at": f"{turn}.{place}"}})
    answers = [
        {"type": "tool_result", "tool_use_id": id, "content": _result(draw, f"{turn}.{place}")}
        for place, (id, _) in enumerate(called)
    ]
    # Results of one id answer its calls in order; those of different ids come as they are ready.
    ids = [id for id, _ in called]
    order = draw(st.permutations(range(len(answers)))) if len(set(ids)) == len(ids) else range(len(answers))
    answered = [answers[place] for place in order]
    if answered and draw(st.booleans()):
        answered.pop()
    if answered and draw(st.booleans()):
        answered.append({"type": "tool_result", "tool_use_id": "of_no_call", "content": "orphan"})
    if draw(st.booleans()) or not answered:
        answered.append(draw(st.one_of(text_blocks, images)))
    messages = [{"role": "assistant", "content": said or [{"type": "text", "text": "Well."}]}]
    messages.append({"role": "user", "content": answered})
    if draw(st.booleans()):
        messages.append({"role": "system", "content": draw(texts)})
    return messages


def _result(draw, place):
    content = [{"type": "text", "text": f"result of {place}"}]
    return [*content, draw(images)] if draw(st.booleans()) else content


@st.composite
def messy_conversations(draw):
    """A history as it is after other proxies, lost results and clients that repeat ids."""
    messages = [{"role": "user", "content": draw(texts)}]
    if draw(st.booleans()):
        messages.append({"role": "system", "content": draw(texts)})
    for turn in range(draw(st.integers(0, 4))):
        messages += draw(_turn(turn))
    return {"model": "claude-sonnet-5", "max_tokens": 1000, "messages": messages, "tools": TOOLS}


GEMINI = [
    quirks_for("https://generativelanguage.googleapis.com/v1beta", model, "gemini")
    for model in ("gemini-3.8-flash", "gemini-2.5-flash-lite")
]
geminis = st.sampled_from(GEMINI)

any_conversation = st.one_of(conversations(), messy_conversations())


def _only_thought(body):
    """Whether some assistant message is left out, so that the user messages around it are joined."""
    said = [message["content"] for message in body["messages"] if message["role"] == "assistant"]
    return any(all(block["type"] == "thinking" for block in blocks) for blocks in said)


def request_of(body, **options):
    return parse_request(json.dumps(body).encode(), (("x-app", "cli"),), **options)


def written(body, quirks):
    return json.loads(DIALECTS["openai_chat"].write_request(request_of(body), "deepseek-v4", quirks).body)


@quick
@given(body=any_conversation, server=servers, counting=st.booleans())
def test_writing_changes_nothing_of_the_request(body, server, counting):
    for name, dialect in DIALECTS.items():
        request = request_of(body, counting=counting)
        raw, data, headers = copy.deepcopy(request.raw), bytes(request.body), request.headers
        dialect.write_request(request, "another-model", server[0])
        dialect.write_count(request, "another-model", server[0])
        assert (request.raw, request.body, request.headers) == (raw, data, headers), name


@quick
@given(body=any_conversation)
def test_writing_twice_writes_the_same(body):
    for name, dialect in DIALECTS.items():
        first, second = (dialect.write_request(request_of(body), "m", Quirks()) for _ in range(2))
        assert (first.body, first.losses, first.headers) == (second.body, second.losses, second.headers), name


@quick
@given(body=messy_conversations(), server=servers)
def test_every_call_has_an_id_of_its_own_and_its_own_result(body, server):
    quirks, flavor = server
    upstream = written(body, quirks)
    check_history(upstream, flavor)
    calls = {
        call["id"]: call["function"]
        for message in upstream["messages"]
        for call in message.get("tool_calls", ())
    }
    for message in upstream["messages"]:
        if message["role"] == "tool":
            place = json.loads(calls[message["tool_call_id"]]["arguments"])["at"]
            said = message["content"].splitlines()[0]
            assert said in (f"result of {place}", "[no result]")


@quick
@given(body=messy_conversations(), model=st.sampled_from(["gpt-4.1", "gpt-6.2-sol", "their-model"]))
def test_every_call_in_items_has_an_id_of_its_own_and_its_own_result(body, model):
    quirks = quirks_for("https://api.openai.com/v1", model, "openai_responses")
    items = json.loads(DIALECTS["openai_responses"].write_request(request_of(body), model, quirks).body)[
        "input"
    ]
    calls = {item["call_id"]: item for item in items if item["type"] == "function_call"}
    assert len(calls) == sum(block["type"] == "tool_use" for block in _assistant_blocks(body))
    answered = [item for item in items if item["type"] == "function_call_output"]
    assert [item["call_id"] for item in answered] == list(calls)
    for item in answered:
        place = json.loads(calls[item["call_id"]]["arguments"])["at"]
        output = item["output"]
        said = output.splitlines()[0] if isinstance(output, str) else output[0]["text"]
        assert said in (f"result of {place}", "[no result]")


def contents_for_gemini(body, quirks):
    return json.loads(DIALECTS["gemini"].write_request(request_of(body), "gemini-x", quirks).body)["contents"]


@quick
@given(body=messy_conversations(), quirks=geminis)
def test_every_call_of_geminis_has_its_own_result_and_an_id_of_its_own_where_ids_are_taken(body, quirks):
    contents = contents_for_gemini(body, quirks)
    ids = []
    for content, following in zip(contents, [*contents[1:], None], strict=True):
        calls = [part["functionCall"] for part in content["parts"] if "functionCall" in part]
        answers = following["parts"][: len(calls)] if calls else []
        results = [part["functionResponse"] for part in answers]
        assert [call.get("id") for call in calls] == [result.get("id") for result in results]
        # Models before generation 3 take no ids: there the order alone says what belongs together.
        ids += [call["id"] if quirks.call_ids else object() for call in calls]
        for call, result in zip(calls, results, strict=True):
            (said,) = result["response"].values()
            missing = "Tool result missing (interrupted)."
            assert said.splitlines()[0] in (f"result of {call['args']['at']}", missing)
    assert len(set(ids)) == len(ids)
    assert len(ids) == sum(block["type"] == "tool_use" for block in _assistant_blocks(body))


def _assistant_blocks(body):
    said = [message["content"] for message in body["messages"] if message["role"] == "assistant"]
    return [block for blocks in said for block in blocks]


@quick
@given(body=any_conversation, quirks=geminis)
def test_the_next_turn_of_geminis_begins_with_the_parts_of_the_last(body, quirks):
    messages = body["messages"]
    whole = _parts(contents_for_gemini(body, quirks))
    for end in range(1, len(messages)):
        if messages[end]["role"] == "assistant":
            earlier = _parts(contents_for_gemini(body | {"messages": messages[:end]}, quirks))
            assert whole[: len(earlier)] == earlier


def _parts(contents):
    return [(content["role"], part) for content in contents for part in content["parts"]]


@quick
@given(body=any_conversation, server=servers)
def test_the_next_turn_begins_with_the_messages_of_the_last(body, server):
    quirks, _ = server
    assume(not quirks.merge_roles or not _only_thought(body))
    messages = body["messages"]
    whole = written(body, quirks)
    for end in range(1, len(messages)):
        if messages[end]["role"] != "assistant":
            continue
        earlier = written(body | {"messages": messages[:end]}, quirks)
        assert whole["messages"][: len(earlier["messages"])] == earlier["messages"]
        assert whole.get("tools") == earlier.get("tools")
        assert whole.get("prompt_cache_key") == earlier.get("prompt_cache_key")
