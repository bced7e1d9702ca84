from dragoman.dialects.plain_text import (
    document_text,
    functions_text,
    reminder,
    search_result_text,
    server_tool_text,
    tool_change_note,
)
from dragoman.messages.blocks import Document, SearchResult, ServerToolResult, ServerToolUse, ToolChange


def searched(content):
    return ServerToolResult("web_search_tool_result", "srvtoolu_1", content)


SEARCH = ServerToolUse("srvtoolu_1", "web_search", {"query": "cats"})


def test_a_note_is_wrapped_in_the_tag_that_claude_code_uses():
    assert reminder("be kind") == "<system-reminder>\nbe kind\n</system-reminder>"


def test_a_note_that_is_wrapped_already_is_not_wrapped_twice():
    wrapped = "<system-reminder>\nbe kind\n</system-reminder>"
    assert reminder(wrapped) == wrapped


def test_tool_changes_are_told_in_one_line():
    assert tool_change_note(ToolChange(True, "Read")) == "The tool Read is now available."
    assert tool_change_note(ToolChange(False, "Read")) == "The tool Read is no longer available."


def test_tool_definitions_stand_in_a_functions_block():
    told = functions_text([{"description": "d", "name": "n", "parameters": {"type": "object"}}])
    assert told == (
        '<functions>\n<function>{"description":"d","name":"n","parameters":{"type":"object"}}</function>\n</functions>'
    )


def test_a_document_keeps_title_and_context():
    told = document_text(Document({}, title='The "big" one', context="found it"), "body")
    assert told == (
        '<document title="The &quot;big&quot; one">\n<context>found it</context>\nbody\n</document>'
    )
    assert document_text(Document({}), "body") == "<document>\nbody\n</document>"


def test_a_search_result_names_source_and_title():
    told = search_result_text(SearchResult("https://a.example", "A", "words"))
    assert told == '<search_result source="https://a.example" title="A">\nwords\n</search_result>'


def test_a_web_search_is_told_with_its_hits():
    hits = [
        {"type": "web_search_result", "title": "One", "url": "https://1.example", "encrypted_content": "zzz"},
        {"type": "web_search_result", "title": "Two", "url": "https://2.example"},
    ]
    assert server_tool_text(SEARCH, searched(hits)) == (
        '[web search "cats" → 1. One — https://1.example\n2. Two — https://2.example]'
    )


def test_a_failed_web_search_tells_the_error():
    error = {"type": "web_search_tool_result_error", "error_code": "unavailable"}
    assert server_tool_text(SEARCH, searched(error)) == '[web search "cats" → error: unavailable]'


def test_a_fetched_page_is_told_without_base64():
    page = {
        "type": "web_fetch_result",
        "url": "https://a.example",
        "content": {"type": "document", "title": "A", "source": {"type": "text", "data": "words"}},
    }
    use = ServerToolUse("x", "web_fetch", {"url": "https://a.example"})
    told = server_tool_text(use, ServerToolResult("web_fetch_tool_result", "x", page))
    assert told == '[web fetch "https://a.example" → https://a.example\nA\nwords]'
    page["content"]["source"] = {"type": "base64", "data": "JVBERi0x"}
    assert "JVBERi0x" not in server_tool_text(use, ServerToolResult("web_fetch_tool_result", "x", page))


def test_code_execution_is_told_with_output_and_exit_code():
    use = ServerToolUse("x", "code_execution", {"code": "1/0", "lang": "py"})
    outcome = {"type": "code_execution_result", "stdout": "", "stderr": "boom", "return_code": 1}
    told = server_tool_text(use, ServerToolResult("code_execution_tool_result", "x", outcome))
    assert told == '[code execution {"code":"1/0","lang":"py"} → boom\nexit code 1]'


def test_found_tools_are_named():
    found = {"tool_references": [{"tool_name": "a"}, {"tool_name": "b"}]}
    told = server_tool_text(None, ServerToolResult("tool_search_tool_result", "x", found))
    assert told == "[tool search → tools found: a, b]"


def test_a_call_without_result_and_a_result_without_call_are_told():
    assert server_tool_text(SEARCH, None) == '[web search "cats"]'
    assert server_tool_text(None, searched([])) == "[web search → nothing]"
    assert server_tool_text(ServerToolUse("x", "advisor", {}), None) == "[advisor]"
    assert server_tool_text(None, None) == "[tool]"


def test_a_result_of_mcp_text_is_told():
    told = server_tool_text(
        None, ServerToolResult("mcp_tool_result", "x", [{"type": "text", "text": "hello"}])
    )
    assert told == "[mcp → hello]"
    assert server_tool_text(None, ServerToolResult("mcp_tool_result", "x", "hello")) == "[mcp → hello]"


def test_an_input_that_is_no_object_is_told_as_json():
    assert server_tool_text(ServerToolUse("x", "advisor", ["a", 1]), None) == '[advisor ["a",1]]'


def test_content_of_an_unknown_shape_is_told_as_nothing():
    assert server_tool_text(None, ServerToolResult("new_tool_result", "x", 3)) == "[new → nothing]"
