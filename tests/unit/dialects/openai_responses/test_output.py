from dragoman.dialects.openai_responses.output import Output
from dragoman.dialects.openai_responses.reasoning import State
from dragoman.dialects.openai_responses.shapes import Reading
from dragoman.messages.envelope import EnvelopeOpener
from dragoman.messages.events import Usage
from dragoman.messages.fold import fold
from tests.support.responses_requests import SEAL
from tests.support.sealing import opened_whole

STATE = State({"i": "rs_1"}, "gA")


def output(**reading):
    return Output(Reading(**{"message_model": "m", "seal": SEAL, **reading}), "msg_1", 1)


def blocks(said):
    said.end_text()
    said.end_thoughts()
    said.writer.end("end_turn", Usage())
    return fold(said.writer.take())["content"]


def say(*pieces, **reading):
    said = output(**reading)
    for piece in pieces:
        said.text(piece)
    return said


def test_text_is_said_piece_by_piece():
    said = say("a", "b", "é", "c")
    assert len(said.writer.take()) == 6
    assert blocks(say("a", "b")) == [{"type": "text", "text": "ab"}]


def test_blanks_wait_for_words():
    assert blocks(say(" ", "\n")) == []
    assert blocks(say(" ", "\n", "a ")) == [{"type": "text", "text": " \na "}]


def test_a_text_that_ended_is_followed_by_a_block_of_its_own():
    said = say("a")
    said.end_text()
    said.text("b")
    assert [block["text"] for block in blocks(said)] == ["a", "b"]


def test_halves_of_a_character_are_joined_and_lone_ones_replaced():
    assert blocks(say("\ud83e", "\udd89"))[0]["text"] == "🦉"
    assert blocks(say("a\ud83e"))[0]["text"] == "a\ufffd"


def test_a_stop_sequence_ends_all_text():
    said = say("one E", "ND two", "three", stop_sequences=("END",))
    assert said.ended
    assert said.text_end.ending == ("stop_sequence", "END")
    assert blocks(said)[0]["text"] == "one "


def test_the_beginning_of_a_stop_sequence_that_does_not_go_on_is_said():
    said = say("one E", stop_sequences=("END",))
    assert blocks(said)[0]["text"] == "one E"
    assert not said.ended


def test_text_is_cut_at_a_raised_limit():
    said = say("1234", "5678", "9", visible_tokens=2)
    assert said.text_end.ending == ("max_tokens", None)
    assert blocks(said)[0]["text"] == "12345678"


def test_output_is_estimated_from_all_of_it_and_never_nothing():
    assert output().estimated_output_tokens == 1
    said = say("12345678")
    said.count(5)
    assert said.estimated_output_tokens == 4


def test_a_sign_of_life_is_legal_wherever_it_comes():
    said = output(thoughts="shown")
    said.keep_alive()
    said.text("a")
    said.keep_alive()
    said.text("b")
    thinking, told = blocks(said)
    assert (thinking["thinking"], told["text"]) == ("", "ab")
    assert opened_whole(
        thinking["signature"], "openai_responses", account="ours", family=SEAL.family, key=b"key"
    )


def test_a_client_that_wants_no_thoughts_gets_no_block_of_them_as_a_sign_of_life():
    said = output(thoughts="kept")
    said.keep_alive()
    said.text("a")
    assert blocks(said) == [{"type": "text", "text": "a"}]


def kept(said, key="toolu_1"):
    """What is kept under a key: the payload of each envelope."""
    said.keep_with(key)
    signatures = said.kept.get(key, "").split()
    opener = EnvelopeOpener(SEAL)
    return [opened and opened.payload for opened in map(opener.open, signatures)]


def think(said):
    said.unkept.append((STATE, said.texts))


def test_unseen_thoughts_are_kept_for_the_call_that_follows():
    said = output()
    think(said)
    assert said.kept == {}
    assert kept(said) == [{"i": "rs_1"}]
    assert kept(said, "toolu_2") == []


def test_texts_between_unseen_thoughts_and_the_call_are_counted():
    said = say("before")
    said.end_text()
    think(said)
    said.text("one")
    said.end_text()
    said.keep_alive()
    said.end_text()
    said.text("two")
    said.end_text()
    think(said)
    assert kept(said) == [{"i": "rs_1", "b": 2}, {"i": "rs_1"}]


def test_a_fence_around_a_format_that_was_only_asked_for_is_not_shown():
    said = say("``", "`json\n{", '"a": 1}', "\n``", "`\n", fenced=True)
    assert blocks(said) == [{"type": "text", "text": '{"a": 1}'}]
