import pytest

from dragoman.dialects.gemini.output import Output
from dragoman.dialects.gemini.server_tools import (
    say_fetched,
    say_found,
    say_server_tool,
    search_result,
    server_tool_id,
)
from dragoman.dialects.gemini.shapes import Reading
from dragoman.messages.events import Usage
from dragoman.messages.fold import fold

URL = "https://a.example/x"


@pytest.fixture
def output():
    return Output(Reading(message_model="m", path="/", fields={}), "msg_1", 1)


def content_of(output):
    output.writer.end("end_turn", Usage())
    return fold(output.writer.take())["content"]


def test_id_is_that_of_a_server_tool():
    assert server_tool_id(lambda: "1") == "srvtoolu_1"


def test_call_is_said_whole(output):
    say_server_tool(output, "srvtoolu_1", "web_search", {"query": "a"})
    call = {"type": "server_tool_use", "id": "srvtoolu_1", "name": "web_search", "input": {"query": "a"}}
    assert content_of(output) == [call]


def test_first_source_carries_the_envelope(output):
    results = [search_result(URL, "A"), search_result(URL, "B")]
    say_found(output, "srvtoolu_1", results, envelope="sealed")
    [block] = content_of(output)
    assert (block["type"], block["tool_use_id"]) == ("web_search_tool_result", "srvtoolu_1")
    assert [(one["url"], one["title"]) for one in block["content"]] == [(URL, "A"), (URL, "B")]
    assert [one["encrypted_content"] for one in block["content"]] == ["sealed", ""]


def test_page_is_a_document(output):
    say_fetched(output, "srvtoolu_1", URL, "words")
    [block] = content_of(output)
    assert (block["type"], block["content"]["type"]) == ("web_fetch_tool_result", "web_fetch_result")
    assert (block["content"]["url"], block["content"]["content"]["source"]["data"]) == (URL, "words")


def test_error_has_its_code_and_nothing_else(output):
    say_found(output, "srvtoolu_1", [], error="unavailable")
    say_fetched(output, "srvtoolu_2", URL, "words", error="url_not_accessible")
    assert [block["content"] for block in content_of(output)] == [
        {"type": "web_search_tool_result_error", "error_code": "unavailable"},
        {"type": "web_fetch_tool_result_error", "error_code": "url_not_accessible"},
    ]
