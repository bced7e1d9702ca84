"""A right request with one thing changed, which whoever judges it should notice."""

import copy
from typing import Any


def changed_body(right: dict[str, Any], path: str, value: Any) -> dict[str, Any]:
    """A copy of `right` with `value` at the dotted `path`; None takes the key away."""
    body = copy.deepcopy(right)
    at: Any = body
    *way, last = [int(step) if step.isdigit() else step for step in path.split(".")]
    for step in way:
        at = at[step]
    if value is None:
        del at[last]
    else:
        at[last] = value
    return body
