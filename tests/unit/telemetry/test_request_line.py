import pytest

from dragoman.dialects.dialect import Loss
from dragoman.messages.events import Usage
from dragoman.relay.trace import Trace
from dragoman.telemetry.request_line import as_sentence, failed, request_line


def finished(**changes) -> Trace:
    fields = {
        "request_id": "req_1",
        "requested_model": "claude-opus-5",
        "streaming": True,
        "started": 10.0,
        "first_event": 10.25,
        "ended": 11.5,
        "channel": "openai",
        "dialect": "openai_chat",
        "upstream_model": "gpt-5.1",
        "attempts": 1,
        "status": 200,
        "ending": "tool_use",
        "usage": Usage(
            input_tokens=100, output_tokens=20, cache_read_input_tokens=7, cache_creation_input_tokens=3
        ),
        "session_id": "session-1",
    }
    return Trace(**{**fields, **changes})


def test_a_line_tells_the_story_of_a_request():
    trace = finished(
        losses=(Loss("top_k", "dropped"), Loss("tools.3", "approximated", "why")), learned=["no top_p"]
    )
    assert request_line(trace) == {
        "request_id": "req_1",
        "route": "claude-opus-5 -> openai/gpt-5.1",
        "dialect": "openai_chat",
        "status": 200,
        "ending": "tool_use",
        "ms": 1500.0,
        "first_ms": 250.0,
        "input_tokens": 100,
        "output_tokens": 20,
        "cache_read": 7,
        "cache_write": 3,
        "losses": ["top_k dropped", "tools.3 approximated"],
        "attempts": 1,
        "streaming": True,
        "learned": ["no top_p"],
        "session": "session-1",
    }


def test_what_is_not_known_is_left_out():
    refused = Trace(
        "req_2",
        "",
        streaming=False,
        status=400,
        ending="invalid_request_error",
        error="max_tokens: Field required",
    )
    assert request_line(refused) == {
        "request_id": "req_2",
        "route": "",
        "dialect": "",
        "status": 400,
        "ending": "invalid_request_error",
        "ms": 0.0,
        "attempts": 0,
        "error": "max_tokens: Field required",
    }


def test_an_answer_that_breaks_its_schema_is_told_with_the_place():
    assert request_line(finished(schema_mismatch="#/a: type"))["schema_mismatch"] == "#/a: type"
    assert "schema_mismatch" not in request_line(finished())


def test_citations_that_name_nothing_are_told_by_their_number():
    assert request_line(finished(unfounded_citations=2))["unfounded_citations"] == 2
    assert "unfounded_citations" not in request_line(finished())


def test_tools_that_the_gateway_ran_are_counted_where_there_were_any():
    assert request_line(finished(server_tools={"web_search": 2}))["server_tools"] == {"web_search": 2}
    assert "server_tools" not in request_line(finished())


def test_reasoning_that_was_withheld_is_told_by_its_reason_in_bounds():
    trace = finished(withheld={"turn_boundary": 2, "prefix_mismatch": 1})
    assert request_line(trace)["reasoning_withheld"] == {"prefix_mismatch": 1, "turn_boundary": 2}
    endless = request_line(finished(withheld={f"{number:03}" + "x" * 1000: 1 for number in range(100)}))
    assert len(endless["reasoning_withheld"]) == 10
    assert max(map(len, endless["reasoning_withheld"])) == 64
    assert "reasoning_withheld" not in request_line(finished())


def test_a_count_is_marked():
    line = request_line(finished(counting=True, streaming=False))
    assert line["counting"] is True
    assert "streaming" not in line


def test_an_error_is_short_and_redacted():
    error = "cannot read /home/me/.env with Bearer abcdefgh\r\n" + "x" * 1000
    line = request_line(
        finished(status=502, error=error, upstream_request_id="u" * 100, session_id="s" * 100)
    )
    assert line["error"].startswith("cannot read *** with Bearer *** x")
    assert len(line["error"]) <= 500
    assert (len(line["session"]), len(line["upstream_request_id"])) == (64, 64)


@pytest.mark.parametrize(
    ("status", "error", "expected"),
    [
        (200, "", False),
        (200, "the upstream stopped", True),
        (399, "", False),
        (400, "", True),
        (499, "", True),
        (529, "x", True),
    ],
)
def test_a_request_failed_unless_the_client_got_all_of_it(status, error, expected):
    assert failed(finished(status=status, error=error)) is expected


def test_a_sentence_is_short_where_little_happened():
    assert as_sentence(request_line(finished())) == (
        "200 claude-opus-5 -> openai/gpt-5.1 tool_use 1.50s (first 0.25s) in 100+7 cached out 20 req_1"
    )


def test_a_sentence_tells_what_went_wrong():
    trace = finished(
        status=529,
        ending="overloaded_error",
        error="busy",
        attempts=3,
        usage=None,
        losses=(Loss("top_k", "dropped"),),
    )
    assert as_sentence(request_line(trace)) == (
        "529 claude-opus-5 -> openai/gpt-5.1 overloaded_error 1.50s (first 0.25s) losses: top_k dropped "
        "3 attempts - busy req_1"
    )
