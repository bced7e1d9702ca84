from typing import get_args

from dragoman.dialects.registry import DIALECTS
from dragoman.routing.channel import DialectName


def test_every_dialect_is_found_under_its_own_name():
    assert {name: dialect.name for name, dialect in DIALECTS.items()} == {name: name for name in DIALECTS}


def test_the_dialects_of_this_version_are_there():
    assert set(DIALECTS) == {"anthropic", "gemini", "openai_chat", "openai_responses"}


def test_every_name_is_one_that_a_channel_may_have():
    assert set(DIALECTS) <= set(get_args(DialectName))
