"""What is known of Claude's models, read from the id (spec/vertex.md section 4.3)."""

from typing import Any

from dragoman.routing.families import claude_version_of


def claude_model_quirks(model: str) -> dict[str, Any]:
    """The fields of `Quirks` that a Claude id decides; empty for other ids, and for lines of which nothing is known."""
    version = claude_version_of(model)
    if version is None:
        return {}
    if version[:2] <= (4, 5):
        return {"context_window": 200_000}
    return {"context_window": 1_000_000} if version.line in ("opus", "sonnet") else {}
