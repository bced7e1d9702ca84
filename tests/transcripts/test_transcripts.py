import json

import pytest
from tests.support.reading import hear
from tests.support.transcripts import (
    CLIENT_EVENTS,
    CLIENT_MESSAGE,
    FOLLOW_UPS,
    NEXT_REQUEST,
    UPSTREAM_REPLY,
    UPSTREAM_REQUEST,
    WHOLE_REPLY,
    cases,
    check_same,
    events_text,
    kept_text,
    message_text,
    problems,
)

CASES = cases()
every_case = pytest.mark.parametrize("case", CASES, ids=[case.name for case in CASES])


@every_case
def test_the_upstream_is_asked_what_was_accepted(case):
    written = case.write()
    check_same(case.text(UPSTREAM_REQUEST), case.upstream_request(), UPSTREAM_REQUEST)
    further = case.text(FOLLOW_UPS) if (case.folder / FOLLOW_UPS).exists() else ""
    check_same(further, case.follow_up_requests(), FOLLOW_UPS)
    assert [f"{loss.field} {loss.what}" for loss in written.losses] == list(case.about.losses)


@every_case
def test_the_client_is_told_what_was_accepted(case):
    heard = case.hear()
    check_same(case.text(CLIENT_EVENTS), events_text(heard), CLIENT_EVENTS)
    check_same(case.text(CLIENT_MESSAGE), message_text(heard), CLIENT_MESSAGE)
    assert kept_text(heard) == case.about.keeps


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


def test_replies_and_requests_that_do_not_go_together_are_found():
    case = next(case for case in CASES if case.name == "gemini/recitation")
    first, second = (case.folder / UPSTREAM_REPLY).read_bytes().split(NEXT_REQUEST)
    assert len(hear(case.open_reply, first, second).follow_ups) == 1
    with pytest.raises(AssertionError, match="request 2 was not scripted"):
        hear(case.open_reply, first)
    with pytest.raises(AssertionError, match="took 2 requests, 3 were scripted"):
        hear(case.open_reply, first, second, second)


def test_every_case_is_complete_and_fit_to_be_published():
    assert list(problems()) == []


def test_every_dialect_has_cases():
    assert {case.folder.parent.name for case in CASES} == {
        "openai_chat",
        "openai_responses",
        "anthropic",
        "gemini",
    }


GOOD = {
    "case.toml": 'meaning = "Hi."\norigin = "written by hand"\nmodel = "m"\n',
    "1-client-request.json": "{}",
    "2-upstream-request.json": "{}",
    "3-upstream-reply.sse": "",
    "4-client-events.sse": "",
    "5-client-message.json": "{}",
}


def lay_out(root, files, case="openai_chat/hello"):
    for name, content in files.items():
        path = root / case / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)
    return [problem.partition(": ")[2] for problem in problems(root)]


def test_a_good_case_has_no_problems(tmp_path):
    assert lay_out(tmp_path, GOOD) == []
    assert lay_out(tmp_path, {"2-follow-up-requests.json": "[]", "3-upstream-reply.json": "{}"}) == []


@pytest.mark.parametrize("name", GOOD)
def test_an_incomplete_case_is_found(tmp_path, name):
    assert lay_out(tmp_path, {other: GOOD[other] for other in GOOD if other != name}) == ["is missing"]


@pytest.mark.parametrize(
    ("files", "problem"),
    [
        ({"6-notes.txt": ""}, "belongs to no case"),
        ({"../stray.sse": ""}, "belongs to no case"),
        ({"1-client-request.json": "\n" * 100}, "has more than 75 lines"),
        ({"1-client-request.json": '"Bearer abcdefghijklmno"'}, "looks like a secret or a private path"),
        ({"3-upstream-reply.sse": "/home/somebody/notes"}, "looks like a secret or a private path"),
        (
            {"case.toml": 'meaning = "no sentence"\norigin = "x"\nmodel = "m"'},
            "wants a sentence of meaning and an origin",
        ),
    ],
)
def test_a_case_that_is_not_fit_is_found(tmp_path, files, problem):
    assert lay_out(tmp_path, GOOD | files) == [problem]


def test_a_case_of_no_dialect_is_found(tmp_path):
    assert lay_out(tmp_path, GOOD, "klingon/hello") == ["no dialect has this name"]
