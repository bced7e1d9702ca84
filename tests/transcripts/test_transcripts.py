import json

import pytest
from tests.support.transcripts import (
    CLIENT_EVENTS,
    CLIENT_MESSAGE,
    UPSTREAM_REQUEST,
    WHOLE_REPLY,
    cases,
    check_same,
    message_text,
    problems,
)

CASES = cases()
every_case = pytest.mark.parametrize("case", CASES, ids=[case.name for case in CASES])


@every_case
def test_the_upstream_is_asked_what_was_accepted(case):
    written = case.write()
    check_same(case.text(UPSTREAM_REQUEST), case.upstream_request(), UPSTREAM_REQUEST)
    assert [f"{loss.field} {loss.what}" for loss in written.losses] == list(case.about.losses)


@every_case
def test_the_client_is_told_what_was_accepted(case):
    heard = case.hear()
    check_same(case.text(CLIENT_EVENTS), case.client_events(), CLIENT_EVENTS)
    check_same(case.text(CLIENT_MESSAGE), message_text(heard), CLIENT_MESSAGE)


@pytest.mark.parametrize(
    "case",
    [case for case in CASES if (case.folder / WHOLE_REPLY).exists()],
    ids=lambda case: case.name,
)
def test_the_same_answer_in_one_piece_is_the_same_message(case):
    heard = case.hear_whole()
    assert heard is not None
    whole = json.loads(message_text(heard))
    streamed = json.loads(case.text(CLIENT_MESSAGE))
    assert whole == streamed


def test_every_case_is_complete_and_fit_to_be_published():
    assert list(problems()) == []


def test_every_dialect_has_cases():
    assert {case.folder.parent.name for case in CASES} == {"openai_chat", "anthropic"}
