"""A thought signature that was given out must come back to its server, with its call, unaltered."""

import copy
from typing import Any

import pytest
from tests.support.gemini_flavor import GeminiFlavor
from tests.support.gemini_signatures import current_turn
from tests.support.gemini_upstream import ScriptedGemini
from tests.support.replies import Call, Reasoning, reply
from tests.support_checks.test_gemini_upstream import ASKED, SHOWN, parts_of, post, scripted, whole

CALLS = (Call("Read", {"path": "a"}), Call("Bash", {}))
CORRUPTED = "Corrupted thought signature."
MISSING = "Function call is missing a thought_signature in functionCall parts."


def results_of(parts: list[dict[str, Any]]) -> dict[str, Any]:
    """The user's content after these calls."""
    calls = [part["functionCall"] for part in parts if "functionCall" in part]
    answers = [
        {
            "functionResponse": {
                "name": call["name"],
                "response": {"output": "x"},
                **({"id": call["id"]} if "id" in call else {}),
            }
        }
        for call in calls
    ]
    return {"role": "user", "parts": answers}


async def step(upstream: ScriptedGemini, body: dict[str, Any], **fields: Any) -> dict[str, Any]:
    """The body after one answer with calls and their results."""
    parts = (await whole(upstream, body, **fields))["candidates"][0]["content"]["parts"]
    return body | {"contents": [*body["contents"], {"role": "model", "parts": parts}, results_of(parts)]}


async def outcome(upstream: ScriptedGemini, body: dict[str, Any], **fields: Any) -> str:
    """`fine`, or the refusal."""
    before = len(upstream.violations)
    await post(upstream, body, "generateContent", **fields)
    return upstream.violations[-1] if len(upstream.violations) > before else "fine"


async def test_first_call_of_each_step_is_signed_and_verified() -> None:
    async with scripted([reply(*CALLS), reply(*CALLS), reply("done")]) as upstream:
        body = await step(upstream, await step(upstream, ASKED))
        assert [
            ["thoughtSignature" in part for part in content["parts"]] for content in body["contents"][1::2]
        ] == [[True, False]] * 2
        assert await outcome(upstream, body) == "fine"
    counts = upstream.signatures
    assert (counts.issued, counts.verified, counts.skipped, counts.missing) == (2, 2, 0, [])


def with_signature(body: dict[str, Any], signature: str | None, step_number: int = 0) -> dict[str, Any]:
    changed = copy.deepcopy(body)
    part = changed["contents"][1 + 2 * step_number]["parts"][0]
    part.pop("thoughtSignature")
    if signature is not None:
        part["thoughtSignature"] = signature
    return changed


@pytest.mark.parametrize("step_number", [0, 1])
async def test_missing_signature_of_any_step_is_refused(step_number: int) -> None:
    async with scripted([reply(*CALLS), reply(*CALLS), reply("done")]) as upstream:
        body = await step(upstream, await step(upstream, ASKED))
        told = await outcome(upstream, with_signature(body, None, step_number))
        assert told.startswith(MISSING)
        assert f"`default_api:Read` , position {2 + 2 * step_number}." in told
        assert upstream.signatures.verified == 1
        assert (
            await outcome(upstream, with_signature(body, "skip_thought_signature_validator", step_number))
            == "fine"
        )
        assert (upstream.signatures.skipped, upstream.signatures.verified) == (1, 1 + (step_number == 0))


async def test_altered_or_foreign_signature_is_refused() -> None:
    async with scripted(reply(*CALLS)) as upstream, scripted(reply(*CALLS)) as other:
        body = await step(upstream, ASKED)
        signature = body["contents"][1]["parts"][0]["thoughtSignature"]
        assert await outcome(upstream, with_signature(body, signature[:-1])) == CORRUPTED
        assert await outcome(upstream, with_signature(body, "")) != "fine"
        assert await outcome(other, body) == CORRUPTED
        assert await outcome(upstream, body, headers={"x-goog-api-key": "another"}) == CORRUPTED
        assert await outcome(upstream, body, model="gemini-4-neon") == CORRUPTED
        assert await outcome(upstream, body) == "fine"


@pytest.mark.parametrize(
    ("field", "value", "fine"),
    [
        ("name", "Write", False),
        ("id", "another", False),
        ("args", {"path": "b"}, False),
        ("args", {}, False),
        ("args", {"path": "a", "default": 1}, True),
    ],
)
async def test_signature_belongs_to_its_call(field: str, value: Any, fine: bool) -> None:
    async with scripted(reply(*CALLS)) as upstream:
        body = await step(upstream, ASKED)
        body["contents"][1]["parts"][0]["functionCall"][field] = value
        body["contents"][2] = results_of(body["contents"][1]["parts"])
        assert await outcome(upstream, body) == ("fine" if fine else CORRUPTED)


async def test_older_turns_may_come_without_but_not_with_wrong_ones() -> None:
    async with scripted(reply(*CALLS)) as upstream:
        body = await step(upstream, ASKED)
        later = [{"role": "model", "parts": [{"text": "done"}]}, *ASKED["contents"]]
        body["contents"] += later
        assert await outcome(upstream, with_signature(body, None)) == "fine"
        assert await outcome(upstream, with_signature(body, "wrong")) == CORRUPTED
        body["contents"][3]["parts"][0]["thoughtSignature"] = "wrong"
        assert await outcome(upstream, body) == CORRUPTED


async def test_text_beside_results_does_not_begin_a_turn() -> None:
    async with scripted(reply(*CALLS)) as upstream:
        body = await step(upstream, ASKED)
        body["contents"][2]["parts"].append({"text": "reminder"})
        assert current_turn(body["contents"]) == 1
        assert (await outcome(upstream, with_signature(body, None))).startswith(MISSING)


async def test_older_models_need_none() -> None:
    async with scripted(reply(*CALLS)) as upstream:
        body = await step(upstream, ASKED, model="gemini-2.5-flash")
        assert await outcome(upstream, body, model="gemini-2.5-flash") == "fine"
    assert upstream.signatures.issued == 0


async def test_vertex_has_other_words_and_knows_no_key() -> None:
    async with scripted(reply(*CALLS), vertex=True) as upstream:
        body = await step(upstream, ASKED)
        told = await outcome(upstream, with_signature(body, None))
        assert (
            "function call `default_api:Read` in the 2. content block is missing a `thought_signature`"
            in told
        )
        assert "Thought signature is not valid" in await outcome(upstream, with_signature(body, "wrong"))
        assert await outcome(upstream, body, headers={"authorization": "Bearer refreshed"}) == "fine"


async def test_thoughts_texts_and_the_end_can_be_signed() -> None:
    flavor = GeminiFlavor(signs=frozenset(("thoughts", "texts", "trailing")))
    async with scripted(reply(Reasoning("Hm", sizes=1), "Yes"), flavor=flavor) as upstream:
        told = await whole(upstream, SHOWN)
        parts = parts_of([told])
        assert [("thoughtSignature" in part, part["text"]) for part in parts] == [
            (True, "Hm"),
            (True, "Yes"),
            (True, ""),
        ]
        signatures = [{"thoughtSignature": part["thoughtSignature"]} for part in parts]
        answered = [*ASKED["contents"], {"role": "model", "parts": signatures}, *ASKED["contents"]]
        assert await outcome(upstream, SHOWN | {"contents": answered}) == "fine"
        assert upstream.signatures.verified == 3
