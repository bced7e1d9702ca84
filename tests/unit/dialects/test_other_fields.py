import json

import pytest

from dragoman.dialects.losses import Losses
from dragoman.dialects.other_fields import PREFILL_REFUSED, judge_other_fields, refuse_prefill
from dragoman.messages.errors import ApiError
from dragoman.messages.parse import parse_conversation, parse_request
from tests.support.chat_requests import ask, assistant, system, user


def judge(**raw):
    losses = Losses()
    judge_other_fields(tuple(raw), raw, losses)
    return [loss.field for loss in losses.as_tuple()]


KEEP_ALL = {"edits": [{"type": "clear_thinking_20251015", "keep": "all"}]}


@pytest.mark.parametrize(
    "raw",
    [
        {"context_management": KEEP_ALL},
        {"context_management": {"edits": [{"type": "clear_thinking_20251015", "keep": {"type": "all"}}]}},
        {"cache_control": {"type": "ephemeral"}},
        {"diagnostics": {"previous_message_id": None}},
        {"anthropic_version": "vertex-2023-10-16"},
        {"output_config.task_budget": None},
        {"mcp_servers": []},
        {"thread": None},
        {"container": None},
    ],
)
def test_fields_without_effect_make_no_noise(raw):
    assert judge(**raw) == []


@pytest.mark.parametrize(
    "field", ["inference_geo", "fallbacks", "fallback_credit_token", "billing_policy", "safeguards", "foo"]
)
def test_fields_with_an_effect_are_named(field):
    assert judge(**{field: "x"}) == [field]


def test_a_bare_container_is_dropped_and_skills_are_refused():
    assert judge(container="container_1") == ["container"]
    with pytest.raises(ApiError) as caught:
        judge(container={"skills": [{"type": "anthropic", "skill_id": "pptx"}]})
    assert caught.value.status == 400
    assert caught.value.message.startswith("container.skills: ")


@pytest.mark.parametrize("field", ["thread", "compaction"])
def test_fields_without_which_the_answer_would_be_wrong_are_refused_by_name(field):
    with pytest.raises(ApiError) as caught:
        judge(**{field: [{"type": "url"}]})
    assert caught.value.status == 400
    assert caught.value.message.startswith(f"{field}: ")


def test_a_thread_is_refused_with_the_code_that_makes_clients_resend():
    with pytest.raises(ApiError, match="thread_unsupported_request"):
        judge(thread={"id": "x"})


@pytest.mark.parametrize(
    "edit",
    [
        {"type": "clear_tool_uses_20250919"},
        {"type": "clear_thinking_20251015", "keep": {"type": "thinking_turns", "value": 2}},
        "nonsense",
    ],
)
def test_context_edits_that_would_change_the_prompt_are_named(edit):
    assert judge(context_management={"edits": [edit]}) == ["context_management.edits.0"]


def test_context_management_of_an_unknown_shape_is_ignored():
    assert judge(context_management="x") == []


def test_paths_of_single_values_are_named():
    assert judge(**{"system.1": None, "output_config.new": None}) == ["system.1", "output_config.new"]


def test_an_answer_that_the_client_began_is_refused_in_the_real_apis_words():
    begun = ask(user("q"), assistant("{"))
    with pytest.raises(ApiError) as caught:
        refuse_prefill(begun, parse_conversation(begun))
    assert (caught.value.status, caught.value.message) == (400, PREFILL_REFUSED)


@pytest.mark.parametrize(
    "messages", [[user("q")], [user("q"), assistant("a"), user("r")], [user("q"), system("n")]]
)
def test_an_answer_that_is_the_models_to_begin_is_not_refused(messages):
    refuse_prefill(ask(*messages), parse_conversation(ask(*messages)))


def test_a_prefilled_answer_can_be_counted():
    body = {"model": "m", "messages": [user("q"), assistant("{")]}
    counted = parse_request(json.dumps(body).encode(), (), counting=True)
    refuse_prefill(counted, parse_conversation(counted))
