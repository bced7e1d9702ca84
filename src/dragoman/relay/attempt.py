"""One try at one target: write, address, send, read, check. Says events; raises UpstreamFailure."""

from collections.abc import AsyncGenerator, Sequence

from dragoman.access import direct
from dragoman.dialects.dialect import Dialect, ReplyReader, Written
from dragoman.dialects.quirks import Quirks
from dragoman.messages.errors import ApiError, UpstreamFailure, UpstreamNonsense
from dragoman.messages.events import Relayed, Said
from dragoman.messages.grammar import Grammar
from dragoman.messages.request import MessagesRequest
from dragoman.relay.commit_gate import CommitGate
from dragoman.relay.gateway import Gateway
from dragoman.relay.headers import relayed
from dragoman.relay.ports import UpstreamReply
from dragoman.routing.channel import Target
from dragoman.wire.exchange import Headers, HttpRequest, ReplyHead
from dragoman.wire.redact import SecretScrubber
from dragoman.wire.sse import FrameTooLarge, SseDecoder

LARGEST_ERROR = 1024 * 1024
LARGEST_MESSAGE = 64 * 1024 * 1024


class Attempt:
    """What `relay` drives and keeps alive."""

    def __init__(self, gateway: Gateway, request: MessagesRequest, target: Target, quirks: Quirks) -> None:
        self._gateway = gateway
        self._request = request
        self._target = target
        self.credential = target.channel.credential
        self.dialect: Dialect = dialect_of(gateway, target)
        self.written: Written = self.dialect.write_request(request, target.model, quirks)
        self.reader: ReplyReader = self.dialect.open_reply(request, self.written, gateway.new_id)
        self.gate = CommitGate()
        self.head: ReplyHead | None = None
        self._grammar = Grammar()
        self._relays = False

    async def events(self) -> AsyncGenerator[Sequence[Said], None]:
        """The reply's events in batches, as they come. Raises UpstreamFailure, TranslatorBug."""
        reply = await self._gateway.upstream.open(address(self._target, self.written, self._request.headers))
        try:
            self.head = reply.head
            if not 200 <= reply.head.status < 300:
                raise await self._read_failure(reply)
            kind = (reply.head.header("content-type") or "").partition(";")[0].strip().lower()
            if kind == "application/json":
                said = self.reader.read_whole(await reply.read_all(LARGEST_MESSAGE))
                self.check(said)
                yield said
            elif self.written.streaming and kind in ("text/event-stream", ""):
                async for said in self._stream(reply):
                    yield said
            else:
                wanted = "an event stream" if self.written.streaming else "JSON"
                raise UpstreamNonsense(f"the upstream answered with `{kind[:60]}` instead of {wanted}")
        finally:
            reply.close()

    async def _read_failure(self, reply: UpstreamReply) -> UpstreamFailure:
        body = await reply.read_all(LARGEST_ERROR)
        theirs = self._target.channel.passthrough_credentials
        return self.dialect.read_failure(reply.head, body, self._request, theirs)

    async def _stream(self, reply: UpstreamReply) -> AsyncGenerator[Sequence[Said], None]:
        decoder = SseDecoder()
        reader = self.reader
        while not reader.finished:
            try:
                data = await reply.read()
            except UpstreamFailure as broken:
                yield self._ending_before(broken)
                return
            said: list[Said] = []
            failure: UpstreamFailure | None = None
            try:
                for frame in decoder.feed(data) if data else decoder.finish():
                    said += reader.feed(frame)
                if not data:
                    said += reader.finish()
            except UpstreamFailure as error:
                failure = error
            except FrameTooLarge as error:
                failure = UpstreamNonsense(str(error))
            self.check(said)
            if said:
                yield said
            if failure is not None:
                raise failure
        await reply.drain()

    def _ending_before(self, broken: UpstreamFailure) -> Sequence[Said]:
        """The end of an answer of which only the end marker was lost. Raises `broken` where more was."""
        try:
            said = self.reader.finish()
        except UpstreamFailure:
            raise broken from None
        self.check(said)
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


def dialect_of(gateway: Gateway, target: Target) -> Dialect:
    """Raises ApiError 501 for a dialect or an access that this version does not have."""
    dialect = gateway.dialects.get(target.channel.dialect)
    if target.channel.access != "direct":
        raise _not_yet(target, f"the access `{target.channel.access}`")
    if dialect is None:
        raise _not_yet(target, f"the dialect `{target.channel.dialect}`")
    return dialect


def _not_yet(target: Target, what: str) -> ApiError:
    return ApiError(
        501,
        f"model `{target.model}` needs {what}, which this version does not have yet: "
        "route the model to another provider with BIG_MODEL, SMALL_MODEL or a channel",
        headers=(("x-should-retry", "false"),),
    )


def address(target: Target, written: Written, client_headers: Headers) -> HttpRequest:
    """The request to the target's channel. Raises ApiError 401 when its credential is missing."""
    channel = target.channel
    if channel.credential_required and not channel.credential and not channel.passthrough_credentials:
        raise ApiError(
            401,
            f"no credential for `{channel.name}`: set {channel.credential_setting} where Dragoman runs "
            f"(model `{target.model}`)",
            headers=(("x-should-retry", "false"),),
        )
    return direct.address(
        written,
        base_url=channel.base_url,
        credential=channel.credential,
        dialect=channel.dialect,
        client_headers=client_headers if channel.passthrough_credentials else None,
    )


def without_credential(error: ApiError, target: Target | None) -> ApiError:
    """The error without the channel's key, which some upstreams quote when they refuse it."""
    if target is None or not target.channel.credential:
        return error
    scrubber = SecretScrubber((target.channel.credential,))
    error.headers = relayed(error.headers, target.channel.credential, shared=False)
    error.message = scrubber.scrub(error.message)
    if error.body is not None:
        error.body = scrubber.scrub_bytes(error.body)
    return error
