"""Tokens, guessed from bytes, for when nobody can count them (ADR 0013).

Every byte of the JSON weighs by its class. The weights were fitted to o200k_base on 1,100 texts of 2 to 8 KB; on
others of the same kinds the guess is off by, on average and in 18 of 20:

    Python, JavaScript, Go     +1 %   -10 to +13 %      Chinese, Japanese, Korean    +2 %   -14 to +16 %
    prose, Markdown            +6 %    -3 to +18 %      other European languages     +1 %   -13 to +15 %
    JSON                       +5 %    -5 to +18 %      Russian, Vietnamese         +16 %   +11 to +20 %
    grep, diff, CSV            +4 %    -8 to +13 %      listings, hexadecimal       -16 %   -28 to  -4 %
    whole requests             +4 %    -8 to +14 %      base64 outside media        -40 %   -41 to -37 %

Since then an empty line is weighed as one token, which takes a point or two off prose and code.

The sum is rounded up: too few tokens would let a conversation outgrow the model's window unseen.
"""

import base64
import binascii
import math
import re
from typing import Any, cast

from dragoman.messages.fields import Fields
from dragoman.messages.image_size import ENOUGH_BYTES, image_size
from dragoman.messages.request import MessagesRequest
from dragoman.wire.jsonbytes import encode

LARGEST_IMAGE_TOKENS = 1600
"""What an image costs after the API has scaled it down; also the guess for one that we cannot see."""

LONGEST_IMAGE_EDGE = 1568
PIXELS_PER_TOKEN = 750
TOKENS_PER_PAGE = 2000
"""Of a PDF: its text, and its picture."""

_WINDOW = 512
_WINDOWS = 24
"""A long text is weighed in this many windows, so that the cost does not grow with it."""

_LOWER = bytes(range(97, 123))
_UPPER = bytes(range(65, 91))
_DIGITS = bytes(range(48, 58))
_ASCII = bytes(range(128))
_HIGH = bytes(range(128, 256))
_LATIN = bytes(range(0xC2, 0xCC))
_OTHER_ALPHABETS = bytes(range(0xCC, 0xE0))
_CJK = bytes(range(0xE3, 0xF0))
_EMOJI = bytes(range(0xF0, 0xF5))
_ROUNDED_UP = 1.03
_TOKENS_PER_BYTE = 0.3
"""Of text that was not seen in any window."""

MESSAGE_TOKENS = 4
"""What stands around one message: the least of any prompt."""
CALL_TOKENS = 8
"""Around a call, a result or a tool."""
SCHEMA_WEIGHT = 0.87
"""Tool schemas repeat a few common words, each a single token."""
_CLIENT_TOOL_TOKENS = {"bash": 80, "text_editor": 320, "memory": 410}
"""What a model is told of a tool whose schema is not in the request, as dialects/client_tools.py says it."""
_VERSION = re.compile(r"_\d{8}$")
_MOST_PDF_BYTES = 4 * 1024 * 1024
_PDF_PAGE_BYTES = 100_000
_AROUND_MEDIA = frozenset({"type", "source", "cache_control", "citations", "transformations"})
_AROUND_TOOLS = frozenset({"cache_control", "defer_loading", "eager_input_streaming", "strict"})
"""No model reads these."""
_PDF_PAGE = re.compile(rb"/Type\s*/Page(?![a-zA-Z])")


def estimate_tokens(body: bytes, media_bytes: int = 0) -> int:
    """Input tokens of an upstream's JSON body, of which `media_bytes` are base64 and weigh nothing."""
    if not body:
        return 0
    step = max(_WINDOW, len(body) // _WINDOWS)
    windows = [body[start : start + _WINDOW] for start in range(0, len(body), step)]
    if media_bytes:
        windows = [window for window in windows if not _is_media(window)]
    seen = b"".join(windows)
    density = _weight(seen) / len(seen) if seen else _TOKENS_PER_BYTE
    return math.ceil(max(0, len(body) - media_bytes) * density)


def structure_tokens(sample: bytes, meant: int) -> float:
    """What the JSON around a part, as in `sample`, weighs beyond the `meant` tokens that a model sees of it."""
    return max(0.0, _weight(sample) - meant)


def image_tokens(width: int, height: int) -> int:
    """What Anthropic charges for an image of so many pixels."""
    scale = min(1.0, LONGEST_IMAGE_EDGE / max(width, height, 1))
    return max(1, min(math.ceil(width * scale * height * scale / PIXELS_PER_TOKEN), LARGEST_IMAGE_TOKENS))


def estimate_media_tokens(block: Fields) -> int:
    """Tokens of an `image` or `document` block as the client sent it."""
    prompt = Prompt()
    prompt.add_medium(block)
    return prompt.estimate()


def read_prompt(request: MessagesRequest) -> "Prompt":
    """What the model reads of a request, of whatever shape; anything added to it raises its estimate."""
    raw = request.raw
    prompt = Prompt()
    prompt.tokens += MESSAGE_TOKENS
    for message in cast("list[Fields]", raw["messages"]):
        prompt.tokens += MESSAGE_TOKENS
        prompt.add_content(message.get("content"))
    if raw.get("system"):
        prompt.tokens += MESSAGE_TOKENS
        prompt.add_content(raw["system"])
    for tool in cast("list[Any]", raw.get("tools") or []):
        prompt.add_tool(tool)
    output: Any = raw.get("output_config")
    if type(output) is dict:
        # The effort beside it is no text.
        output = cast("Fields", output).get("format")
    prompt.texts += [read for read in (output, raw.get("output_format"), raw.get("tool_choice")) if read]
    return prompt


class Prompt:
    """What a model reads, gathered for whoever counts it: by weight, or with a vocabulary."""

    def __init__(self) -> None:
        self.texts: list[Any] = []
        """Strings, and values that the model reads as JSON."""
        self.tools: list[Any] = []
        self.tokens = 0
        """Of media, and of what stands around messages, calls and tools."""
        self._referenced: set[str] = set()

    def estimate(self) -> int:
        """Tokens by weight."""
        said = sum(_text(text) for text in self.texts)
        return math.ceil(self.tokens + said + SCHEMA_WEIGHT * sum(_text(tool) for tool in self.tools))

    def written(self) -> list[str]:
        """All texts as a vocabulary counts them."""
        return [
            value if type(value) is str else encode(value).decode() for value in (*self.texts, *self.tools)
        ]

    def add_content(self, content: Any) -> None:
        if type(content) is list:
            for block in cast("list[Any]", content):
                self._add_block(block)
        elif content:
            self.texts.append(content)

    def _add_block(self, block: Any) -> None:
        if type(block) is not dict:
            self.texts.append(block)
            return
        fields = cast("Fields", block)
        match fields.get("type"):
            case "text":
                self.texts.append(fields.get("text"))
            case "image" | "document":
                beside = {name: value for name, value in fields.items() if name not in _AROUND_MEDIA}
                self.texts += [beside] if beside else []
                self.add_medium(fields)
            case "tool_result":
                self.tokens += CALL_TOKENS
                self.add_content(fields.get("content"))
            case "tool_use":
                self.tokens += CALL_TOKENS
                self.texts += [fields.get("name"), fields.get("input")]
            case "thinking":
                self.texts.append(fields.get("thinking"))
            case "tool_reference":
                self._referenced.add(str(fields.get("tool_name")))
                self.texts.append(fields.get("tool_name"))
            case _:
                self.texts.append(fields)

    def add_medium(self, block: Fields) -> None:
        """An `image` or `document`: what its source holds."""
        source: Any = block.get("source")
        if type(source) is not dict:
            self.tokens += 1
            return
        fields = cast("Fields", source)
        data: Any = fields.get("data")
        if block.get("type") == "image":
            self.tokens += _image_tokens(data) if type(data) is str else LARGEST_IMAGE_TOKENS
        elif fields.get("type") == "base64" and type(data) is str:
            self.tokens += _pdf_pages(data) * TOKENS_PER_PAGE
        elif type(data) is str:
            self.texts.append(data)
        elif "content" in fields:
            self.tokens += 1
            self.add_content(fields["content"])
        else:
            self.tokens += TOKENS_PER_PAGE

    def add_tool(self, tool: Any) -> None:
        """A deferred tool weighs its name until a reference shows it (spec section 4.6)."""
        if type(tool) is dict:
            fields = cast("Fields", tool)
            name = str(fields.get("name"))
            if fields.get("defer_loading") is True and name not in self._referenced:
                self.texts.append(name)
                return
            tool = {name: value for name, value in fields.items() if name not in _AROUND_TOOLS}
            schema: Any = tool.get("input_schema")
            if type(schema) is dict and "$schema" in schema:
                tool["input_schema"] = {
                    name: value for name, value in cast("Fields", schema).items() if name != "$schema"
                }
            elif schema is None:
                kind = _VERSION.sub("", str(fields.get("type")))
                self.tokens += _CLIENT_TOOL_TOKENS.get(kind, 0)
        self.tokens += CALL_TOKENS
        self.tools.append(tool)


def _text(value: Any) -> float:
    return 1 + _weight(encode(value))


def _weight(text: bytes) -> float:
    """Tokens of JSON text, as a sum over its bytes: more text never weighs less."""
    rest = text.translate(None, _LOWER)
    lower = len(text) - len(rest)
    weight = 0.0
    if not rest.isascii():
        weight, rest = _weight_of_high(rest.translate(None, _ASCII)), rest.translate(None, _HIGH)
    without_upper = rest.translate(None, _UPPER)
    upper = len(rest) - len(without_upper)
    rest = without_upper.translate(None, _DIGITS)
    digits = len(without_upper) - len(rest)
    spaces, quotes, escapes = rest.count(b" "), rest.count(b'"'), rest.count(b"\\")
    weight += (
        0.168 * lower
        + 0.12 * upper
        + 0.65 * digits
        # Letters of both cases among digits are no words but keys and hashes.
        + 0.52 * min(upper, 2 * digits)
        # Indentation is cheap: the second of two spaces is nearly free.
        + 0.33 * spaces
        - 0.6 * text.count(b"  ")
        # So is an empty line.
        - 0.6 * text.count(b"\\n\\n")
        + 0.135 * quotes
        + 0.485 * escapes
        + 0.615 * (len(rest) - spaces - quotes - escapes)
    )
    return weight * _ROUNDED_UP


def _weight_of_high(text: bytes) -> float:
    """By the first byte of each character beyond ASCII."""
    return (
        1.3 * _among(text, _LATIN)
        + 0.29 * _among(text, _OTHER_ALPHABETS)
        + 0.36 * text.count(b"\xe0")
        + 0.1 * text.count(b"\xe1")
        + 0.78 * text.count(b"\xe2")
        + 0.74 * _among(text, _CJK)
        + 2.0 * _among(text, _EMOJI)
    )


def _among(text: bytes, those: bytes) -> int:
    return len(text) - len(text.translate(None, those))


def _is_media(window: bytes) -> bool:
    return b'"' not in window and b" " not in window and b"\\" not in window


def _image_tokens(data: str) -> int:
    size = image_size(_decoded(data, ENOUGH_BYTES))
    return image_tokens(*size) if size is not None else LARGEST_IMAGE_TOKENS


def _pdf_pages(data: str) -> int:
    pdf = _decoded(data, _MOST_PDF_BYTES)
    whole = len(data) * 3 // 4
    # Pages inside compressed object streams are not seen; then the size must do.
    seen = len(_PDF_PAGE.findall(pdf)) * whole // max(1, len(pdf))
    return max(1, seen or whole // _PDF_PAGE_BYTES)


def _decoded(data: str, limit: int) -> bytes:
    """At most `limit` first bytes of base64, or none if it is no base64."""
    try:
        head = data[: limit // 3 * 4].encode()
        return base64.b64decode(head[: len(head) - len(head) % 4])
    except (binascii.Error, ValueError):
        return b""
