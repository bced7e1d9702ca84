"""The one JSON codec: bytes to values and back, with every kind of bad input mapped to one error.

msgspec raises four classes for bad input and refuses lone surrogate escapes, which JavaScript clients write when
they cut an emoji (libraries.md section 4); both are settled here.
"""

import gc
import json
import re
from collections.abc import Mapping
from typing import Any, TypeVar, cast

import msgspec

MAX_DEPTH = 128
"""Arrays and objects inside each other, in anything that comes from a socket."""
SHORT_BYTES = 4096
"""A text of which the brackets are counted."""

_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder().decode
_LONE_SURROGATE = re.compile(
    rb"(?<!\\)((?:\\\\)*)(?:(\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2})|\\u[dD][89a-fA-F][0-9a-fA-F]{2})"
)

T = TypeVar("T")


class JsonError(ValueError):
    """The bytes are not acceptable JSON; the message says why and never quotes them."""


def encode(value: Any) -> bytes:
    """Compact JSON in UTF-8; keys keep their order. Lone surrogates in strings become U+FFFD."""
    try:
        return _encode(value)
    except UnicodeEncodeError:
        return _encode(_without_surrogates(msgspec.to_builtins(value)))


def decode(data: bytes, max_depth: int = MAX_DEPTH) -> Any:
    """The value of a whole JSON text. Raises JsonError."""
    return decode_repaired(data, max_depth)[0]


def decode_repaired(data: bytes, max_depth: int = MAX_DEPTH) -> tuple[Any, bytes]:
    """The value, and the bytes it was read from: the same, or with lone surrogate escapes replaced."""
    try:
        value = _decode(data)
    except msgspec.ValidationError as error:
        raise JsonError(f"a number is out of range ({error})") from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError, MemoryError) as error:
        repaired = replace_lone_surrogates(data)
        if repaired == data:
            raise JsonError(_reason(error)) from None
        return decode_repaired(repaired, max_depth)
    # Nesting needs brackets, and short texts have few. In a long one counting takes longer than looking.
    brackets = data.count(b"[") + data.count(b"{") if len(data) < SHORT_BYTES else len(data)
    if brackets > max_depth and _too_deep(value, max_depth):
        raise JsonError(f"arrays and objects are nested more than {max_depth} deep")
    return value, data


def decode_as(data: bytes, decoder: "msgspec.json.Decoder[T]") -> T:
    """Decode into the decoder's type. Raises JsonError; lone surrogates become U+FFFD."""
    try:
        return decoder.decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        repaired = replace_lone_surrogates(data)
        if repaired == data:
            raise JsonError(_reason(error)) from None
        try:
            return decoder.decode(repaired)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as second:
            raise JsonError(_reason(second)) from None


def decode_with_surrogates(data: bytes) -> Any:
    """The value with lone surrogates kept in its strings, for streams that cut a pair over two chunks."""
    try:
        return json.loads(data)  # noqa: TID251 - the only decoder that keeps half a surrogate pair
    except (ValueError, RecursionError) as error:
        raise JsonError(_reason(error)) from None


def replace_lone_surrogates(data: bytes) -> bytes:
    """The JSON text with every escape of half a surrogate pair replaced by the one of U+FFFD."""
    return _LONE_SURROGATE.sub(lambda m: m[1] + (m[2] or rb"\ufffd"), data)


def _too_deep(value: Any, limit: int) -> bool:
    level: list[Any] = [value]
    for _ in range(limit):
        # All that is directly inside a whole level, in one call.
        level = [one for one in gc.get_referents(*level) if type(one) is dict or type(one) is list]
        if not level:
            return False
    return True


def _reason(error: Exception) -> str:
    if isinstance(error, UnicodeDecodeError):
        return "the text is not valid UTF-8"
    if isinstance(error, RecursionError):
        return "arrays and objects are nested too deep"
    return str(error) or type(error).__name__


def _without_surrogates(value: Any) -> Any:
    if isinstance(value, str):
        return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    if isinstance(value, dict):
        fields = cast("dict[Any, Any]", value)
        return {_without_surrogates(name): _without_surrogates(item) for name, item in fields.items()}
    if isinstance(value, (list, tuple)):
        return [_without_surrogates(item) for item in cast("list[Any]", value)]
    return value


def join_object(fields: Mapping[str, msgspec.Raw | bytes]) -> bytes:
    """An object of fields that are encoded already. They are copied once: a second copy of a long conversation would
    cost as much as encoding it."""
    pieces = [piece for name, value in fields.items() for piece in (b",", encode(name), b":", value)]
    return b"".join([b"{", *pieces[1:], b"}"])
