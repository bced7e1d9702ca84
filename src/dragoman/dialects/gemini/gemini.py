"""The dialect as one value: which function of this folder answers which call of `Dialect`."""

from dragoman.dialects.dialect import NOWHERE, Mended, NewId, Origin, ReplyReader, Written
from dragoman.dialects.gemini import errors, mending
from dragoman.dialects.gemini.reply import GeminiReply
from dragoman.dialects.gemini.request import write_count, write_request
from dragoman.dialects.gemini.shapes import Reading
from dragoman.dialects.quirks import Quirks
from dragoman.dialects.upstream_count import read_count
from dragoman.messages.errors import UpstreamFailure
from dragoman.messages.request import MessagesRequest
from dragoman.messages.url_sources import Medium
from dragoman.wire.exchange import Headers, ReplyHead


class Gemini:
    """Implements `Dialect`. `filtered`: Google's safety filters are left as they are by default."""

    name = "gemini"
    cites = False

    def __init__(self, *, filtered: bool = False) -> None:
        self._filtered = filtered

    def runs(self, tool_type: str, quirks: Quirks) -> bool:
        return tool_type.startswith(("web_search_", "web_fetch_"))

    def write_request(
        self, request: MessagesRequest, model: str, quirks: Quirks, origin: Origin = NOWHERE
    ) -> Written:
        return write_request(request, model, quirks, origin, filtered=self._filtered)

    def write_count(
        self, request: MessagesRequest, model: str, quirks: Quirks, origin: Origin = NOWHERE
    ) -> Written | None:
        return write_count(request, model, quirks, origin)

    def read_count(self, body: bytes) -> int:
        return read_count(body, "totalTokens")

    def takes_urls(self, medium: Medium, quirks: Quirks) -> bool:
        return quirks.file_uris

    def open_reply(self, request: MessagesRequest, written: Written, new_id: NewId) -> ReplyReader:
        assert isinstance(written.reading, Reading)
        return GeminiReply(written.reading, new_id, written.estimated_input_tokens)

    def read_failure(
        self, head: ReplyHead, body: bytes, request: MessagesRequest, clients_credential: bool
    ) -> UpstreamFailure:
        return errors.read_failure(head, body, request)

    def relayed_headers(self, head: ReplyHead) -> Headers:
        return ()

    def mend(self, failure: UpstreamFailure, quirks: Quirks) -> Mended | None:
        return mending.mend(failure, quirks)
