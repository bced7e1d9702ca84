import pytest
from hypothesis import given
from hypothesis import strategies as st

from dragoman.dialects.visible_text import Fence, StopMatcher, SurrogateJoiner, TextEnd, ThinkTags


def split_tags(*pieces):
    tags = ThinkTags()
    fed = [tags.feed(piece) for piece in pieces]
    fed.append(tags.finish())
    return "".join(reasoning for reasoning, _ in fed), "".join(text for _, text in fed)


def cut(text, places):
    ends = sorted({place % (len(text) + 1) for place in places} | {len(text)})
    starts = [0, *ends]
    return [text[start:end] for start, end in zip(starts, ends, strict=False)]


cuts = st.lists(st.integers(0, 200), max_size=8)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Hello", ("", "Hello")),
        ("", ("", "")),
        ("<think>why</think>because", ("why", "because")),
        ("<think>\nwhy\n</think>\n\nbecause", ("why\n", "\n\nbecause")),
        ("<think>\n\nwhy</think>because", ("why", "because")),
        ("\n <think>why</think>because", ("why", "because")),
        ("<think></think>Hello", ("", "Hello")),
        ("<think>never closed", ("never closed", "")),
        ("<think>a < b </thin</think>c", ("a < b </thin", "c")),
        ("<thinker>no tag", ("", "<thinker>no tag")),
        ("<thin", ("", "<thin")),
        ("  \n", ("", "  \n")),
        ("Hello <think>not here</think>", ("", "Hello <think>not here</think>")),
        ("<think>a</think>b<think>c</think>", ("a", "b<think>c</think>")),
        ("no opener</think>text", ("", "no opener</think>text")),
    ],
)
def test_think_tags_are_reasoning_only_at_the_start(text, expected):
    assert split_tags(text) == expected
    assert split_tags(*text) == expected


@given(st.lists(st.sampled_from(["<think>", "</think>", "<", "a", "\n", " "]), max_size=8), cuts)
def test_think_tags_are_the_same_however_the_text_is_cut(words, places):
    text = "".join(words)
    assert split_tags(*cut(text, places)) == split_tags(text)


@given(st.text("<think/> abc", max_size=30))
def test_think_tags_let_text_pass_at_once_when_the_start_is_known(later):
    tags = ThinkTags()
    tags.feed("Hello")
    assert tags.feed(later) == ("", later)


def unfenced(*pieces):
    fence = Fence()
    return "".join(fence.feed(piece) for piece in pieces) + fence.finish()


@pytest.mark.parametrize(
    ("text", "bare"),
    [
        ('{"a": 1}', '{"a": 1}'),
        ('```json\n{"a": 1}\n```', '{"a": 1}'),
        ('```\n{"a": 1}\n```\n', '{"a": 1}'),
        ('\n ```JSON  \r\n{"a": 1}\r\n``` ', '{"a": 1}'),
        ('```json{"a": 1}```', '{"a": 1}'),
        ('```json\n{"a": "```b``` "}\n```', '{"a": "```b``` "}'),
        ('```json\n{"a": 1}', '{"a": 1}'),
        ('```json\n{"a": 1}\n``', '{"a": 1}\n``'),
        ('```json\n{"a": 1}\n```\nThat is it.', '{"a": 1}\n```\nThat is it.'),
        ('Here:\n```json\n{"a": 1}\n```', 'Here:\n```json\n{"a": 1}\n```'),
        ('  {"a": 1}\n', '  {"a": 1}\n'),
        ("```json", "```json"),
        ("``", "``"),
        ("", ""),
        (" \n", " \n"),
    ],
)
def test_a_fence_around_all_of_a_text_is_left_out(text, bare):
    assert unfenced(text) == bare
    assert unfenced(*text) == bare


@given(st.lists(st.sampled_from(["```", "`", "json", "\n", " ", "{", "}", "a"]), max_size=10), cuts)
def test_fences_are_the_same_however_the_text_is_cut(words, places):
    text = "".join(words)
    assert unfenced(*cut(text, places)) == unfenced(text)


@given(st.text("`jn\n {}", max_size=30), cuts)
def test_a_fence_takes_nothing_but_itself(text, places):
    bare = unfenced(*cut(text, places))
    assert bare in text
    assert not text.replace(bare, "", 1).strip("` \njn")


def test_text_that_no_fence_is_around_passes_at_once():
    fence = Fence()
    assert fence.feed('{"a": ') == '{"a": '
    assert fence.feed("``` ") == "``` "


def test_no_more_of_a_fenced_text_is_held_back_than_may_be_its_end():
    fence = Fence()
    assert fence.feed('```json\n{"a": 1}\n``') == '{"a": 1}'
    assert fence.feed("x") == "\n``x"


def find_stop(stops, *pieces):
    matcher = StopMatcher(stops)
    shown = "".join(matcher.feed(piece) for piece in pieces)
    return shown + matcher.finish(), matcher.hit


@pytest.mark.parametrize(
    ("stops", "text", "expected"),
    [
        (("END",), "no such word", ("no such word", None)),
        (("END",), "before END after", ("before ", "END")),
        (("END",), "END", ("", "END")),
        (("END",), "EN", ("EN", None)),
        (("END",), "EEND", ("E", "END")),
        (("aab",), "aaab", ("a", "aab")),
        (("one", "two"), "then two, then one", ("then ", "two")),
        (("bc", "abc"), "xabcd", ("x", "abc")),
        (("\n\nHuman:", "</s>"), "bye\n\nHuman: hi</s>", ("bye", "\n\nHuman:")),
        (("</severity>",), "<severity>low</severity>", ("<severity>low", "</severity>")),
    ],
)
def test_the_text_ends_before_the_stop_sequence_that_came_first(stops, text, expected):
    assert find_stop(stops, text) == expected
    assert find_stop(stops, *text) == expected


stop_lists = st.lists(st.text("ab", min_size=1, max_size=4), min_size=1, max_size=3).map(tuple)


@given(stop_lists, st.text("abc", max_size=20), cuts)
def test_stop_sequences_are_the_same_however_the_text_is_cut(stops, text, places):
    assert find_stop(stops, *cut(text, places)) == find_stop(stops, text)


@given(stop_lists, st.text("abc", max_size=20), cuts)
def test_text_without_a_stop_sequence_is_shown_whole(stops, text, places):
    shown, hit = find_stop(stops, *cut(text, places))
    if hit is None:
        assert shown == text
        assert not any(stop in text for stop in stops)
    else:
        assert text.startswith(shown + hit)


def test_no_more_is_held_back_than_may_begin_a_stop_sequence():
    matcher = StopMatcher(("STOP",))
    assert matcher.feed("plain text ST") == "plain text "
    assert matcher.feed("ILL") == "STILL"


def test_after_a_hit_no_more_text_is_taken():
    matcher = StopMatcher(("X",))
    assert matcher.feed("aXb") == "a"
    assert (matcher.feed("c"), matcher.finish()) == ("", "")


def say(end, *pieces):
    """What is shown of the pieces, as an answer shows them."""
    shown = ""
    for piece in pieces:
        shown += end.within_limit(end.before_stop(piece))
        end.note_stop()
    return shown


def test_text_without_an_end_of_its_own_is_shown_at_once():
    end = TextEnd((), None)
    assert (say(end, "STOP " * 100), end.held_back(), end.watches) == ("STOP " * 100, "", False)
    assert (end.stopped_by, end.ending) == (None, None)


def test_text_ends_before_its_stop_sequence():
    end = TextEnd(("STOP", "END"), 100)
    assert say(end, "Hello S", "TOP") == "Hello "
    assert (end.watches, end.stopped_by, end.ending) == (True, "stop_sequence", ("stop_sequence", "STOP"))


def test_text_ends_at_its_limit_of_tokens():
    end = TextEnd((), 2)
    assert say(end, "12345678") == "12345678"
    assert end.ending is None
    assert say(end, "9", "10") == ""
    assert (end.watches, end.stopped_by, end.ending) == (True, "limit", ("max_tokens", None))


def test_stop_sequence_behind_the_limit_is_not_the_end():
    end = TextEnd(("STOP",), 1)
    assert say(end, "12345STOP") == "1234"
    assert end.ending == ("max_tokens", None)


def test_a_fence_is_no_part_of_the_text():
    fenced = '```json\n{"a": 1}\n```'
    for pieces in ((fenced,), tuple(fenced)):
        end = TextEnd((), None, fenced=True)
        assert end.watches
        assert say(end, *pieces) + end.held_back() == '{"a": 1}'
        end = TextEnd(("1",), None, fenced=True)
        assert say(end, *pieces) == '{"a": '
        assert end.ending == ("stop_sequence", "1")


def test_what_only_looked_like_the_end_of_a_fence_is_said():
    end = TextEnd(("`!",), None, fenced=True)
    assert say(end, "```\n{} `") + end.held_back() == "{} `"


def test_stop_sequence_may_be_found_by_the_server():
    end = TextEnd(("STOP",), None)
    shown = say(end, "Hello ST") + end.held_back()
    end.stop_at("STOP")
    assert (shown, end.ending) == ("Hello ST", ("stop_sequence", "STOP"))


def join(*pieces):
    joiner = SurrogateJoiner()
    return "".join(joiner.feed(piece) for piece in pieces), joiner.holding


@pytest.mark.parametrize(
    ("pieces", "expected"),
    [
        (("a", "b"), ("ab", False)),
        (("a\ud83e", "\udd89b"), ("a🦉b", False)),
        (("\ud83e\udd89",), ("🦉", False)),
        (("\ud83e", "x"), ("\ufffdx", False)),
        (("\udd89x",), ("\ufffdx", False)),
        (("a\ud83e",), ("a", True)),
        (("\ud83e", "\ud83e", "\udd89"), ("\ufffd🦉", False)),
        (("\ufeffa", "\ufeff"), ("\ufeffa\ufeff", False)),
        (("grüezi 🦉",), ("grüezi 🦉", False)),
    ],
)
def test_halves_of_a_surrogate_pair_are_joined_and_lone_ones_replaced(pieces, expected):
    assert join(*pieces) == expected


@given(st.text(max_size=20), cuts)
def test_text_cut_anywhere_in_utf_16_comes_out_whole(text, places):
    units = text.encode("utf-16-le", "surrogatepass")
    pieces = cut("".join(chr(units[at] | units[at + 1] << 8) for at in range(0, len(units), 2)), places)
    assert join(*pieces) == (text, False)
