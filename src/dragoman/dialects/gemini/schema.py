"""Tool and output schemas as Gemini takes them (spec/gemini.md section 3.3).

The light clean is sent first: `parametersJsonSchema` takes free JSON, but no `$ref` with other keywords beside it,
no schema that contains itself without end, and no root that is not an object. The documented subset is what is left
after a refusal. What clients named themselves (properties, values) is never touched.
"""

from functools import lru_cache
from typing import Any, cast
from urllib.parse import unquote

from dragoman.dialects.json_schema import DATA, LISTS_OF_SCHEMAS, MAPS_OF_SCHEMAS, SINGLE_SCHEMAS
from dragoman.wire.jsonbytes import decode, encode
from dragoman.wire.jsonvalues import as_list, as_object

Schema = dict[str, Any]

DEEPEST_REPEAT = 2
"""How often a definition may stand inside itself before it is cut."""

DEEPEST = 24
"""Schemas inside each other, references included; Gemini refuses deep ones."""

MOST_NODES = 5_000
"""Definitions that refer to each other can grow without end; beyond this every node is `{}`."""

MOST_KEPT = 256
LARGEST_KEPT = 8 * 1024
"""Cleaned schemas that are kept, and the bytes of the largest of them."""

_NOTHING_SAID = frozenset({"$schema", "$id", "$comment", "$anchor", "$defs", "definitions", "$ref"})
"""Without meaning once references are resolved; a `$ref` that is still there is none."""
_SAYS_LITTLE = frozenset({"type", "title", "description", "properties", "required"})
"""What an object without properties may have and still take nothing but `{}`."""
_LISTS = LISTS_OF_SCHEMAS - {"allOf"}
"""`allOf` is merged before."""
_DOCUMENTED = frozenset(
    {"type", "format", "title", "description", "enum", "items", "prefixItems", "minItems", "maxItems"}
    | {"minimum", "maximum", "anyOf", "oneOf", "properties", "required", "propertyOrdering"}
)


def clean_parameters(schema: Schema | None, *, documented: bool = False) -> Schema | None:
    """The schema of a function's arguments, or None where it says nothing. Not to be changed: it may be kept, because
    every request of a session brings the same tools.

    `documented`: only the keywords that Google's documentation lists.
    """
    encoded = encode(schema or {})
    clean = _clean_kept if len(encoded) <= LARGEST_KEPT else _clean_encoded
    return clean(encoded, documented)


def _clean_encoded(encoded: bytes, documented: bool) -> Schema | None:
    # How deep a request may nest was judged when it was read.
    cleaned = clean_schema(decode(encoded, len(encoded)), documented=documented)
    kind = cleaned.get("type")
    if kind != "object":
        cleaned = {"type": "object", **{key: value for key, value in cleaned.items() if key != "type"}}
    return cleaned if cleaned.get("properties") or _says_more(cleaned) else None


_clean_kept = lru_cache(maxsize=MOST_KEPT)(_clean_encoded)


def clean_schema(schema: Schema, *, documented: bool = False) -> Schema:
    """A schema without references and without keywords that say nothing. Never changes its input."""
    cleaned = _Cleaner(schema).clean(schema, ())
    return _documented(cleaned) if documented else cleaned


def _says_more(schema: Schema) -> bool:
    """Whether an object without properties has a keyword that still tells what it may hold."""
    return any(
        key not in _SAYS_LITTLE and not (key == "additionalProperties" and not isinstance(value, dict))
        for key, value in schema.items()
    )


class _Cleaner:
    """Walks one schema and puts what it refers to in place of the references."""

    def __init__(self, root: Schema) -> None:
        self._root = root
        self._nodes = 0
        self._depth = 0

    def clean(self, schema: Schema, inside: tuple[str, ...]) -> Schema:
        self._nodes += 1
        if self._nodes > MOST_NODES or self._depth > DEEPEST:
            return {}
        if isinstance(schema.get("$ref"), str):
            return self._resolved(schema, inside)
        if isinstance(schema.get("allOf"), list):
            schema = self._merged(schema, inside)
        cleaned: Schema = {}
        for key, value in schema.items():
            if key not in _NOTHING_SAID and (value is not None or key in DATA):
                self._put(cleaned, key, value, inside)
        _put_values(schema, cleaned)
        return cleaned

    def _put(self, cleaned: Schema, key: str, value: Any, inside: tuple[str, ...]) -> None:
        if key in MAPS_OF_SCHEMAS:
            cleaned[key] = {name: self._child(child, inside) for name, child in as_object(value).items()}
        elif key in _LISTS or (key == "items" and isinstance(value, list)):
            if children := [self._child(child, inside) for child in as_list(value)]:
                cleaned[key] = children
        elif key in SINGLE_SCHEMAS:
            cleaned[key] = self._child(value, inside)
        elif key not in ("const", "enum") and (key != "required" or isinstance(value, list)):
            cleaned[key] = value

    def _child(self, value: Any, inside: tuple[str, ...]) -> Any:
        if not isinstance(value, dict):
            return value if isinstance(value, bool) else {}
        self._depth += 1
        child = self.clean(cast("Schema", value), inside)
        self._depth -= 1
        return child

    def _resolved(self, schema: Schema, inside: tuple[str, ...]) -> Schema:
        reference: str = schema["$ref"]
        beside = {key: value for key, value in schema.items() if key != "$ref"}
        target = self._target(reference)
        if target is None:
            beside.setdefault("description", f"as described by {reference}")
            return self.clean(beside, inside)
        if inside.count(reference) >= DEEPEST_REPEAT or len(inside) > DEEPEST:
            kind = target.get("type")
            return {"type": kind} if isinstance(kind, str) else {}
        if beside:
            # Both hold: what stands beside a reference adds to it.
            all_of: list[Any] = [*as_list(beside.get("allOf")), target]
            target = {**beside, "allOf": all_of}
        return self.clean(target, (*inside, reference))

    def _target(self, reference: str) -> Schema | None:
        """What a reference inside this schema names."""
        if reference != "#" and not reference.startswith("#/"):
            return None
        node: Any = self._root
        for step in reference[2:].split("/") if len(reference) > 2 else ():
            name = unquote(step).replace("~1", "/").replace("~0", "~")
            if isinstance(node, list):
                items = cast("list[Any]", node)
                node = items[int(name)] if name.isdecimal() and int(name) < len(items) else None
            else:
                node = cast("Schema", node).get(name) if isinstance(node, dict) else None
        return cast("Schema", node) if isinstance(node, dict) else None

    def _merged(self, schema: Schema, inside: tuple[str, ...]) -> Schema:
        """`allOf` as one schema: properties and required names of all, other keywords of the first that has them."""
        merged = {key: value for key, value in schema.items() if key != "allOf"}
        for part in as_list(schema["allOf"]):
            if not isinstance(part, dict):
                continue
            for key, value in self._child(part, inside).items():
                if key == "properties":
                    merged[key] = {**cast("Schema", value), **as_object(merged.get(key))}
                elif key == "required":
                    merged[key] = list(dict.fromkeys([*as_list(merged.get(key)), *as_list(value)]))
                else:
                    merged.setdefault(key, value)
        return merged


def _is_enumerable(value: Any) -> bool:
    return isinstance(value, (str, int, float)) and not isinstance(value, bool)


def _put_values(schema: Schema, cleaned: Schema) -> None:
    """`const` and `enum`. Gemini takes strings and numbers; other values are said in the description."""
    values = [schema["const"]] if "const" in schema else as_list(schema.get("enum"))
    if all(map(_is_enumerable, values)):
        if values:
            cleaned["enum"] = values
        return
    told = "one of " + ", ".join(
        value if isinstance(value, str) else encode(value).decode() for value in values
    )
    said: Any = cleaned.get("description")
    cleaned["description"] = f"{said} ({told})" if isinstance(said, str) and said else told


def _documented(schema: Schema, depth: int = 0) -> Schema:
    """Only documented keywords; an `anyOf` keeps nothing beside it but the description."""
    kept = {key: value for key, value in schema.items() if key in _DOCUMENTED}
    _move_bound(schema, kept, "exclusiveMinimum", "minimum", 1)
    _move_bound(schema, kept, "exclusiveMaximum", "maximum", -1)
    kind = kept.get("type")
    if isinstance(kind, list) and kind:
        rest = {key: value for key, value in kept.items() if key not in ("type", "description")}
        kinds = [{"type": one, **(rest if one != "null" else {})} for one in as_list(kind)]
        kept = {"anyOf": kinds} | {key: kept[key] for key in ("description",) if key in kept}
    for key in ("anyOf", "oneOf"):
        if not isinstance(kept.get(key), list):
            continue
        if not isinstance(kept.get("properties"), dict):
            described = {"description": kept["description"]} if "description" in kept else {}
            return described | {"anyOf": [_documented_child(child, depth) for child in as_list(kept[key])]}
        kept["properties"] = {**_properties_of(as_list(kept.pop(key))), **as_object(kept["properties"])}
    for key, value in kept.items():
        if key == "properties":
            kept[key] = {name: _documented_child(child, depth) for name, child in as_object(value).items()}
        elif key in ("items", "prefixItems"):
            many = isinstance(value, list)
            children = [_documented_child(one, depth) for one in (as_list(value) if many else [value])]
            kept[key] = children if many else children[0]
    return kept


def _documented_child(value: Any, depth: int) -> Any:
    # `true` and `false` are schemas too, but not in the documented subset.
    if not isinstance(value, dict) or depth >= DEEPEST:
        return {}
    return _documented(cast("Schema", value), depth + 1)


def _properties_of(alternatives: list[Any]) -> Schema:
    """The properties that any alternative has, each as any of them describes it."""
    found: dict[str, list[Any]] = {}
    for alternative in alternatives:
        inner: Any = cast("Schema", alternative).get("properties") if isinstance(alternative, dict) else None
        for name, child in as_object(inner).items():
            if child not in found.setdefault(name, []):
                found[name].append(child)
    return {name: one[0] if len(one) == 1 else {"anyOf": one} for name, one in found.items()}


def _move_bound(schema: Schema, kept: Schema, exclusive: str, inclusive: str, step: int) -> None:
    bound: Any = schema.get(exclusive)
    if isinstance(bound, bool) or not isinstance(bound, (int, float)) or inclusive in kept:
        return
    kinds: Any = schema.get("type")
    whole = "integer" in kinds and "number" not in kinds if isinstance(kinds, list) else kinds == "integer"
    kept[inclusive] = bound + step if whole else bound
