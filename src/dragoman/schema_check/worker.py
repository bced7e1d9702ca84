"""What the process that checks does: an empty line when it is ready, then a line of JSON in, a line out, until its input
ends (started by process.py).

A line in is `[schema, answer]`, the answer as text; a line out is a string as `check` gives it, or null where nothing can
be said. jsonschema-rs (extra `schema`, docs/decisions/0037) is imported here alone. It fetches nothing, and its patterns
take linear time; for whatever else takes long, and for what it needs in memory, the process may end at any time.
"""

import signal
import sys
from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import Any, BinaryIO, cast

import jsonschema_rs

from dragoman.wire.jsonbytes import decode, encode
from dragoman.wire.jsonvalues import as_object

MOST_MEMORY = 1024 * 1024 * 1024
"""Bytes of address space; the library copies an answer for each error that it finds."""
MOST_SECONDS = 5
"""For one check: then the process ends by itself, where the system can, also if nobody is left who would end it."""
LONGEST_PLACE = 200


def check(schema: dict[str, Any], answer: Any) -> str:
    """Empty if the answer fits, else the place and the keyword of a mismatch, such as `#/owls/3: required`. The draft is
    the one that `$schema` names, else 2020-12.

    Raises what the library raises for a schema that it cannot use: unknown draft, reference to another document, wrong
    keyword, pattern that is no regular expression or no linear one.
    """
    validator = jsonschema_rs.validator_for(
        schema,
        offline=True,
        validate_formats=False,
        pattern_options=jsonschema_rs.RegexOptions(),
    )
    if validator.is_valid(answer):
        return ""
    error = next(validator.iter_errors(answer))
    return f"{place(error.instance_path, names_in(schema))}: {error.kind.name}"


def place(path: Iterable[str | int], names: set[str]) -> str:
    """A JSON pointer as a fragment. A name that the schema does not know is the model's own, and shown as `*`."""
    told = "#"
    for step in path:
        known = str(step) if isinstance(step, int) or step in names else "*"
        told += "/" + known.replace("~", "~0").replace("/", "~1")
    return told[:LONGEST_PLACE]


def names_in(schema: dict[str, Any]) -> set[str]:
    """Every name of a property, wherever one is described."""
    names: set[str] = set()
    rest: list[Any] = [schema]
    while rest:
        one = rest.pop()
        if isinstance(one, dict):
            fields = cast("dict[str, Any]", one)
            names.update(as_object(fields.get("properties")))
            rest += fields.values()
        elif isinstance(one, list):
            rest += cast("list[Any]", one)
    return names


def answer_lines(lines: BinaryIO, out: BinaryIO, watch: Callable[[bool], object] = bool) -> None:
    """Check each line of `lines`. `watch` is told when a check begins and when it is over."""
    for line in lines:
        said: str | None = None
        watch(True)
        try:
            schema, answer = decode(line, len(line))
            said = check(schema, decode(answer.encode()))
        except (KeyboardInterrupt, SystemExit):
            raise
        except BaseException:  # noqa: BLE001 - even a panic of the library, which is no Exception: nothing can be said
            said = None
        watch(False)
        out.write(encode(said) + b"\n")
        out.flush()


def limit_memory() -> None:
    """Where the system can."""
    with suppress(ImportError, OSError, ValueError):
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (MOST_MEMORY, MOST_MEMORY))


def run(most_seconds: int = MOST_SECONDS) -> None:
    """Check what comes in on stdin."""
    limit_memory()
    sys.stdout.buffer.write(b"\n")
    sys.stdout.buffer.flush()
    alarm: Callable[[int], object] = getattr(signal, "alarm", int)
    answer_lines(sys.stdin.buffer, sys.stdout.buffer, lambda begins: alarm(most_seconds if begins else 0))


if __name__ == "__main__":
    run()
