"""config/secret.py"""

import msgspec
import pytest

from dragoman.config.secret import Secret


def test_a_secret_shows_itself_only_to_who_asks() -> None:
    secret = Secret("test-key-openai")
    assert secret.reveal() == "test-key-openai"
    for shown in (repr(secret), str(secret), f"{secret}", f"{secret!r}", "%s" % secret, repr([secret])):  # noqa: UP031
        assert "test-key" not in shown
        assert "***" in shown


def test_an_empty_secret_is_false_and_says_that_it_is_not_set() -> None:
    assert not Secret()
    assert Secret("x")
    assert str(Secret()) == "not set"


def test_secrets_are_equal_by_value_and_unlike_plain_strings() -> None:
    assert Secret("a") == Secret("a")
    assert Secret("a") != Secret("b")
    assert Secret("a") != "a"
    assert len({Secret("a"), Secret("a"), Secret("b")}) == 2


def test_no_encoder_writes_a_secret() -> None:
    with pytest.raises(TypeError):
        msgspec.json.encode({"key": Secret("test-key-openai")})
