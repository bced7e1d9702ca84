"""What is said of an answer that breaks its schema, for any schema and any answer (docs/decisions/0037)."""

import io
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from dragoman.schema_check.worker import answer_lines, check, names_in
from dragoman.wire.jsonbytes import decode, encode
from tests.support.strategies import any_text, json_objects, json_values

KINDS = st.sampled_from(["string", "integer", "boolean", "null", "array", "object"])
SCHEMAS = st.recursive(
    st.builds(lambda kind: {"type": kind}, KINDS),
    lambda inner: st.one_of(
        st.builds(lambda items: {"type": "array", "items": items}, inner),
        st.builds(lambda one, other: {"anyOf": [one, other]}, inner, inner),
        st.builds(lambda values: {"additionalProperties": values}, inner),
        st.builds(
            lambda fields: {"type": "object", "properties": fields, "required": list(fields)},
            st.dictionaries(st.sampled_from(["a", "b", "a/b~"]), inner, max_size=3),
        ),
    ),
    max_leaves=6,
)


@given(json_values)
def test_an_answer_fits_the_schema_that_is_made_of_it(answer: Any) -> None:
    assert check({"const": answer}, answer) == ""
    assert check({"not": {"const": answer}}, answer) == "#: not"


@given(SCHEMAS, json_values)
def test_what_is_said_holds_no_word_of_the_answer(schema: dict[str, Any], answer: Any) -> None:
    said = check(schema, answer)
    pointer, _, keyword = said.rpartition(": ")
    names = {name.replace("~", "~0").replace("/", "~1") for name in names_in(schema)}
    steps = pointer.split("/")
    assert steps[0] == ("#" if said else "")
    assert all(step in names or step == "*" or step.isdecimal() for step in steps[1:])
    assert keyword in {"", "type", "anyOf", "required"}


@given(st.lists(st.one_of(st.tuples(json_objects, any_text), json_values), max_size=4))
def test_every_line_gets_one_line_whatever_is_in_it(asked: list[Any]) -> None:
    out = io.BytesIO()
    answer_lines(io.BytesIO(b"".join(encode(line) + b"\n" for line in asked)), out)
    told = [decode(line) for line in out.getvalue().splitlines()]
    assert len(told) == len(asked)
    assert all(line is None or isinstance(line, str) for line in told)
