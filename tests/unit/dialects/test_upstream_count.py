import pytest

from dragoman.dialects.upstream_count import read_count
from dragoman.messages.errors import UpstreamNonsense


def test_the_number_is_that_of_the_field():
    assert read_count(b'{"object": "x", "input_tokens": 12, "totalTokens": 13}', "totalTokens") == 13


@pytest.mark.parametrize(
    "body", [b"", b"no json", b"[12]", b"{}", b'{"n": "12"}', b'{"n": true}', b'{"n": 1.5}']
)
def test_anything_else_is_nonsense_that_names_the_field(body):
    with pytest.raises(UpstreamNonsense, match="`n`"):
        read_count(body, "n")
