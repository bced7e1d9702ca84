"""What the ledger says of a request's fields is what the dialects do with them."""

import json

import pytest

from dragoman.dialects.dialect import Loss, Written
from dragoman.dialects.ledger import Fate, all_rows
from dragoman.messages.errors import ApiError
from dragoman.messages.parse import parse_request
from dragoman.messages.request import MessagesRequest
from tests.support.chat_requests import user
from tests.support.ledger_columns import COLUMNS, Column
from tests.support.ledger_samples import GONE, SAMPLES, Sample

ROWS = [row.name for row in all_rows() if not row.name.startswith("answer.")]
SHOWN_BY_THE_ANSWER = frozenset(
    {"stream", "stop_sequences", "thinking.*.display", "tool_choice.*.disable_parallel_tool_use"}
)
"""Emulated on the way back: test_answers_in_the_ledger.py."""
SHOWN_BY_THE_PREFIX = frozenset(
    {"system.cache_control", "cache_control", "content.*.cache_control", "tools.*.cache_control"}
)
"""Servers that cache by themselves need the same bytes again: tests/properties/test_same_prefix.py."""


def request_of(sample: Sample, column: Column) -> MessagesRequest:
    usual = {"model": "claude-x", "max_tokens": 4000, "messages": [user("hi")]}
    body = usual | sample.fields | sample.by_column.get(column.name, {})
    return parse_request(json.dumps(body, separators=(",", ":")).encode(), sample.headers)


def seen_by_the_upstream(written: Written) -> str:
    """Path, headers and body."""
    headers = "\n".join(f"{name}: {value}" for name, value in written.headers)
    return f"{written.path}\n{headers}\n{written.body.decode()}"


def losses_at(path: str, losses: tuple[Loss, ...]) -> list[str]:
    """What the losses at the path or below it say, or else those of what it is part of."""
    within = [loss.what for loss in losses if f"{loss.field}.".startswith(f"{path}.")]
    return within or [loss.what for loss in losses if path.startswith(f"{loss.field}.")]


CASES = [
    pytest.param(column, row, id=f"{column.name}-{row}".replace(" ", "-"))
    for column in COLUMNS
    for row in ROWS
]


@pytest.mark.parametrize(("column", "row"), CASES)
def test_a_field_fares_as_the_ledger_says(column: Column, row: str) -> None:
    sample, fate = SAMPLES[row], column.fates[row]
    request = request_of(sample, column)
    if fate.kind == "refused":
        with pytest.raises(ApiError) as refused:
            column.write(row, request)
        assert refused.value.status == 400
        return
    written = column.write(row, request)
    lost = losses_at(sample.path, written.losses)
    seen = seen_by_the_upstream(written)
    if fate.kind in ("approximated", "lost") and fate.named:
        assert set(lost) == {"dropped" if fate.kind == "lost" else "approximated"}, written.losses
    else:
        assert lost == [], written.losses
    check_what_is_seen(column, row, fate, seen)


def check_what_is_seen(column: Column, row: str, fate: Fate, seen: str) -> None:
    sample = SAMPLES[row]
    expected = sample.seen.get(column.name)
    if fate.kind == "lost":
        assert sample.stays or sample.mark not in seen, "it is said to be lost, but it is there"
    elif expected == GONE:
        assert sample.mark not in seen
    elif expected is not None:
        assert expected in seen
    elif fate.kind == "carried" or not fate.named:
        assert sample.mark in seen
    elif fate.kind == "emulated":
        assert row in SHOWN_BY_THE_ANSWER | SHOWN_BY_THE_PREFIX or sample.mark in seen


def test_every_row_about_requests_has_its_sample() -> None:
    assert sorted(SAMPLES) == sorted(ROWS)
