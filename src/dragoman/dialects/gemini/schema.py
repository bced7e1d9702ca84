"""Tool and output schemas as Gemini takes them (spec/gemini.md section 3.3).

The light clean is sent first: `parametersJsonSchema` takes free JSON, but no `$ref` with other keywords beside it,
no schema that contains itself without end, and no root that is not an object. The documented subset is what is left
after a refusal. What clients named themselves (properties, values) is never touched.
"""

from collections.abc import Iterator
from typing import Any, cast

Schema = dict[str, Any]

DEEPEST_REPEAT = 2
"""How often a definition may stand inside itself before it is cut."""

MOST_NODES = 5_000
"""Definitions that refer to each other can grow without end; beyond this every node is `{}`."""

_NOTHING_SAID = frozenset({"$schema", "$id", "$comment", "$anchor", "$defs", "definitions"})
_MAPS = frozenset({"properties", "patternProperties", "dependentSchemas"})
_LISTS = frozenset({"anyOf", "oneOf", "prefixItems"})
_SINGLE = frozenset(
    {"items", "additionalProperties", "additionalItems", "contains", "propertyNames", "not", "if", "then"}
    | {"else", "unevaluatedItems", "unevaluatedProperties"}
)
_DATA = frozenset({"const", "default", "enum", "examples"})
_DOCUMENTED = frozenset(
    {"type", "format", "title", "description", "enum", "items", "prefixItems", "minItems", "maxItems"}
    | {"minimum", "maximum", "anyOf", "oneOf", "properties", "required", "propertyOrdering"}
)


def clean_parameters(schema: Schema | None, *, documented: bool = False) -> Schema | None:
    """The schema of a function's arguments, or None where it says nothing.

    `documented`: only the keywords that Google's documentation lists.
    """
    cleaned = clean_schema(schema or {}, documented=documented)
    kind = cleaned.get("type")
    if kind != "object":
        cleaned = {"type": "object", **{key: value for key, value in cleaned.items() if key != "type"}}
    return cleaned if cleaned.get("properties") or len(cleaned) > 2 else None


def clean_schema(schema: Schema, *, documented: bool = False) -> Schema:
    """A schema without references and without keywords that say nothing. Never changes its input."""
    cleaned = _Cleaner(schema).clean(schema, ())
    return _documented(cleaned) if documented else cleaned


class _Cleaner:
    """Walks one schema and puts what it refers to in place of the references."""

    def __init__(self, root: Schema) -> None:
        self._root = root
        self._nodes = 0

    def clean(self, schema: Schema, inside: tuple[str, ...]) -> Schema:
        self._nodes += 1
        if self._nodes > MOST_NODES:
            return {}
        if isinstance(schema.get("$ref"), str):
            return self._resolved(schema, inside)
        if isinstance(schema.get("allOf"), list):
            schema = self._merged(schema, inside)
        cleaned: Schema = {}
        for key, value in schema.items():
            if key not in _NOTHING_SAID and (value is not None or key in _DATA):
                self._put(cleaned, key, value, inside)
        return cleaned

    def _put(self, cleaned: Schema, key: str, value: Any, inside: tuple[str, ...]) -> None:
        if key in _MAPS:
            cleaned[key] = {name: self._child(child, inside) for name, child in _items(value)}
        elif key in _LISTS or (key == "items" and isinstance(value, list)):
            cleaned[key] = [self._child(child, inside) for child in _list(value)]
        elif key in _SINGLE:
            cleaned[key] = self._child(value, inside)
        elif key == "const":
            self._put(cleaned, "enum", [value], inside)
        elif key == "enum":
            _put_enum(cleaned, _list(value))
        elif key == "required" and not isinstance(value, list):
            pass
        else:
            cleaned[key] = value

    def _child(self, value: Any, inside: tuple[str, ...]) -> Any:
        if value is None:
            return {}
        return self.clean(cast("Schema", value), inside) if isinstance(value, dict) else value

    def _resolved(self, schema: Schema, inside: tuple[str, ...]) -> Schema:
        reference: str = schema["$ref"]
        beside = {key: value for key, value in schema.items() if key != "$ref"}
        target = self._target(reference)
        if target is None:
            beside.setdefault("description", f"as described by {reference}")
            return self.clean(beside, inside)
        if inside.count(reference) >= DEEPEST_REPEAT:
            kind = target.get("type")
            return {"type": kind} if isinstance(kind, str) else {}
        return self.clean({**target, **beside}, (*inside, reference))

    def _target(self, reference: str) -> Schema | None:
        """What a reference inside this schema names."""
        if reference != "#" and not reference.startswith("#/"):
            return None
        node: Any = self._root
        for step in reference[2:].split("/") if len(reference) > 2 else ():
            name = step.replace("~1", "/").replace("~0", "~")
            node = cast("Schema", node).get(name) if isinstance(node, dict) else None
        return cast("Schema", node) if isinstance(node, dict) else None

    def _merged(self, schema: Schema, inside: tuple[str, ...]) -> Schema:
        """`allOf` as one schema: properties and required names of all, other keywords of the first that has them."""
        merged = {key: value for key, value in schema.items() if key != "allOf"}
        for part in _list(schema["allOf"]):
            if not isinstance(part, dict):
                continue
            for key, value in self.clean(cast("Schema", part), inside).items():
                if key == "properties":
                    merged[key] = {**cast("Schema", value), **dict(_items(merged.get(key)))}
                elif key == "required":
                    merged[key] = list(dict.fromkeys([*_list(merged.get(key)), *_list(value)]))
                else:
                    merged.setdefault(key, value)
        return merged


def _put_enum(cleaned: Schema, values: list[Any]) -> None:
    """Gemini takes strings and numbers; other values are said in the description."""
    if all(isinstance(value, (str, int, float)) and not isinstance(value, bool) for value in values):
        cleaned["enum"] = values
        return
    told = "one of " + ", ".join("null" if value is None else str(value).lower() for value in values)
    said: Any = cleaned.get("description")
    cleaned["description"] = f"{said} ({told})" if isinstance(said, str) and said else told


def _documented(schema: Schema) -> Schema:
    """Only documented keywords; an `anyOf` keeps nothing beside it but the description."""
    kept = {key: value for key, value in schema.items() if key in _DOCUMENTED}
    _move_bound(schema, kept, "exclusiveMinimum", "minimum", 1)
    _move_bound(schema, kept, "exclusiveMaximum", "maximum", -1)
    kind = kept.get("type")
    if isinstance(kind, list):
        rest = {key: value for key, value in kept.items() if key not in ("type", "description")}
        kinds = [{"type": one, **(rest if one != "null" else {})} for one in _list(kind)]
        kept = {"anyOf": kinds} | {key: kept[key] for key in ("description",) if key in kept}
    for key in ("anyOf", "oneOf"):
        if isinstance(kept.get(key), list):
            described = {"description": kept["description"]} if "description" in kept else {}
            return described | {"anyOf": [_documented_child(child) for child in _list(kept[key])]}
    for key, value in kept.items():
        if key == "properties":
            kept[key] = {name: _documented_child(child) for name, child in _items(value)}
        elif key in ("items", "prefixItems"):
            many = isinstance(value, list)
            kept[key] = [_documented_child(one) for one in _list(value)] if many else _documented_child(value)
    return kept


def _documented_child(value: Any) -> Any:
    # `true` and `false` are schemas too, but not in the documented subset.
    return _documented(cast("Schema", value)) if isinstance(value, dict) else {}


def _move_bound(schema: Schema, kept: Schema, exclusive: str, inclusive: str, step: int) -> None:
    bound: Any = schema.get(exclusive)
    if isinstance(bound, bool) or not isinstance(bound, (int, float)) or inclusive in kept:
        return
    kept[inclusive] = bound + step if schema.get("type") == "integer" else bound


def _items(value: Any) -> Iterator[tuple[str, Any]]:
    return iter(cast("Schema", value).items() if isinstance(value, dict) else ())


def _list(value: Any) -> list[Any]:
    return cast("list[Any]", value) if isinstance(value, list) else []
