"""One try at one target: write, address, send, read, check. Says events; raises UpstreamFailure."""

import math
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing

from msgspec import UNSET
from msgspec.structs import replace

from dragoman.access.vertex_hints import with_hint
from dragoman.dialects.context_overflow import numbered_overflow
from dragoman.dialects.dialect import Dialect, ReplyReader, Written
from dragoman.dialects.quirks import Quirks
from dragoman.emulation.emulation import Emulation
from dragoman.emulation.tool_rounds import ServerCall
from dragoman.messages.errors import UpstreamFailure, UpstreamNonsense
from dragoman.messages.events import Relayed, Said, Usage
from dragoman.messages.grammar import Grammar
from dragoman.messages.request import MessagesRequest
from dragoman.relay.addressing import access_token, address, credential_of, dialect_of, origin_of
from dragoman.relay.commit_gate import CommitGate
from dragoman.relay.gateway import Gateway
from dragoman.relay.ports import AccessToken, UpstreamReply
from dragoman.relay.server_tools import answer_calls
from dragoman.routing.channel import Target
from dragoman.wire.exchange import ReplyHead
from dragoman.wire.sse import FrameTooLarge, SseDecoder

LARGEST_ERROR = 1024 * 1024
LARGEST_MESSAGE = 64 * 1024 * 1024


class Attempt:
    """What `relay` drives and keeps alive."""

    def __init__(
        self,
        gateway: Gateway,
        request: MessagesRequest,
        target: Target,
        quirks: Quirks,
        estimates_factor: float = 1.0,
    ) -> None:
        self._gateway = gateway
        self.target = target
        self.dialect: Dialect = dialect_of(gateway, target)
        self._request = request
        self._quirks = quirks
        self.emulation = Emulation(request, self.dialect, quirks)
        written = self._write(quirks)
        self.weighed = written.estimated_input_tokens
        """Input tokens by the weight of the bytes, before they were multiplied by what answers taught (relay/meter.py)."""
        self.written: Written = scaled(written, estimates_factor)
        """The first request."""
        self.reader: ReplyReader = self._open(self.written)
        self.gate = CommitGate()
        self.head: ReplyHead | None = None
        self._token: AccessToken | None = None
        self._grammar = Grammar()
        self._relays = False

    @property
    def credential(self) -> str:
        """The key or token that went out."""
        return credential_of(self.target.channel, self._token)

    @property
    def counted_input(self) -> int | None:
        """The prompt as the upstream counted it; None if it told nothing, or counted what a search found too."""
        usage = self.reader.usage
        if usage is None or self.emulation.runs_tools or usage.server_tool_use is not UNSET:
            return None
        told = usage.prompt_tokens
        # A reader says the estimate itself where the upstream is silent.
        return told if told and told != self.written.estimated_input_tokens else None

    @property
    def finished(self) -> bool:
        """The answer's last event was said."""
        return self.emulation.is_over(self.reader.finished)

    @property
    def usage(self) -> Usage | None:
        """What is known by now of the whole answer."""
        return self.emulation.usage(self.reader.usage)

    def keep_alive(self, event_due: bool) -> tuple[list[Said], list[Said]]:
        """The message's start, if it can be said by now, and an event that clients count as life, if one is legal and
        `event_due`."""
        if self.reader.finished:
            return [], []  # while tools run
        hear = self.emulation.hear
        return hear(self.reader.start()), hear(self.reader.keep_alive()) if event_due else []

    async def events(self) -> AsyncGenerator[Sequence[Said], None]:
        """The answer's events in batches, as they come. Raises UpstreamFailure, TranslatorBug.

        One answer may take several requests: the reader says whether another one is to follow, and so do calls of tools
        that the gateway runs.
        """
        self._token = await access_token(self._gateway, self.target.channel)
        written: Written | None = self.written
        while written is not None:
            try:
                async with aclosing(self._exchange(written)) as batches:
                    async for said in batches:
                        yield said
            except UpstreamFailure as failure:
                instead = self.reader.take_failure(failure)
                if instead is None:
                    raise
                yield self._heard(instead)
            written = self.reader.follow_up()
            if written is None and (calls := self.emulation.calls):
                yield await self._answered(calls)
                written = self._next_round()

    async def _answered(self, calls: Sequence[ServerCall]) -> Sequence[Said]:
        """What came of the calls of server tools."""
        results = await answer_calls(self._gateway, self.emulation.request, calls)
        said = self.emulation.answered(results)
        self.check(said)
        return said

    def _next_round(self) -> Written | None:
        """The request with which the model goes on; None if that was the end."""
        if self.finished:
            return None
        written = self._write(self._quirks)
        self.reader = self._open(written)
        return written

    def is_changed_by(self, quirks: Quirks) -> bool:
        """Whether the request would be another one with these quirks."""
        other, sent = self._write(quirks), self.written
        return (other.path, other.body, other.headers) != (sent.path, sent.body, sent.headers)

    def _write(self, quirks: Quirks) -> Written:
        """The round's request."""
        request, origin = self.emulation.request, origin_of(self._gateway, self.target)
        written = self.dialect.write_request(request, self.target.model, quirks, origin)
        request.let_go()
        losses = self.emulation.losses
        return replace(written, losses=losses + written.losses) if losses else written

    def _open(self, written: Written) -> ReplyReader:
        return self.dialect.open_reply(self.emulation.request, written, self._gateway.new_id)

    def renews_token(self, failure: UpstreamFailure) -> bool:
        """Whether the upstream refused an access token, and a new one will be asked for."""
        if failure.status != 401 or self._token is None:
            return False
        self._gateway.tokens.reject(self._token)
        return True

    async def _exchange(self, written: Written) -> AsyncGenerator[Sequence[Said], None]:
        request = address(self.target, written, self._request.headers, self._token)
        reply = await self._gateway.upstream.open(request)
        try:
            self.head = reply.head
            if not 200 <= reply.head.status < 300:
                raise await self._read_failure(reply)
            kind = (reply.head.header("content-type") or "").partition(";")[0].strip().lower()
            if kind == "application/json":
                yield self._heard(self.reader.read_whole(await reply.read_all(LARGEST_MESSAGE)))
            elif written.streaming and kind in ("text/event-stream", ""):
                async with aclosing(self._stream(reply)) as batches:
                    async for said in batches:
                        yield said
            else:
                wanted = "an event stream" if written.streaming else "JSON"
                raise UpstreamNonsense(f"the upstream answered with `{kind[:60]}` instead of {wanted}")
        finally:
            reply.close()

    async def _read_failure(self, reply: UpstreamReply) -> UpstreamFailure:
        body = await reply.read_all(LARGEST_ERROR)
        channel = self.target.channel
        failure = self.dialect.read_failure(reply.head, body, self._request, channel.passthrough_credentials)
        if channel.access == "vertex":
            failure = with_hint(failure, self.target.model, channel.location)
        return self._with_numbers(failure)

    def _with_numbers(self, failure: UpstreamFailure) -> UpstreamFailure:
        """A prompt that is too long is told with numbers, also where the upstream tells none."""
        error = failure.error
        if error.body is None:
            estimated = self.written.estimated_input_tokens
            error.message = numbered_overflow(error.message, estimated, self._quirks.context_window)
        return failure

    async def _stream(self, reply: UpstreamReply) -> AsyncGenerator[Sequence[Said], None]:
        decoder = SseDecoder()
        reader = self.reader
        spoke = False
        data = b"."
        while data and not reader.finished:
            try:
                data = await reply.read()
            except UpstreamFailure as broken:
                if not spoke:
                    raise  # a broken connection is no empty answer, which a reader may want to ask anew
                yield self._ending_before(broken)
                return
            said: list[Said] = []
            failure: UpstreamFailure | None = None
            try:
                for frame in decoder.feed(data) if data else decoder.finish():
                    spoke = spoke or bool(frame.data)
                    said += reader.feed(frame)
                if not data:
                    said += reader.finish(decoder.rest)
            except UpstreamFailure as error:
                failure = self._with_numbers(error)
            except FrameTooLarge as error:
                failure = UpstreamNonsense(str(error))
            if said:
                yield self._heard(said)
            if failure is not None:
                try:
                    raise failure
                finally:
                    del failure  # a frame that names what was raised in it is a circle, see `Answer`
        await reply.drain()

    def _ending_before(self, broken: UpstreamFailure) -> Sequence[Said]:
        """The end of an answer of which only the end marker was lost. Raises `broken` where more was."""
        try:
            said = self.reader.finish()
        except UpstreamFailure:
            raise broken from None
        return self._heard(said)

    def _heard(self, said: Sequence[Said]) -> Sequence[Said]:
        """Checked events. What their reader wants kept is kept before the client can ask anew."""
        said = self.emulation.hear(said)
        self.check(said)
        kept = self.reader.take_kept()
        if kept:
            self._gateway.kept.keep(kept)
        return said

    def check(self, said: Sequence[Said]) -> None:
        """Raises TranslatorBug for an event that breaks the grammar.

        Relayed frames are the upstream's own, and so is the place of what stands between them.
        """
        check = self._grammar.check
        for event in said:
            if isinstance(event, Relayed):
                self._relays = True
            elif not self._relays:
                check(event)


def scaled(written: Written, factor: float) -> Written:
    """With its estimate multiplied, and rounded up."""
    if factor == 1.0 or not written.estimated_input_tokens:
        return written
    return replace(written, estimated_input_tokens=math.ceil(written.estimated_input_tokens * factor))
