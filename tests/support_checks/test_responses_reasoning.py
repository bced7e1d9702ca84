"""Reasoning comes back to the scripted Responses backend as it was given out, or it is refused or withheld."""

import copy
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import openai
import pytest
from tests.support.openai_client import KEY, client_of
from tests.support.replies import Call, Reasoning, Reply, Text, reply
from tests.support.responses_flavor import OPENAI_RESPONSES, VLLM_RESPONSES, ResponsesFlavor
from tests.support.responses_replies import message, opened, searched, text_part
from tests.support.responses_upstream import ScriptedResponses

READ: dict[str, Any] = {
    "type": "function",
    "name": "Read",
    "parameters": {"type": "object", "properties": {}},
    "strict": False,
}
ASKED: dict[str, Any] = {
    "model": "gpt-6.2-sol",
    "store": False,
    "include": ["reasoning.encrypted_content"],
    "reasoning": {"effort": "low", "summary": "auto"},
    "prompt_cache_key": "session",
    "safety_identifier": "somebody",
    "tools": [READ],
}
BEGIN: list[Any] = [{"role": "developer", "content": "Be kind."}, {"role": "user", "content": "Look"}]
TOOL_TURN = reply(Reasoning("Hm\n\nSo"), "I look.", Call("Read", {"path": "a"}), Call("Read", {"path": "b"}))
SCRIPT = [TOOL_TURN, reply("Done."), reply("Again.")]
Items = list[dict[str, Any]]


async def ask(upstream: ScriptedResponses, items: Items, key: str = KEY, **fields: Any) -> Any:
    async with client_of(upstream, key) as client:
        return await client.responses.create(**(ASKED | {"input": items} | fields))


def echoed(output: Items) -> Items:
    """What a client without state sends back for these output items, and outputs for its calls."""
    items: Items = []
    for item in output:
        match item["type"]:
            case "message":
                items += [
                    {"role": "assistant", "content": part["text"], "phase": item.get("phase")}
                    for part in item["content"]
                ]
            case "function_call":
                items.append({key: item[key] for key in ("type", "call_id", "name", "arguments")})
            case _:
                items.append(dict(item))
    calls = [item["call_id"] for item in items if item.get("type") == "function_call"]
    return [
        *items,
        *({"type": "function_call_output", "call_id": call_id, "output": "x"} for call_id in calls),
    ]


async def tool_turn(upstream: ScriptedResponses, **fields: Any) -> Items:
    """The input of the second turn."""
    await ask(upstream, BEGIN, **fields)
    return [*copy.deepcopy(BEGIN), *echoed(copy.deepcopy(list(upstream.turns[0].answer)))]


async def test_reasoning_that_comes_back_is_taken() -> None:
    async with ScriptedResponses(SCRIPT, flavor=replace(OPENAI_RESPONSES, strict_prefix=True)) as upstream:
        items = await tool_turn(upstream)
        response = await ask(upstream, items)
        assert response.output_text == "Done."
        assert response.input_transformations == []
    assert [item.get("type", "message") for item in items[2:]] == [
        "reasoning", "message", "function_call", "function_call", "function_call_output", "function_call_output",
    ]  # fmt: skip
    assert items[2]["summary"] == [
        {"type": "summary_text", "text": "Hm"},
        {"type": "summary_text", "text": "So"},
    ]
    assert (upstream.reasoning.issued, upstream.reasoning.verified) == (1, 1)
    assert upstream.reasoning.missing == []
    assert upstream.violations == upstream.withheld == []


def without_reasoning(items: Items) -> None:
    del items[2]


async def test_reasoning_may_stay_away() -> None:
    async with ScriptedResponses(SCRIPT) as upstream:
        items = await tool_turn(upstream)
        without_reasoning(items)
        await ask(upstream, items)
    assert upstream.reasoning.verified == 0
    assert len(upstream.reasoning.missing) == 1
    assert upstream.violations == []


def at(index: int, **fields: Any) -> Callable[[Items], None]:
    return lambda items: items[index].update(fields)


def swap(one: int, other: int) -> Callable[[Items], None]:
    def swapped(items: Items) -> None:
        items[one], items[other] = items[other], items[one]

    return swapped


@pytest.mark.parametrize(
    ("change", "status", "words", "code"),
    [
        (at(2, encrypted_content="gAAAAAother"), 400, "The encrypted content gAAA...ther could not be verified.", "invalid_encrypted_content"),
        (at(2, summary=[]), 400, "could not be decrypted or parsed", "invalid_encrypted_content"),
        (at(2, id="rs_other"), 404, "Item with id 'rs_other' not found. Items are not persisted when `store` is set to false.", None),
        (at(2, id="rs_other", encrypted_content="gAAAAAother"), 400, "could not be decrypted", "invalid_encrypted_content"),
        (at(2, encrypted_content=None), 404, "not found. Items are not persisted", None),
        (at(2, id=""), 400, "Invalid 'input[2].id': empty string", "empty_string"),
        (at(2, content=[{"type": "reasoning_text", "text": "Hm"}]), 400, "Invalid 'input[2].content': array too long. Expected an array with maximum length 0, but got an array with length 1 instead.", "array_above_max_length"),
        (lambda items: items.append(items.pop(2)), 400, "of type 'reasoning' was provided without its required following item.", None),
        (lambda items: items.insert(3, {"role": "user", "content": "x"}), 400, "without its required following item", None),
        (lambda items: items.insert(3, {"role": "developer", "content": "x"}), 400, "without its required following item", None),
        (lambda items: items.pop(3), 400, "without its required following item", None),
        (at(3, content="Other words."), 400, "without its required following item", None),
        (swap(3, 4), 400, "without its required following item", None),
        (at(4, id="call_1"), 400, "Invalid 'input[4].id': 'call_1'. Expected an ID that begins with 'fc'.", "invalid_value"),
    ],
)  # fmt: skip
async def test_reasoning_that_comes_back_otherwise_is_refused(
    change: Callable[[Items], None], status: int, words: str, code: str | None
) -> None:
    async with ScriptedResponses(SCRIPT) as upstream:
        items = await tool_turn(upstream)
        change(items)
        with pytest.raises(openai.APIStatusError) as caught:
            await ask(upstream, items)
    assert caught.value.status_code == status
    assert words in caught.value.message
    assert caught.value.code == code
    assert len(upstream.violations) == 1
    assert upstream.reasoning.verified == 0


@pytest.mark.parametrize(("place", "kind"), [(1, "message"), (2, "function_call"), (3, "function_call")])
async def test_item_with_an_id_needs_its_reasoning(place: int, kind: str) -> None:
    async with ScriptedResponses(SCRIPT) as upstream:
        items = await tool_turn(upstream)
        answered = upstream.turns[0].answer
        items[2 + place]["id"] = answered[place]["id"]
        if kind == "message":
            items[3] |= {"content": answered[1]["content"], "type": "message", "status": "completed"}
        await ask(upstream, items)
        without_reasoning(items)
        words = (
            f"Item '{answered[place]['id']}' of type '{kind}' was provided without its required 'reasoning' item:"
            f" '{answered[0]['id']}'."
        )
        with pytest.raises(openai.BadRequestError, match=words):
            await ask(upstream, items)


async def test_another_server_reads_nothing() -> None:
    async with ScriptedResponses(SCRIPT) as upstream, ScriptedResponses(SCRIPT) as other:
        items = await tool_turn(upstream)
        with pytest.raises(openai.BadRequestError, match="could not be verified") as caught:
            await ask(other, items)
    assert caught.value.code == "invalid_encrypted_content"


async def test_account_reads_only_its_own() -> None:
    async with ScriptedResponses(SCRIPT, flavor=ResponsesFlavor(account=True)) as upstream:
        items = await tool_turn(upstream)
        with pytest.raises(openai.BadRequestError, match="could not be verified"):
            await ask(upstream, items, key="another")
        assert (await ask(upstream, items)).output_text == "Done."
    async with ScriptedResponses(SCRIPT) as upstream:
        await ask(upstream, await tool_turn(upstream), key="another")
    assert upstream.violations == []


async def test_server_that_forgets_takes_no_reasoning() -> None:
    async with ScriptedResponses(SCRIPT, flavor=ResponsesFlavor(forgets_reasoning=True)) as upstream:
        items = await tool_turn(upstream)
        with pytest.raises(openai.BadRequestError, match="could not be verified"):
            await ask(upstream, items)
        without_reasoning(items)
        assert (await ask(upstream, items)).output_text == "Done."
    assert upstream.violations == []
    assert len(upstream.declined) == 1


@pytest.mark.parametrize(
    ("change", "fields", "reason"),
    [
        (at(0, content="Be brief."), {}, "prefix_mismatch"),
        (lambda items: items.insert(1, {"role": "developer", "content": "x"}), {}, "prefix_mismatch"),
        (lambda items: None, {"model": "gpt-5.6-terra"}, "model_mismatch"),
        (lambda items: None, {"safety_identifier": "somebody else"}, "end_user_mismatch"),
        (lambda items: None, {"safety_identifier": None}, "end_user_mismatch"),
        (
            lambda items: items.append({"role": "user", "content": "And?"}),
            {"reasoning": {"context": "current_turn"}},
            "turn_boundary",
        ),
    ],
)
async def test_what_does_not_fit_is_withheld(
    change: Callable[[Items], None], fields: dict[str, Any], reason: str
) -> None:
    async with ScriptedResponses(SCRIPT) as upstream:
        items = await tool_turn(upstream)
        change(items)
        response = await ask(upstream, items, **fields)
        told = response.input_transformations or []
        assert [(one.id, one.action, one.reason) for one in told] == [
            (upstream.turns[0].answer[0]["id"], "removed", reason)
        ]
    assert [one["reason"] for one in upstream.withheld] == [reason]
    assert upstream.violations == []


@pytest.mark.parametrize(("model", "reasons"), [("gpt-5.5", ["turn_boundary"]), ("gpt-5.6-sol", [])])
async def test_older_models_read_the_reasoning_of_one_turn(model: str, reasons: list[str]) -> None:
    fields = {"model": model, "reasoning": {"effort": "low"}}
    async with ScriptedResponses(SCRIPT) as upstream:
        items = await tool_turn(upstream, **fields)
        await ask(upstream, items, **fields)
        assert upstream.withheld == []
        await ask(upstream, [*items, {"role": "user", "content": "And?"}], **fields)
    assert [one["reason"] for one in upstream.withheld] == reasons


async def test_defaults_added_to_arguments_and_lost_phases_change_no_prefix() -> None:
    async with ScriptedResponses(SCRIPT, flavor=ResponsesFlavor(strict_prefix=True)) as upstream:
        items = await tool_turn(upstream)
        items[4]["arguments"] = '{"limit": 5, "path": "a"}'
        del items[3]["phase"]
        await ask(upstream, items)
    assert upstream.violations == upstream.withheld == []


@pytest.mark.parametrize(
    ("fields", "encrypted", "summary"),
    [
        ({}, True, True),
        ({"include": []}, False, True),
        ({"reasoning": {"effort": "low"}}, True, False),
    ],
)
async def test_reasoning_says_what_was_asked_for(
    fields: dict[str, Any], encrypted: bool, summary: bool
) -> None:
    async with ScriptedResponses(SCRIPT) as upstream:
        await ask(upstream, BEGIN, **fields)
    item = upstream.turns[0].answer[0]
    assert item["type"] == "reasoning"
    assert ("encrypted_content" in item) == encrypted
    assert bool(item["summary"]) == summary
    assert upstream.reasoning.issued == encrypted


@pytest.mark.parametrize(
    "fields",
    [
        {"reasoning": {"effort": "none"}},
        {"model": "gpt-4.1", "reasoning": None, "include": []},
    ],
)
async def test_nothing_is_thought_without_effort(fields: dict[str, Any]) -> None:
    async with ScriptedResponses(SCRIPT) as upstream:
        await ask(upstream, BEGIN, **fields)
    assert [item["type"] for item in upstream.turns[0].answer] == [
        "message",
        "function_call",
        "function_call",
    ]


async def test_open_weights_think_in_the_clear_and_take_it_back() -> None:
    async with ScriptedResponses(SCRIPT, flavor=VLLM_RESPONSES) as upstream:
        items = await tool_turn(upstream, model="m")
        for item in items:
            item.pop("phase", None)
        assert items[2]["content"] == [{"type": "reasoning_text", "text": "Hm\n\nSo"}]
        assert "encrypted_content" not in items[2]
        await ask(upstream, items, model="m")
    assert upstream.violations == upstream.declined == []


async def test_reasoning_before_a_search_rests_on_it() -> None:
    said = reply(
        Reasoning("Hm"), searched("q", ["https://a"]), opened("https://a"), message(text_part("Found."))
    )
    async with ScriptedResponses([said, reply("Done."), reply("x")]) as upstream:
        items = await tool_turn(upstream)
        assert [item["type"] for item in items[2:5]] == ["reasoning", "web_search_call", "web_search_call"]
        await ask(upstream, items)
        without_reasoning(items)
        with pytest.raises(openai.BadRequestError, match="without its required 'reasoning' item"):
            await ask(upstream, items)


async def test_words_of_an_answer_that_broke_off_may_follow() -> None:
    said = Reply(parts=(Reasoning("Hm"), Text("I was about to")), finishes=False)
    async with ScriptedResponses([said, reply("Done.")]) as upstream:
        async with client_of(upstream) as client:
            stream = await client.responses.create(**ASKED, input=BEGIN, stream=True)
            done = [event.item async for event in stream if event.type == "response.output_item.done"]
        assert len(done) == 1
        items = [*BEGIN, done[0].model_dump(exclude_none=True), {"role": "assistant", "content": "I was"}]
        await ask(upstream, [*items, {"role": "user", "content": "Go on"}])
    assert upstream.violations == []
