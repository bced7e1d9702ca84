import json
from typing import Any

import pytest

from dragoman.dialects.anthropic.foreign_searches import foreign_searches
from dragoman.messages.envelope import CARRIED_TEXT
from tests.support.chat_requests import text

ANTHROPICS = "EqgfCioIARgBIiQ3"
CALL = {"type": "server_tool_use", "id": "srvtoolu_1", "name": "web_search", "input": {"query": "owls"}}


def found(encrypted: Any, id: str = "srvtoolu_1") -> dict[str, Any]:
    page = {
        "type": "web_search_result",
        "url": "https://a.example",
        "title": "A",
        "encrypted_content": encrypted,
    }
    return {"type": "web_search_tool_result", "tool_use_id": id, "content": [page]}


def cited(index: str) -> dict[str, Any]:
    return text(
        "so", citations=[{"type": "web_search_result_location", "url": "u", "encrypted_index": index}]
    )


def changed(*blocks: Any) -> dict[int, Any]:
    return {place: told and json.loads(told) for place, told in foreign_searches(list(blocks)).items()}


@pytest.mark.parametrize("encrypted", ["", CARRIED_TEXT + "b3dscw==", None, "dgm2.abc.def.ghi"])
def test_a_search_of_others_is_told_as_text_and_its_call_left_out(encrypted):
    told = changed(text("a"), CALL, found(encrypted))
    assert set(told) == {1, 2}
    assert told[1] == b""
    assert told[2]["type"] == "text"
    assert "owls" in told[2]["text"]
    assert "https://a.example" in told[2]["text"]


def test_a_result_without_its_call_is_told_too():
    assert changed(found(""))[0]["type"] == "text"


def test_anthropics_own_searches_stay_as_they_are():
    error = {"type": "web_search_tool_result_error", "error_code": "unavailable"}
    own = found(ANTHROPICS), {**found(""), "content": error}, {**found(""), "content": []}
    assert changed(CALL, *own, cited("Eo8BCioIAhgB"), text("a"), None, "b") == {}


@pytest.mark.parametrize("index", ["", f"{CARRIED_TEXT}10001"])
def test_a_citation_that_anthropic_did_not_encrypt_is_taken_off_its_text(index):
    assert changed(cited(index)) == {0: text("so")}
