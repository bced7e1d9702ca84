import pytest
from hypothesis import given
from hypothesis import strategies as st

from dragoman.emulation.tool_results import (
    as_tool_result,
    call_id,
    error_block,
    fetched_block,
    found_block,
    is_error,
    references_block,
    search_result,
    server_id,
)


@given(st.from_regex(r"toolu_[A-Za-z0-9_]{1,58}", fullmatch=True))
def test_the_clients_id_holds_the_calls_own(tool_use_id):
    assert server_id(tool_use_id).startswith("srvtoolu_")
    assert call_id(server_id(tool_use_id)) == tool_use_id


@given(st.text(st.characters(exclude_categories=("Cs",))))
def test_what_a_page_says_comes_back_with_the_result(text):
    block = found_block("srvtoolu_1", [search_result("https://a.example", "A", text, None)])
    [told] = as_tool_result(block)["content"]
    assert told["content"][0]["text"] == (text or "A")
    assert (told["type"], told["source"], told["title"]) == ("search_result", "https://a.example", "A")


@pytest.mark.parametrize("carried", ["", "EqgfCioIARgBIiQ", "dgt1.%%%", "dgt1._w==", None, 7])
def test_what_others_put_there_is_not_read(carried):
    result = search_result("https://a.example", "A", "mine", None) | {"encrypted_content": carried}
    [told] = as_tool_result(found_block("srvtoolu_1", [result]))["content"]
    assert told["content"][0]["text"] == "A"


def test_a_result_answers_the_call_under_its_own_id():
    assert as_tool_result(found_block("srvtoolu_1", []))["tool_use_id"] == "toolu_1"


@pytest.mark.parametrize(
    ("block", "told"),
    [
        (found_block("srvtoolu_1", []), "Nothing was found."),
        (references_block("srvtoolu_1", []), "No tool was found."),
        (
            references_block("srvtoolu_1", ["a"]),
            [{"type": "tool_reference", "tool_name": "a"}],
        ),
        (fetched_block("srvtoolu_1", "u", {"type": "document"}), [{"type": "document"}]),
    ],
)
def test_the_model_is_told_what_came_of_it(block, told):
    result = as_tool_result(block)
    assert (result["content"], result.get("is_error")) == (told, None)
    assert not is_error(block)


@pytest.mark.parametrize(
    ("kind", "type"),
    [
        ("web_search", "web_search_tool_result"),
        ("web_fetch", "web_fetch_tool_result"),
        ("tool_search_tool_bm25", "tool_search_tool_result"),
    ],
)
def test_an_error_is_an_error_to_both(kind, type):
    block = error_block(kind, "srvtoolu_1", "unavailable", "it is off")
    assert (block["type"], block["content"]["type"]) == (type, f"{type}_error")
    assert is_error(block)
    told = as_tool_result(block)
    assert told["is_error"] is True
    assert ("it is off" if kind.startswith("tool_search") else "unavailable") in told["content"]
