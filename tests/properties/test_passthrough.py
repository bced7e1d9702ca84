"""Law: what a client asks of a server that speaks Messages arrives there as it was said, but for the model."""

import json
from typing import Any

import msgspec
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dragoman.dialects.anthropic.messages import AnthropicMessages
from dragoman.dialects.quirks import Quirks
from dragoman.messages.parse import parse_request
from tests.support.strategies import any_text, conversations, json_values

SLOW = [HealthCheck.too_slow]
"""Large values are drawn, and the machine may be busy."""

unknown_fields = st.dictionaries(any_text.map(lambda name: "x_" + name), json_values, max_size=3)


@st.composite
def bodies(draw: st.DrawFn) -> bytes:
    """A request with fields that nobody knows yet, in any spelling of JSON."""
    value: dict[str, Any] = draw(conversations()) | draw(unknown_fields)
    order = draw(st.permutations(list(value)))
    return json.dumps(
        {name: value[name] for name in order},
        ensure_ascii=draw(st.booleans()),
        indent=draw(st.sampled_from([None, None, 1])),
        separators=draw(st.sampled_from([None, (",", ":"), (" , ", " : ")])),
    ).encode()


def written(body: bytes, model: str) -> bytes:
    request = parse_request(body, ())
    return AnthropicMessages().write_request(request, model, Quirks()).body


@settings(max_examples=40, deadline=None, suppress_health_check=SLOW)
@given(bodies())
def test_request_for_the_same_model_is_byte_for_byte_the_same(body):
    assert written(body, json.loads(body)["model"]) == body


@settings(max_examples=40, deadline=None, suppress_health_check=SLOW)
@given(bodies())
def test_request_for_another_model_differs_in_the_model_only(body):
    sent = json.loads(written(body, "claude-other"))
    assert sent == json.loads(body) | {"model": "claude-other"}
    assert list(sent) == list(json.loads(body))


@settings(max_examples=40, deadline=None, suppress_health_check=SLOW)
@given(bodies())
def test_values_keep_the_spelling_that_signatures_and_caches_saw(body):
    fields = msgspec.json.decode(written(body, "claude-other"), type=dict[str, msgspec.Raw])
    for name in ("messages", "tools", "system"):
        assert bytes(fields.get(name, b"")) in body
