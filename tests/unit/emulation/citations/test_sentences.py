import pytest

from dragoman.emulation.citations.sentences import CONTEXT, beginnings, sentences


def cut(text: str) -> list[str]:
    return [text[start:end] for start, end in sentences(text)]


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("The grass is green. The sky is blue.", ["The grass is green.", "The sky is blue."]),
        ('"It is so." He left! Did he?', ['"It is so."', "He left!", "Did he?"]),
        ("It is 3.5 m long. It is v1.2.", ["It is 3.5 m long.", "It is v1.2."]),
        ("See Dr. Owl today. Or e.g. tomorrow.", ["See Dr.", "Owl today.", "Or e.g. tomorrow."]),
        ("The heading\n\n- one owl\n- two owls", ["The heading", "- one owl", "- two owls"]),
        ("A line that is\nmerely wrapped. Next one.", ["A line that is\nmerely wrapped.", "Next one."]),
        ("草地是绿色的草地呀。天空是蓝色的呀呀。", ["草地是绿色的草地呀。", "天空是蓝色的呀呀。"]),
        ("  blanks around it  \n", ["blanks around it"]),
        ("", []),
        (" \n ", []),
        ("Hi.", ["Hi."]),
    ],
)
def test_a_text_is_cut_behind_its_sentences(text, parts):
    assert cut(text) == parts


def test_what_is_too_short_goes_with_what_follows():
    assert cut("1. The grass is green.\n2. The sky is blue.") == [
        "1. The grass is green.",
        "2. The sky is blue.",
    ]


def test_the_context_decides_alone():
    """So that it makes no difference where a text was cut before."""
    before = "so.”’)    "[-CONTEXT:]
    assert list(beginnings(before + "Then")) == [len(before)]
    assert list(beginnings("so.”’)     Then")) == []
