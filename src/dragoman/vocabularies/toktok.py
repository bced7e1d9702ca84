"""Real vocabularies, by toktok-rs (extra `tokens`, docs/decisions/0027).

Loading a vocabulary takes up to a second, in which no other thread runs: it is done before the first client is served,
and only for a vocabulary that nobody foresaw in between.
"""

import asyncio
from collections.abc import Callable, Iterable, Sequence

LONGEST_IN_LOOP = 64 * 1024
"""Characters that are counted at once, in a millisecond or two; more are counted in a thread."""

MOST_COUNTED = 2 * 1024 * 1024
"""Characters; of more an estimate tells as much."""

Counting = Callable[[list[str], str], list[int]]
"""Texts and the name of a vocabulary to the tokens of each text."""


def load_counting() -> Counting:
    """toktok's function. Raises ImportError where the extra is not installed."""
    import toktok

    return lambda texts, vocabulary: toktok.batch_count(texts, vocabulary, threads=1)


class ToktokTokenizer:
    """Implements `Tokenizer`."""

    def __init__(self, load: Callable[[], Counting] = load_counting) -> None:
        self._load = load
        self._counting: Counting | None = None
        self._missing = False
        self._ready: set[str] = set()

    def load(self, vocabularies: Iterable[str]) -> None:
        """Load vocabularies ahead of their first use. Where the extra is not installed nothing happens."""
        for vocabulary in vocabularies:
            self._count(["a"], vocabulary)

    async def count(self, texts: Sequence[str], vocabulary: str) -> int | None:
        length = sum(map(len, texts))
        if self._missing or length > MOST_COUNTED:
            return None
        if vocabulary in self._ready and length <= LONGEST_IN_LOOP:
            return self._count(texts, vocabulary)
        return await asyncio.to_thread(self._count, texts, vocabulary)

    def _count(self, texts: Sequence[str], vocabulary: str) -> int | None:
        try:
            counting = self._counting or self._load()
            whole = [text if text.isascii() else text.encode("utf-8", "replace").decode() for text in texts]
            tokens = sum(counting(whole, vocabulary))
        except ImportError:
            self._missing = True
            return None
        except (KeyboardInterrupt, SystemExit):
            raise
        except BaseException:  # noqa: BLE001 - even a panic of the library, which is no Exception: there is an estimate
            return None
        self._counting = counting
        self._ready.add(vocabulary)
        return tokens
