"""For every row of the loss ledger that is about requests, a request that uses it and the words by which to know it."""

from dataclasses import dataclass, field
from typing import Any

from dragoman.dialects.dialect import Origin
from dragoman.dialects.gemini.signatures import Signature, seal_signatures
from tests.support.chat_requests import assistant, call, image, pdf, result, system, text, tool, user

MARK = "zebra-417"
MARKED_BASE64 = "emVicmEtNDE3"

GONE = ""

OURS = Origin("account")
"""Whose thinking blocks these are."""

TRANSLATING = ("openai_chat", "openai_responses", "gemini")

Fields = dict[str, Any]


@dataclass(frozen=True)
class Sample:
    """Fields of a request, and the path at which a loss of it is named."""

    fields: Fields
    path: str = ""
    mark: str = MARK
    """What of it is seen by a server that takes it as it is."""
    seen: Fields = field(default_factory=dict[str, Any])
    """By column, what is seen instead where it is carried, emulated or approximated; GONE where the effect is that the
    mark is not there."""
    headers: tuple[tuple[str, str], ...] = ()
    by_column: dict[str, Fields] = field(default_factory=dict[str, Fields])
    """By column, fields of the request that replace these."""
    stays: bool = False
    """The mark may be seen although the field is lost, in the note that stands in its place."""


def _top(name: str, value: Any, **more: Any) -> Sample:
    return Sample({name: value}, name, **more)


def _on_chat(chat: str, gemini: str | None = None, responses: str | None = None) -> Fields:
    """What is seen; Responses says it as Chat does unless it is told otherwise."""
    seen: Fields = {"openai_chat": chat, "openai_responses": chat if responses is None else responses}
    return seen | ({"gemini": gemini} if gemini is not None else {})


def _efforts(level: str, gemini: str) -> Fields:
    return _on_chat(f'"reasoning_effort":"{level}"', gemini, f'"reasoning":{{"effort":"{level}"')


_LABELLED: Fields = dict.fromkeys(TRANSLATING, "【1-1】")
_ON_ALL_GONE: Fields = dict.fromkeys(TRANSLATING, GONE)


def _thinking(value: Fields, level: str, gemini: str, **fields: Any) -> Sample:
    shown = _efforts(level, gemini)
    return Sample({"thinking": value, **fields}, "thinking", mark=f'"type":"{value["type"]}"', seen=shown)


_NAMED = [tool("zebra-417"), tool("Other")]
_CHOOSE = {"tools": _NAMED, "max_tokens": 4000}


def _choice(kind: str, chat: str, gemini: str, *, responses: str | None = None, **fields: Any) -> Sample:
    value = {"type": kind, **fields}
    return Sample(
        _CHOOSE | {"tool_choice": value},
        "tool_choice",
        mark=f'"type":"{kind}"',
        seen=_on_chat(chat, gemini, responses),
    )


def _tool(name: str, kind: str | None = None, **fields: Any) -> Sample:
    """A tool of Anthropic's beside one of the client's."""
    entry = {"type": kind, **({"name": name} if name else {}), **fields}
    return Sample({"tools": [entry, tool("Read")]}, "tools.0", mark=kind)


def _client_tool(name: str, kind: str, argument: str) -> Sample:
    """A tool that Anthropic defines; `argument`: one that the model must be told of, or it could not know."""
    seen = dict.fromkeys(TRANSLATING, f'"{argument}":{{"type":')
    return Sample({"tools": [{"type": kind, "name": name}]}, "tools.0", mark=kind, seen=seen)


def _emulated(name: str, kind: str, **seen: str) -> Sample:
    """A tool that the gateway runs where the backend does not: the model is offered a function of its name."""
    entry = {"type": kind, "name": name}
    offered = dict.fromkeys(TRANSLATING, f'"name":"{name}"')
    return Sample({"tools": [entry, tool("Read")]}, "tools.0", mark=kind, seen=offered | seen)


def _option(kind: str, name: str, value: Any, **more: Any) -> Sample:
    """Where the gateway runs the tool, the upstream sees nothing of it."""
    entry = {"type": f"{kind}_20260318", "name": kind, name: value}
    beside = [tool("Read")] if kind == "web_fetch" else []
    return Sample({"tools": [entry, *beside]}, f"tools.0.{name}", **more)


def _custom(name: str, value: Any, **more: Any) -> Sample:
    return Sample({"tools": [tool(**{name: value})]}, f"tools.0.{name}", **more)


def _said(*blocks: Any, path: str = "messages.0.content.0", **more: Any) -> Sample:
    """In the user's message."""
    return Sample({"messages": [user(*blocks, "and go")]}, path, **more)


def _answered(*blocks: Any, **more: Any) -> Sample:
    """In an earlier answer of the assistant."""
    history = [user("hi"), assistant(*blocks, "so"), user("and go")]
    return Sample({"messages": history}, "messages.1.content.0", **more)


def _resulted(*blocks: Any, fields: Fields | None = None, **more: Any) -> Sample:
    """In the result of a tool call."""
    history = [user("hi"), assistant(call()), user(result(*blocks, **(fields or {})))]
    return Sample({"tools": [tool("Read")], "messages": history}, "messages.2.content.0", **more)


def _noted(*blocks: Any, path: str = "messages.1.content.0", tools: Any = None, **more: Any) -> Sample:
    """In a system message within the conversation."""
    history = [user("hi"), system(*blocks)]
    return Sample({"messages": history, "tools": [tool("Read")] if tools is None else tools}, path, **more)


def _server_result(kind: str, content: Any, name: str) -> Sample:
    use = {"type": "server_tool_use", "id": "srvtoolu_1", "name": name, "input": {}}
    found = {"type": kind, "tool_use_id": "srvtoolu_1", "content": content}
    history = [user("hi"), assistant(use, found, "so"), user("and go")]
    return Sample({"messages": history}, "messages.1.content")


def _image(source: Fields) -> Fields:
    return {"type": "image", "source": source}


def _document(source: Fields, **fields: Any) -> Fields:
    return {"type": "document", "source": source, **fields}


def _change(kind: str, **tool_: Any) -> Fields:
    return {"type": kind, "tool": tool_}


_TTL = {"type": "ephemeral", "ttl": "1h"}
_BREAKPOINT = {"openai_responses": '"prompt_cache_breakpoint":{"mode":"explicit"}'}
_TTL_MARK = '"ttl":"1h"'
_PNG = {"type": "base64", "media_type": "image/png", "data": MARKED_BASE64}
_PDF = {"type": "base64", "media_type": "application/pdf", "data": MARKED_BASE64}
_PLAIN = {"type": "text", "media_type": "text/plain", "data": MARK}
_CITED = {"enabled": True}
_LATE = tool("zebra-417", defer_loading=True)

_TOP: dict[str, Sample] = {
    "model": Sample(
        {"model": MARK},
        "model",
        seen={
            "openai_chat": '"model":"gpt-4.1"',
            "openai_responses": '"model":"gpt-5.6"',
            "gemini": "/models/gemini-3.8-flash:",
            "anthropic": '"model":"claude-sonnet-5"',
            "anthropic on vertex": "/models/claude-sonnet-5:",
        },
    ),
    "max_tokens": _top("max_tokens", 5417, mark="5417"),
    "stream": _top("stream", True, mark='"stream":true'),
    "stop_sequences": _top("stop_sequences", [MARK]),
    "temperature": _top("temperature", 0.417, mark="0.417"),
    "top_p": _top("top_p", 0.417, mark="0.417"),
    "top_k": _top("top_k", 417, mark="417"),
    "system": _top("system", MARK),
    "system.cache_control": _top("system", [text("s", cache_control=_TTL)], mark=_TTL_MARK, seen=_BREAKPOINT),
    "system.citations": _top(
        "system", [text("s", citations=[{"type": "char_location", "cited_text": MARK}])]
    ),
    "thinking.adaptive": _thinking(
        {"type": "adaptive"},
        "low",
        '"thinkingLevel":"LOW"',
        output_config={"effort": "low"},
    ),
    "thinking.enabled": _thinking({"type": "enabled", "budget_tokens": 1417}, "low", '"thinkingLevel":"LOW"'),
    "thinking.disabled": _thinking({"type": "disabled"}, "none", '"thinkingLevel":"LOW"'),
    "thinking.between_tools": _thinking({"type": "between_tools"}, "low", '"thinkingLevel":"LOW"'),
    "thinking.*.display": _top("thinking", {"type": "adaptive", "display": "omitted"}, mark='"omitted"'),
    "thinking.*.block_binding": _top(
        "thinking",
        {"type": "adaptive", "block_binding": {"prefix_mismatch_behavior": "drop_block"}},
        mark="drop_block",
    ),
    "output_config.effort": Sample(
        {"thinking": {"type": "adaptive"}, "output_config": {"effort": "medium"}},
        "output_config",
        mark='"effort":"medium"',
        seen=_efforts("medium", '"thinkingLevel":"MEDIUM"'),
    ),
    "output_config.format": _top(
        "output_config",
        {"format": {"type": "json_schema", "schema": {"type": "object", "description": MARK}}},
    ),
    "output_config.task_budget": _top(
        "output_config", {"task_budget": {"type": "tokens", "total": 417_000}}, mark="417000"
    ),
    "tool_choice.auto": _choice("auto", '"tool_choice":"auto"', '"mode":"AUTO"'),
    "tool_choice.any": _choice("any", '"tool_choice":"required"', '"mode":"ANY"'),
    "tool_choice.tool": _choice(
        "tool",
        '"tool_choice":{"type":"function","function":{"name":"zebra-417"}}',
        '"allowedFunctionNames":["zebra-417"]',
        responses='"tool_choice":{"type":"function","name":"zebra-417"}',
        name="zebra-417",
    ),
    "tool_choice.none": _choice("none", '"tool_choice":"none"', '"mode":"NONE"'),
    "tool_choice.*.disable_parallel_tool_use": Sample(
        _CHOOSE | {"tool_choice": {"type": "auto", "disable_parallel_tool_use": True}},
        "tool_choice",
        mark='"disable_parallel_tool_use":true',
        seen=_on_chat('"parallel_tool_calls":false'),
    ),
    "metadata.user_id": _top(
        "metadata", {"user_id": MARK}, seen=_on_chat('"safety_identifier":"560622f4a6ef')
    ),
    "cache_control": _top("cache_control", _TTL, mark=_TTL_MARK),
    "context_management.edits.clear_tool_uses": Sample(
        {"context_management": {"edits": [{"type": "clear_tool_uses_20250919"}]}},
        "context_management.edits.0",
        mark="clear_tool_uses_20250919",
    ),
    "context_management.edits.clear_thinking": Sample(
        {
            "context_management": {
                "edits": [
                    {"type": "clear_thinking_20251015", "keep": {"type": "thinking_turns", "value": 417}}
                ]
            }
        },
        "context_management.edits.0",
        mark="417",
    ),
    "context_management.edits.compact": Sample(
        {"context_management": {"edits": [{"type": "compact_20260112", "instructions": MARK}]}},
        "context_management.edits.0",
    ),
    "compaction": _top("compaction", {"type": "summarize", "instructions": MARK}),
    "service_tier": _top(
        "service_tier",
        "standard_only",
        mark="standard_only",
        seen={"openai_responses": '"service_tier":"default"'},
    ),
    "speed": _top("speed", "fast", mark='"fast"'),
    "inference_geo": _top("inference_geo", MARK),
    "container.id": _top("container", MARK),
    "container.skills": _top("container", {"skills": [{"type": "custom", "skill_id": MARK}]}),
    "mcp_servers": _top("mcp_servers", [{"type": "url", "name": MARK, "url": "https://m.example.com"}]),
    "thread": _top("thread", {"type": "continue", "previous_message_id": MARK}),
    "fallbacks": _top("fallbacks", [{"model": MARK}]),
    "fallback_credit_token": _top("fallback_credit_token", MARK),
    "billing_policy": _top("billing_policy", {"type": "billing_policy", "bill_to": MARK}),
    "diagnostics": _top("diagnostics", {"previous_message_id": MARK}),
    "safeguards": _top("safeguards", [{"type": "dangerous_tool_use", "classifier_context": {"x": MARK}}]),
    "betas": Sample({}, "anthropic-beta", headers=(("anthropic-beta", f"{MARK}-2026-01-01"),)),
    "user_profile_id": _top("user_profile_id", MARK),
    "workspace_id": _top("workspace_id", MARK),
    "(another field)": _top("mood", MARK),
}
_TOOLS: dict[str, Sample] = {
    "tools.custom": Sample({"tools": [tool("Read", description=MARK)]}, "tools.0"),
    "tools.custom.strict": Sample(
        {
            "tools": [
                {
                    "name": "Read",
                    "strict": True,
                    "input_schema": {"type": "object", "properties": {}, "additionalProperties": False},
                }
            ]
        },
        "tools.0.strict",
        mark='"strict":true',
        seen={"gemini": '"mode":"VALIDATED"'},
    ),
    "tools.custom.input_examples": _custom("input_examples", [{"path": MARK}], seen={"gemini": MARK}),
    "tools.custom.defer_loading": Sample(
        {"tools": [tool("Read"), _LATE], "messages": [user("hi")]},
        "tools.1",
        seen=_ON_ALL_GONE,
    ),
    "tools.custom.allowed_callers": _custom(
        "allowed_callers", ["code_execution_20260521"], mark="code_execution_20260521"
    ),
    "tools.custom.eager_input_streaming": _custom(
        "eager_input_streaming", True, mark="eager_input_streaming", seen=_ON_ALL_GONE
    ),
    "tools.*.cache_control": _custom("cache_control", _TTL, mark=_TTL_MARK),
    "tools.bash": _client_tool("bash", "bash_20250124", "restart"),
    "tools.text_editor": _client_tool("str_replace_based_edit_tool", "text_editor_20250728", "insert_text"),
    "tools.memory": _client_tool("memory", "memory_20250818", "old_path"),
    "tools.computer": _tool("computer", "computer_20251124", display_width_px=1, display_height_px=1),
    "tools.computer_toolset": _tool("", "computer_toolset_20260801"),
    "tools.browser_toolset": _tool("", "browser_toolset_20260801"),
    "tools.web_search": Sample(
        {"tools": [{"type": "web_search_20260318", "name": "web_search"}]},
        "tools.0",
        mark="web_search_20260318",
        seen={
            "openai_chat": '"name":"web_search"',
            "gemini": '"googleSearch"',
            "openai_responses": '"type":"web_search"',
        },
    ),
    "tools.web_search.max_uses": _option(
        "web_search", "max_uses", 417, mark='"max_uses":417', seen={"openai_chat": GONE}
    ),
    "tools.web_search.allowed_domains": _option(
        "web_search", "allowed_domains", ["zebra-417.example.com"], stays=True, seen={"openai_chat": GONE}
    ),
    "tools.web_search.blocked_domains": _option(
        "web_search", "blocked_domains", ["zebra-417.example.com"], seen={"openai_chat": GONE}
    ),
    "tools.web_search.user_location": _option(
        "web_search", "user_location", {"type": "approximate", "city": MARK}
    ),
    "tools.web_search.response_inclusion": _option(
        "web_search", "response_inclusion", "excluded", mark='"excluded"'
    ),
    "tools.web_fetch": _emulated("web_fetch", "web_fetch_20260318", gemini='"urlContext"'),
    "tools.web_fetch.max_uses": _option(
        "web_fetch", "max_uses", 417, mark='"max_uses":417', seen=_ON_ALL_GONE
    ),
    "tools.web_fetch.allowed_domains": _option(
        "web_fetch", "allowed_domains", ["zebra-417.example.com"], seen=_ON_ALL_GONE
    ),
    "tools.web_fetch.blocked_domains": _option(
        "web_fetch", "blocked_domains", ["zebra-417.example.com"], seen=_ON_ALL_GONE
    ),
    "tools.web_fetch.citations": _option("web_fetch", "citations", _CITED, mark='"citations"'),
    "tools.web_fetch.max_content_tokens": _option(
        "web_fetch", "max_content_tokens", 417_000, mark="417000", seen=_ON_ALL_GONE
    ),
    "tools.web_fetch.url_sources": _option(
        "web_fetch", "url_sources", {"user_input": {"type": "none"}}, mark='"url_sources"'
    ),
    "tools.web_fetch.use_cache": _option("web_fetch", "use_cache", True, mark='"use_cache"'),
    "tools.web_fetch.response_inclusion": _option(
        "web_fetch", "response_inclusion", "excluded", mark='"excluded"'
    ),
    "tools.code_execution": Sample(
        {"tools": [{"type": "code_execution_20260521", "name": "code_execution"}]},
        "tools.0",
        mark="code_execution_20260521",
        seen={"gemini": '"codeExecution"'},
    ),
    "tools.tool_search_tool_regex": _emulated("tool_search_tool_regex", "tool_search_tool_regex_20251119"),
    "tools.tool_search_tool_bm25": _emulated("tool_search_tool_bm25", "tool_search_tool_bm25_20251119"),
    "tools.advisor": _tool("advisor", "advisor_20260301", model="claude-opus-5"),
    "tools.mcp_toolset": Sample(
        {"tools": [tool("Read"), {"type": "mcp_toolset", "mcp_server_name": MARK}]}, "tools.1"
    ),
}
_MESSAGES: dict[str, Sample] = {
    "messages.user": Sample({"messages": [user(MARK)]}, "messages"),
    "messages.assistant": Sample({"messages": [user("hi"), assistant(MARK), user("go")]}, "messages"),
    "messages.assistant (last)": Sample({"messages": [user("hi"), assistant(MARK)]}, "messages"),
    "messages.system": Sample({"messages": [user("hi"), system(MARK)]}, "messages"),
    "messages.system.clear_at": Sample(
        {
            "messages": [
                user("hi"),
                system(MARK, clear_at="next_user_message"),
                assistant("so"),
                user("go"),
            ]
        },
        "messages",
        seen=_ON_ALL_GONE,
    ),
    "messages.system.output_config": Sample(
        {
            "messages": [user("hi"), system("note", output_config={"effort": "medium"})],
            "thinking": {"type": "adaptive"},
            "output_config": {"effort": "low"},
        },
        "messages",
        mark='"effort":"medium"',
        seen=_efforts("medium", '"thinkingLevel":"MEDIUM"'),
    ),
}


def _thought(signature: str, words: str = "hm") -> Fields:
    return _before_a_call({"type": "thinking", "thinking": words, "signature": signature})


def _before_a_call(block: Fields) -> Fields:
    history = [user("hi"), assistant(block, call()), user(result("ok"))]
    return {"messages": history, "tools": [tool("Read")]}


_REASONING = OURS.seal("openai_responses", "gpt").close({"i": "rs_1", "s": []}, MARK)


_BLOCKS: dict[str, Sample] = {
    "content.text": _said(text(MARK)),
    "content.text.citations": _answered(
        text(
            "t",
            citations=[
                {"type": "web_search_result_location", "url": MARK, "encrypted_index": "Eo8BCioIAhgB"}
            ],
        )
    ),
    "content.*.cache_control": _said(text("t", cache_control=_TTL), mark=_TTL_MARK, seen=_BREAKPOINT),
    "content.image.source.base64": _said(_image(_PNG), mark=MARKED_BASE64),
    "content.image.source.url": _said(_image({"type": "url", "url": f"https://x.example.com/{MARK}.png"})),
    "content.image.source.file": _said(_image({"type": "file", "file_id": MARK})),
    "content.image.transformations": _said(
        image() | {"transformations": {"oversized_image": "error"}},
        path="messages.0.content.0.transformations",
        mark="oversized_image",
    ),
    "content.document.source.base64": _said(_document(_PDF), mark=MARKED_BASE64),
    "content.document.source.text": _said(_document(_PLAIN)),
    "content.document.source.content": _said(_document({"type": "content", "content": [text(MARK)]})),
    "content.document.source.url": _said(
        _document({"type": "url", "url": f"https://x.example.com/{MARK}.pdf"}), stays=True
    ),
    "content.document.source.file": _said(_document({"type": "file", "file_id": MARK})),
    "content.document.title": _said(pdf(title=MARK)),
    "content.document.context": _said(pdf(context=MARK)),
    "content.document.citations": _said(
        _document(_PLAIN, citations=_CITED),
        path="messages.0.content.0.citations",
        mark='"citations"',
        seen=_LABELLED,
    ),
    "content.search_result": _said(
        {"type": "search_result", "source": "s", "title": "t", "content": [text(MARK)]}
    ),
    "content.search_result.citations": _said(
        {"type": "search_result", "source": "s", "title": "t", "content": [text("f")], "citations": _CITED},
        path="messages.0.content.0.citations",
        mark='"citations"',
        seen=_LABELLED,
    ),
    "content.thinking": Sample(
        _thought("c2lnbmVk", MARK),
        "messages",
        by_column={
            "openai_chat": _thought(
                OURS.seal("openai_chat", "deepseek").close({"f": "reasoning_content", "t": MARK})
            ),
            "openai_responses": _thought(_REASONING),
            "gemini": _thought(
                seal_signatures(OURS.seal("gemini", "gemini-3"), [Signature("thought", "", MARK)])
            ),
        },
    ),
    "content.redacted_thinking": Sample(
        _before_a_call({"type": "redacted_thinking", "data": MARK}),
        "messages.1.content.0",
        by_column={
            "openai_responses": _before_a_call({"type": "redacted_thinking", "data": _REASONING}),
        },
    ),
    "content.tool_use": Sample(
        {"messages": [user("hi"), assistant(call(path=MARK)), user(result("ok"))], "tools": [tool("Read")]},
        "messages",
    ),
    "content.tool_use.caller": Sample(
        {
            "messages": [
                user("hi"),
                assistant(call() | {"caller": {"type": "code_execution_20260120", "tool_id": MARK}}),
                user(result("ok")),
            ],
            "tools": [tool("Read")],
        },
        "messages",
    ),
    "content.tool_use.toolset_name": Sample(
        {
            "messages": [user("hi"), assistant(call() | {"toolset_name": MARK}), user(result("ok"))],
            "tools": [tool("Read")],
        },
        "messages",
    ),
    "content.tool_result": _resulted("ok", mark="toolu_1"),
    "content.tool_result.is_error": _resulted(
        "no such file",
        fields={"is_error": True},
        mark='"is_error":true',
        seen=_on_chat(
            '"content":"[tool error] no such file"',
            '"response":{"error":"no such file"}',
            '"output":"[tool error] no such file"',
        ),
    ),
    "content.tool_result.toolset_name": _resulted("ok", fields={"toolset_name": MARK}),
    "content.tool_result.content.text": _resulted(MARK),
    "content.tool_result.content.image": _resulted(
        _image(_PNG),
        mark=MARKED_BASE64,
        seen={
            "openai_responses": '"output":[{"type":"input_image"',
            "gemini": '"parts":[{"inlineData":{"mimeType":"image/png","data":"emVicmEtNDE3"}}]',
        },
    ),
    "content.tool_result.content.document": _resulted(_document(_PDF), mark=MARKED_BASE64),
    "content.tool_result.content.search_result": _resulted(
        {"type": "search_result", "source": "s", "title": "t", "content": [text(MARK)]}
    ),
    "content.tool_result.content.tool_reference": Sample(
        {
            "messages": [
                user("hi"),
                assistant(call()),
                user(result({"type": "tool_reference", "tool_name": "zebra-417"})),
            ],
            "tools": [tool("Read"), _LATE],
        },
        "messages.2.content.0",
        seen={"openai_responses": '"tools":[{"type":"function","name":"zebra-417"'}
        | dict.fromkeys(("openai_chat", "gemini"), '<functions>\\n<function>{\\"name\\":\\"zebra-417\\"'),
    ),
    "content.tool_result.content.browser_state": _resulted(
        {"type": "browser_state", "tabs": [{"tab_id": 1, "title": MARK, "url": "u"}]}
    ),
    "content.tool_result (orphan)": Sample(
        {"messages": [user("hi"), assistant("so"), user(result(MARK, id="toolu_9"), "and go")]},
        "messages.2.content.0",
    ),
    "content.tool_use (unanswered)": Sample(
        {
            "messages": [user("hi"), assistant(call(path=MARK)), user("go")],
            "tools": [tool("Read")],
        },
        "messages.1.content.0",
    ),
    "content.server_tool_use": _answered(
        {"type": "server_tool_use", "id": "srvtoolu_1", "name": "web_search", "input": {"query": MARK}}
    ),
    "content.web_search_tool_result": _server_result(
        "web_search_tool_result",
        [{"type": "web_search_result", "url": "u", "title": MARK, "encrypted_content": "EqgfCioIARgBIiQ3"}],
        "web_search",
    ),
    "content.web_fetch_tool_result": _server_result(
        "web_fetch_tool_result",
        {"type": "web_fetch_result", "url": "u", "content": _document(_PLAIN)},
        "web_fetch",
    ),
    "content.code_execution_tool_result": _server_result(
        "code_execution_tool_result",
        {"type": "code_execution_result", "stdout": MARK, "stderr": "", "return_code": 0, "content": []},
        "code_execution",
    ),
    "content.bash_code_execution_tool_result": _server_result(
        "bash_code_execution_tool_result",
        {"type": "bash_code_execution_result", "stdout": MARK, "stderr": "", "return_code": 0, "content": []},
        "bash_code_execution",
    ),
    "content.text_editor_code_execution_tool_result": _server_result(
        "text_editor_code_execution_tool_result",
        {"type": "text_editor_code_execution_view_result", "content": MARK, "file_type": "text"},
        "text_editor_code_execution",
    ),
    "content.tool_search_tool_result": _server_result(
        "tool_search_tool_result",
        {
            "type": "tool_search_tool_search_result",
            "tool_references": [{"type": "tool_reference", "tool_name": MARK}],
        },
        "tool_search_tool_regex",
    ),
    "content.advisor_tool_result": _server_result(
        "advisor_tool_result", {"type": "advisor_result", "text": MARK}, "advisor"
    ),
    "content.mcp_tool_use": _answered(
        {"type": "mcp_tool_use", "id": "mcptoolu_1", "name": "n", "server_name": "s", "input": {"q": MARK}}
    ),
    "content.mcp_tool_result": _server_result("mcp_tool_result", [text(MARK)], "n"),
    "content.mcp_tool_listing": _answered({"type": "mcp_tool_listing", "mcp_server_name": MARK, "tools": []}),
    "content.container_upload": _said({"type": "container_upload", "file_id": MARK}),
    "content.compaction": Sample(
        {"messages": [user("old"), assistant({"type": "compaction", "content": MARK}), user("go")]},
        "messages",
        seen=dict.fromkeys(TRANSLATING, f"<summary>\\n{MARK}\\n</summary>"),
    ),
    "content.compaction.encrypted_content": _answered(
        {"type": "compaction", "content": "s", "encrypted_content": MARK}
    ),
    "content.compaction.signature": _answered({"type": "compaction", "content": "s", "signature": MARK}),
    "content.compaction.tool_changes": Sample(
        {
            "messages": [
                user("old"),
                assistant(
                    {
                        "type": "compaction",
                        "content": "s",
                        "tool_changes": [_change("tool_addition", type="tool_reference", name=MARK)],
                    }
                ),
                user("go"),
            ],
            "tools": [tool("Read"), _LATE],
        },
        "messages",
    ),
    "content.fallback": _answered({"type": "fallback", "from": {"model": MARK}, "to": {"model": "m"}}),
    "content.tool_addition.tool.tool_reference": _noted(
        _change("tool_addition", type="tool_reference", name=MARK),
        tools=[tool("Read"), _LATE],
        seen=_on_chat(
            '"function":{"name":"zebra-417"',
            '"functionDeclarations":[{"name":"Read"},{"name":"zebra-417"}]',
            '"tools":[{"type":"function","name":"zebra-417"',
        ),
    ),
    "content.tool_addition.tool.tool_definition": _noted(
        _change("tool_addition", type="tool_definition", definition=tool(MARK)),
        seen=_on_chat(
            '"function":{"name":"zebra-417"',
            '"functionDeclarations":[{"name":"Read"},{"name":"zebra-417"}]',
            '"tools":[{"type":"function","name":"zebra-417"',
        ),
    ),
    "content.tool_addition.tool.mcp_tool_reference": _noted(
        _change("tool_addition", type="mcp_tool_reference", server_name="s", name=MARK)
    ),
    "content.tool_addition.tool.mcp_toolset_reference": _noted(
        _change("tool_addition", type="mcp_toolset_reference", server_name=MARK)
    ),
    "content.tool_removal": _noted(
        _change("tool_removal", type="tool_reference", name="Gone"),
        tools=[tool("Read"), tool("Gone", description=MARK)],
        seen=_ON_ALL_GONE,
    ),
    "content.(another block)": _said({"type": "hologram", "light": MARK}),
}

SAMPLES: dict[str, Sample] = {**_TOP, **_TOOLS, **_MESSAGES, **_BLOCKS}
"""By the names of rows."""
