"""All that is emulated for one answer: the request as its backend can carry it, and the answer as the client asked for it."""

from collections.abc import Iterable, Mapping, Sequence

from dragoman.dialects.dialect import Dialect, Loss
from dragoman.dialects.quirks import Quirks
from dragoman.emulation.citations.answer import CitedAnswer
from dragoman.emulation.citations.pages import Pages
from dragoman.emulation.citations.request import cite, citing_pages
from dragoman.emulation.server_tools import emulated_tools
from dragoman.emulation.tool_rounds import ServerCall, ToolRounds
from dragoman.messages.events import Said, Usage
from dragoman.messages.fields import Fields
from dragoman.messages.request import MessagesRequest


class Emulation:
    """For most requests there is nothing to do: `request` is then the client's own, and events go through as they are."""

    def __init__(self, request: MessagesRequest, dialect: Dialect, quirks: Quirks) -> None:
        cited, sources = (request, None) if dialect.cites else cite(request)
        tools = emulated_tools(cited, lambda kind: dialect.runs(kind, quirks))
        pages: Pages | None = None
        if any(tool.kind == "web_search" for tool in tools.values()):
            pages = Pages(sources)
            if sources is None:
                cited = citing_pages(cited)
        cited_from = pages or sources
        self._citing = None if cited_from is None else CitedAnswer(cited_from)
        self._rounds = ToolRounds(cited, tools, pages) if tools else None
        self._request = cited
        self.losses: tuple[Loss, ...] = () if self._rounds is None else self._rounds.losses
        if self.request is not request:
            request.let_go()

    @property
    def request(self) -> MessagesRequest:
        """What the upstream is asked in this round."""
        return self._request if self._rounds is None else self._rounds.request

    @property
    def runs_tools(self) -> bool:
        """The answer may have several rounds."""
        return self._rounds is not None

    @property
    def ran(self) -> Mapping[str, int]:
        """Calls that the gateway answered, by the kind of the tool."""
        return {} if self._rounds is None else self._rounds.ran

    @property
    def unfounded_citations(self) -> int:
        """Citations of the model's that name no source of the client's, and were left out."""
        return 0 if self._citing is None else self._citing.unfounded

    @property
    def calls(self) -> list[ServerCall]:
        """What the gateway has to answer before the model goes on; asked for when a round's reader is finished."""
        return [] if self._rounds is None else self._rounds.calls

    def hear(self, said: Iterable[Said]) -> list[Said]:
        """What a reader says, as the client gets it."""
        heard = said if self._rounds is None else self._rounds.hear(said)
        return list(heard) if self._citing is None else self._citing.hear(heard)

    def answered(self, results: Sequence[Fields]) -> list[Said]:
        """What came of `calls`, as the client gets it; `request` is then the next round's, unless it was the end."""
        assert self._rounds is not None
        said = self._rounds.answered(results)
        return said if self._citing is None else self._citing.hear(said)

    def is_over(self, reader_finished: bool) -> bool:
        """Whether the answer's last event was said, given that of this round's reader."""
        return reader_finished if self._rounds is None else self._rounds.over

    def usage(self, now: Usage | None) -> Usage | None:
        """Of the whole answer. `now`: of this round."""
        return now if now is None or self._rounds is None else self._rounds.usage(now)
