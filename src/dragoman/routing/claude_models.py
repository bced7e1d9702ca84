"""What is known of Claude's models, read from the id (spec/vertex.md section 4.3)."""

import re
from typing import Any

_VERSION = re.compile(r"claude-(?:(?P<line>[a-z]+)-)?(?P<major>\d+)(?:[-.](?P<minor>\d{1,2})(?!\d))?")


def claude_model_quirks(model: str) -> dict[str, Any]:
    """The fields of `Quirks` that a Claude id decides; empty for other ids, and for lines of which nothing is known."""
    found = _VERSION.match(model.lower().rpartition("/")[2])
    if found is None:
        return {}
    version = int(found["major"]), int(found["minor"] or 0)
    if version <= (4, 5):
        return {"context_window": 200_000}
    return {"context_window": 1_000_000} if found["line"] in ("opus", "sonnet") else {}
