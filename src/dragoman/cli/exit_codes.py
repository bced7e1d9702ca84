"""The exit codes of all commands, on which scripts rely (docs/reference/commands.md)."""

from dragoman.cli.say import say
from dragoman.config.load import ConfigError

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


def bad_settings(fault: ConfigError) -> int:
    """Says each problem. Gives the exit code."""
    for problem in fault.problems:
        say(problem, "red")
    return BAD_SETTINGS
