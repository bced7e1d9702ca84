"""What readers of foreign replies have in common: the start, a sign of life, and nothing where nothing is special."""

from collections.abc import Mapping, Sequence
from typing import Generic, Protocol, TypeVar

from dragoman.dialects.dialect import Written
from dragoman.messages.errors import UpstreamFailure
from dragoman.messages.events import Said
from dragoman.messages.writer import MessageWriter


class ReplyOutput(Protocol):
    """A dialect's own way from what it reads to the writer."""

    writer: MessageWriter
    kept: dict[str, str]
    """Envelopes for the gateway's store, by the key of their block."""

    def keep_alive(self) -> None:
        """Say an empty delta."""
        ...


Output = TypeVar("Output", bound=ReplyOutput)


class TranslatedReply(Generic[Output]):
    """The part of `ReplyReader` that is the same for all; a dialect that needs more than one request overrides it."""

    def __init__(self, output: Output) -> None:
        self._output = output
        self._ended = False
        self.stop_reason: str | None = None
        self.withheld: Mapping[str, int] = {}

    @property
    def finished(self) -> bool:
        return self._ended

    def start(self) -> Sequence[Said]:
        self._output.writer.start()
        return self._output.writer.take()

    def keep_alive(self) -> Sequence[Said]:
        if self._ended:
            return ()
        self._output.keep_alive()
        return self._output.writer.take()

    def follow_up(self) -> Written | None:
        return None

    def take_failure(self, failure: UpstreamFailure) -> Sequence[Said] | None:
        return None

    def take_kept(self) -> Mapping[str, str]:
        kept = self._output.kept
        if kept:
            self._output.kept = {}
        return kept
