import json

import pytest

from dragoman.dialects.anthropic.body import write_body
from dragoman.messages.parse import parse_request

MARK = {"type": "ephemeral"}
HI = {"role": "user", "content": "hi"}
EMPTY = {"type": "text", "text": "", "cache_control": MARK}
SAID = {"type": "text", "text": "said"}
NOTHING = [{"type": "text", "text": "(no content)"}]


def written(messages, **fields):
    body = json.dumps({"model": "m", "max_tokens": 9, "messages": messages, **fields}).encode()
    sent, losses = write_body(parse_request(body, ()), "m")
    return json.loads(sent), [loss.field for loss in losses]


@pytest.mark.parametrize("role", ["user", "assistant"])
@pytest.mark.parametrize("content", ["", [], [EMPTY], [EMPTY, EMPTY]])
def test_a_turn_without_content_says_so(role, content):
    """Case 29: the API refuses it, and the turns must still alternate."""
    sent, losses = written([HI, {"role": role, "content": content}, HI])
    assert sent["messages"] == [HI, {"role": role, "content": NOTHING}, HI]
    assert losses == []


def test_an_empty_text_beside_others_is_left_out():
    sent, _ = written([{"role": "user", "content": [SAID, EMPTY]}])
    assert sent["messages"] == [{"role": "user", "content": [SAID]}]


@pytest.mark.parametrize(
    ("marked", "kept"),
    [
        pytest.param(3, True, id="four marks in all"),
        pytest.param(4, False, id="five marks in all"),
    ],
)
@pytest.mark.parametrize("place", ["messages", "system", "tools", "results"])
def test_the_mark_at_the_top_is_the_one_too_many(marked, kept, place):
    """Case 30."""
    blocks = [{"type": "text", "text": f"{n}", "cache_control": MARK} for n in range(marked)]
    fields = {}
    messages = [{"role": "user", "content": blocks}]
    if place == "system":
        messages, fields = [HI], {"system": blocks}
    elif place == "tools":
        messages = [HI]
        fields = {
            "tools": [{"name": f"t{n}", "input_schema": {}, "cache_control": MARK} for n in range(marked)]
        }
    elif place == "results":
        result = {"type": "tool_result", "tool_use_id": "t", "content": blocks}
        messages = [{"role": "user", "content": [result]}]
    sent, losses = written(messages, cache_control=MARK, **fields)
    assert ("cache_control" in sent) is kept
    assert losses == ([] if kept else ["cache_control"])


def test_five_marks_on_blocks_are_the_clients_own_affair():
    blocks = [{"type": "text", "text": f"{n}", "cache_control": MARK} for n in range(5)]
    sent, losses = written([{"role": "user", "content": blocks}])
    assert sent["messages"] == [{"role": "user", "content": blocks}]
    assert losses == []


def test_of_two_models_only_the_routed_one_goes_out():
    body = b'{"model":"first","max_tokens":9,"messages":[{"role":"user","content":"hi"}],"model":"second"}'
    request = parse_request(body, ())
    assert request.model == "second"
    sent, _ = write_body(request, "second")
    assert sent.count(b"model") == 1
    assert json.loads(sent)["model"] == "second"
