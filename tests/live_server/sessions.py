"""Dragoman as a process between the real client (or an SDK) and a scripted upstream."""

import json
from collections.abc import Callable
from typing import Any

from tests.support.anthropic_upstream import ScriptedAnthropic
from tests.support.gemini_upstream import ScriptedGemini
from tests.support.openai_upstream import ScriptedOpenAI
from tests.support.replies import Reply
from tests.support.responses_upstream import ScriptedResponses

OPENAI_KEY = "test-key-openai"
ANTHROPIC_KEY = "test-key-anthropic"
GEMINI_KEY = "test-key-gemini"

RESULTS = ('"tool_result"', '"role": "tool"', '"functionResponse"', '"function_call_output"')
"""How each backend's language marks what a tool returned."""


def openai_settings(upstream: ScriptedOpenAI) -> dict[str, str]:
    """The environment of a Dragoman whose every model is at this upstream."""
    return {"OPENAI_API_KEY": OPENAI_KEY, "OPENAI_BASE_URL": upstream.base_url}


def responses_settings(upstream: ScriptedResponses) -> dict[str, str]:
    """The same for an upstream that speaks Responses."""
    return {
        "OPENAI_API_KEY": OPENAI_KEY,
        "OPENAI_BASE_URL": upstream.base_url,
        "OPENAI_DIALECT": "openai_responses",
        "BIG_MODEL": "gpt-6.2-sol",
        "SMALL_MODEL": "gpt-6.2-luna",
    }


def anthropic_settings(upstream: ScriptedAnthropic) -> dict[str, str]:
    """The same for an upstream that speaks Messages; Claude's names go there unchanged."""
    return {
        "ANTHROPIC_API_KEY": ANTHROPIC_KEY,
        "ANTHROPIC_UPSTREAM_BASE_URL": upstream.base_url,
        "PREFERRED_PROVIDER": "anthropic",
    }


def gemini_settings(upstream: ScriptedGemini) -> dict[str, str]:
    """The same for Gemini with an API key."""
    return {
        "GEMINI_API_KEY": GEMINI_KEY,
        "GEMINI_BASE_URL": upstream.base_url,
        "PREFERRED_PROVIDER": "google",
        "BIG_MODEL": "gemini-3.8-flash",
        "SMALL_MODEL": "gemini-3.5-flash-lite",
    }


def first_time(mishap: Reply, script: Callable[[dict[str, Any]], Reply]) -> Callable[[dict[str, Any]], Reply]:
    """The script, but each turn of the task is answered with the mishap once before."""
    seen: set[int] = set()

    def flaky(body: dict[str, Any]) -> Reply:
        conversation = json.dumps(body.get("messages") or body.get("contents") or body["input"])
        results = sum(map(conversation.count, RESULTS))
        if results in seen:
            return script(body)
        seen.add(results)
        return mishap

    return flaky
