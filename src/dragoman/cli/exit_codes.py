"""The exit codes of all commands, on which scripts rely (docs/reference/commands.md)."""

import sys
from collections.abc import Sequence

from dragoman.cli.say import say
from dragoman.config.load import ConfigError
from dragoman.wire.jsonbytes import encode

DONE = 0
FAILED = 1
REFUSED = 2
BAD_SETTINGS = 3
CANNOT_BIND = 4
INTERRUPTED = 130

MEANINGS = {
    DONE: "done, or all is well",
    FAILED: "it did not work, or something is not in order",
    REFUSED: "refused as it was typed: a wrong option, something missing, an address open to others without a key",
    BAD_SETTINGS: "a setting is wrong",
    CANNOT_BIND: "the address cannot be listened on",
    INTERRUPTED: "stopped with Ctrl-C",
}


def bad_settings(fault: ConfigError, *, as_json: bool = False) -> int:
    """Says each problem. Gives the exit code."""
    return refused(BAD_SETTINGS, fault.problems, as_json=as_json)


def refused(code: int, problems: Sequence[str], *, as_json: bool) -> int:
    """Says why nothing is shown, to people or as data. Gives `code`."""
    if as_json:
        sys.stdout.write(encode({"problems": problems}).decode() + "\n")
        return code
    for problem in problems:
        say(problem, "red")
    return code
