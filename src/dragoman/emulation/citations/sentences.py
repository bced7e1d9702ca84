"""Where a sentence begins: in a source that is cut into what can be cited, and in an answer that cites."""

import re
from collections.abc import Iterator

LEAST_SENTENCE = 8
"""Characters: what is shorter, such as `Dr.` or `1.`, is no sentence of its own."""

CONTEXT = 8
"""Characters before a place that decide whether a sentence begins there; the longest match of the pattern below."""

_BETWEEN = re.compile(
    r"(?:[.!?…][\"'”’»)\]*_]{0,3}\s{1,4}|[。！？][”’』」）]{0,3}\s{0,4}|\n\s{0,4})(?=\S)"  # noqa: RUF001
)


def beginnings(text: str) -> Iterator[int]:
    """Places where a sentence may begin: behind the end of one, or on a new line. A lower case letter begins none, so that
    lines which are merely wrapped stay together."""
    for found in _BETWEEN.finditer(text):
        if not text[found.end()].islower():
            yield found.end()


def sentences(text: str) -> list[tuple[int, int]]:
    """Start and end of each sentence in characters, without the blanks between them."""
    spans: list[tuple[int, int]] = []
    start = len(text) - len(text.lstrip())
    for place in (*beginnings(text), len(text)):
        if place - start >= LEAST_SENTENCE or place == len(text):
            said = text[start:place].rstrip()
            if said:
                spans.append((start, start + len(said)))
            start = place
    return spans
