"""Tool and output schemas made acceptable to strict backends, without touching what clients named themselves.

A key counts as a keyword only where JSON Schema has keywords: a property may be called `default` or `format`.
"""

from collections.abc import Callable
from functools import lru_cache
from typing import Any, cast

from dragoman.dialects.quirks import Quirks
from dragoman.wire.jsonbytes import decode, encode
from dragoman.wire.jsonvalues import as_object

Schema = dict[str, Any]

MOST_KEPT = 256
LARGEST_KEPT = 8 * 1024
"""Cleaned schemas that are kept, and the bytes of the largest of them."""

MAPS_OF_SCHEMAS = frozenset({"properties", "patternProperties", "$defs", "definitions", "dependentSchemas"})
LISTS_OF_SCHEMAS = frozenset({"allOf", "anyOf", "oneOf", "prefixItems"})
SINGLE_SCHEMAS = frozenset(
    {"items", "additionalProperties", "additionalItems", "contains", "propertyNames", "not", "if", "then"}
    | {"else", "unevaluatedItems", "unevaluatedProperties"}
)
DATA = frozenset({"const", "default", "enum", "examples"})
"""Keywords whose values are named schemas, lists of schemas, a schema, and no schema at all."""
_PLAIN_DROPS = frozenset({"pattern", "format", "default"})
_NOTHING: frozenset[str] = frozenset()
_NOT_STRICT = frozenset(
    {"default", "patternProperties", "allOf", "oneOf", "not", "if", "then", "else", "dependentSchemas"}
    | {"dependentRequired", "propertyNames", "unevaluatedProperties", "minProperties", "maxProperties"}
    | {"contains", "prefixItems", "minLength", "maxLength"}
)
_STRICT_DEPTH = 10
_STRICT_PROPERTIES = 5000


def clean(schema: Schema | None, quirks: Quirks) -> Schema:
    """A root object schema: without `$schema`, `$id` and null keywords; with `properties`, and `items` in arrays.

    Not to be changed: it may be kept, because every request of a session brings the same tools, and it may hold parts
    of the input.
    """
    drops = _PLAIN_DROPS if quirks.plain_schemas else _NOTHING
    encoded = encode(schema or {})
    return _clean_kept(encoded, drops) if len(encoded) <= LARGEST_KEPT else _clean(schema or {}, drops)


def _clean(schema: Schema, drops: frozenset[str]) -> Schema:
    root = _cleaned(schema, drops)
    if root.get("type") == "object" and "properties" in root and "$schema" not in root and "$id" not in root:
        return root
    fixed: Schema = {"type": "object"}
    fixed.update((key, value) for key, value in root.items() if key not in ("$schema", "$id", "type"))
    fixed.setdefault("properties", {})
    return fixed


@lru_cache(maxsize=MOST_KEPT)
def _clean_kept(encoded: bytes, drops: frozenset[str]) -> Schema:
    # How deep a request may nest was judged when it was read.
    return _clean(decode(encoded, len(encoded)), drops)


def strict_ready(schema: Schema) -> bool:
    """Whether OpenAI's strict mode takes the schema (spec/openai-chat.md section 5)."""
    if schema.get("type") != "object" or "anyOf" in schema:
        return False
    counted = 0

    def ready(node: Any, depth: int) -> bool:
        nonlocal counted
        if not isinstance(node, dict) or depth > _STRICT_DEPTH:
            return False
        keywords = cast("Schema", node)
        if not _NOT_STRICT.isdisjoint(keywords):
            return False
        if not _says_what_it_is(keywords) or not _closed(keywords):
            return False
        counted += len(as_object(keywords.get("properties")))
        return counted <= _STRICT_PROPERTIES and all(
            ready(child, depth + (key == "properties" or key == "items"))
            for key, child in _children(keywords)
        )

    return ready(schema, 1)


def _says_what_it_is(schema: Schema) -> bool:
    return any(key in schema for key in ("type", "anyOf", "$ref", "enum", "const"))


def _closed(schema: Schema) -> bool:
    if schema.get("type") != "object" and "properties" not in schema:
        return True
    required: Any = schema.get("required") or []
    return schema.get("additionalProperties") is False and set(required) == set(
        as_object(schema.get("properties"))
    )


def _children(schema: Schema) -> list[tuple[str, Any]]:
    children: list[tuple[str, Any]] = []
    for key, value in schema.items():
        if key in MAPS_OF_SCHEMAS:
            children += [(key, child) for child in as_object(value).values()]
        elif key in LISTS_OF_SCHEMAS and isinstance(value, list):
            children += [(key, child) for child in cast("list[Any]", value)]
        elif key == "items":
            children.append((key, value))
    return children


def _cleaned(schema: Schema, drops: frozenset[str]) -> Schema:
    result: Schema | None = None
    for key, value in schema.items():
        if (
            key in drops
            or (value is None and key not in DATA)
            or (key == "required" and type(value) is not list)
        ):
            result = result if result is not None else dict(schema)
            del result[key]
            continue
        changed = _cleaned_value(key, value, drops)
        if changed is not value:
            result = result if result is not None else dict(schema)
            result[key] = changed
    if "items" not in schema and _may_be_array(schema.get("type")):
        result = result if result is not None else dict(schema)
        result["items"] = {}
    return schema if result is None else result


def _may_be_array(kind: Any) -> bool:
    return kind == "array" or (isinstance(kind, list) and "array" in kind)


def _cleaned_value(key: str, value: Any, drops: frozenset[str]) -> Any:
    if key in MAPS_OF_SCHEMAS and isinstance(value, dict):
        return _each_of_map(cast("Schema", value), lambda child: _cleaned_child(child, drops))
    if (key in LISTS_OF_SCHEMAS or key == "items") and isinstance(value, list):
        entries = cast("list[Any]", value)
        cleaned = [_cleaned_child(entry, drops) for entry in entries]
        same = all(new is old for new, old in zip(cleaned, entries, strict=True))
        return entries if same else cleaned
    unchanged: Any = value
    if key in SINGLE_SCHEMAS and isinstance(value, dict):
        return _cleaned(cast("Schema", value), drops)
    return unchanged


def _cleaned_child(child: Any, drops: frozenset[str]) -> Any:
    if child is None:
        return {}
    return _cleaned(cast("Schema", child), drops) if isinstance(child, dict) else child


def _each_of_map(schemas: Schema, change: Callable[[Any], Any]) -> Schema:
    result: Schema | None = None
    for name, child in schemas.items():
        changed = change(child)
        if changed is not child:
            result = result if result is not None else dict(schemas)
            result[name] = changed
    return schemas if result is None else result
