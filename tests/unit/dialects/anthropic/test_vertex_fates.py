from dragoman.dialects.anthropic.vertex_fates import FATES
from dragoman.dialects.ledger import all_rows


def test_every_row_has_its_fate_and_nothing_else_has():
    assert sorted(FATES) == sorted(row.name for row in all_rows())
