import json

import pytest

from dragoman.dialects.openai_chat.output import Output
from dragoman.dialects.openai_chat.shapes import FunctionPiece, Reading, ToolCallPiece
from dragoman.dialects.openai_chat.tool_calls import ToolCalls
from dragoman.dialects.tool_ids import original_tool_id
from dragoman.messages.errors import UpstreamNonsense
from dragoman.messages.events import ContentBlockStart, Usage
from dragoman.messages.fold import fold
from tests.support.reading import check_grammar, counting_ids


class Answer:
    """Tool calls and the output that they go to."""

    def __init__(self, **reading):
        fields = Reading(**{"message_model": "claude-sonnet-5", **reading})
        self.output = Output(fields, "msg_1", 7)
        self.calls = ToolCalls(self.output, fields, counting_ids())

    def read(self, index=0, id=None, name=None, arguments=None):
        function = None if name is None and arguments is None else FunctionPiece(name, arguments)
        self.calls.read(ToolCallPiece(index, id, function))

    def content(self):
        self.output.finish()
        self.output.writer.end("tool_use", Usage())
        events = self.output.writer.take()
        check_grammar(events, complete=True)
        return fold(events)["content"]

    def told(self):
        """The upstream's id, the name and the input of each call."""
        return [(original_tool_id(block["id"]), block["name"], block["input"]) for block in self.content()]


@pytest.fixture
def answer():
    return Answer()


def test_a_call_in_fragments_is_one_block(answer):
    answer.read(0, "call_a", "Bash", "")
    for piece in ('{"comm', 'and": "l', 's"}'):
        answer.read(0, arguments=piece)
    assert answer.told() == [("call_a", "Bash", {"command": "ls"})]


def test_a_call_begins_as_soon_as_its_name_is_known(answer):
    answer.read(0, "call_a", "Bash", "")
    said = answer.output.writer.take()
    assert isinstance(said[-1], ContentBlockStart)


def test_a_call_in_one_piece_is_one_block(answer):
    answer.read(0, "call_a", "Bash", '{"command": "ls"}')
    assert answer.told() == [("call_a", "Bash", {"command": "ls"})]


def test_calls_one_after_the_other_are_blocks_in_their_order(answer):
    answer.read(0, "call_a", "Bash", '{"n": 0}')
    answer.read(1, "call_b", "Read", '{"n": ')
    answer.read(1, arguments="1}")
    assert answer.told() == [("call_a", "Bash", {"n": 0}), ("call_b", "Read", {"n": 1})]


def test_interleaved_fragments_belong_to_the_call_of_their_index(answer):
    answer.read(0, "call_a", "Bash", '{"a"')
    answer.read(1, "call_b", "Read", '{"b"')
    answer.read(0, arguments=": 1}")
    answer.read(1, arguments=": 2}")
    assert answer.told() == [("call_a", "Bash", {"a": 1}), ("call_b", "Read", {"b": 2})]


def test_indexes_may_have_gaps_and_any_order(answer):
    answer.read(3, "call_d", "Bash", "{}")
    answer.read(1, "call_b", "Read", "{}")
    assert [name for _, name, _ in answer.told()] == ["Bash", "Read"]


def test_a_name_that_comes_after_the_id_is_used(answer):
    answer.read(0, "call_a", "", "")
    answer.read(0, name="Bash")
    answer.read(0, arguments='{"a": 1}')
    assert answer.told() == [("call_a", "Bash", {"a": 1})]


def test_arguments_that_come_before_the_name_are_kept(answer):
    answer.read(0, "call_a")
    answer.read(0, arguments='{"a"')
    answer.read(0, name="Bash", arguments=": 1}")
    assert answer.told() == [("call_a", "Bash", {"a": 1})]


def test_a_call_without_an_id_gets_one(answer):
    answer.read(0, None, "Bash", "{}")
    answer.read(1, None, "Bash", "{}")
    first, second = answer.content()
    assert original_tool_id(first["id"]) is None
    assert first["id"] != second["id"]


def test_an_empty_id_is_none(answer):
    answer.read(0, "", "Bash", "{}")
    answer.read(0, "", arguments="")
    assert answer.told() == [(None, "Bash", {})]


def test_the_same_upstream_id_gives_different_ids_each_time(answer):
    answer.read(0, "call_0", "Bash", "{}")
    answer.read(1, "call_0", "Bash", "{}")
    first, second = answer.content()
    assert first["id"] != second["id"]
    assert original_tool_id(first["id"]) == original_tool_id(second["id"]) == "call_0"


def test_ids_and_names_repeated_on_every_fragment_begin_no_new_call(answer):
    for piece in ('{"a"', ": 1", "}"):
        answer.read(0, "call_a", "Bash", piece)
    assert answer.told() == [("call_a", "Bash", {"a": 1})]


def test_calls_that_all_have_index_0_are_told_apart_by_their_ids(answer):
    answer.read(0, "call_a", "Bash", '{"a": 1}')
    answer.read(0, "call_b", "Bash", '{"b": 2}')
    assert answer.told() == [("call_a", "Bash", {"a": 1}), ("call_b", "Bash", {"b": 2})]


def test_calls_that_all_have_index_0_and_no_id_are_told_apart_by_their_names(answer):
    answer.read(0, "", "Bash", '{"a": 1}')
    answer.read(0, "", "Read", '{"b": 2}')
    assert answer.told() == [(None, "Bash", {"a": 1}), (None, "Read", {"b": 2})]


def test_calls_without_an_index_are_told_apart_by_their_ids(answer):
    answer.read(None, "call_a", "Bash", '{"a"')
    answer.read(None, "call_a", None, ": 1}")
    answer.read(None, "call_b", "Read", '{"b"')
    answer.read(None, None, None, ": 2}")
    assert answer.told() == [("call_a", "Bash", {"a": 1}), ("call_b", "Read", {"b": 2})]


def test_calls_without_an_index_and_an_id_are_told_apart_by_their_names(answer):
    answer.read(None, None, "Bash", '{"a": 1}')
    answer.read(None, None, "Bash", '{"b": 2}')
    assert answer.told() == [(None, "Bash", {"a": 1}), (None, "Bash", {"b": 2})]


def test_arguments_may_be_an_object(answer):
    answer.read(0, "call_a", "Bash", {"command": "ls", "flags": ["-l"]})
    assert answer.told() == [("call_a", "Bash", {"command": "ls", "flags": ["-l"]})]


@pytest.mark.parametrize("empty", [None, "", {}])
def test_empty_arguments_are_an_empty_object(answer, empty):
    answer.read(0, "call_a", "Bash", empty)
    assert answer.told() == [("call_a", "Bash", {})]


def test_a_call_that_never_gets_a_name_is_none(answer):
    answer.read(0, "call_a", None, '{"a": 1}')
    assert answer.told() == []
    assert answer.output.writer.tool_calls == 0


def test_a_call_may_say_nothing_but_its_index(answer):
    answer.read(0, "call_a", "Bash", "{}")
    answer.read(0)
    assert answer.told() == [("call_a", "Bash", {})]


def test_calls_after_the_first_are_left_out_if_the_client_wants_one():
    answer = Answer(single_tool_call=True)
    answer.read(0, "call_a", "Bash", '{"a"')
    answer.read(1, "call_b", "Read", '{"b"')
    answer.read(0, arguments=": 1}")
    answer.read(1, arguments=": 2}")
    assert answer.told() == [("call_a", "Bash", {"a": 1})]


def test_names_that_were_changed_for_the_upstream_are_changed_back():
    answer = Answer(tool_names={"mcp__long_1234abcd": "mcp__long.name"})
    answer.read(0, "call_a", "mcp__long_1234abcd", "{}")
    answer.read(1, "call_b", "Read", "{}")
    assert [name for _, name, _ in answer.told()] == ["mcp__long.name", "Read"]


def test_the_old_function_call_is_a_tool_call(answer):
    answer.calls.read_legacy(FunctionPiece("Bash", '{"a"'))
    answer.calls.read_legacy(FunctionPiece(None, ": 1}"))
    assert answer.told() == [(None, "Bash", {"a": 1})]


def test_a_fragment_of_a_call_that_is_closed_is_an_error(answer):
    answer.read(0, "call_a", "Bash", '{"a"')
    answer.output.text("text in between")
    with pytest.raises(UpstreamNonsense):
        answer.read(0, arguments=": 1}")


def test_an_empty_fragment_of_a_call_that_is_closed_is_ignored(answer):
    answer.read(0, "call_a", "Bash", "{}")
    answer.output.text("text after it")
    answer.read(0, arguments="")
    assert [block["type"] for block in answer.content()] == ["tool_use", "text"]


def test_whitespace_between_fragments_does_not_close_a_call(answer):
    answer.read(0, "call_a", "Bash", '{"a"')
    answer.output.text("\n")
    answer.read(0, arguments=": 1}")
    assert answer.told() == [("call_a", "Bash", {"a": 1})]


def test_after_a_stop_sequence_no_call_begins():
    answer = Answer(stop_sequences=("END",))
    answer.output.text("doneEND")
    answer.read(0, "call_a", "Bash", "{}")
    assert answer.content() == [{"type": "text", "text": "done"}]


def test_a_surrogate_pair_over_two_fragments_is_joined(answer):
    answer.read(0, "call_a", "Write", '{"text": "\ud83e')
    answer.read(0, arguments='\udd89"}')
    assert answer.told() == [("call_a", "Write", {"text": "🦉"})]


def test_the_arguments_of_calls_count_as_output(answer):
    arguments = json.dumps({"text": "x" * 50})
    answer.read(0, "call_a", "Write", arguments)
    assert answer.output.estimated_output_tokens == -(-len(arguments) // 4)
