"""What Gemini asks of a JSON schema, under `parametersJsonSchema` and `responseJsonSchema` (spec/gemini.md section 3.3).

Unknown keywords are ignored there, `$schema` and `$id` among them; references are not. A strict server takes the
documented subset alone.
"""

from collections.abc import Iterator
from typing import Any

from tests.support.gemini_flavor import GeminiFlavor
from tests.support.gemini_refusal import Refused, invalid_field

DEEPEST = 32
DOCUMENTED = frozenset(
    (
        "$id", "$defs", "$ref", "$anchor", "type", "format", "title", "description", "enum", "items", "prefixItems",
        "minItems", "maxItems", "minimum", "maximum", "anyOf", "oneOf", "properties", "additionalProperties", "required",
        "propertyOrdering",
    )
)  # fmt: skip
NAMED = ("properties", "$defs", "definitions", "patternProperties")
LISTED = ("anyOf", "oneOf", "allOf", "prefixItems")
SINGLE = ("items", "not", "additionalProperties", "contains", "propertyNames", "if", "then", "else")


def check_schema(schema: Any, path: str, flavor: GeminiFlavor, *, root_object: bool) -> None:
    """Raises Refused; `path` names the field that holds the schema."""

    def refuse(complaint: str) -> Refused:
        return invalid_field(path, complaint, flavor)

    if not isinstance(schema, dict):
        raise refuse("schema should be an object")
    if root_object and schema.get("type") != "object":
        raise refuse("schema should be of type OBJECT")
    for place, node in _nodes(schema, ()):
        if len(place) > DEEPEST:
            raise refuse("maximum schema depth exceeded")
        _check_reference(node, place, schema, refuse)
        if flavor.strict_schemas:
            _check_documented(node, place, refuse)
    if _never_ends(schema, schema, ()):
        raise refuse("maximum schema depth exceeded")


def _nodes(schema: Any, place: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], dict[str, Any]]]:
    if not isinstance(schema, dict):
        return
    yield place, schema
    if len(place) > DEEPEST:
        return
    for step, inner in _subschemas(schema):
        yield from _nodes(inner, (*place, step))


def _subschemas(schema: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    for keyword in NAMED:
        named = schema.get(keyword)
        if isinstance(named, dict):
            yield from ((f"{keyword}.{name}", inner) for name, inner in named.items())
    for keyword in LISTED:
        listed = schema.get(keyword)
        if isinstance(listed, list):
            yield from ((f"{keyword}[{index}]", inner) for index, inner in enumerate(listed))
    yield from ((keyword, schema[keyword]) for keyword in SINGLE if keyword in schema)


def _check_reference(node: dict[str, Any], place: tuple[str, ...], root: dict[str, Any], refuse: Any) -> None:
    if "$ref" not in node:
        return
    at = ".".join(place) or "the root"
    siblings = [key for key in node if not key.startswith("$")]
    if siblings:
        raise refuse(f"{at}: a schema with $ref may not have other fields, but has {siblings[0]}")
    if _target(node["$ref"], root) is None:
        raise refuse(f"{at}: reference to undefined schema {node['$ref']}")


def _target(reference: Any, root: dict[str, Any]) -> Any:
    """The schema that `#` or `#/$defs/name` points to; None for everything else."""
    if reference == "#":
        return root
    head, _, name = str(reference).rpartition("/")
    found = root.get("$defs") if head == "#/$defs" else None
    return found.get(name) if isinstance(found, dict) else None


def _never_ends(node: Any, root: dict[str, Any], followed: tuple[str, ...]) -> bool:
    """Whether a value must hold itself: the cycle has no property that may be left out."""
    if not isinstance(node, dict):
        return False
    reference = node.get("$ref")
    if reference is not None:
        return reference in followed or _never_ends(_target(reference, root), root, (*followed, reference))
    needed = node.get("required") or ()
    properties = node.get("properties") or {}
    inner = [properties[name] for name in needed if name in properties]
    inner += [node["items"]] if "items" in node else []
    inner += [one for keyword in LISTED for one in node.get(keyword) or ()]
    return any(_never_ends(one, root, followed) for one in inner)


def _check_documented(node: dict[str, Any], place: tuple[str, ...], refuse: Any) -> None:
    at = ".".join(place) or "the root"
    for keyword in node:
        if keyword not in DOCUMENTED:
            raise refuse(f"{at}: unsupported schema keyword {keyword}")
    for value in node.get("enum", ()):
        if isinstance(value, bool) or not isinstance(value, str | int | float):
            raise refuse(f"{at}: enum values must be strings or numbers")
    if "anyOf" in node and set(node) - {"anyOf", "description", "$defs"} and place:
        raise refuse(f"{at}: a schema with anyOf may not have other fields")
