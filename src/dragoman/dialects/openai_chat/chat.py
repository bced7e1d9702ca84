"""The dialect as one value: which function of this folder answers which call of `Dialect`."""

from dragoman.dialects.dialect import NOWHERE, Mended, NewId, Origin, ReplyReader, Written
from dragoman.dialects.openai_chat.mending import mend
from dragoman.dialects.openai_chat.reply import ChatReply
from dragoman.dialects.openai_chat.request import write_request
from dragoman.dialects.openai_chat.shapes import Reading
from dragoman.dialects.openai_error import read_failure
from dragoman.dialects.quirks import Quirks
from dragoman.messages.errors import UpstreamFailure
from dragoman.messages.request import MessagesRequest
from dragoman.messages.url_sources import Medium
from dragoman.wire.exchange import Headers, ReplyHead


class OpenAIChat:
    """Implements `Dialect`."""

    name = "openai_chat"
    cites = False

    def runs(self, tool_type: str, quirks: Quirks) -> bool:
        return quirks.web_search and tool_type.startswith("web_search_")

    def write_request(
        self, request: MessagesRequest, model: str, quirks: Quirks, origin: Origin = NOWHERE
    ) -> Written:
        return write_request(request, model, quirks, origin)

    def write_count(
        self, request: MessagesRequest, model: str, quirks: Quirks, origin: Origin = NOWHERE
    ) -> Written | None:
        return None

    def read_count(self, body: bytes) -> int:
        raise NotImplementedError("Chat Completions counts no tokens")

    def takes_urls(self, medium: Medium, quirks: Quirks) -> bool:
        return medium == "image" and (quirks.image_urls or not quirks.images)

    def open_reply(self, request: MessagesRequest, written: Written, new_id: NewId) -> ReplyReader:
        assert isinstance(written.reading, Reading)
        return ChatReply(written.reading, new_id, written.estimated_input_tokens)

    def read_failure(
        self, head: ReplyHead, body: bytes, request: MessagesRequest, clients_credential: bool
    ) -> UpstreamFailure:
        return read_failure(head, body, request)

    def relayed_headers(self, head: ReplyHead) -> Headers:
        return ()

    def mend(self, failure: UpstreamFailure, quirks: Quirks) -> Mended | None:
        return mend(failure, quirks)
