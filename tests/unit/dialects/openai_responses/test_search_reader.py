from functools import partial

from dragoman.dialects.web_search_tool import SearchTool
from tests.support.responses_reading import (
    added,
    call,
    content,
    done,
    event,
    hear_answer,
    message,
    text_block,
)

SEARCH = SearchTool("web_search")
FOUND = {"type": "search", "query": "q", "sources": [{"type": "url", "url": "https://a.test"}]}


heard = partial(hear_answer, search=SEARCH)


def searched(index=0, action=None, id="ws_1", **fields):
    progress = b"".join(
        event(f"web_search_call.{name}", output_index=index)
        for name in ("in_progress", "searching", "completed")
    )
    told = action or FOUND
    return (
        added(index, "web_search_call", id=id)
        + progress
        + done(index, "web_search_call", id=id, action=told, **fields)
    )


def kinds(*frames, **reading):
    return [block["type"] for block in content(heard(*frames, **reading))]


def test_a_search_is_a_call_and_its_result():
    asked, found = content(heard(searched()))
    assert asked == {
        "type": "server_tool_use",
        "id": "srvtoolu_ws_1",
        "name": "web_search",
        "input": {"query": "q"},
    }
    assert found["type"] == "web_search_tool_result"
    assert found["tool_use_id"] == "srvtoolu_ws_1"
    assert [one["url"] for one in found["content"]] == ["https://a.test"]


def test_the_search_has_the_clients_name():
    asked, _ = content(heard(searched(), search=SearchTool("find")))
    assert asked["name"] == "find"


def test_a_failed_search_says_so():
    _, found = content(heard(searched(status="failed")))
    assert found["content"] == {"type": "web_search_tool_result_error", "error_code": "unavailable"}


def test_pages_that_were_opened_are_not_shown():
    opened = searched(action={"type": "open_page", "url": "https://a.test"})
    looked = searched(1, action={"type": "find_in_page", "url": "https://a.test", "pattern": "x"})
    assert content(heard(opened, looked, message("Hi", 2))) == [text_block("Hi")]


def test_a_search_does_not_end_the_answer_otherwise():
    answer = heard(searched(), message("Hi", 1))
    assert answer.message["stop_reason"] == "end_turn"
    assert answer.message["usage"]["server_tool_use"] == {"web_search_requests": 1}
    assert heard(searched(), call(index=1)).message["stop_reason"] == "tool_use"


def test_a_search_that_nobody_asked_for_is_not_shown():
    assert kinds(searched(), message("Hi", 1), search=None) == ["text"]


def test_a_search_after_the_end_is_not_shown():
    assert kinds(message("a END"), searched(1), stop_sequences=("END",)) == ["text"]


def test_odd_ids_are_replaced_and_differ():
    blocks = content(heard(searched(id="no id!"), searched(1, id=None)))
    ids = [block["id"] for block in blocks if block["type"] == "server_tool_use"]
    assert len(set(ids)) == 2
    assert all(id.startswith("srvtoolu_") and "!" not in id for id in ids)


def test_a_search_stands_between_the_texts_around_it():
    assert kinds(message("a"), searched(1), message("b", 2)) == [
        "text",
        "server_tool_use",
        "web_search_tool_result",
        "text",
    ]
