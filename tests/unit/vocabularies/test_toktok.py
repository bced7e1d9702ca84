import asyncio
import threading

import pytest
import toktok

from dragoman.vocabularies.toktok import LONGEST_IN_LOOP, MOST_COUNTED, ToktokTokenizer
from tests.support.python_process import run_python

TEXTS = ["Hello, world!", "模型无法直接读取文件", '{"a": [1, 2]}', ""]


class Library:
    """Stands for toktok: a token for each character, and in which thread it was asked."""

    def __init__(self, failure: BaseException | None = None) -> None:
        self.failure = failure
        self.loads = 0
        self.threads: list[bool] = []

    def load(self):
        self.loads += 1
        return self.count

    def count(self, texts: list[str], vocabulary: str) -> list[int]:
        self.threads.append(threading.current_thread() is not threading.main_thread())
        if self.failure is not None:
            raise self.failure
        return [len(text) for text in texts]


@pytest.mark.parametrize("vocabulary", ["o200k_base", "cl100k_base"])
async def test_texts_are_counted_with_the_real_vocabulary(vocabulary):
    assert await ToktokTokenizer().count(TEXTS, vocabulary) == sum(toktok.batch_count(TEXTS, vocabulary))


async def test_half_a_surrogate_pair_is_counted_too():
    assert (await ToktokTokenizer().count(["a\ud800b"], "o200k_base") or 0) > 0


async def test_words_that_control_models_are_plain_text():
    assert (await ToktokTokenizer().count(["<|endoftext|>"], "o200k_base") or 0) > 1


async def test_a_vocabulary_that_is_not_there_is_no_error():
    assert await ToktokTokenizer().count(TEXTS, "no-such-vocabulary") is None


async def test_without_the_extra_nothing_is_counted_and_it_is_looked_for_once():
    tries = []

    def load():
        tries.append(1)
        raise ImportError("toktok")

    tokenizer = ToktokTokenizer(load)
    assert [await tokenizer.count(TEXTS, "o200k_base") for _ in range(3)] == [None] * 3
    assert len(tries) == 1


@pytest.mark.parametrize("failure", [ValueError("odd"), BaseException("a panic")], ids=["error", "panic"])
async def test_whatever_the_library_raises_there_is_no_count(failure):
    assert await ToktokTokenizer(Library(failure).load).count(TEXTS, "o200k_base") is None


async def test_loading_and_long_texts_hold_no_loop():
    library = Library()
    tokenizer = ToktokTokenizer(library.load)
    for length in (1, LONGEST_IN_LOOP, LONGEST_IN_LOOP + 1):
        assert await tokenizer.count(["x" * length], "o200k_base") == length
    assert await tokenizer.count(["x"], "cl100k_base") == 1
    assert library.threads == [True, False, True, True]


async def test_too_much_text_is_not_counted():
    library = Library()
    tokenizer = ToktokTokenizer(library.load)
    half = "x" * (MOST_COUNTED // 2)
    assert await tokenizer.count([half, half], "o200k_base") == MOST_COUNTED
    assert await tokenizer.count([half, half, "x"], "o200k_base") is None
    assert len(library.threads) == 1


async def test_counts_at_once_are_all_right():
    tokenizer = ToktokTokenizer()
    counted = await asyncio.gather(*(tokenizer.count(["word " * n], "o200k_base") for n in range(1, 30)))
    assert counted == [sum(toktok.batch_count(["word " * n], "o200k_base")) for n in range(1, 30)]


def test_nothing_is_imported_before_it_is_needed():
    code = (
        "import sys\n"
        "import dragoman.app\n"
        "from dragoman.vocabularies.toktok import ToktokTokenizer\n"
        "ToktokTokenizer()\n"
        "assert 'toktok' not in sys.modules\n"
    )
    run_python("-c", code)


async def test_vocabularies_are_loaded_ahead_and_then_counted_with_at_once():
    library = Library()
    tokenizer = ToktokTokenizer(library.load)
    tokenizer.load(["o200k_base", "cl100k_base"])
    assert (library.loads, library.threads) == (1, [False, False])
    await tokenizer.count(["abc"], "cl100k_base")
    assert library.threads == [False, False, False]


def test_loading_ahead_without_the_extra_is_no_error():
    def load():
        raise ImportError("toktok")

    ToktokTokenizer(load).load(["o200k_base"])
