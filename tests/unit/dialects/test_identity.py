import hashlib
import json

import pytest

from dragoman.dialects.identity import identity_fields
from dragoman.dialects.quirks import Quirks
from dragoman.messages.parse import parse_conversation
from tests.support.chat_requests import SESSION, ask, user

DEVICE = "d" * 64
HEADER = (("x-claude-code-session-id", SESSION),)
NAMED = Quirks(user_field="safety_identifier")
CACHED = Quirks(prompt_cache_key=True)


def fields(quirks, user_id=None, headers=(), prefix=()):
    metadata = {} if user_id is None else {"metadata": {"user_id": user_id}}
    request = ask(user("hi"), headers=headers, **metadata)
    return identity_fields(request, parse_conversation(request), quirks, list(prefix))


def claude_code(**changes):
    return json.dumps({"device_id": DEVICE, "account_uuid": "", "session_id": SESSION, **changes})


def sha256(text):
    return hashlib.sha256(text.encode()).hexdigest()


def test_nothing_is_told_to_servers_that_ask_for_nothing():
    assert fields(Quirks(), claude_code(), HEADER) == {}


def test_the_account_is_told_as_a_hash():
    assert fields(NAMED, claude_code(account_uuid="acc")) == {"safety_identifier": sha256("acc")}


def test_without_account_the_device_is_told_as_a_hash():
    assert fields(NAMED, claude_code()) == {"safety_identifier": sha256(DEVICE)}


@pytest.mark.parametrize("user_id", ["someone", "{broken", "[1]", '{"other":1}', '{"account_uuid":7}', "{}"])
def test_any_other_user_id_is_hashed_whole(user_id):
    assert fields(NAMED, user_id) == {"safety_identifier": sha256(user_id)}


def test_the_field_is_the_servers():
    assert fields(Quirks(user_field="user"), "someone") == {"user": sha256("someone")}


def test_no_user_id_makes_no_user():
    assert fields(NAMED) == {}
    assert fields(NAMED, "") == {}


def test_the_cache_key_is_the_session_of_the_header():
    assert fields(CACHED, claude_code(session_id="other"), HEADER) == {"prompt_cache_key": SESSION}


def test_the_cache_key_is_the_session_of_the_user_id_if_there_is_no_header():
    assert fields(CACHED, claude_code()) == {"prompt_cache_key": SESSION}


def test_a_long_session_is_hashed_to_what_the_server_takes():
    key = fields(CACHED, headers=(("x-claude-code-session-id", "x" * 100),))["prompt_cache_key"]
    assert key == sha256("x" * 100)
    assert len(key) == 64


@pytest.mark.parametrize("user_id", [None, "someone", '{"session_id":7}'])
def test_without_a_session_the_prefix_is_the_key(user_id):
    first = fields(CACHED, user_id, prefix=["system", "tools"])["prompt_cache_key"]
    assert len(first) == 32
    assert first == fields(CACHED, user_id, prefix=["system", "tools"])["prompt_cache_key"]
    assert first != fields(CACHED, user_id, prefix=["system", "others"])["prompt_cache_key"]
