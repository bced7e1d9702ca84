from dragoman.dialects.translated_reply import TranslatedReply
from dragoman.messages.errors import UpstreamNonsense
from dragoman.messages.events import ContentBlockDelta, ContentBlockStart, MessageStart
from dragoman.messages.writer import MessageWriter


class Output:
    def __init__(self) -> None:
        self.writer = MessageWriter("msg_1", "some-model", 12)
        self.kept = {"toolu_1": "envelope"}

    def keep_alive(self) -> None:
        self.writer.keep_alive(thinking=False)


class Reply(TranslatedReply[Output]):
    def end(self) -> None:
        self._ended = True


def kinds(said):
    return [type(event) for event in said]


def test_the_message_can_start_before_the_upstream_spoke_and_starts_once():
    reply = Reply(Output())
    assert kinds(reply.start()) == [MessageStart]
    assert kinds(reply.start()) == []


def test_a_sign_of_life_is_said_until_the_end():
    reply = Reply(Output())
    assert kinds(reply.keep_alive()) == [MessageStart, ContentBlockStart, ContentBlockDelta]
    assert not reply.finished
    reply.end()
    assert reply.finished
    assert reply.keep_alive() == ()


def test_what_is_kept_is_handed_out_once():
    reply = Reply(Output())
    assert reply.take_kept() == {"toolu_1": "envelope"}
    assert reply.take_kept() == {}


def test_one_request_is_all_and_its_failure_is_the_answers():
    reply = Reply(Output())
    assert reply.follow_up() is None
    assert reply.take_failure(UpstreamNonsense("cut")) is None
    assert (reply.stop_reason, reply.withheld) == (None, {})
