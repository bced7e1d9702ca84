"""What becomes of every field of the Messages API at a server that speaks it (dialects/ledger.py)."""

from dragoman.dialects.ledger import Fate, Fates, all_rows, carried

_CHANGED: Fates = {
    "model": carried("as the target's id"),
    "cache_control": carried("approximated: left out if the blocks have all the marks that are allowed"),
    "content.text": carried("empty ones are left out"),
    "content.thinking": carried("lost where another backend's thinking is sealed in it"),
    "content.redacted_thinking": carried("lost where another backend's thinking is sealed in it"),
    "betas": carried("every header `anthropic-…`"),
    "answer.model": carried("as the upstream calls it"),
}

FATES: dict[str, Fate] = {row.name: carried() for row in all_rows()} | _CHANGED
