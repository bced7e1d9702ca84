from collections import Counter

from dragoman.dialects.ledger import SECTIONS, all_rows, lost, needless, similar


def test_no_row_stands_twice():
    assert [name for name, times in Counter(row.name for row in all_rows()).items() if times > 1] == []


def test_answers_have_a_section_of_their_own():
    *asked, answered = SECTIONS
    assert all(row.name.startswith("answer.") for row in answered.rows)
    assert not any(row.name.startswith("answer.") for section in asked for row in section.rows)


def test_what_nobody_misses_is_not_named():
    assert (lost("x").kind, lost("x").named) == ("lost", True)
    assert (needless("x").kind, needless("x").named) == ("lost", False)
    assert (similar("x").kind, similar("x").named) == ("approximated", False)
