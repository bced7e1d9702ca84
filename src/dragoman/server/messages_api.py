"""POST /v1/messages and /v1/messages/count_tokens, as a plain ASGI callable."""

from collections.abc import Callable

from dragoman.messages.errors import ApiError
from dragoman.messages.parse import parse_request
from dragoman.messages.request import MessagesRequest
from dragoman.relay.relay import Relay
from dragoman.server.body import ClientGone, read_body
from dragoman.server.caller import identify
from dragoman.server.errors import send_error
from dragoman.server.hangup import CancelOnHangup, Receive, Scope, Send
from dragoman.server.sse_response import Patience, SseResponse, encoded_headers
from dragoman.wire.exchange import Headers
from dragoman.wire.jsonbytes import encode

MESSAGES_PATHS = frozenset({"/v1/messages", "/v1/v1/messages"})
COUNT_PATHS = frozenset({"/v1/messages/count_tokens", "/v1/v1/messages/count_tokens"})
"""Also below a second `/v1`: some clients are given a base URL that already ends in it."""


class MessagesApi:
    """Answers both routes; every failure is an error of the Messages API."""

    def __init__(
        self,
        relay: Relay,
        keys: tuple[str, ...],
        new_request_id: Callable[[], str],
        patience: Patience | None = None,
    ) -> None:
        self._relay = relay
        self._keys = keys
        self._new_request_id = new_request_id
        self._patience = patience or Patience()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request_id = self._new_request_id()
        headers = read_headers(scope)
        try:
            identify(headers, self._keys)
            body = await read_body(receive, headers)
            request = parse_request(body, headers, counting=scope["path"] in COUNT_PATHS)
        except ApiError as error:
            self._relay.refuse(error, request_id)
            await send_error(send, error, request_id)
        except ClientGone:
            return
        except Exception as bug:  # noqa: BLE001 - what nobody foresaw is still an error of the Messages API
            await send_error(send, self._relay.report(bug, request_id), request_id)
        else:
            async with CancelOnHangup(scope, receive) as hangup:
                try:
                    await self._answer(request, request_id, send, hangup)
                except ApiError as error:
                    hangup.answered = True
                    await send_error(send, error, request_id)

    async def _answer(
        self, request: MessagesRequest, request_id: str, send: Send, hangup: CancelOnHangup
    ) -> None:
        if request.counting:
            count = await self._relay.count(request, request_id)
            await _send_json(send, encode({"input_tokens": count}), (), request_id, hangup)
            return
        answer = self._relay.answer(request, request_id)
        if request.stream:
            await SseResponse(send, answer, request_id, self._patience, hangup).run()
        else:
            message = await answer.message()
            await _send_json(send, message, answer.headers, request_id, hangup)


def read_headers(scope: Scope) -> Headers:
    """The request's headers; ASGI servers give their names in lower case."""
    return tuple([(name.decode("latin-1"), value.decode("latin-1")) for name, value in scope["headers"]])


async def _send_json(
    send: Send, body: bytes, headers: Headers, request_id: str, hangup: CancelOnHangup
) -> None:
    hangup.answered = True
    head = [
        (b"content-type", b"application/json"),
        (b"content-length", str(len(body)).encode()),
        *encoded_headers(headers, request_id),
    ]
    await send({"type": "http.response.start", "status": 200, "headers": head})
    await send({"type": "http.response.body", "body": body})
