import io
import signal
import socket
import subprocess
import sys
import time
from contextlib import suppress

import jsonschema_rs
import pytest

from dragoman.schema_check.process import COMMAND
from dragoman.schema_check.worker import LONGEST_PLACE, answer_lines, check, names_in, place
from dragoman.wire.jsonbytes import decode, encode
from tests.unit.schema_check.test_process import HOSTILE

OWL = {
    "type": "object",
    "properties": {"name": {"type": "string"}, "age": {"type": "integer", "minimum": 0}},
    "required": ["name"],
    "additionalProperties": False,
}
OWLS = {"type": "object", "properties": {"owls": {"type": "array", "items": {"$ref": "#/$defs/owl"}}}} | {
    "$defs": {"owl": OWL}
}


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ({"owls": [{"name": "Ava"}]}, ""),
        ({"owls": []}, ""),
        ([], "#: type"),
        ({"owls": [{"name": "Ava"}, {"age": 3}]}, "#/owls/1: required"),
        ({"owls": [{"name": "Ava", "age": -1}]}, "#/owls/0/age: minimum"),
        ({"owls": [{"name": "Ava", "secret": 1}]}, "#/owls/0: additionalProperties"),
    ],
)
def test_an_answer_fits_or_its_mismatch_is_told_by_place_and_keyword(answer, said):
    assert check(OWLS, answer) == said


def test_a_name_of_the_models_own_is_not_shown():
    schema = {"properties": {"a/b~": {"additionalProperties": {"type": "string"}}}}
    assert check(schema, {"a/b~": {"my secret": 1}}) == "#/a~1b~0/*: type"
    assert names_in(schema) == {"a/b~"}
    assert len(place(["a/b~"] * 100, {"a/b~"})) == LONGEST_PLACE


def test_names_are_found_wherever_they_are_described():
    assert names_in({"anyOf": [{"items": OWL}], "$defs": {"x": {"properties": {"y": OWL}}}}) == {
        "name",
        "age",
        "y",
    }


@pytest.mark.parametrize(
    ("draft", "said"),
    [
        ("http://json-schema.org/draft-07/schema#", "#/0: type"),
        ("https://json-schema.org/draft/2020-12/schema", ""),
    ],
)
def test_the_draft_that_the_schema_names_counts(draft, said):
    """A list of `items` is a tuple up to 2019-09, and no schema afterwards."""
    schema = {"$schema": draft, "items" if said else "x": [{"type": "string"}]}
    assert check(schema, [1]) == said


def test_a_format_is_an_annotation_in_every_draft():
    for draft in ("http://json-schema.org/draft-07/schema#", "https://json-schema.org/draft/2020-12/schema"):
        assert check({"$schema": draft, "format": "email"}, "no address") == ""


@pytest.mark.parametrize(
    "schema",
    [
        {"$schema": "https://example.com/my-draft"},
        {"type": "strin"},
        {"pattern": "("},
        {"pattern": "(?=a)a"},
        {"$ref": "#/$defs/nowhere"},
        {"$ref": "https://json.schemastore.org/package.json"},
        {"$id": "https://example.com/", "$ref": "other.json"},
    ],
)
def test_a_schema_that_cannot_be_used_is_refused(schema):
    with pytest.raises((jsonschema_rs.ValidationError, ValueError)):
        check(schema, 1)


@pytest.mark.parametrize("keyword", ["$ref", "$schema", "$dynamicRef"])
def test_nothing_is_fetched_and_no_file_is_read(tmp_path, keyword):
    (tmp_path / "schema.json").write_text('{"type": "string"}')
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.2)
        for url in (f"http://127.0.0.1:{server.getsockname()[1]}/x", (tmp_path / "schema.json").as_uri()):
            for schema in ({keyword: url}, {"$defs": {"x": {keyword: url}}, "$ref": "#/$defs/x"}):
                with suppress(jsonschema_rs.ValidationError):
                    assert check(schema, 1) == "", "only what stands there says that 1 is wrong"
        with pytest.raises(TimeoutError):
            server.accept()


@pytest.mark.parametrize(
    "pattern", ["^(a+)+$", "^(a|a)*$", "^(a|aa)+$", "(.*a){20}!!$", "^(([a-z])+.)+[A-Z]$"]
)
def test_a_pattern_takes_linear_time(pattern):
    started = time.process_time()
    assert check({"pattern": pattern}, "a" * 100_000 + "!") == "#: pattern"
    assert time.process_time() - started < 1


def said_of(*lines: bytes) -> list:
    out = io.BytesIO()
    answer_lines(io.BytesIO(b"".join(line + b"\n" for line in lines)), out)
    return [decode(line) for line in out.getvalue().splitlines()]


def test_each_line_gets_its_line_whatever_it_is():
    good, bad = encode([OWL, '{"name": "Ava"}']), encode([OWL, '{"name":\n 1}'])
    odd = [b"", b"no JSON", b"[1]", encode([OWL, "no JSON"]), encode([{"$ref": "x"}, "1"]), b"\xff"]
    assert said_of(good, *odd, bad, good) == ["", *[None] * len(odd), "#/name: type", ""]


@pytest.mark.skipif(sys.platform != "linux", reason="other systems do not hold a process to it")
def test_the_process_gets_no_more_memory_than_it_may_have():
    code = (
        "from dragoman.schema_check.worker import MOST_MEMORY, run\n"
        "run()\n"
        "try:\n    bytearray(MOST_MEMORY)\n"
        "except MemoryError:\n    print('refused')\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], input=b"", capture_output=True, timeout=60, check=True
    )
    assert done.stdout == b"\nrefused\n"


def test_the_process_ends_with_its_input():
    done = subprocess.run(
        COMMAND, input=encode([OWL, "[]"]) + b"\n", capture_output=True, timeout=60, check=True
    )
    assert (done.stdout, done.stderr) == (b'\n"#: type"\n', b"")


@pytest.mark.skipif(not hasattr(signal, "SIGALRM"), reason="there are no alarms here")
def test_a_check_that_takes_long_ends_although_nobody_is_left_to_end_it():
    code = "from dragoman.schema_check.worker import run\nrun(1)\n"
    lines = encode([OWL, "[]"]) + b"\n" + encode([HOSTILE, '{"age": 1}']) + b"\n"
    done = subprocess.run(
        [sys.executable, "-c", code], input=lines, capture_output=True, timeout=60, check=False
    )
    assert (done.stdout, done.returncode) == (b'\n"#: type"\n', -signal.SIGALRM)
