"""The client's `web_search_*` tool, as upstreams that search by themselves are told of it."""

import msgspec

from dragoman.messages.request import Tool
from dragoman.wire.jsonvalues import as_list, as_object

_PLACE = ("city", "country", "region", "timezone")


class SearchTool(msgspec.Struct, frozen=True):
    """The client's web search, which the upstream runs."""

    name: str
    blocked_domains: tuple[str, ...] = ()
    """Left out of results and citations: not every upstream leaves them out of its search."""


def is_web_search(tool: Tool) -> bool:
    """Whether the tool is the API's own web search, of any date."""
    return tool.type.startswith("web_search_") and tool.input_schema is None


def domains_of(tool: Tool, field: str) -> tuple[str, ...]:
    """Hosts of `allowed_domains` or `blocked_domains` as upstreams want them: without scheme and path, each once."""
    return tuple(dict.fromkeys(named.partition("/")[0] for named in _without_scheme(tool, field)))


def has_paths(tool: Tool, field: str) -> bool:
    """Whether one of those names only a part of its site."""
    return any(named.partition("/")[2] for named in _without_scheme(tool, field))


def place_of(tool: Tool) -> dict[str, str]:
    """What is known of `user_location`; empty if nothing is."""
    place = as_object(tool.raw.get("user_location"))
    return {name: value for name in _PLACE if isinstance(value := place.get(name), str) and value}


def most_uses(tool: Tool) -> int | None:
    """`max_uses`, if it is a number of searches."""
    uses = tool.raw.get("max_uses")
    return uses if isinstance(uses, int) and not isinstance(uses, bool) and uses > 0 else None


def _without_scheme(tool: Tool, field: str) -> list[str]:
    named = [one.lower() for one in as_list(tool.raw.get(field)) if isinstance(one, str)]
    return [domain for one in named if (domain := one.partition("://")[2] or one)]
