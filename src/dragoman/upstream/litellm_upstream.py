"""The channel `litellm`: requests of the Chat dialect that the library LiteLLM answers in this process."""

import asyncio
import contextlib
from collections.abc import Callable, Mapping
from typing import Any, cast

from dragoman.messages.errors import FINAL, ApiError, UpstreamFailure
from dragoman.relay.ports import Upstream, UpstreamReply
from dragoman.upstream.litellm_failures import read_exception
from dragoman.upstream.litellm_library import PER_CALL, Library
from dragoman.upstream.litellm_reply import CUT, StreamReply, WholeReply, next_frame, silent
from dragoman.wire.exchange import HttpRequest
from dragoman.wire.jsonbytes import decode, encode
from dragoman.wire.redact import SecretScrubber

SCHEME = "litellm:"

PASSED = frozenset(
    {
        *("model", "messages", "stream", "stream_options", "max_tokens", "max_completion_tokens"),
        *("temperature", "top_p", "stop", "tools", "tool_choice", "parallel_tool_calls"),
        *("response_format", "reasoning_effort"),
    }
)
"""What goes on of a request's body. LiteLLM takes addresses, keys and more in the same place."""

CLOSE_SECONDS = 1.0


class WithLiteLLM:
    """Implements `Upstream`: LiteLLM for its own scheme, the given upstream for everything else.

    `load` blocks, and raises ImportError where the extra is not installed. `vendors`: arguments by LiteLLM's name of a
    vendor, for that vendor alone. `secrets` are asked for before `load` and appear in no answer.
    """

    def __init__(
        self,
        upstream: Upstream,
        load: Callable[[], Library],
        vendors: Mapping[str, Mapping[str, str]],
        secrets: Callable[[], tuple[str, ...]],
        idle_seconds: float = 300.0,
    ) -> None:
        self._upstream = upstream
        self._load = load
        self._vendors = vendors
        self._secrets = secrets
        self._scrub = SecretScrubber(()).scrub
        self._idle_seconds = idle_seconds
        self._library: Library | None = None
        self._loading = asyncio.Lock()
        self._closings: set[asyncio.Future[None]] = set()

    async def open(self, request: HttpRequest) -> UpstreamReply:
        if not request.url.startswith(SCHEME):
            return await self._upstream.open(request)
        library = self._library or await self._loaded()
        body = cast("dict[str, Any]", decode(request.body))
        try:
            async with asyncio.timeout(self._idle_seconds):
                return await self._answer(library, body)
        except TimeoutError:
            raise silent() from None
        except Exception as error:  # noqa: BLE001 - whatever a hundred vendors' code raises, the call failed
            failure = read_exception(error, self._scrub)
            if failure.lacks_credential:
                raise missing_credential(failure.error["message"]) from None
            return WholeReply(failure.status, failure.body, failure.headers)

    async def close(self) -> None:
        """Let go of every stream and connection."""
        if self._closings:
            await asyncio.wait(self._closings, timeout=CLOSE_SECONDS)
        if self._library is not None:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(CLOSE_SECONDS):
                    await self._library.close()

    async def _loaded(self) -> Library:
        async with self._loading:
            if self._library is None:
                self._scrub = SecretScrubber(self._secrets()).scrub
                try:
                    self._library = await asyncio.to_thread(self._load)
                except ImportError:
                    raise missing_extra() from None
                except Exception as error:  # noqa: BLE001 - a hundred packages are imported, and read what is around them
                    raise not_loaded(error) from None
            return self._library

    async def _answer(self, library: Library, body: dict[str, Any]) -> UpstreamReply:
        arguments = {name: value for name, value in body.items() if name in PASSED}
        arguments |= self._vendors.get(library.vendor_of(body["model"]), {})
        # Longer than ours, so that ours is the one that is told.
        arguments["timeout"] = 10 * self._idle_seconds
        answer = await library.complete({**arguments, **PER_CALL})
        if body.get("stream") is not True:
            return WholeReply(200, encode(answer.model_dump(mode="json", exclude_none=True)))
        try:
            first = await next_frame(answer)
        except StopAsyncIteration:
            return WholeReply(CUT.status, CUT.body)
        except BaseException:
            self._let_go(answer)
            raise
        return StreamReply(answer, first, self._scrub, self._idle_seconds, self._let_go)

    def _let_go(self, stream: Any) -> None:
        closing = asyncio.ensure_future(_close(stream))
        self._closings.add(closing)
        closing.add_done_callback(self._closings.discard)


def missing_extra() -> UpstreamFailure:
    message = (
        "LiteLLM needs the extra `litellm`: uv sync --extra litellm (or pip install 'dragoman[litellm]')"
    )
    return UpstreamFailure("refused", ApiError(400, message, headers=FINAL))


def not_loaded(error: Exception) -> UpstreamFailure:
    """The extra is there and cannot be imported. What was raised may tell paths, so only its kind is told."""
    message = (
        f"LiteLLM could not be loaded ({type(error).__name__}); "
        "python -c 'import litellm' says why, in the environment that Dragoman runs in"
    )
    return UpstreamFailure("refused", ApiError(500, message, headers=FINAL))


def missing_credential(message: str) -> UpstreamFailure:
    """As where a setting is missing (docs/decisions/0020)."""
    return UpstreamFailure("refused", ApiError(401, f"no credential for `litellm`: {message}", headers=FINAL))


async def _close(stream: Any) -> None:
    with contextlib.suppress(Exception):
        await stream.aclose()
