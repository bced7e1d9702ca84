from dragoman.dialects.ledger import all_rows
from dragoman.dialects.translated_fates import TRANSLATED


def test_every_shared_fate_is_that_of_a_row():
    assert set(TRANSLATED) <= {row.name for row in all_rows()}


def test_what_may_differ_is_left_to_the_dialects():
    for name in (
        "thinking.adaptive",
        "tool_choice.tool",
        "messages.assistant (last)",
        "answer.stop_sequence",
    ):
        assert name not in TRANSLATED
