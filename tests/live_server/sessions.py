"""Dragoman as a process between the real client (or an SDK) and a scripted upstream."""

import json
from collections.abc import Callable
from typing import Any

from tests.support.anthropic_upstream import ScriptedAnthropic
from tests.support.openai_upstream import ScriptedOpenAI
from tests.support.replies import Reply

OPENAI_KEY = "test-key-openai"
ANTHROPIC_KEY = "test-key-anthropic"


def openai_settings(upstream: ScriptedOpenAI) -> dict[str, str]:
    """The environment of a Dragoman whose every model is at this upstream."""
    return {"OPENAI_API_KEY": OPENAI_KEY, "OPENAI_BASE_URL": upstream.base_url}


def anthropic_settings(upstream: ScriptedAnthropic) -> dict[str, str]:
    """The same for an upstream that speaks Messages; Claude's names go there unchanged."""
    return {
        "ANTHROPIC_API_KEY": ANTHROPIC_KEY,
        "ANTHROPIC_UPSTREAM_BASE_URL": upstream.base_url,
        "PREFERRED_PROVIDER": "anthropic",
    }


def first_time(mishap: Reply, script: Callable[[dict[str, Any]], Reply]) -> Callable[[dict[str, Any]], Reply]:
    """The script, but each turn of the task is answered with the mishap once before."""
    seen: set[int] = set()

    def flaky(body: dict[str, Any]) -> Reply:
        conversation = json.dumps(body["messages"])
        results = conversation.count('"tool_result"') + conversation.count('"role": "tool"')
        if results in seen:
            return script(body)
        seen.add(results)
        return mishap

    return flaky
