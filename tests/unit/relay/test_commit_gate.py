import pytest

from dragoman.messages.events import (
    ContentBlockStart,
    ErrorDetail,
    ErrorEvent,
    MessageHead,
    MessageStart,
    Ping,
    Relayed,
    TextBlock,
    Usage,
)
from dragoman.relay.commit_gate import CommitGate

START = MessageStart(MessageHead(id="msg_1", model="m", usage=Usage()))
TEXT = ContentBlockStart(0, TextBlock())


@pytest.mark.parametrize(
    "silent",
    [
        START,
        Ping(),
        Relayed("message_start", b"event: message_start\n\n"),
        Relayed("ping", b"event: ping\n\n"),
        Relayed("", b": comment\n\n"),
    ],
)
def test_what_says_nothing_is_held(silent):
    gate = CommitGate()
    assert gate.admit([silent]) == ()
    assert not gate.committed


@pytest.mark.parametrize(
    "speech",
    [
        TEXT,
        ErrorEvent(ErrorDetail("api_error", "x"), "req_1"),
        Relayed("content_block_start", b""),
        Relayed("message_delta", b""),
        Relayed("message", b"{}"),
        Relayed("new_kind", b""),
    ],
)
def test_first_word_commits_and_lets_out_what_was_held_before_it(speech):
    gate = CommitGate()
    gate.admit([START])
    gate.admit([Ping()])
    assert gate.admit([Ping(), speech, Ping()]) == [START, Ping(), Ping(), speech, Ping()]
    assert gate.committed


def test_after_the_commit_everything_passes_at_once():
    gate = CommitGate()
    gate.admit([TEXT])
    assert gate.admit([Ping()]) == [Ping()]


def test_committing_by_hand_gives_what_was_held_once():
    gate = CommitGate()
    gate.admit([START])
    assert gate.commit() == [START]
    assert gate.commit() == []
    assert gate.admit([Ping()]) == [Ping()]


def test_empty_batch_commits_to_nothing():
    gate = CommitGate()
    assert gate.admit([]) == ()
    assert not gate.committed
