"""Chunks of a stream in the shape that a dialect reads, also those that the fast decoder refuses."""

from typing import Any, TypeVar, cast

import msgspec

from dragoman.messages.errors import UpstreamNonsense
from dragoman.wire.jsonbytes import JsonError, decode_with_surrogates

T = TypeVar("T")


def decode_chunk(data: bytes, decoder: "msgspec.json.Decoder[T]", *, in_array: bool = False) -> T:
    """Half a surrogate pair and fields of an unusual type are read too; with `in_array` also an object that is alone
    in an array. Raises UpstreamNonsense."""
    try:
        return decoder.decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        value = decode_object(data, in_array=in_array)
    try:
        return msgspec.convert(value, decoder.type, strict=False)
    except msgspec.ValidationError as error:
        raise UpstreamNonsense(f"the upstream sent a chunk of an unknown shape ({error})") from None


def decode_object(data: bytes, *, in_array: bool = False) -> dict[str, Any]:
    """The JSON object in `data`. Raises UpstreamNonsense."""
    try:
        value = decode_with_surrogates(data)
    except JsonError:
        value = None
    entries = cast("list[Any]", value) if in_array and isinstance(value, list) else []
    if len(entries) == 1:
        value = entries[0]
    if not isinstance(value, dict):
        raise UpstreamNonsense("the upstream sent a data line that is not a JSON object")
    return cast("dict[str, Any]", value)
