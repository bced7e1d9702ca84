"""What the floor does with a reply: the least that turns it into a Messages answer (bench/floor.py)."""

from collections.abc import Iterator

import msgspec
from typing_extensions import override


class ChatDelta(msgspec.Struct):
    content: str | None = None


class ChatChoice(msgspec.Struct):
    delta: ChatDelta | None = None
    message: ChatDelta | None = None
    finish_reason: str | None = None


class ChatUsage(msgspec.Struct):
    prompt_tokens: int = 0
    completion_tokens: int = 0


class ChatChunk(msgspec.Struct):
    choices: list[ChatChoice]
    usage: ChatUsage | None = None


class ResponsesDelta(msgspec.Struct):
    delta: str


class ResponsesPart(msgspec.Struct):
    text: str


class ResponsesItem(msgspec.Struct):
    content: list[ResponsesPart]


class Response(msgspec.Struct):
    output: list[ResponsesItem]
    usage: "Usage"


class ResponsesEnd(msgspec.Struct):
    response: Response


class GeminiPart(msgspec.Struct):
    text: str | None = None


class GeminiContent(msgspec.Struct):
    parts: list[GeminiPart] = []


class GeminiCandidate(msgspec.Struct):
    content: GeminiContent | None = None
    finishReason: str | None = None


class GeminiUsage(msgspec.Struct):
    promptTokenCount: int = 0
    candidatesTokenCount: int = 0


class GeminiChunk(msgspec.Struct):
    candidates: list[GeminiCandidate] = []
    usageMetadata: GeminiUsage | None = None


class TextDelta(msgspec.Struct, tag="text_delta"):
    text: str


class ContentBlockDelta(msgspec.Struct, tag="content_block_delta"):
    index: int
    delta: TextDelta


class Usage(msgspec.Struct):
    input_tokens: int = 0
    output_tokens: int = 0


class Message(msgspec.Struct):
    usage: Usage


class UsageEvent(msgspec.Struct):
    """`message_start` or `message_delta`, as far as tokens go."""

    message: Message | None = None
    usage: Usage | None = None


encode = msgspec.json.Encoder().encode
decode_chunk = msgspec.json.Decoder(ChatChunk).decode
decode_responses_delta = msgspec.json.Decoder(ResponsesDelta).decode
decode_responses_end = msgspec.json.Decoder(ResponsesEnd).decode
decode_gemini = msgspec.json.Decoder(GeminiChunk).decode
decode_usage = msgspec.json.Decoder(UsageEvent).decode

OPENING = (
    b'event: message_start\ndata: {"type":"message_start","message":{"id":"msg_floor","type":"message",'
    b'"role":"assistant","model":"floor","content":[],"stop_reason":null,"stop_sequence":null,'
    b'"usage":{"input_tokens":0,"output_tokens":0}}}\n\n'
    b'event: content_block_start\ndata: {"type":"content_block_start","index":0,'
    b'"content_block":{"type":"text","text":""}}\n\n'
)


def closing(input_tokens: int, output_tokens: int) -> bytes:
    """The end of a message."""
    return (
        b'event: content_block_stop\ndata: {"type":"content_block_stop","index":0}\n\n'
        b'event: message_delta\ndata: {"type":"message_delta","delta":{"stop_reason":"end_turn",'
        b'"stop_sequence":null},"usage":{"input_tokens":%d,"output_tokens":%d}}\n\n'
        b'event: message_stop\ndata: {"type":"message_stop"}\n\n'
    ) % (input_tokens, output_tokens)


def message(text: str | None, input_tokens: int, output_tokens: int) -> bytes:
    """A whole message."""
    return encode(
        {
            "id": "msg_floor",
            "type": "message",
            "role": "assistant",
            "model": "floor",
            "content": [{"type": "text", "text": text}],
            "stop_reason": "end_turn",
            "stop_sequence": None,
            "usage": {"input_tokens": input_tokens, "output_tokens": output_tokens},
        }
    )


class Translation:
    """Chat chunks in, Messages events out."""

    path = "/v1/chat/completions"
    blank_line = b"\n\n"

    def __init__(self) -> None:
        self.rest = b""
        self.usage = ChatUsage()
        self.opened = False

    def feed(self, data: bytes) -> bytes:
        """The events that one read completes."""
        *frames, self.rest = (self.rest + data).split(self.blank_line)
        events = b"".join(self.events(frames))
        if self.opened:
            return events
        self.opened = True
        return OPENING + events

    def events(self, frames: list[bytes]) -> Iterator[bytes]:
        for frame in frames:
            if frame == b"data: [DONE]":
                yield closing(self.usage.prompt_tokens, self.usage.completion_tokens)
                continue
            chunk = decode_chunk(frame[6:])
            if chunk.usage is not None:
                self.usage = chunk.usage
            for choice in chunk.choices:
                if choice.delta is not None and choice.delta.content:
                    event = ContentBlockDelta(0, TextDelta(choice.delta.content))
                    yield b"event: content_block_delta\ndata: " + encode(event) + b"\n\n"

    def whole(self, body: bytes) -> bytes:
        """A completion that is no stream."""
        completion = decode_chunk(body)
        said, usage = completion.choices[0].message, completion.usage or ChatUsage()
        return message(said.content if said else "", usage.prompt_tokens, usage.completion_tokens)


class ResponsesTranslation(Translation):
    """Events of Responses in, Messages events out."""

    path = "/v1/responses"
    delta = b"event: response.output_text.delta\ndata: "
    end = b"event: response.completed\ndata: "

    @override
    def events(self, frames: list[bytes]) -> Iterator[bytes]:
        for frame in frames:
            if frame.startswith(self.delta):
                event = ContentBlockDelta(
                    0, TextDelta(decode_responses_delta(frame[len(self.delta) :]).delta)
                )
                yield b"event: content_block_delta\ndata: " + encode(event) + b"\n\n"
            elif frame.startswith(self.end):
                usage = decode_responses_end(frame[len(self.end) :]).response.usage
                yield closing(usage.input_tokens, usage.output_tokens)

    @override
    def whole(self, body: bytes) -> bytes:
        """The last event, which repeats the answer."""
        response = decode_responses_end(body[body.index(self.end) + len(self.end) :]).response
        text = response.output[0].content[0].text
        return message(text, response.usage.input_tokens, response.usage.output_tokens)


class GeminiTranslation(Translation):
    """Gemini's chunks in, Messages events out."""

    path = "/v1beta/models/{model}:streamGenerateContent?alt=sse"
    blank_line = b"\r\n\r\n"

    @override
    def events(self, frames: list[bytes]) -> Iterator[bytes]:
        for frame in frames:
            chunk = decode_gemini(frame[6:])
            for candidate in chunk.candidates:
                for part in candidate.content.parts if candidate.content else ():
                    if part.text:
                        event = ContentBlockDelta(0, TextDelta(part.text))
                        yield b"event: content_block_delta\ndata: " + encode(event) + b"\n\n"
                if candidate.finishReason:
                    usage = chunk.usageMetadata or GeminiUsage()
                    yield closing(usage.promptTokenCount, usage.candidatesTokenCount)

    @override
    def whole(self, body: bytes) -> bytes:
        """All chunks of a stream."""
        text, usage = "", GeminiUsage()
        for frame in body.split(self.blank_line)[:-1]:
            chunk = decode_gemini(frame[6:])
            usage = chunk.usageMetadata or usage
            for candidate in chunk.candidates:
                text += "".join(part.text or "" for part in (candidate.content or GeminiContent()).parts)
        return message(text, usage.promptTokenCount, usage.candidatesTokenCount)


class Passage:
    """Messages events in, the same bytes out, usage read on the side."""

    path = "/v1/messages"

    def __init__(self) -> None:
        self.rest = b""
        self.usage: Usage | None = None

    def feed(self, data: bytes) -> bytes:
        """One read as it came."""
        *frames, self.rest = (self.rest + data).split(b"\n\n")
        for frame in frames:
            if frame.startswith((b"event: message_start", b"event: message_delta")):
                event = decode_usage(frame[frame.index(b"{") :])
                self.usage = event.usage or (event.message and event.message.usage)
        return data

    def whole(self, body: bytes) -> bytes:
        """A message as it came."""
        return body


READERS: dict[str, type[Translation | Passage]] = {
    "openai": Translation,
    "responses": ResponsesTranslation,
    "gemini": GeminiTranslation,
    "anthropic": Passage,
}
"""By the prefix of the model's name, or its suffix."""
