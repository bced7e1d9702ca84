"""The smallest possible dialect, so that tests of the relay are not about a vendor.

A reply is data lines: `start`, `text WORDS`, `think WORDS`, `usage N` or `usage N searched`, `keep KEY`, `more` (a
further request is to follow), `try` (one that may fail), `end REASON`, `fail WORDS`, `bug`. An error body is
`CODE: WORDS`. A request tells the quirks that it was written with.
"""

from collections.abc import Mapping, Sequence

import msgspec

from dragoman.dialects.dialect import NOWHERE, Loss, Mended, NewId, Origin, ReplyReader, Written
from dragoman.dialects.quirks import Quirks
from dragoman.messages.errors import ApiError, UpstreamFailure, UpstreamNonsense
from dragoman.messages.events import ContentBlockStop, Said, Usage
from dragoman.messages.request import MessagesRequest
from dragoman.messages.url_sources import Medium
from dragoman.messages.writer import MessageWriter
from dragoman.wire.exchange import Headers, ReplyHead
from dragoman.wire.jsonbytes import encode
from dragoman.wire.sse import Frame

LESSONS = {
    "no sampling": {"sampling": False},
    "only sampling": {"sampling": True},
    "no images": {"images": False},
    "no files": {"files": False},
    "only files": {"files": True},
    "only files, no sampling": {"files": True, "sampling": False},
}
"""What a refusal teaches, one field each time. `no files` teaches what the defaults know already, `no images` holds for
one request, and whatever is taught of files changes nothing that is sent."""


def lines(*said: str) -> bytes:
    """A stream of data lines."""
    return b"".join(f"data: {line}\n\n".encode() for line in said)


class PlainDialect:
    """Implements `Dialect`. `counts`: the upstream has a token count of its own."""

    name = "plain"
    cites = False

    def __init__(self, counts: bool = False) -> None:
        self.counts = counts

    def write_request(
        self, request: MessagesRequest, model: str, quirks: Quirks, origin: Origin = NOWHERE
    ) -> Written:
        losses = tuple(Loss(name, "dropped", "plain is plain") for name in request.raw.get("unknown", ()))
        told = {"model": model, "sampling": quirks.sampling, "images": quirks.images}
        return Written(
            "/say",
            encode(told),
            losses=losses,
            estimated_input_tokens=321,
            empty_answer="max_tokens" if request.max_tokens == 0 else "",
        )

    def write_count(
        self, request: MessagesRequest, model: str, quirks: Quirks, origin: Origin = NOWHERE
    ) -> Written | None:
        return Written("/count", request.body, streaming=False) if self.counts else None

    def read_count(self, body: bytes) -> int:
        if not body.isdigit():
            raise UpstreamNonsense("no number")
        return int(body)

    def takes_urls(self, medium: Medium, quirks: Quirks) -> bool:
        return medium == "image" and quirks.image_urls

    def open_reply(self, request: MessagesRequest, written: Written, new_id: NewId) -> ReplyReader:
        return PlainReply(request.model, new_id, written.estimated_input_tokens)

    def read_failure(
        self, head: ReplyHead, body: bytes, request: MessagesRequest, clients_credential: bool
    ) -> UpstreamFailure:
        code, _, words = body.decode().partition(": ")
        kind = "refused" if head.status == 400 else "overloaded"
        error = ApiError(head.status, words or code)
        return UpstreamFailure(
            kind, error, status=head.status, vendor_code=code if words else "", vendor_message=words or code
        )

    def relayed_headers(self, head: ReplyHead) -> Headers:
        return tuple(pair for pair in head.headers if pair[0].startswith(("x-plain-", "anthropic-")))

    def mend(self, failure: UpstreamFailure, quirks: Quirks) -> Mended | None:
        lesson = LESSONS.get(failure.vendor_message)
        if lesson is None:
            return None
        new = {name: value for name, value in lesson.items() if getattr(quirks, name) != value}
        field, value = next(iter((new or lesson).items()))
        return Mended(msgspec.structs.replace(quirks, **{field: value}), lasting=field != "images")


class PlainReply:
    """Implements `ReplyReader`."""

    def __init__(self, model: str, new_id: NewId, estimated_input_tokens: int) -> None:
        self._writer = MessageWriter("msg_" + new_id(), model, estimated_input_tokens)
        self.finished = False
        self.usage: Usage | None = None
        self.stop_reason: str | None = None
        self.withheld: Mapping[str, int] = {}
        self._more = False
        self._tries = False
        self._kept: dict[str, str] = {}

    def feed(self, frame: Frame) -> Sequence[Said]:
        word, _, rest = (frame.data or b"").decode().partition(" ")
        match word:
            case "start":
                self._writer.start()
            case "text":
                self._writer.text(rest)
            case "think":
                self._writer.thinking(rest)
            case "usage":
                self.usage = _usage(*rest.split())
            case "keep":
                self._kept[rest] = f"state of {rest}"
            case "more" | "try":
                self._more = True
                self._tries = word == "try"
            case "end":
                self.finished = True
                self.stop_reason = rest
                self.usage = self.usage or Usage(input_tokens=7, output_tokens=9)
                self._writer.end(rest, self.usage)
            case "fail":
                raise UpstreamFailure(
                    "overloaded", ApiError(529, rest), status=529, vendor_code=rest, vendor_message=rest
                )
            case "bug":
                return [*self._writer.take(), ContentBlockStop(99)]
            case _:
                assert not word, word
        return self._writer.take()

    def read_whole(self, body: bytes) -> Sequence[Said]:
        said: list[Said] = []
        for line in body.decode().splitlines():
            said += self.feed(Frame(line.encode(), b"", b""))
        return said

    def finish(self, rest: bytes = b"") -> Sequence[Said]:
        if not self.finished and not self._more:
            raise UpstreamNonsense("the upstream closed the stream before the answer was complete")
        return ()

    def follow_up(self) -> Written | None:
        more, self._more = self._more, False
        return Written("/more", b"{}") if more else None

    def take_failure(self, failure: UpstreamFailure) -> Sequence[Said] | None:
        if not self._tries:
            return None
        self._tries = False
        self._more = True
        self._writer.text("failed: ")
        return self._writer.take()

    def take_kept(self) -> Mapping[str, str]:
        kept, self._kept = self._kept, {}
        return kept

    def start(self) -> Sequence[Said]:
        self._writer.start()
        return self._writer.take()

    def keep_alive(self) -> Sequence[Said]:
        if self.finished:
            return ()
        self._writer.keep_alive(thinking=False)
        return self._writer.take()


def _usage(counted: str, searched: str = "") -> Usage:
    usage = Usage(input_tokens=int(counted))
    return msgspec.structs.replace(usage, server_tool_use={"web_search_requests": 1}) if searched else usage
