from dragoman.messages.events import (
    CitationsDelta,
    ContentBlockDelta,
    ContentBlockStart,
    ContentBlockStop,
    InputJsonDelta,
    MessageDelta,
    MessageStart,
    MessageStop,
    ServerToolUseBlock,
    SignatureDelta,
    TextBlock,
    TextDelta,
    ThinkingBlock,
    ThinkingDelta,
    ToolUseBlock,
    Usage,
    WholeBlockStart,
)
from dragoman.messages.writer import MessageWriter

END = ["delta end_turn", "stop"]


def writer() -> MessageWriter:
    return MessageWriter("msg_1", "claude-sonnet-5", 321)


def short(event) -> str:
    """An event in a few words."""
    match event:
        case MessageStart(message):
            return f"start {message.id} {message.model} {message.usage.input_tokens}"
        case ContentBlockStart(index, block):
            return f"{index} {opened(block)}"
        case WholeBlockStart(index, block):
            return f"{index} whole {block}"
        case ContentBlockDelta(index, delta):
            return f"{index} {added(delta)}"
        case ContentBlockStop(index):
            return f"{index} closed"
        case MessageDelta(ending):
            return f"delta {ending.stop_reason}"
        case MessageStop():
            return "stop"
        case _:
            raise AssertionError(event)


def opened(block) -> str:
    match block:
        case TextBlock(text):
            return f"text{text}"
        case ThinkingBlock(thinking, signature):
            return f"thinking{thinking}{signature}"
        case ToolUseBlock(id, name, input):
            return f"call {id} {name}{input or ''}"
        case ServerToolUseBlock(id, name, input):
            return f"runs {id} {name}{input or ''}"
        case _:
            raise AssertionError(block)


def added(delta) -> str:
    match delta:
        case TextDelta(piece) | ThinkingDelta(piece) | InputJsonDelta(piece):
            return f"+ {piece}"
        case SignatureDelta(signature):
            return f"signed {signature}"
        case CitationsDelta(citation):
            return f"cites {citation}"
        case _:
            raise AssertionError(delta)


def said(writer: MessageWriter) -> list[str]:
    """Everything since the last call, without the message's start."""
    return [line for line in map(short, writer.take()) if not line.startswith("start ")]


def test_message_starts_once_with_the_estimate():
    one = writer()
    one.start()
    one.start()
    one.text("a")
    assert [short(event) for event in one.take()] == ["start msg_1 claude-sonnet-5 321", "0 text", "0 + a"]


def test_first_word_starts_the_message():
    one = writer()
    one.text("a")
    assert short(one.take()[0]) == "start msg_1 claude-sonnet-5 321"


def test_pieces_of_one_text_share_a_block():
    one = writer()
    one.text("a")
    one.text("b")
    one.end("end_turn", Usage())
    assert said(one) == ["0 text", "0 + a", "0 + b", "0 closed", *END]


def test_taking_hands_out_each_event_once():
    one = writer()
    one.text("a")
    one.take()
    assert one.take() == []
    one.text("b")
    assert said(one) == ["0 + b"]


def test_thinking_is_signed_and_closed_before_text_opens():
    one = writer()
    one.thinking("hm")
    one.end_thinking("sig")
    one.text("a")
    assert said(one) == ["0 thinking", "0 + hm", "0 signed sig", "0 closed", "1 text", "1 + a"]


def test_thinking_may_stay_without_text():
    one = writer()
    one.open_thinking()
    one.open_thinking()
    one.end_thinking("sealed")
    assert said(one) == ["0 thinking", "0 signed sealed", "0 closed"]


def test_signature_without_open_thinking_says_nothing():
    one = writer()
    one.text("a")
    one.take()
    one.end_thinking("sig")
    assert one.take() == []
    assert one.open_block == "text"


def test_open_block_is_named():
    one = writer()
    kinds = [one.open_block]
    one.thinking("hm")
    kinds.append(one.open_block)
    one.text("a")
    kinds.append(one.open_block)
    one.tool_call("k", "toolu_1", "Bash")
    kinds.append(one.open_block)
    one.end("tool_use", Usage())
    assert [*kinds, one.open_block] == [None, "thinking", "text", "tool_use", None]


def test_call_streams_its_json_as_it_comes():
    one = writer()
    one.tool_call("k", "toolu_1", "Bash")
    assert one.tool_input("k", '{"a')
    assert said(one) == ["0 call toolu_1 Bash", '0 + {"a']
    assert one.tool_input("k", '":1}')
    assert said(one) == ['0 + ":1}']


def test_second_call_is_held_until_the_first_is_complete():
    one = writer()
    one.tool_call(0, "toolu_1", "Read")
    one.tool_call(1, "toolu_2", "Write")
    assert one.tool_input(1, "[2")
    assert one.tool_input(0, "{1}")
    assert one.tool_input(1, "]")
    assert said(one) == ["0 call toolu_1 Read", "0 + {1}"]
    one.end("tool_use", Usage())
    assert said(one) == [
        "0 closed",
        "1 call toolu_2 Write",
        "1 + [2",
        "1 + ]",
        "1 closed",
        "delta tool_use",
        "stop",
    ]


def test_held_calls_come_out_in_the_order_in_which_they_began():
    one = writer()
    for key in (3, 1, 2):
        one.tool_call(key, f"toolu_{key}", "Read")
    one.text("after")
    assert [line for line in said(one) if "call" in line] == [
        "0 call toolu_3 Read",
        "1 call toolu_1 Read",
        "2 call toolu_2 Read",
    ]


def test_held_call_without_input_is_said_too():
    one = writer()
    one.tool_call(0, "toolu_1", "Read")
    one.tool_call(1, "toolu_2", "Now")
    one.end("tool_use", Usage())
    assert said(one)[-4:] == ["1 call toolu_2 Now", "1 closed", "delta tool_use", "stop"]


def test_input_of_a_closed_or_unknown_call_is_refused():
    one = writer()
    one.tool_call(0, "toolu_1", "Read")
    one.tool_call(1, "toolu_2", "Read")
    one.text("after")
    one.take()
    assert not one.tool_input(0, "late")
    assert not one.tool_input(1, "late")
    assert not one.tool_input(9, "nobody's")
    assert one.take() == []


def test_calls_are_counted_when_they_begin():
    one = writer()
    one.tool_call(0, "toolu_1", "Read")
    one.tool_call(1, "toolu_2", "Read")
    assert one.tool_calls == 2


def test_keep_alive_in_an_open_block_is_an_empty_delta_of_its_kind():
    one = writer()
    one.thinking("hm")
    one.take()
    one.keep_alive(thinking=False)
    assert said(one) == ["0 + "]
    one.tool_call("k", "toolu_1", "Bash")
    one.take()
    one.keep_alive(thinking=True)
    assert one.take() == [ContentBlockDelta(1, InputJsonDelta(""))]
    one.text("a")
    one.take()
    one.keep_alive(thinking=True)
    assert one.take() == [ContentBlockDelta(2, TextDelta(""))]


def test_keep_alive_before_anything_opens_a_block():
    silent, pondering = writer(), writer()
    silent.keep_alive(thinking=False)
    pondering.keep_alive(thinking=True)
    assert [short(event) for event in silent.take()][1:] == ["0 text", "0 + "]
    assert [short(event) for event in pondering.take()][1:] == ["0 thinking", "0 + "]


def test_empty_answer_has_a_start_and_an_end():
    one = writer()
    one.end("max_tokens", Usage(input_tokens=5))
    events = one.take()
    assert [short(event) for event in events] == [
        "start msg_1 claude-sonnet-5 321",
        "delta max_tokens",
        "stop",
    ]
    assert events[1].usage == Usage(input_tokens=5)


def test_end_tells_the_stop_sequence_and_details():
    one = writer()
    one.end("refusal", Usage(), "###", {"type": "refusal"})
    ending = one.take()[1].delta
    assert (ending.stop_sequence, ending.stop_details) == ("###", {"type": "refusal"})


def test_input_that_is_known_stands_in_place_of_the_estimate():
    one = writer()
    one.start(Usage(input_tokens=5, cache_read_input_tokens=6))
    one.start(Usage(input_tokens=7))
    (start,) = one.take()
    assert isinstance(start, MessageStart)
    assert start.message.usage == Usage(input_tokens=5, cache_read_input_tokens=6)


def test_citation_belongs_to_the_open_text():
    one = writer()
    one.text("a")
    one.citation({"n": 1})
    one.text("b")
    assert said(one) == ["0 text", "0 + a", "0 cites {'n': 1}", "0 + b"]


def test_citation_without_an_open_text_says_nothing():
    one = writer()
    one.citation({"n": 1})
    one.thinking("hm")
    one.citation({"n": 2})
    assert said(one) == ["0 thinking", "0 + hm"]


def test_text_after_an_ended_block_is_another_block():
    one = writer()
    one.text("a")
    one.end_block()
    one.text("b")
    assert said(one) == ["0 text", "0 + a", "0 closed", "1 text", "1 + b"]


def test_thinking_is_ended_by_its_signature_only():
    one = writer()
    one.thinking("hm")
    one.end_block()
    assert one.open_block == "thinking"


def test_call_of_the_upstreams_is_said_whole():
    one = writer()
    one.text("a")
    one.server_tool("srvtoolu_1", "web_search", "{}")
    assert said(one) == ["0 text", "0 + a", "0 closed", "1 runs srvtoolu_1 web_search", "1 + {}", "1 closed"]
    assert (one.open_block, one.tool_calls) == (None, 0)


def test_block_in_one_piece_starts_the_message_and_closes_what_is_open():
    one = writer()
    one.whole_block({"type": "x"})
    one.text("a")
    one.whole_block({"type": "y"})
    assert [short(event) for event in one.take()] == [
        "start msg_1 claude-sonnet-5 321",
        "0 whole {'type': 'x'}",
        "0 closed",
        "1 text",
        "1 + a",
        "1 closed",
        "2 whole {'type': 'y'}",
        "2 closed",
    ]


def test_calls_that_are_held_come_before_a_block_in_one_piece():
    one = writer()
    one.tool_call(0, "toolu_1", "Read")
    one.tool_call(1, "toolu_2", "Read")
    one.whole_block({"type": "x"})
    assert [line for line in said(one) if "closed" not in line] == [
        "0 call toolu_1 Read",
        "1 call toolu_2 Read",
        "2 whole {'type': 'x'}",
    ]
