from dragoman.dialects.ledger import all_rows
from dragoman.dialects.openai_chat.fates import FATES


def test_every_row_has_its_fate_and_nothing_else_has():
    assert sorted(FATES) == sorted(row.name for row in all_rows())
