"""The dialect as one value: which function of this folder answers which call of `Dialect`."""

from dragoman.dialects.anthropic import errors, vertex, vertex_mending
from dragoman.dialects.anthropic.reply import MessagesReply
from dragoman.dialects.anthropic.request import write_count, write_request
from dragoman.dialects.dialect import NOWHERE, Mended, NewId, Origin, ReplyReader, Written
from dragoman.dialects.quirks import Quirks
from dragoman.dialects.upstream_count import read_count
from dragoman.messages.errors import UpstreamFailure
from dragoman.messages.request import MessagesRequest
from dragoman.messages.url_sources import Medium
from dragoman.wire.exchange import Headers, ReplyHead


class AnthropicMessages:
    """Implements `Dialect`."""

    name = "anthropic"
    cites = True

    def runs(self, tool_type: str, quirks: Quirks) -> bool:
        return True

    def write_request(
        self, request: MessagesRequest, model: str, quirks: Quirks, origin: Origin = NOWHERE
    ) -> Written:
        if quirks.claude_on_vertex:
            return vertex.write_request(request, model, quirks)
        return write_request(request, model)

    def write_count(
        self, request: MessagesRequest, model: str, quirks: Quirks, origin: Origin = NOWHERE
    ) -> Written | None:
        if quirks.claude_on_vertex:
            return vertex.write_count(request, model, quirks)
        return write_count(request, model)

    def read_count(self, body: bytes) -> int:
        return read_count(body, "input_tokens")

    def takes_urls(self, medium: Medium, quirks: Quirks) -> bool:
        return True

    def open_reply(self, request: MessagesRequest, written: Written, new_id: NewId) -> ReplyReader:
        return MessagesReply(request.stream, request.model, request.max_tokens)

    def read_failure(
        self, head: ReplyHead, body: bytes, request: MessagesRequest, clients_credential: bool
    ) -> UpstreamFailure:
        return errors.read_failure(head, body, clients_credential, request.model, request.max_tokens)

    def relayed_headers(self, head: ReplyHead) -> Headers:
        return errors.relayed_headers(head)

    def mend(self, failure: UpstreamFailure, quirks: Quirks) -> Mended | None:
        return vertex_mending.mend(failure, quirks) if quirks.claude_on_vertex else None
