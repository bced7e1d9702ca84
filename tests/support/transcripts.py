"""Transcripts: one exchange in five files, numbered in the order of the request's way.

`python -m tests.support.transcripts accept [case ...]` writes what the code now does into files 2, 4 and 5, to be
reviewed in the diff.

An answer that takes several requests has all replies in file 3, with NEXT_REQUEST between them, and the requests after
the first in a second file 2. A signature that Dragoman sealed is written as what it holds, `sealed {...}`, also in
file 1 and case.toml, with its account as `a`, its family as `m` and what it carries as it is as `raw`;
`sealed openai_chat {...}` is of another dialect than the case.
"""

import difflib
import json
import re
import sys
import tomllib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
from msgspec.structs import replace

from dragoman.dialects.dialect import Dialect, Origin, ReplyReader, Written
from dragoman.dialects.quirks import Quirks
from dragoman.dialects.registry import DIALECTS
from dragoman.messages.envelope import Seal
from dragoman.messages.errors import UpstreamFailure
from dragoman.messages.events import ErrorDetail, ErrorEvent, Relayed, frame_of
from dragoman.messages.fold import fold
from dragoman.messages.parse import parse_request
from dragoman.messages.request import MessagesRequest
from dragoman.routing.presets import quirks_for
from tests.support.grammar_table import check_stream, fold_stream
from tests.support.reading import Heard, counting_ids, hear, hear_whole
from tests.support.sealing import opened_whole, whose

ROOT = Path(__file__).parent.parent / "transcripts"

ESTIMATED_INPUT = 1000
"""Stands for the estimate in `message_start`, which is not what transcripts are about."""

ACCOUNT = "ours"
"""Whose signatures are good."""

SEAL_KEY = b"transcripts"
"""With which they are sealed."""

NEXT_REQUEST = b": next request\n\n"
"""Stands between the replies to the requests of one answer."""

CLIENT_REQUEST = "1-client-request.json"
UPSTREAM_REQUEST = "2-upstream-request.json"
FOLLOW_UPS = "2-follow-up-requests.json"
UPSTREAM_REPLY = "3-upstream-reply.sse"
WHOLE_REPLY = "3-upstream-reply.json"
CLIENT_EVENTS = "4-client-events.sse"
CLIENT_MESSAGE = "5-client-message.json"
NEEDED = ("case.toml", CLIENT_REQUEST, UPSTREAM_REQUEST, UPSTREAM_REPLY, CLIENT_EVENTS, CLIENT_MESSAGE)
POSSIBLE = (FOLLOW_UPS, WHOLE_REPLY)
LONGEST_FILE = 75
LINE_LENGTH = 110

_SIGNATURE = re.compile(r"dgm2\.(\w+)\.[\w-]+\.[\w=-]*\.[\w-]+")
_READABLE = re.compile(r'"sealed (?:(\w+) )?(\{(?:[^"\\]|\\.)*\})"')


class About(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """case.toml."""

    meaning: str
    """One sentence."""
    origin: str
    """Recorded where and when, or written by hand from which document."""
    model: str
    """The upstream's model."""
    upstream: str = ""
    """A base URL, for the quirks of its preset; without one the defaults hold."""
    quirks: dict[str, Any] = {}
    """What differs from the preset."""
    headers: dict[str, str] = {}
    """Of the client."""
    losses: tuple[str, ...] = ()
    """Such as `top_k dropped`."""
    kept: dict[str, str] = {}
    """What earlier answers left in the store, by the keys of their blocks."""
    keeps: dict[str, str] = {}
    """What this answer leaves there."""


@dataclass(frozen=True)
class Case:
    """One folder."""

    folder: Path

    @property
    def name(self) -> str:
        return f"{self.folder.parent.name}/{self.folder.name}"

    @property
    def dialect(self) -> Dialect:
        return DIALECTS[self.folder.parent.name]

    @property
    def relays(self) -> bool:
        """Whether requests and replies go through as bytes."""
        return self.dialect.name == "anthropic"

    @property
    def about(self) -> About:
        return msgspec.convert(tomllib.loads(self.text("case.toml")), About)

    def text(self, name: str) -> str:
        return (self.folder / name).read_bytes().decode()

    def request(self) -> MessagesRequest:
        body = self._sealed(self.text(CLIENT_REQUEST))
        return parse_request(body.encode(), tuple(self.about.headers.items()))

    def write(self) -> Written:
        about = self.about
        known = quirks_for(about.upstream, about.model, self.dialect.name) if about.upstream else Quirks()
        quirks = msgspec.convert(msgspec.to_builtins(known) | about.quirks, Quirks)
        kept = {key: json.loads(self._sealed(json.dumps(value))) for key, value in about.kept.items()}
        return self.dialect.write_request(
            self.request(), about.model, quirks, Origin(ACCOUNT, kept.get, SEAL_KEY)
        )

    def open_reply(self) -> ReplyReader:
        written = replace(self.write(), estimated_input_tokens=ESTIMATED_INPUT)
        return self.dialect.open_reply(self.request(), written, counting_ids())

    def hear(self) -> Heard:
        """The streamed reply, read in three ways."""
        return hear(self.open_reply, *(self.folder / UPSTREAM_REPLY).read_bytes().split(NEXT_REQUEST))

    def hear_whole(self) -> Heard | None:
        """The same answer as one JSON value, where the case has it."""
        path = self.folder / WHOLE_REPLY
        return hear_whole(self.open_reply, path.read_bytes()) if path.exists() else None

    def upstream_request(self) -> str:
        """What file 2 should say."""
        body = self.write().body.decode()
        return body if self.relays else pretty(json.loads(body)) + "\n"

    def follow_up_requests(self) -> str:
        """What the second file 2 should say; empty if one request was enough."""
        requests = [json.loads(written.body) for written in self.hear().follow_ups]
        return pretty(requests) + "\n" if requests else ""

    def client_events(self) -> str:
        """What file 4 should say."""
        return events_text(self.hear())

    def client_message(self) -> str:
        """What file 5 should say."""
        return message_text(self.hear())

    def _sealed(self, text: str) -> str:
        """Readable signatures in JSON as clients send them back."""

        def sealed(match: re.Match[str]) -> str:
            dialect, held = match.groups()
            payload = json.loads(json.loads(f'"{held}"'))
            whose, raw = (payload.pop("a", ACCOUNT), payload.pop("m", "")), payload.pop("raw", "")
            return json.dumps(Seal(dialect or self.dialect.name, *whose, SEAL_KEY).close(payload, raw))

        return _READABLE.sub(sealed, text)


def cases() -> list[Case]:
    """Every case, in order."""
    return [Case(path.parent) for path in sorted(ROOT.glob("*/*/case.toml"))]


def events_text(heard: Heard) -> str:
    """The frames that the client gets, with signatures opened."""
    said = list(heard.said)
    if heard.failure is not None:
        said.append(ErrorEvent(_told(heard.failure), "req_transcript"))
    return _opened(b"".join(frame_of(one) for one in said).decode())


def message_text(heard: Heard) -> str:
    """The message that the client ends up with, or the error."""
    if heard.failure is not None:
        value: Any = {"type": "error", "error": msgspec.to_builtins(_told(heard.failure))}
    elif all(isinstance(one, Relayed) for one in heard.said):
        value = fold_stream(check_stream(b"".join(frame_of(one) for one in heard.said)))
    else:
        value = fold(heard.events)
    return _opened(pretty(value)) + "\n"


def kept_text(heard: Heard) -> dict[str, str]:
    """What the answer leaves in the store, opened."""
    return {key: json.loads(_opened(json.dumps(value))) for key, value in heard.kept.items()}


def _told(failure: UpstreamFailure) -> ErrorDetail:
    return ErrorDetail(failure.error.type, failure.error.message)


def _opened(text: str) -> str:
    """Sealed signatures as what they hold: their bytes depend on the compressor."""

    def readable(match: re.Match[str]) -> str:
        account, family = whose(match[0])
        held = opened_whole(match[0], match[1], account=account, family=family, key=SEAL_KEY)
        assert held is not None, f"a signature that does not open: {match[0]}"
        raw = {"raw": held.raw} if held.raw else {}
        shown = json.dumps({"a": account, "m": family} | held.payload | raw, ensure_ascii=False)
        return json.dumps(f"sealed {shown}", ensure_ascii=False)[1:-1]

    return _SIGNATURE.sub(readable, text)


def pretty(value: Any, indent: str = "", before: int = 0) -> str:
    """JSON with whatever fits on one line on one line; `before` are the characters that stand there already."""
    flat = json.dumps(value, ensure_ascii=False)
    if before + len(flat) < LINE_LENGTH or not value or not isinstance(value, (dict, list)):
        return flat
    deeper = indent + "  "
    if isinstance(value, list):
        inner = [pretty(item, deeper, len(deeper)) for item in value]
    else:
        named = [(json.dumps(key, ensure_ascii=False), item) for key, item in value.items()]
        inner = [f"{key}: {pretty(item, deeper, len(deeper) + len(key) + 2)}" for key, item in named]
    first, last = "[]" if isinstance(value, list) else "{}"
    return f"{first}\n" + ",\n".join(deeper + line for line in inner) + f"\n{indent}{last}"


def check_same(expected: str, actual: str, name: str) -> None:
    """AssertionError with the difference, line by line."""
    if expected != actual:
        lines = difflib.unified_diff(
            expected.splitlines(),
            actual.splitlines(),
            f"{name} as accepted",
            f"{name} as it is now",
            n=2,
            lineterm="",
        )
        raise AssertionError("\n".join(["the dialogue has changed:", *lines]))


_SECRETS = re.compile(
    r"sk-[A-Za-z0-9_-]{8}|AIza[\w-]{8}|ya29\.|gh[pousr]_\w{8}|xox[a-z]-|-----BEGIN|AKIA[A-Z0-9]{8}"
    r"|[Bb]earer [\w.-]{8}|/home/|/root/|/Users/"
)


def problems(root: Path = ROOT) -> Iterator[str]:
    """What is wrong with the files themselves: missing, stray, too long, or not to be published."""
    for path in sorted(root.rglob("*")):
        place = path.relative_to(root)
        if "__pycache__" in place.parts or place.suffix == ".py":
            continue
        if path.is_dir():
            yield from _problems_of_folder(path, place)
        elif len(place.parts) != 3 or place.name not in (*NEEDED, *POSSIBLE):
            yield f"{place}: belongs to no case"
        else:
            yield from _problems_of_file(path, place)


def _problems_of_folder(path: Path, place: Path) -> Iterator[str]:
    if len(place.parts) == 1 and place.name not in DIALECTS:
        yield f"{place}: no dialect has this name"
    if len(place.parts) == 2:
        for name in NEEDED:
            if not (path / name).exists():
                yield f"{place}/{name}: is missing"


def _problems_of_file(path: Path, place: Path) -> Iterator[str]:
    text = path.read_bytes().decode()
    if _SECRETS.search(text):
        yield f"{place}: looks like a secret or a private path"
    if len(text.splitlines()) > LONGEST_FILE:
        yield f"{place}: has more than {LONGEST_FILE} lines"
    if path.name == "case.toml":
        about = msgspec.convert(tomllib.loads(text), About)
        if not about.meaning.endswith(".") or not about.origin:
            yield f"{place}: wants a sentence of meaning and an origin"


def accept(names: Iterable[str]) -> None:
    """Write files 2, 4 and 5 of the named cases, or of all."""
    wanted = set(names)
    for case in cases():
        if wanted and not wanted & {case.name, case.folder.name}:
            continue
        (case.folder / UPSTREAM_REQUEST).write_bytes(case.upstream_request().encode())
        (case.folder / FOLLOW_UPS).unlink(missing_ok=True)
        if follow_ups := case.follow_up_requests():
            (case.folder / FOLLOW_UPS).write_bytes(follow_ups.encode())
        (case.folder / CLIENT_EVENTS).write_bytes(case.client_events().encode())
        (case.folder / CLIENT_MESSAGE).write_bytes(case.client_message().encode())
        print(case.name, *(f"\n  {loss.field} {loss.what}: {loss.why}" for loss in case.write().losses))
        for key, value in kept_text(case.hear()).items():
            print(f"  keeps {key}: {value}")


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["accept", *names]:
            accept(names)
        case _:
            sys.exit("usage: python -m tests.support.transcripts accept [case ...]")
