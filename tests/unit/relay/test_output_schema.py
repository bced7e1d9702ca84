import json

import pytest

from dragoman.messages.events import Relayed, Usage
from dragoman.messages.writer import MessageWriter
from dragoman.relay.output_schema import LARGEST_ANSWER, NOT_JSON, OutputCheck, output_check
from dragoman.relay.trace import Trace
from tests.support.plain_dialect import lines
from tests.support.ports import Bench, FakeSchemaChecker, FakeUpstream, ask, streamed, target
from tests.unit.relay.test_answer import BLOCK, DELTA, REST, START

SCHEMA = {"type": "object", "required": ["a"]}
FORM = {"type": "json_schema", "schema": SCHEMA}
WANTED = {"output_config": {"format": FORM}}
LOSS = ("output_config.format", "dropped")


def said(text: str, ending: str = "end_turn") -> bytes:
    return lines("start", f"text {text}", f"end {ending}")


async def judged(reply: bytes, checker: FakeSchemaChecker | None, strict: bool = False, **fields) -> Trace:
    """The trace of a whole or streamed answer."""
    bench = Bench(FakeUpstream(streamed(reply)), schema_checker=checker, strict=strict)
    answer = bench.answer(**(WANTED | fields))
    async for _ in answer.events():
        pass
    return bench.trace


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"output_config": {"effort": "high"}},
        {"output_config": {"format": None}},
        {"output_config": {"format": {"type": "text", "schema": SCHEMA}}},
        {"output_format": None},
        {"output_config": "high"},
    ],
)
def test_most_requests_are_not_looked_at(fields):
    assert output_check(ask(**fields)) is None


@pytest.mark.parametrize(
    "fields",
    [
        WANTED,
        {"output_config": {"format": FORM, "effort": "low"}},
        {"output_format": FORM},
        {"output_format": FORM, "output_config": {"effort": "low"}},
        {"output_format": FORM, "output_config": {"format": None}},
        {"output_format": FORM | {"schema": {}}, "output_config": {"format": FORM}},
    ],
)
async def test_the_clients_schema_is_what_counts(fields):
    checker = FakeSchemaChecker()
    fields = {"output_config": None} | fields
    trace = await judged(said('{"a": 1}'), checker, **fields)
    assert checker.asked == [(SCHEMA, '{"a": 1}')]
    assert (trace.schema_mismatch, trace.losses, trace.status) == ("", (), 200)


@pytest.mark.parametrize("strict", [False, True])
async def test_a_stream_is_out_by_then_and_its_mismatch_is_noted(strict):
    trace = await judged(said("{}"), FakeSchemaChecker("#: required"), strict)
    assert (trace.schema_mismatch, trace.status, trace.error) == ("#: required", 200, "")
    assert [(loss.field, loss.what) for loss in trace.losses] == [LOSS]


async def test_a_whole_answer_goes_out_with_a_header():
    bench = Bench(FakeUpstream(streamed(said("{}"))), schema_checker=FakeSchemaChecker("#: required"))
    answer = bench.answer(stream=False, unknown=["x"], **WANTED)
    assert json.loads(await answer.message())["content"] == [{"type": "text", "text": "{}"}]
    assert answer.headers == (("dragoman-losses", "x=dropped, output_config.format=dropped"),)


async def test_a_whole_answer_is_refused_in_strict_mode_and_may_be_asked_for_again():
    bench = Bench(
        FakeUpstream(streamed(said("{}"))), schema_checker=FakeSchemaChecker("#: required"), strict=True
    )
    with pytest.raises(Exception, match="#: required") as caught:
        await bench.answer(stream=False, **WANTED).message()
    assert (caught.value.status, caught.value.type, caught.value.headers) == (502, "api_error", ())
    assert caught.value.message.startswith("output_config.format: the answer of `plain-1` on `somewhere`")
    trace = bench.trace
    assert (trace.status, trace.ending, trace.schema_mismatch) == (502, "api_error", "#: required")
    assert trace.usage.output_tokens == 9


@pytest.mark.parametrize("checker", [None, FakeSchemaChecker("#: required")])
@pytest.mark.parametrize("text", ["Sure!", "", '{"a": 1', '{"a": 1} and more', "NaN", '{"a": "\ud800"'])
async def test_what_is_no_json_is_known_without_the_extra(checker, text):
    check = output_check(ask(**WANTED))
    trace = await judged(said(text.encode("utf-8", "replace").decode()), checker)
    assert trace.schema_mismatch == NOT_JSON
    assert check is not None


async def test_without_the_extra_any_json_will_do():
    assert (await judged(said("[]"), None)).schema_mismatch == ""


@pytest.mark.parametrize("ending", ["max_tokens", "refusal", "tool_use", "pause_turn", "stop_sequence"])
async def test_only_an_answer_that_ended_by_itself_is_judged(ending):
    checker = FakeSchemaChecker("#: required")
    assert (await judged(said("{", ending), checker)).schema_mismatch == ""
    assert checker.asked == []


async def test_a_request_without_a_schema_is_not_judged():
    checker = FakeSchemaChecker("#: required")
    trace = await judged(said("Hello"), checker, output_config=None)
    assert (trace.schema_mismatch, checker.asked) == ("", [])


async def test_what_a_messages_server_says_is_its_own():
    checker = FakeSchemaChecker("#: required")
    reply = streamed(START + BLOCK + DELTA + REST)
    bench = Bench(FakeUpstream(reply), target("anthropic"), schema_checker=checker, strict=True)
    async for said_ in bench.answer(**WANTED).events():
        assert all(isinstance(event, Relayed) for event in said_)
    assert (bench.trace.schema_mismatch, checker.asked) == ("", [])


async def test_thoughts_are_no_part_of_the_answer():
    checker = FakeSchemaChecker()
    await judged(lines("start", "think {", 'text {"a":', "text 1}", "end end_turn"), checker)
    assert checker.asked == [(SCHEMA, '{"a":1}')]


async def test_what_is_longer_than_the_limit_is_not_checked():
    checker = FakeSchemaChecker("#: type")
    longest = '"' + "x" * (LARGEST_ANSWER - 2) + '"'
    assert (await judged(said(longest), checker)).schema_mismatch == "#: type"
    assert (await judged(said(longest + " "), checker)).schema_mismatch == ""
    assert (await judged(said("x" + longest), None)).schema_mismatch == ""


async def test_what_a_model_says_before_it_searches_is_no_part_of_the_answer():
    checker = FakeSchemaChecker()
    writer = MessageWriter("msg_1", "m", 1)
    writer.start()
    writer.text("I will search.")
    writer.server_tool("srvtoolu_1", "web_search", '{"query": "owls"}')
    writer.whole_block({"type": "web_search_tool_result", "tool_use_id": "srvtoolu_1", "content": []})
    writer.text('{"a": 1}')
    writer.end("end_turn", Usage())
    check = OutputCheck(SCHEMA)
    check.hear(writer.take())
    assert await check.mismatch(checker) is None
    assert checker.asked == [(SCHEMA, '{"a": 1}')]
