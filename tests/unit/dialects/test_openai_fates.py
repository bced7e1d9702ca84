from dragoman.dialects.ledger import all_rows
from dragoman.dialects.openai_fates import OF_OPENAI
from dragoman.dialects.translated_fates import TRANSLATED


def test_every_shared_fate_is_that_of_a_row():
    assert set(OF_OPENAI) <= {row.name for row in all_rows()}


def test_what_every_translation_does_alike_stands():
    assert OF_OPENAI.items() >= TRANSLATED.items()


def test_what_the_two_do_differently_is_left_to_them():
    for name in (
        "stop_sequences",
        "thinking.adaptive",
        "tool_choice.tool",
        "tools.custom.strict",
        "content.thinking",
        "content.document.source.url",
        "answer.stop_details",
    ):
        assert OF_OPENAI.get(name) == TRANSLATED.get(name)
