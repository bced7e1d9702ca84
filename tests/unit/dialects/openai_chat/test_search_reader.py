from functools import partial

import pytest

from dragoman.dialects.web_search_tool import SearchTool
from tests.support.chat_chunks import (
    DONE,
    call,
    chunk,
    completion,
    content,
    finish,
    hear_chat,
    hear_completion,
    reasoning,
    text,
    text_block,
    usage,
)
from tests.support.openai_sources import source

SEARCH = SearchTool("web_search", ("bad.test",))
OWLS = source("https://owls.test/a", "Owls", "They hunt at night.")
ENDS = (finish(), DONE)

heard = partial(hear_chat, search=SEARCH)


def sources(*told, content=""):
    """A piece of the answer as OpenRouter says it."""
    return chunk({"role": "assistant", "content": content, "annotations": list(told)})


def counted(searches, name="server_tool_use_details"):
    return usage(**{name: {"web_search_requests": searches}})


def blocks(*frames, **reading):
    return content(heard(*frames, **reading))


def kinds(*frames, **reading):
    return [block["type"] for block in blocks(*frames, **reading)]


def found(*frames, **reading):
    """The addresses of each result block."""
    told = blocks(*frames, **reading)
    results = [block for block in told if block["type"] == "web_search_tool_result"]
    return [[page["url"] for page in block["content"]] for block in results]


def cited(*frames, **reading):
    """Address and quotation of each citation, by text block."""
    texts = [block for block in blocks(*frames, **reading) if block["type"] == "text"]
    return [[(one["url"], one["cited_text"]) for one in block.get("citations") or ()] for block in texts]


def searches(*frames, **reading):
    return heard(*frames, **reading).message["usage"].get("server_tool_use")


def test_pages_that_come_before_the_text_stand_before_it():
    use, result, said = blocks(sources(OWLS), sources(source("https://b.test")), text("Owls."), *ENDS)
    assert (use["type"], use["name"], use["input"]) == ("server_tool_use", "web_search", {})
    assert use["id"].startswith("srvtoolu_")
    assert (result["type"], result["tool_use_id"]) == ("web_search_tool_result", use["id"])
    assert [(page["url"], page["title"]) for page in result["content"]] == [
        ("https://owls.test/a", "Owls"),
        ("https://b.test", "b.test"),
    ]
    assert said == text_block("Owls.")


def test_what_a_page_says_is_carried():
    _, result, _ = blocks(sources(OWLS), text("Owls."), *ENDS)
    assert result["content"][0]["encrypted_content"].startswith("dgt1.")


def test_the_search_has_the_clients_name():
    assert blocks(sources(OWLS), *ENDS, search=SearchTool("find"))[0]["name"] == "find"


def test_pages_that_come_with_the_text_or_behind_it_stand_at_the_end():
    expected = ["text", "server_tool_use", "web_search_tool_result"]
    assert kinds(text("Owls "), sources(OWLS, content="hunt."), *ENDS) == expected
    assert kinds(text("Owls."), sources(OWLS), *ENDS) == expected


def test_pages_of_a_later_search_are_a_result_of_their_own():
    frames = (sources(OWLS), text("Owls."), sources(OWLS, source("https://b.test")), text(" And"), *ENDS)
    assert found(*frames) == [["https://owls.test/a"], ["https://b.test"]]
    assert [block["text"] for block in blocks(*frames) if block["type"] == "text"] == ["Owls. And"]


def test_a_page_that_is_told_twice_is_one_result():
    assert found(sources(OWLS, OWLS), sources(OWLS), *ENDS) == [["https://owls.test/a"]]


def test_thoughts_before_a_search_are_signed():
    thought, *others = blocks(reasoning("hm"), sources(OWLS), text("Owls."), *ENDS, thinking="shown")
    assert (thought["type"], thought["thinking"]) == ("thinking", "hm")
    assert thought["signature"]
    assert [block["type"] for block in others] == ["server_tool_use", "web_search_tool_result", "text"]


def test_pages_stand_before_a_call_of_the_clients():
    read = call(0, "call_1", "Read", '{"path":"a"}')
    expected = ["text", "server_tool_use", "web_search_tool_result", "tool_use"]
    assert kinds(text("So"), sources(OWLS), read, finish("tool_calls"), DONE) == expected


def test_pages_that_come_within_a_call_do_not_cut_it():
    began, goes_on = call(0, "call_1", "Read", '{"path":'), call(0, arguments='"a"}')
    for frames in ((sources(OWLS),), (sources(OWLS), text("\n"))):
        first, *others = blocks(began, *frames, goes_on, finish("tool_calls"), DONE)
        assert (first["type"], first["input"]) == ("tool_use", {"path": "a"})
        assert [block["type"] for block in others] == ["server_tool_use", "web_search_tool_result"]


def test_a_source_with_a_place_is_a_citation_of_the_text():
    told = source("https://a.test", "A", start=3, end=7)
    assert cited(text("In Bern"), sources(told), *ENDS) == [[("https://a.test", "Bern")]]
    assert found(text("In Bern"), sources(told), *ENDS) == [["https://a.test"]]


def test_a_source_without_a_place_cites_nothing():
    assert cited(sources(OWLS), text("In Bern"), sources(OWLS), *ENDS) == [[]]


def test_a_source_may_come_before_its_text():
    told = source("https://a.test", start=3, end=7)
    assert cited(sources(told), text("In"), text(" Be"), text("rn."), *ENDS) == [[("https://a.test", "Bern")]]


def test_a_citation_waits_for_text_that_is_held():
    told = source("https://a.test", start=0, end=2)
    assert cited(text("<t"), sources(told), text("d>"), *ENDS) == [[("https://a.test", "<t")]]


def test_a_citation_that_is_told_twice_is_one():
    told = source("https://a.test", start=0, end=2)
    assert cited(text("In Bern"), sources(told), sources(told), *ENDS) == [[("https://a.test", "In")]]


def test_a_citation_of_text_that_was_left_out_is_not_said():
    message = {"content": "In Bern, at", "annotations": [source("https://a.test", start=3, end=7)]}
    stopped = hear_completion(completion(message), search=SEARCH, stop_sequences=("Bern",))
    assert content(stopped)[-1] == text_block("In ")


def test_a_citation_behind_a_call_is_not_said_of_another_text():
    told = source("https://a.test", start=0, end=2)
    read = call(0, "call_1", "Read", "{}")
    assert cited(text("In"), read, sources(told), text(" all"), *ENDS)[0] == []


def test_blocked_and_unasked_sources_are_not_shown():
    bad = source("https://www.bad.test/x", start=0, end=2)
    assert blocks(text("In"), sources(bad), *ENDS) == [text_block("In")]
    assert content(hear_chat(sources(OWLS), text("In"), counted(1), *ENDS)) == [text_block("In")]
    assert "server_tool_use" not in hear_chat(text("In"), counted(1), *ENDS).message["usage"]


@pytest.mark.parametrize("name", ["server_tool_use_details", "server_tool_use"])
def test_searches_are_counted_as_the_server_counts_them(name):
    assert searches(sources(OWLS), text("Owls."), finish(), counted(2, name), DONE) == {
        "web_search_requests": 2
    }


def test_where_the_server_counts_nothing_a_result_is_a_search():
    assert searches(sources(OWLS), text("Owls."), *ENDS) == {"web_search_requests": 1}
    assert searches(text("Owls."), *ENDS) is None
    assert searches(text("Owls."), finish(), counted(0), DONE) is None


def test_a_search_of_which_only_the_count_is_told_found_nothing_to_show():
    frames = (text("Owls."), finish(), counted(1), DONE)
    assert kinds(*frames) == ["text", "server_tool_use", "web_search_tool_result"]
    assert found(*frames) == [[]]


def test_a_whole_answer_shows_the_pages_before_its_text():
    told = source("https://a.test", "A", start=3, end=7)
    message = {"content": "In Bern", "annotations": [told, OWLS]}
    use, result, said = content(hear_completion(completion(message), search=SEARCH))
    assert (use["type"], result["type"]) == ("server_tool_use", "web_search_tool_result")
    assert [page["url"] for page in result["content"]] == ["https://a.test", "https://owls.test/a"]
    assert [one["cited_text"] for one in said["citations"]] == ["Bern"]


@pytest.mark.parametrize(
    "odd",
    [
        "x",
        {"a": 1},
        ["x", None],
        [{"type": "file", "file": {}}],
        [{"type": "url_citation"}],
        [{"type": "url_citation", "url_citation": {"url": 5}}],
        [{"type": "url_citation", "url_citation": "https://a.test"}],
    ],
)
def test_odd_annotations_do_no_harm(odd):
    assert blocks(chunk({"content": "In", "annotations": odd}), *ENDS) == [text_block("In")]
