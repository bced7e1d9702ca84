"""Laws of the MessageWriter: whatever a reader tells it comes out as a legal stream, and nothing is lost."""

import json

from hypothesis import given, settings

from dragoman.messages.events import frame_of
from dragoman.messages.grammar import Grammar
from tests.support.grammar_table import check_stream
from tests.support.message_scripts import Begin, Feed, Step, Told, blocks_of, scripts, tell, usages


def arguments_of(steps: list[Step]) -> list[dict]:
    """The arguments of each call in a script that completes them all."""
    texts = ["" for step in steps if isinstance(step, Begin)]
    for step in steps:
        if isinstance(step, Feed):
            texts[step.key] += step.piece
    return [json.loads(text) for text in texts]


def frames(told: Told) -> bytes:
    return b"".join(frame_of(event) for event in told.events)


@settings(max_examples=60, deadline=None)
@given(scripts(interrupted=True), usages)
def test_any_sequence_of_calls_gives_legal_events(steps, usage):
    grammar = Grammar()
    for event in tell(steps, usage, signs=False).events:
        grammar.check(event)
    assert grammar.state == "over"


@settings(max_examples=60, deadline=None)
@given(scripts(interrupted=False), usages)
def test_signed_answers_pass_the_independent_grammar(steps, usage):
    told = tell(steps, usage, signs=True)
    check_stream(frames(told))
    assert [json.loads(text) for _, text in told.calls.values()] == arguments_of(steps)


@settings(max_examples=60, deadline=None)
@given(scripts(interrupted=True), usages)
def test_nothing_that_was_said_is_lost_or_moved(steps, usage):
    told = tell(steps, usage, signs=False)
    events = [json.loads(frame_of(event).split(b"data: ", 1)[1]) for event in told.events]
    blocks = blocks_of(events)

    heard = Told()
    for block in blocks:
        if block["type"] != "tool_use":
            heard.add(block["type"], block["said"])
    assert heard.spoken == told.spoken

    calls = [(at, block) for at, block in enumerate(blocks) if block["type"] == "tool_use"]
    assert [(block["name"], block["said"]) for _, block in calls] == list(told.calls.values())
    assert [block["id"] for _, block in calls] == [f"toolu_{key}" for key in told.calls]
    for key, (at, _) in enumerate(calls):
        before = "".join(block["said"] for block in blocks[:at] if block["type"] == "text")
        assert before == told.before_call[key]
