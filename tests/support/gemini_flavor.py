"""How the servers that speak Gemini's language differ: AI Studio, Vertex, and what a test wants of them."""

from dataclasses import dataclass
from typing import Literal

Signable = Literal["calls", "thoughts", "texts", "trailing"]


@dataclass(frozen=True, kw_only=True)
class GeminiFlavor:
    """The defaults are AI Studio with a model of generation 3 or later."""

    vertex: bool = False
    """Vertex: other address, credential, fields and words; errors of streams come as a list of one."""
    no_call_ids: bool = False
    """Calls have no id, as before generation 3 (where that is so in any case)."""
    longest_name: int = 128
    """Of a function. Older servers stop at 64."""
    strict_schemas: bool = False
    """JSON schemas outside the documented subset are refused, as some models do (spec/gemini.md section 3.3)."""
    signs: frozenset[Signable] = frozenset(("calls",))
    """What generation 3 and later signs: the first call of an answer, its last thought, its last text, or
    (`trailing`) an empty text after it."""
    calls_together: bool = False
    """Calls that follow each other share a chunk."""
    plain_errors: bool = False
    """An error inside a stream is plain JSON over several lines, not a `data:` line."""


AI_STUDIO = GeminiFlavor()
VERTEX = GeminiFlavor(vertex=True)
