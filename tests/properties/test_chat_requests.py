"""Whatever Claude Code sends, a strict server takes what becomes of it."""

import json
from pathlib import Path

import pytest
from hypothesis import given, settings

from dragoman.dialects.openai_chat.request import write_request
from dragoman.dialects.quirks import Quirks
from dragoman.messages.request import MessagesRequest
from tests.support.odd_requests import FIXTURES, conversations, requests_of
from tests.support.openai_flavor import OPENAI, Flavor
from tests.support.openai_rules import check_request

CHATTING = Quirks(
    max_tokens_field="max_completion_tokens",
    max_output_tokens=32_768,
    system_anywhere=True,
    strict_tools=True,
    prompt_cache_key=True,
    user_field="safety_identifier",
    include_obfuscation=True,
    files=True,
)
REASONING = Quirks(
    max_tokens_field="max_completion_tokens",
    max_output_tokens=128_000,
    system_role="developer",
    system_anywhere=True,
    strict_tools=True,
    prompt_cache_key=True,
    user_field="safety_identifier",
    include_obfuscation=True,
    files=True,
    sampling=False,
    reasons=True,
    effort_style="reasoning_effort",
    efforts=("none", "low", "medium", "high"),
)
WEAK = Quirks(
    merge_roles=True,
    stream_options=False,
    tool_choice_required=False,
    tool_choice_function=False,
    tool_ids="nine",
    max_tool_id=9,
    plain_schemas=True,
    structured_output="json_object",
    images=False,
    null_content="empty",
    filler_for_empty="(no output)",
    sampling=False,
)
WEAK_SERVER = Flavor(
    name="weak",
    model_rules=False,
    only_max_tokens=True,
    rejects_stream_options=True,
    system_first=True,
    alternates=True,
    developer_role=False,
    rejects_null_content=True,
    rejects_empty_content=True,
    nine_char_ids=True,
    only_json_object=True,
    tool_choice_strings=True,
)
SERVERS = [
    pytest.param("gpt-4.1", CHATTING, OPENAI, id="gpt-4.1"),
    pytest.param("gpt-5.1", REASONING, OPENAI, id="gpt-5.1"),
    pytest.param("local", WEAK, WEAK_SERVER, id="weak"),
]
REPORTED = {"max_tokens", "tools.*", "tool_choice", "output_config.format", "foo"}
"""Losses that some recorded request really has, beside what lies in its messages."""


@pytest.mark.parametrize(("model", "quirks", "server"), SERVERS)
@pytest.mark.parametrize("path", FIXTURES, ids=lambda path: path.stem)
def test_a_strict_server_takes_every_recorded_request(
    path: Path, model: str, quirks: Quirks, server: Flavor
) -> None:
    for request in requests_of(path):
        check_request(json.loads(write_request(request, model, quirks).body), server)


@pytest.mark.parametrize("path", FIXTURES, ids=lambda path: path.stem)
def test_no_recorded_request_is_noisy(path: Path) -> None:
    for request in requests_of(path):
        for loss in write_request(request, "gpt-4.1", CHATTING).losses:
            field = loss.field if not loss.field.startswith("tools.") else "tools.*"
            assert field in REPORTED or field.startswith("messages."), loss


def turns_of(path: Path, quirks: Quirks) -> list[list[str]]:
    """The messages of each turn of one conversation, as JSON."""
    bodies = [json.loads(write_request(request, "m", quirks).body) for request in requests_of(path)]
    return [[json.dumps(message) for message in body["messages"]] for body in bodies]


@pytest.mark.parametrize("quirks", [CHATTING, WEAK], ids=["gpt-4.1", "weak"])
@pytest.mark.parametrize("name", ["tools_multi_turn", "tool_search"])
def test_the_next_turn_begins_with_the_bytes_of_the_last(name: str, quirks: Quirks) -> None:
    turns = turns_of(next(path for path in FIXTURES if path.stem == name), quirks)
    assert len(turns) > 1
    for shorter, longer in zip(turns, turns[1:], strict=False):
        assert longer[: len(shorter)] == shorter


def test_tools_that_come_later_stand_at_the_end() -> None:
    path = next(path for path in FIXTURES if path.stem == "tool_search")
    names = [
        [tool["function"]["name"] for tool in json.loads(write_request(request, "m", CHATTING).body)["tools"]]
        for request in requests_of(path)
    ]
    assert names[-1][: len(names[0])] == names[0]
    assert names[-1][-1] == "mcp__demo__add"


@pytest.mark.parametrize(("model", "quirks", "server"), SERVERS)
@given(request=conversations)
@settings(max_examples=80, deadline=None)
def test_a_strict_server_takes_every_conversation(
    model: str, quirks: Quirks, server: Flavor, request: MessagesRequest
) -> None:
    check_request(json.loads(write_request(request, model, quirks).body), server)


@given(request=conversations)
@settings(max_examples=50, deadline=None)
def test_writing_never_changes_the_request_and_is_repeatable(request: MessagesRequest) -> None:
    before = json.dumps(request.raw)
    assert write_request(request, "m", WEAK) == write_request(request, "m", WEAK)
    assert json.dumps(request.raw) == before
