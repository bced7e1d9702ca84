"""What a page of the documents tells its reader to do: its commands by kind, and its `.env` files, in order."""

import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum

SHELL_BLOCKS = frozenset({"sh", "bash", "shell", "console"})

ASSIGNMENT = re.compile(r"[A-Za-z_][A-Za-z0-9_]*=.*", re.DOTALL)
BLANK = re.compile(r"<[A-Za-z][\w -]*>|\bYOUR_[A-Z_]+\b")
"""What a reader has to fill in."""

_PORT = re.compile(r"(?P<before>--port[ =]|localhost:|127\.0\.0\.1:|\bPORT=[\"']?)(?P<port>\d+)")
_CLONE = re.compile(r"git clone (?P<source><[^>]*>|\S+)(?: (?P<folder>[\w.-]+))?")
_BETWEEN = frozenset({"|", "&&", "||", ";", "&"})


class Kind(Enum):
    """What has to be there for a command, and what becomes of it."""

    PLAIN = "runs to its end, and no gateway is needed"
    CLONE = "git clone: of the files at hand"
    SERVE = "runs until Ctrl-C"
    CLIENT = "asks the running gateway"
    MESSAGE = "curl to the Messages API: the answer must be a message"
    CLAUDE = "Claude Code, which is interactive"
    NPM = "installs Claude Code"
    SUITE = "the test suite"
    QUESTIONS = "asks questions at a terminal"
    SERVICE = "keeps the gateway running, under a supervisor"
    NOT_HERE = "needs a container engine, a supervisor or root"


class UnknownCommand(Exception):
    """Nobody said what is to become of such a command."""


@dataclass(frozen=True)
class Command:
    typed: str
    """As the page has it, with its line breaks and blanks."""
    kind: Kind


@dataclass(frozen=True)
class EnvFile:
    """Lines for the reader's `.env`."""

    lines: tuple[str, ...]
    anew: bool = False
    """In place of all that was there."""


_HERE = r"http://(?:localhost|127\.0\.0\.1):\d+"
_COMMANDS: tuple[tuple[str, Kind], ...] = (
    (r"docker|podman|launchctl|systemctl|journalctl|sudo", Kind.NOT_HERE),
    (r"git clone", Kind.CLONE),
    (r"git|uv (?:sync|build|venv|pip|tool install)|pip install|gcloud", Kind.PLAIN),
    (r"cd|cp|mv|mkdir|cat|echo|export|source|\.|deactivate", Kind.PLAIN),
    (r"\./(?:setup_env|setup_vertex_claude|fill_env_from_gcloud)\.sh", Kind.PLAIN),
    (r"npm install -g @anthropic-ai/claude-code$", Kind.NPM),
    (r"claude", Kind.CLAUDE),
    (rf"curl (?:.* )?{_HERE}/v1/messages(?:\?\S*)?", Kind.MESSAGE),
    (rf"curl (?:.* )?{_HERE}/\S*", Kind.CLIENT),
)
"""How a command begins, in words with one space between them."""

_OF_THE_PROJECT: tuple[tuple[str, Kind], ...] = (
    (r"NAME serve", Kind.SERVE),
    (r"NAME claude", Kind.CLAUDE),
    (r"NAME (?:env|health)", Kind.CLIENT),
    (r"NAME (?:check|doctor|models|explain|--help|--version)", Kind.PLAIN),
    (r"NAME init", Kind.QUESTIONS),
    (r"NAME service", Kind.SERVICE),
    (r"claude-code-proxy(?: --?[a-z].*)?$", Kind.SERVE),
    (r"uvicorn server:app", Kind.SERVE),
    (r"pytest", Kind.SUITE),
)
"""The same after `uv run`, or as the project's own programs where it is installed."""

_NAME = "(?:dragoman|claude-code-proxy)"


def steps(blocks: Iterator[tuple[str, str]]) -> list[Command | EnvFile]:
    """Of blocks as language and text. Raises UnknownCommand."""
    found: list[Command | EnvFile] = []
    for language, text in blocks:
        if text.startswith("# .env"):
            lines = [line for line in text.splitlines() if line.strip() and not line.startswith("#")]
            found.append(EnvFile(tuple(lines)))
        elif language in SHELL_BLOCKS:
            found += [Command(typed, kind_of(typed)) for typed in commands_of(text)]
    return found


def commands_of(text: str) -> list[str]:
    """The commands of a block: a line each, or several where they end in a backslash."""
    commands: list[str] = []
    open_lines: list[str] = []
    for line in text.splitlines():
        if not open_lines and (not line.strip() or line.lstrip().startswith("#")):
            continue
        open_lines.append(line)
        if not line.endswith("\\"):
            commands.append("\n".join(open_lines))
            open_lines = []
    return [*commands, *(["\n".join(open_lines)] if open_lines else [])]


def kind_of(command: str) -> Kind:
    """The kind of a line; of several commands in it the first that is not plain. Raises UnknownCommand."""
    lexer = shlex.shlex(BLANK.sub("BLANK", command).replace("\\\n", " "), posix=True, punctuation_chars="|&;")
    lexer.whitespace_split = True
    parts: list[list[str]] = [[]]
    for word in lexer:
        if word in _BETWEEN:
            parts.append([])
        else:
            parts[-1].append(word)
    kinds = [_kind(words, command) for words in parts if words]
    if Kind.NOT_HERE in kinds:
        return Kind.NOT_HERE
    return next((kind for kind in kinds if kind is not Kind.PLAIN), Kind.PLAIN)


def _kind(words: list[str], command: str) -> Kind:
    """Of one command in words."""
    start = next((at for at, word in enumerate(words) if not ASSIGNMENT.fullmatch(word)), len(words))
    told = words[start:]
    if not told:
        return Kind.PLAIN
    if told[0] == "eval" and len(told) == 2:
        return kind_of(told[1].removeprefix("$(").removesuffix(")"))
    in_project = told[:2] == ["uv", "run"]
    line = " ".join(told[2:] if in_project else told)
    for beginning, kind in _OF_THE_PROJECT if in_project else (*_COMMANDS, *_OF_THE_PROJECT):
        if re.match(rf"(?:{beginning.replace('NAME', _NAME)})(?=\s|$)", line):
            return kind
    raise UnknownCommand(f"nobody said what is to become of `{command}`: scripts/readme_steps.py")


def fill_blanks(command: str, answers: dict[str, str]) -> str:
    """The command with what a reader would put in. Raises UnknownCommand for a blank without an answer."""
    filled = BLANK.sub(lambda blank: answers.get(blank[0], blank[0]), command)
    if left := BLANK.search(filled):
        raise UnknownCommand(f"nobody said what stands for `{left[0]}` in `{command}`")
    return filled


def clone_of(command: str, repository: str) -> str:
    """A `git clone` of `repository` into the folder that the reader's own would make. Raises UnknownCommand."""
    found = _CLONE.fullmatch(command)
    if found is None:
        raise UnknownCommand(f"nobody said how to do `{command}` with a repository of this machine")
    named = found["source"].rstrip("/>").rpartition("/")[2].removesuffix(".git")
    return f"git clone {repository} {found['folder'] or named}"


def ports_of(command: str) -> list[int]:
    """The ports that a command names."""
    return [int(found["port"]) for found in _PORT.finditer(command)]


def move_ports(command: str, moved: dict[int, int]) -> str:
    """The command with other ports in place of those that it names."""
    return _PORT.sub(lambda found: f"{found['before']}{moved[int(found['port'])]}", command)
