"""One request's answer in progress: plan, attempt, commit gate, settlement.

`events` is the only way to a client. While the upstream is silent the server asks `keep_alive` what to send.
"""

from asyncio import CancelledError
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from typing import Any, Protocol

from msgspec.structs import replace

from dragoman.dialects.dialect import Mended
from dragoman.dialects.quirks import Quirks
from dragoman.messages.errors import ApiError, TranslatorBug, UpstreamFailure, invalid_request, our_mistake
from dragoman.messages.events import MessageStart, Ping, Relayed, Said, Usage, frame_of
from dragoman.messages.fold import Fold
from dragoman.messages.request import MessagesRequest
from dragoman.messages.writer import MessageWriter
from dragoman.relay.addressing import dialect_of, without_credential
from dragoman.relay.attempt import Attempt
from dragoman.relay.gateway import Gateway
from dragoman.relay.headers import loss_header, relayed
from dragoman.relay.knowledge import Knowledge
from dragoman.relay.output_schema import OutputCheck, note, output_check, refusal
from dragoman.relay.settlement import settle
from dragoman.relay.trace import Trace
from dragoman.relay.url_sources import UrlSources
from dragoman.routing.channel import Target
from dragoman.routing.ways import spoken_to
from dragoman.wire.exchange import Headers
from dragoman.wire.jsonbytes import encode
from dragoman.wire.sse import comment

MOST_MENDS = 4
"""How many refusals one request may learn from, each asking for another change."""
MOST_LESSONS = 8
"""How many changes one refusal may be taken for until one changes the request."""


class Memory(Knowledge, Protocol):
    """Takes what this request teaches."""

    def learn(self, target: Target, quirks: Quirks) -> None: ...
    def speaks(self, target: Target) -> None: ...


class Answer:
    """One request's answer; used once."""

    def __init__(self, gateway: Gateway, memory: Memory, request: MessagesRequest, request_id: str) -> None:
        self._gateway = gateway
        self._memory = memory
        self._request = request
        self._url_sources = None if gateway.fetcher is None else UrlSources(gateway.fetcher)
        self._output_check = output_check(request)
        self._attempt: Attempt | None = None
        self._started = False
        self._renewed = False
        self._respoken = False
        self._lessons: dict[str, Any] = {}
        self.complete = False
        """The last event was handed out."""
        self.trace = Trace(
            request_id=request_id,
            requested_model=request.model,
            streaming=request.stream,
            started=gateway.clock(),
            session_id=request.session_id,
            launch=request.launch,
        )

    @property
    def upstream_began(self) -> bool:
        """The head of the upstream's reply has arrived."""
        return self._attempt is not None and self._attempt.head is not None

    @property
    def headers(self) -> Headers:
        """What goes out beside the answer, as far as it is known."""
        attempt = self._attempt
        if attempt is None:
            return ()
        theirs = () if attempt.head is None else attempt.dialect.relayed_headers(attempt.head)
        return loss_header(self.trace.losses) + relayed(theirs, attempt.credential, self._gateway.shared)

    async def events(self) -> AsyncGenerator[Sequence[Said], None]:
        """Batches of events, each to be sent at once. Raises ApiError, also after events were said."""
        try:
            async with aclosing(self._attempts()) as batches:
                async for said in batches:
                    if self._output_check is not None:
                        self._output_check.hear(said)
                    yield said
            if self._output_check is not None:
                await self._judge(self._output_check)
            self.trace.status = 200
        except UpstreamFailure as failure:
            raise self._failed(self._shown(failure)) from failure
        except ApiError as error:
            self._failed(error)
            raise
        except TranslatorBug as bug:
            self._gateway.observer.bug(str(bug), bug)
            error = "Dragoman translated this answer wrongly and stopped; please report it"
            raise self._failed(ApiError(500, error)) from bug
        except (CancelledError, GeneratorExit):
            self.trace.status = 200 if self.complete else 499
            if not self.complete:
                self.trace.ending = "client_aborted"
            raise
        except Exception as bug:
            self._gateway.observer.bug(f"{type(bug).__name__} while answering {self.trace.request_id}", bug)
            raise self._failed(our_mistake()) from bug
        finally:
            self._learn_size()
            settle(self._gateway, self.trace, self._attempt)

    async def message(self) -> bytes:
        """The whole answer as one JSON message. Raises ApiError."""
        fold = Fold()
        whole: bytes | None = None
        async with aclosing(self.events()) as batches:
            async for batch in batches:
                for said in batch:
                    if not isinstance(said, Relayed):
                        fold.take(said)
                    elif said.name == "message":
                        whole = said.frame
        return encode(fold.message()) if whole is None else whole

    def keep_alive(self, event_due: bool) -> bytes:
        """What to send while the upstream is silent; from now on the answer is committed.

        `event_due` asks for a real event, for clients whose watchdog does not count pings.
        """
        attempt = self._attempt
        if attempt is None or self.complete:
            return b""
        held = attempt.gate.commit()
        new, alive = attempt.keep_alive(event_due)
        self._started = self._started or any(_is_start(said) for said in held + new)
        if alive:
            new += alive
        elif self._started:
            new.append(Ping())
        attempt.check(new)
        return b"".join([frame_of(said) for said in held + new]) or comment("waiting for the upstream")

    async def _attempts(self) -> AsyncGenerator[Sequence[Said], None]:
        target = self._memory.target(self._request.model)
        quirks = self._memory.quirks(target)
        for mends_left in range(MOST_MENDS, -1, -1):
            self._note_target(target)
            attempt = self._begin(await self._with_bytes(target, quirks), target, quirks)
            if attempt.written.empty_answer:
                yield self._say_without_upstream(attempt, attempt.written.empty_answer)
                return
            try:
                async with aclosing(attempt.events()) as batches:
                    async for said in batches:
                        said = attempt.gate.admit(said)
                        if said:
                            self._note(attempt, target)
                            yield said
                return
            except UpstreamFailure as failure:
                if attempt.gate.committed:
                    raise
                if failure.vendor_code == "content_filter":
                    yield self._say_without_upstream(attempt, "refusal", failure.vendor_message)
                    return
                mended = self._mended(attempt, failure, quirks) if mends_left else None
                if mended is None:
                    raise
                quirks = mended.quirks
                if mended.speak:
                    target = spoken_to(target, mended.speak)
                    quirks = self._memory.quirks(target)
                    self._respoken, self._lessons = True, {}

    async def _judge(self, check: OutputCheck) -> None:
        """Note whether the answer fits its schema. Raises ApiError where it can still be refused, and is to be."""
        mismatch = await check.mismatch(self._gateway.schema_checker)
        if mismatch is not None:
            note(mismatch, self.trace)
            if self._gateway.strict and not self._request.stream:
                raise refusal(self.trace)

    async def _with_bytes(self, target: Target, quirks: Quirks) -> MessagesRequest:
        """The request without the URLs that the target cannot carry, as far as they are fetched. Raises ApiError."""
        if self._url_sources is None:
            return self._request
        return await self._url_sources.inline(self._request, dialect_of(self._gateway, target), quirks)

    def _mended(self, attempt: Attempt, failure: UpstreamFailure, quirks: Quirks) -> Mended | None:
        """With what the same request is to be tried again, or None."""
        if not self._renewed and attempt.renews_token(failure):
            self._renewed = True
            return Mended(quirks)
        for _ in range(MOST_LESSONS):
            mended = attempt.dialect.mend(failure, quirks)
            if mended is None:
                return None
            if mended.speak and not attempt.target.channel.dialect_by_model:
                mended = replace(mended, speak="")
            if mended.quirks == quirks and not mended.speak:
                return None
            if mended.speak or attempt.is_changed_by(mended.quirks):
                self.trace.learned.append(failure.vendor_message[:200])
                if mended.lasting:
                    self._lessons |= _changes(quirks, mended.quirks)
                return mended
            # The very same request would be refused again; what else may the refusal mean?
            quirks = mended.quirks
        return None

    def _begin(self, request: MessagesRequest, target: Target, quirks: Quirks) -> Attempt:
        trace = self.trace
        trace.attempts += 1
        factor = self._memory.meter.factor(target.channel.name, target.model, request.session_id)
        attempt = self._attempt = Attempt(self._gateway, request, target, quirks, factor)
        trace.losses = attempt.written.losses
        if self._gateway.strict and trace.losses:
            loss = trace.losses[0]
            raise invalid_request(
                f"{loss.field}: `{target.model}` on `{target.channel.name}` cannot carry this ({loss.why or loss.what}); "
                "DRAGOMAN_STRICT=true refuses what would be lost"
            )
        return attempt

    def _note_target(self, target: Target) -> None:
        self.trace.channel = target.channel.name
        self.trace.dialect = target.channel.dialect
        self.trace.upstream_model = target.model
        self.trace.why = target.why

    def _note(self, attempt: Attempt, target: Target) -> None:
        """The upstream has said something: whatever was learned on the way here is right."""
        self._started = True
        if self._respoken:
            self._respoken = False
            self._memory.speaks(target)
        if self._lessons:
            self._memory.learn(target, replace(self._memory.quirks(target), **self._lessons))
            self._lessons = {}
        self.complete = attempt.finished
        if self.trace.first_event is None:
            self.trace.first_event = self._gateway.clock()

    def _learn_size(self) -> None:
        """A finished answer told how large the prompt was."""
        attempt, trace = self._attempt, self.trace
        told = attempt.counted_input if attempt is not None and self.complete else None
        if attempt is not None and told is not None:
            self._memory.meter.learn(
                trace.channel, trace.upstream_model, trace.session_id, attempt.weighed, told
            )

    def _say_without_upstream(
        self, attempt: Attempt, stop_reason: str, explanation: str = ""
    ) -> Sequence[Said]:
        """An empty answer: nothing was to be generated, or a content filter refused the question."""
        usage = Usage(input_tokens=attempt.written.estimated_input_tokens)
        writer = MessageWriter("msg_" + self._gateway.new_id(), self._request.model, usage.input_tokens)
        details = {"type": "refusal", "category": None, "explanation": explanation or None}
        writer.end(stop_reason, usage, stop_details=details if stop_reason == "refusal" else None)
        self.trace.ending = stop_reason
        self.complete = True
        return writer.take()

    def _shown(self, failure: UpstreamFailure) -> ApiError:
        """What the client sees: another object than the failure's own, whose cause the failure cannot be without a
        circle."""
        error = without_credential(failure.error, self._attempt.credential if self._attempt else "")
        return ApiError(error.status, error.message, type=error.type, headers=error.headers, body=error.body)

    def _failed(self, error: ApiError) -> ApiError:
        """The error itself, noted. It is raised without a name: a frame that names what was raised in it would be a
        circle, and keep the whole request until the next collection."""
        committed = self._attempt is not None and self._attempt.gate.committed
        self.trace.status = 200 if committed and self._request.stream else error.status
        self.trace.ending = error.type
        self.trace.error = error.message
        return error


def _changes(before: Quirks, after: Quirks) -> dict[str, Any]:
    """The fields of `after` that are not as before."""
    return {
        name: value
        for name in Quirks.__struct_fields__
        if (value := getattr(after, name)) != getattr(before, name)
    }


def _is_start(said: Said) -> bool:
    return said.name == "message_start" if isinstance(said, Relayed) else isinstance(said, MessageStart)
