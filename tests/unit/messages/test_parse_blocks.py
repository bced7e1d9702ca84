import pytest

from dragoman.messages.blocks import (
    Compaction,
    Document,
    Image,
    RedactedThought,
    SearchResult,
    ServerToolResult,
    ServerToolUse,
    Text,
    Thought,
    ToolChange,
    ToolReference,
    ToolResult,
    ToolUse,
    UnknownBlock,
)
from dragoman.messages.fields import Malformed
from dragoman.messages.parse_blocks import parse_block, parse_content

PNG = {"type": "base64", "media_type": "image/png", "data": "iVBORw0KGgo="}
PDF = {"type": "base64", "media_type": "application/pdf", "data": "JVBERi0xLjQK"}
MARK = {"type": "ephemeral", "ttl": "1h"}


@pytest.mark.parametrize(
    ("raw", "block"),
    [
        ({"type": "text", "text": ""}, Text("")),
        ({"type": "text", "text": "a", "citations": None, "cache_control": None}, Text("a")),
        ({"type": "text", "text": "a", "cache_control": MARK}, Text("a", MARK)),
        ({"type": "image", "source": PNG}, Image(PNG)),
        ({"type": "image", "source": PNG, "transformations": {"oversized_image": "downsize"}}, Image(PNG)),
        ({"type": "image", "source": PNG, "transformations": {"oversized_image": "error"}}, Image(PNG, True)),
        (
            {"type": "image", "source": {"type": "url", "url": "https://h/i.png"}},
            Image({"type": "url", "url": "https://h/i.png"}),
        ),
        (
            {"type": "image", "source": {"type": "later", "x": 1}},
            Image({"type": "later", "x": 1}),
        ),
        (
            {
                "type": "document",
                "source": PDF,
                "title": "T",
                "context": None,
                "citations": {"enabled": True},
            },
            Document(PDF, "T", None, True),
        ),
        (
            {"type": "document", "source": {"type": "content", "content": "plain"}},
            Document({"type": "content", "content": "plain"}),
        ),
        (
            {
                "type": "search_result",
                "source": "https://h",
                "title": "T",
                "content": [{"type": "text", "text": "a"}, {"type": "text", "text": "b"}],
            },
            SearchResult("https://h", "T", "a\nb"),
        ),
        ({"type": "thinking", "thinking": "t", "signature": "", "extra": 1}, Thought("t", "")),
        ({"type": "thinking", "thinking": None}, Thought("", "")),
        ({"type": "redacted_thinking", "data": "d"}, RedactedThought("d")),
        ({"type": "tool_use", "id": "i", "name": "n", "input": {"a": 1}}, ToolUse("i", "n", {"a": 1})),
        ({"type": "tool_use", "id": "i", "name": "n"}, ToolUse("i", "n", {})),
        ({"type": "tool_use", "id": "i", "name": "n", "input": None}, ToolUse("i", "n", {})),
        ({"type": "tool_use", "id": "i", "name": "n", "input": "{cut"}, ToolUse("i", "n", "{cut")),
        ({"type": "tool_use", "id": "i", "name": "n", "input": [1]}, ToolUse("i", "n", [1])),
        ({"type": "tool_result", "tool_use_id": "i"}, ToolResult("i", ())),
        ({"type": "tool_result", "tool_use_id": "i", "content": None, "is_error": None}, ToolResult("i", ())),
        ({"type": "tool_result", "tool_use_id": "i", "content": []}, ToolResult("i", ())),
        ({"type": "tool_result", "tool_use_id": "i", "content": ""}, ToolResult("i", (Text(""),))),
        (
            {"type": "tool_result", "tool_use_id": "i", "is_error": True, "content": "no"},
            ToolResult("i", (Text("no"),), True),
        ),
        (
            {
                "type": "tool_result",
                "tool_use_id": "i",
                "content": [
                    {"type": "text", "text": "a"},
                    {"type": "image", "source": PNG},
                    {"type": "tool_reference", "tool_name": "WebFetch"},
                    {"type": "browser_state", "tabs": []},
                ],
            },
            ToolResult(
                "i",
                (
                    Text("a"),
                    Image(PNG),
                    ToolReference("WebFetch"),
                    UnknownBlock("browser_state", {"type": "browser_state", "tabs": []}),
                ),
            ),
        ),
        (
            {"type": "server_tool_use", "id": "i", "name": "web_search", "input": {"query": "q"}},
            ServerToolUse("i", "web_search", {"query": "q"}),
        ),
        (
            {"type": "mcp_tool_use", "id": "i", "name": "n", "server_name": "s", "input": {}},
            ServerToolUse("i", "n", {}),
        ),
        (
            {"type": "web_search_tool_result", "tool_use_id": "i", "content": [{"title": "t"}]},
            ServerToolResult("web_search_tool_result", "i", [{"title": "t"}]),
        ),
        (
            {"type": "next_year_tool_result", "tool_use_id": "i", "content": {"a": 1}},
            ServerToolResult("next_year_tool_result", "i", {"a": 1}),
        ),
        (
            {"type": "next_year_tool_result", "ref": "i"},
            UnknownBlock("next_year_tool_result", {"type": "next_year_tool_result", "ref": "i"}),
        ),
        ({"type": "compaction", "content": "so far"}, Compaction("so far")),
        ({"type": "compaction", "content": None, "encrypted_content": "x"}, Compaction(None)),
        (
            {
                "type": "compaction",
                "content": "so far",
                "tool_changes": [
                    {"type": "tool_removal", "tool": {"type": "tool_reference", "name": "A"}},
                    {"type": "tool_addition", "tool": {"type": "mcp_toolset_reference", "server_name": "s"}},
                    {"type": "tool_addition"},
                    "odd",
                ],
            },
            Compaction("so far", (ToolChange(False, "A"),)),
        ),
        (
            {"type": "tool_addition", "tool": {"type": "tool_reference", "name": "A"}},
            ToolChange(True, "A"),
        ),
        (
            {"type": "tool_removal", "tool": {"type": "mcp_tool_reference", "server_name": "s", "name": "A"}},
            ToolChange(False, "A"),
        ),
        (
            {"type": "tool_addition", "tool": {"type": "tool_definition", "definition": {"name": "A"}}},
            ToolChange(True, "A"),
        ),
        (
            {"type": "tool_removal", "tool": {"type": "mcp_toolset_reference", "server_name": "s"}},
            UnknownBlock(
                "tool_removal",
                {"type": "tool_removal", "tool": {"type": "mcp_toolset_reference", "server_name": "s"}},
            ),
        ),
        ({"type": "frob", "foo": [1]}, UnknownBlock("frob", {"type": "frob", "foo": [1]})),
        (
            {"type": "container_upload", "file_id": "f"},
            UnknownBlock("container_upload", {"type": "container_upload", "file_id": "f"}),
        ),
    ],
)
def test_a_block_is_read_as_its_type(raw, block):
    assert parse_block(raw) == block


@pytest.mark.parametrize(
    ("raw", "path"),
    [
        ([], "0"),
        ("text", "0"),
        (None, "0"),
        ({}, "0.type"),
        ({"type": 7}, "0.type"),
        ({"type": None}, "0.type"),
        ({"type": []}, "0.type"),
        ({"type": "text"}, "0.text"),
        ({"type": "text", "text": 7}, "0.text"),
        ({"type": "text", "text": None}, "0.text"),
        ({"type": "text", "text": "a", "cache_control": "x"}, "0.cache_control"),
        ({"type": "image"}, "0.source"),
        ({"type": "image", "source": "x"}, "0.source"),
        ({"type": "image", "source": {}}, "0.source.type"),
        ({"type": "image", "source": {"type": "url", "url": 1}}, "0.source.url"),
        ({"type": "image", "source": {"type": "file"}}, "0.source.file_id"),
        ({"type": "image", "source": {"type": "base64", "data": "aaaa"}}, "0.source.media_type"),
        ({"type": "image", "source": {**PNG, "media_type": "text/html"}}, "0.source.media_type"),
        ({"type": "image", "source": {**PNG, "data": ""}}, "0.source.data"),
        ({"type": "image", "source": {**PNG, "data": "data:image/png;base64,iVBO"}}, "0.source.data"),
        ({"type": "image", "source": {**PNG, "data": "A" * 500 + "\u00e9"}}, "0.source.data"),
        ({"type": "document", "source": {"type": "text", "data": 1}}, "0.source.data"),
        ({"type": "document", "source": {"type": "content", "content": [{"type": "text"}]}}, "0.source.content.0.text"),
        ({"type": "document", "source": {"type": "content", "content": 4}}, "0.source.content"),
        ({"type": "document", "source": PDF, "title": 4}, "0.title"),
        ({"type": "document", "source": PDF, "citations": True}, "0.citations"),
        ({"type": "search_result", "source": "s", "content": []}, "0.title"),
        ({"type": "search_result", "source": "s", "title": "t", "content": [{"type": "text"}]}, "0.content.0.text"),
        ({"type": "thinking", "thinking": 1}, "0.thinking"),
        ({"type": "redacted_thinking", "data": {}}, "0.data"),
        ({"type": "tool_use", "name": "n", "input": {}}, "0.id"),
        ({"type": "tool_use", "id": 1, "name": "n"}, "0.id"),
        ({"type": "tool_use", "id": "i"}, "0.name"),
        ({"type": "tool_result", "content": "x"}, "0.tool_use_id"),
        ({"type": "tool_result", "tool_use_id": "i", "content": 4}, "0.content"),
        ({"type": "tool_result", "tool_use_id": "i", "is_error": "yes"}, "0.is_error"),
        ({"type": "tool_result", "tool_use_id": "i", "content": [{"type": "text", "text": "a"}, {"type": "text"}]}, "0.content.1.text"),
        ({"type": "tool_result", "tool_use_id": "i", "content": ["a"]}, "0.content.0"),
        ({"type": "tool_reference"}, "0.tool_name"),
        ({"type": "server_tool_use", "id": "i"}, "0.name"),
        ({"type": "web_search_tool_result"}, "0.tool_use_id"),
        ({"type": "compaction", "content": 3}, "0.content"),
        ({"type": "tool_addition"}, "0.tool"),
    ],
)  # fmt: skip
def test_a_wrong_field_is_named_by_its_path(raw, path):
    with pytest.raises(Malformed) as caught:
        parse_content([raw])
    assert caught.value.path == path


def test_the_path_counts_the_blocks_before():
    with pytest.raises(Malformed, match=r"^2\.text: Field required$"):
        parse_content([{"type": "text", "text": "a"}, {"type": "frob"}, {"type": "text"}])


@pytest.mark.parametrize("content", ["", "words"])
def test_a_string_is_one_text(content):
    assert parse_content(content) == (Text(content),)


def test_no_content_is_no_blocks():
    assert parse_content(None) == ()
    assert parse_content([]) == ()


@pytest.mark.parametrize("media_type", ["image/jpeg", "image/png", "image/gif", "image/webp", "image/jpg"])
def test_every_image_type_of_the_api_is_taken(media_type):
    source = {"type": "base64", "media_type": media_type, "data": "AAAA\n\nBBBB=="}
    assert parse_block({"type": "image", "source": source}) == Image(source)


def test_megabytes_of_base64_are_looked_at_only_at_their_ends():
    source = {"type": "base64", "media_type": "image/png", "data": "A" * 100 + "\u00e9" + "A" * 100}
    assert parse_block({"type": "image", "source": source}) == Image(source)
