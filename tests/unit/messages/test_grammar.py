import itertools

import pytest

from dragoman.messages.errors import TranslatorBug
from dragoman.messages.events import (
    CitationsDelta,
    ContentBlockDelta,
    ContentBlockStart,
    ContentBlockStop,
    Ending,
    ErrorDetail,
    ErrorEvent,
    InputJsonDelta,
    MessageDelta,
    MessageHead,
    MessageStart,
    MessageStop,
    Ping,
    ServerToolUseBlock,
    SignatureDelta,
    TextBlock,
    TextDelta,
    ThinkingBlock,
    ThinkingDelta,
    ToolUseBlock,
    Usage,
    WholeBlockStart,
    frame_of,
)
from dragoman.messages.grammar import NEXT, Grammar
from tests.support.grammar_table import check_stream

START = MessageStart(MessageHead(id="msg_1", model="claude-sonnet-5", usage=Usage()))
TEXT = ContentBlockStart(0, TextBlock())
THINKING = ContentBlockStart(0, ThinkingBlock())
TOOL = ContentBlockStart(0, ToolUseBlock("toolu_1", "Bash"))
SERVER_TOOL = ContentBlockStart(0, ServerToolUseBlock("srvtoolu_1", "web_search"))
WHOLE = WholeBlockStart(0, {"type": "redacted_thinking", "data": "x"})
STOP = ContentBlockStop(0)
SIGNED = ContentBlockDelta(0, SignatureDelta("s"))
ENDING = MessageDelta(Ending("end_turn"), Usage())
OVER = MessageStop()
ERROR = ErrorEvent(ErrorDetail("api_error", "lost"), "req_1")

PATHS = {
    "before": [],
    "between_blocks": [START],
    "in_text": [START, TEXT],
    "in_thinking": [START, THINKING],
    "signed": [START, THINKING, SIGNED],
    "in_tool_use": [START, TOOL],
    "in_whole": [START, WHOLE],
    "ending": [START, ENDING],
    "over": [START, ENDING, OVER],
}

LEGAL = {
    "before": {"message_start", "error"},
    "between_blocks": {
        "text",
        "thinking",
        "tool_use",
        "server_tool_use",
        "whole",
        "message_delta",
        "ping",
        "error",
    },
    "in_text": {"text_delta", "citations_delta", "stop", "ping", "error"},
    "in_thinking": {"thinking_delta", "signature_delta", "stop", "ping", "error"},
    "signed": {"stop", "ping", "error"},
    "in_tool_use": {"input_json_delta", "stop", "ping", "error"},
    "in_whole": {"stop", "ping", "error"},
    "ending": {"message_delta", "message_stop", "ping", "error"},
    "over": set(),
}
"""Written again from the specification, so that a wrong row in the package's table is seen."""

EVENTS = {
    "message_start": START,
    "text": TEXT,
    "thinking": THINKING,
    "tool_use": TOOL,
    "server_tool_use": SERVER_TOOL,
    "whole": WHOLE,
    "text_delta": ContentBlockDelta(0, TextDelta("x")),
    "citations_delta": ContentBlockDelta(0, CitationsDelta({"url": "u"})),
    "thinking_delta": ContentBlockDelta(0, ThinkingDelta("x")),
    "signature_delta": SIGNED,
    "input_json_delta": ContentBlockDelta(0, InputJsonDelta("{}")),
    "stop": STOP,
    "message_delta": ENDING,
    "message_stop": OVER,
    "ping": Ping(),
    "error": ERROR,
}


def after(*events):
    grammar = Grammar()
    for event in events:
        grammar.check(event)
    return grammar


@pytest.mark.parametrize("state", PATHS)
def test_each_state_allows_exactly_what_the_api_allows(state):
    allowed = set()
    for name, event in EVENTS.items():
        grammar = after(*PATHS[state])
        assert grammar.state == state
        try:
            grammar.check(event)
            allowed.add(name)
        except TranslatorBug:
            pass
    assert allowed == LEGAL[state]


@pytest.mark.parametrize(("state", "name"), list(itertools.product(PATHS, EVENTS)))
def test_what_is_refused_is_refused_by_the_independent_table_too(state, name):
    frames = b"".join(frame_of(event) for event in [*PATHS[state], EVENTS[name]])
    if name in LEGAL[state] and (state, name) != ("in_thinking", "stop"):
        check_stream(frames, complete=False)
    else:
        with pytest.raises(AssertionError):
            check_stream(frames, complete=False)


def test_table_has_no_state_that_cannot_be_reached():
    assert {state for state, _ in NEXT} | set(NEXT.values()) == set(PATHS)


def test_call_of_the_upstreams_takes_its_input_as_any_call():
    grammar = after(START, SERVER_TOOL, EVENTS["input_json_delta"], STOP)
    assert grammar.state == "between_blocks"


def test_error_ends_the_stream():
    grammar = after(START, TEXT, ERROR)
    assert grammar.state == "over"
    with pytest.raises(TranslatorBug):
        grammar.check(STOP)


def test_indexes_count_up_from_zero():
    assert after(START, TEXT, STOP, ContentBlockStart(1, TextBlock()), ContentBlockStop(1)).index == 1


@pytest.mark.parametrize("index", [0, 2])
def test_index_that_leaves_a_gap_or_repeats_is_refused(index):
    with pytest.raises(TranslatorBug, match=f"of block {index}"):
        after(START, TEXT, STOP, ContentBlockStart(index, TextBlock()))


@pytest.mark.parametrize("event", [ContentBlockDelta(1, TextDelta("x")), ContentBlockStop(1)])
def test_event_of_a_block_that_is_not_open_is_refused(event):
    with pytest.raises(TranslatorBug, match="of block 1"):
        after(START, TEXT, event)


def test_refusal_names_the_event_and_the_state():
    with pytest.raises(TranslatorBug, match="MessageStop is illegal in the state `in_text` with block 0"):
        after(START, TEXT, OVER)
