"""Which vocabulary counts for a model, read from its id, and by how much the model's own differs from it.

The factors are counts of 25 texts of 4 KB each of Markdown, Python, JavaScript, JSON and plain text against o200k_base:
Claude to 4.6 by 1.15 to 1.26, from 4.7 on by 1.42 to 1.66 (a public reconstruction of its counts). Gemini's is a guess:
its vocabulary is not public in a form that can be shipped.
"""

from functools import lru_cache
from typing import NamedTuple

from dragoman.routing.families import claude_version_of, generation_of


class Vocabulary(NamedTuple):
    """How to count for a model whose tokens are not counted upstream."""

    name: str
    """Of the vocabulary to count with."""
    factor: float = 1.0
    """The model's own tokens for one of these."""
    exact: bool = False
    """It is the model's own vocabulary."""


O200K = "o200k_base"
CL100K = "cl100k_base"

_UNKNOWN = Vocabulary(O200K)
_OLD_CLAUDE = Vocabulary(O200K, 1.25)
_NEW_CLAUDE = Vocabulary(O200K, 1.6)
_GEMINI = Vocabulary(O200K, 1.1)
_NEWEST_OLD_CLAUDE = (4, 6)


@lru_cache(maxsize=512)
def vocabulary_of(model: str) -> Vocabulary:
    """The vocabulary for an upstream model's id, with or without a vendor before it."""
    name = model.lower().rpartition("/")[2]
    if name.startswith(("gemini", "gemma")):
        return _GEMINI
    if name.startswith("claude"):
        return _claude(name)
    if name.startswith("gpt-oss"):
        return Vocabulary(O200K, exact=True)
    generation = generation_of(name)
    if generation is None:
        return _UNKNOWN
    before_4o = generation.line == "gpt" and (
        generation.major < 4
        or (generation.major == 4 and not generation.minor and generation.rest[:1] != "o")
    )
    return Vocabulary(CL100K if before_4o else O200K, exact=True)


def _claude(name: str) -> Vocabulary:
    version = claude_version_of(name)
    # What has no number is one of the newest.
    return _NEW_CLAUDE if version is None or version[:2] > _NEWEST_OLD_CLAUDE else _OLD_CLAUDE
