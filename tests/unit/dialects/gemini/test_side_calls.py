import json

import pytest

from dragoman.dialects.gemini.shapes import Domains
from dragoman.messages.errors import UpstreamNonsense
from tests.support.gemini_reading import (
    blocked,
    call,
    call_part,
    chunk,
    counted,
    data,
    end,
    payload_of,
    play,
    text,
    thought,
)

SIDE = {"web_search": "web_search", "web_fetch": "web_fetch"}
SOURCE = {"web": {"uri": "https://a.org/x", "title": "a.org"}}


def sided(*replies, **reading):
    return play(*replies, **{"side_tools": SIDE, "most_side_calls": 10} | reading)


def search(query="q", **more):
    return call("web_search", {"query": query}, **more)


def found(said="It is so.", *sources):
    metadata = {"webSearchQueries": ["q"], "groundingChunks": list(sources)}
    return text(said) + end(groundingMetadata=metadata)


def page(said, status="SUCCESS"):
    entry = {"retrievedUrl": "https://a.org", "urlRetrievalStatus": f"URL_RETRIEVAL_STATUS_{status}"}
    return (text(said) if said else b"") + end(urlContextMetadata={"urlMetadata": [entry]})


ANSWER = text("So it is.") + end()


def test_search_runs_in_a_request_of_its_own():
    played = sided(search(id="c1") + end(), found("It is so.", SOURCE), ANSWER)
    assert played.kinds == ["server_tool_use", "web_search_tool_result", "text"]
    use, told, said = played.content
    assert (use["name"], use["input"]) == ("web_search", {"query": "q"})
    assert use["id"] == told["tool_use_id"]
    assert [result["url"] for result in told["content"]] == ["https://a.org/x"]
    assert (said["text"], played.stop_reason) == ("So it is.", "end_turn")


def test_request_of_the_search_has_only_the_search():
    played = sided(search("what is so") + end(), found(), ANSWER)
    own = played.asked[0]
    assert set(own) == {"tools", "safetySettings", "contents"}
    assert own["tools"] == [{"googleSearch": {}}]
    assert len(own["contents"]) == 1
    assert own["contents"][0]["role"] == "user"
    assert "what is so" in own["contents"][0]["parts"][0]["text"]


def test_model_is_given_the_result_as_that_of_its_function():
    played = sided(search(id="c1", signature="SIG") + end(), found("It is so.", SOURCE), ANSWER)
    first, model, user = played.asked[1]["contents"]
    assert first == {"role": "user", "parts": [{"text": "hi"}]}
    assert model["role"] == "model"
    assert model["parts"] == [call_part("web_search", {"query": "q"}, id="c1", signature="SIG")]
    (response,) = user["parts"]
    assert (response["functionResponse"]["id"], response["functionResponse"]["name"]) == ("c1", "web_search")
    assert response["functionResponse"]["response"] == {
        "output": "It is so.\nSources:\na.org — https://a.org/x"
    }
    assert played.asked[1]["toolConfig"] == {"functionCallingConfig": {"mode": "AUTO"}}
    assert played.asked[1]["tools"] == [{"functionDeclarations": []}]


def test_model_gets_all_back_that_it_said_but_thoughts_and_empty_text():
    said = thought("hm") + text("Let me ") + text("see.") + search(id="c1")
    for last in ({"text": ""}, {"text": "", "thoughtSignature": "T"}):
        played = sided(said + end("STOP", last), found(), ANSWER)
        assert played.asked[1]["contents"][1]["parts"] == [
            {"text": "Let me see."},
            call_part("web_search", {"query": "q"}, id="c1"),
        ]
        assert played.texts == ["Let me see.", "So it is."]


def test_texts_that_were_signed_stay_apart():
    played = sided(text("a", "T") + text("b") + text("c", "U") + search() + end(), found(), ANSWER)
    assert played.asked[1]["contents"][1]["parts"][:3] == [
        {"text": "a", "thoughtSignature": "T"},
        {"text": "b"},
        {"text": "c", "thoughtSignature": "U"},
    ]


def test_envelope_holds_call_and_result_for_later_requests():
    played = sided(search(id="c1", signature="SIG") + end(), found("It is so.", SOURCE), ANSWER)
    use, told, _ = played.content
    envelope = told["content"][0]["encrypted_content"]
    payload = payload_of(envelope)
    assert payload["parts"] == [call_part("web_search", {"query": "q"}, id="c1", signature="SIG")]
    assert payload["responses"] == played.asked[1]["contents"][2]["parts"]
    assert played.kept[use["id"]] == envelope


def test_two_searches_run_one_after_the_other():
    parts = [call_part("web_search", {"query": q}, id=q) for q in ("q1", "q2")]
    played = sided(chunk(*parts) + end(), found("one"), found("two"), ANSWER)
    assert played.kinds == ["server_tool_use", "server_tool_use", *["web_search_tool_result"] * 2, "text"]
    assert [block["tool_use_id"] for block in played.content[2:4]] == [
        block["id"] for block in played.content[:2]
    ]
    responses = [part["functionResponse"] for part in played.asked[2]["contents"][2]["parts"]]
    assert [(one["id"], one["response"]["output"]) for one in responses] == [("q1", "one"), ("q2", "two")]


def test_searches_of_several_rounds_stay_in_the_conversation():
    played = sided(search("q1") + end(), found("one"), search("q2") + end(), found("two"), ANSWER)
    assert [content["role"] for content in played.asked[3]["contents"]] == [
        "user",
        "model",
        "user",
        "model",
        "user",
    ]
    assert played.message["usage"]["server_tool_use"] == {"web_search_requests": 2}


def test_a_call_of_the_clients_ends_the_turn_with_both():
    played = sided(search() + call("Read", {"path": "a"}) + end(), found())
    assert played.kinds == ["server_tool_use", "tool_use", "web_search_tool_result"]
    assert played.stop_reason == "tool_use"
    assert played.content[0]["id"] in played.kept


def test_search_beyond_the_limit_is_refused_and_the_model_told():
    parts = [call_part("web_search", {"query": q}) for q in ("q1", "q2")]
    played = sided(chunk(*parts) + end(), found("one"), ANSWER, most_side_calls=1)
    assert played.content[3]["content"] == {
        "type": "web_search_tool_result_error",
        "error_code": "max_uses_exceeded",
    }
    second = played.asked[1]["contents"][2]["parts"][1]["functionResponse"]
    assert list(second["response"]) == ["error"]


def test_model_that_never_stops_searching_is_stopped():
    searching = search() + end()
    played = sided(searching, found("one"), searching, searching, most_side_calls=1)
    assert played.stop_reason == "pause_turn"
    results = [block["content"] for block in played.content if block["type"] == "web_search_tool_result"]
    assert [isinstance(content, dict) for content in results] == [False, True, True]


@pytest.mark.parametrize("reply", [b"", end(), blocked(blockReason="SAFETY"), thought("hm") + end()])
def test_search_that_finds_nothing_is_unavailable(reply):
    played = sided(search() + end(), reply, ANSWER)
    assert played.content[1]["content"] == {
        "type": "web_search_tool_result_error",
        "error_code": "unavailable",
    }
    assert list(played.asked[1]["contents"][2]["parts"][0]["functionResponse"]["response"]) == ["error"]
    assert played.texts == ["So it is."]


FAILING = data({"error": {"code": 503, "message": "overloaded", "status": "UNAVAILABLE"}})


@pytest.mark.parametrize(
    "reply", [text("half of"), text("half of") + FAILING, FAILING, b"data: nonsense\n\n"]
)
@pytest.mark.parametrize("tool", ["web_search", "web_fetch"])
def test_a_tool_whose_request_fails_is_an_error_that_the_answer_goes_on_after(tool, reply):
    played = sided(call(tool, {"query": "q", "url": "u"}, id="c1") + end(), reply, ANSWER)
    use, told, said = played.content
    assert told["type"] == f"{tool}_tool_result"
    assert told["content"] == {"type": f"{tool}_tool_result_error", "error_code": "unavailable"}
    assert told["tool_use_id"] == use["id"]
    assert (said["text"], played.stop_reason) == ("So it is.", "end_turn")
    (response,) = played.asked[1]["contents"][2]["parts"]
    assert response["functionResponse"]["id"] == "c1"
    assert list(response["functionResponse"]["response"]) == ["error"]


def test_the_other_calls_of_a_round_are_made_after_one_that_failed():
    parts = [call_part("web_search", {"query": q}, id=q) for q in ("q1", "q2")]
    played = sided(chunk(*parts) + end(), FAILING, found("two", SOURCE), ANSWER)
    assert [block["content"] for block in played.content[2:4]] == [
        {"type": "web_search_tool_result_error", "error_code": "unavailable"},
        [{"type": "web_search_result", "url": "https://a.org/x", "title": "a.org", "page_age": None}
         | {"encrypted_content": payload_envelope(played, 1)}],
    ]  # fmt: skip


def payload_envelope(played, number):
    return played.kept[played.content[number]["id"]]


def test_a_failure_of_the_models_own_request_is_the_answers():
    assert sided(FAILING).error.error.status == 529
    assert sided(search() + end(), found(), FAILING).error.error.status == 529


def test_cut_request_that_searches_is_no_reason_to_search():
    played = sided(search())
    assert isinstance(played.error, UpstreamNonsense)
    assert not played.asked


def test_domains_hold_for_a_search_of_its_own():
    blocked_domains = Domains(blocked=("a.org",))
    played = sided(
        search() + end(), found("x", SOURCE), ANSWER, domains=blocked_domains, excludes_domains=True
    )
    assert played.asked[0]["tools"] == [{"googleSearch": {"excludeDomains": ["a.org"]}}]
    assert played.content[1]["content"] == []


def test_page_is_read_in_a_request_of_its_own():
    played = sided(call("web_fetch", {"url": "https://a.org"}) + end(), page("All of it."), ANSWER)
    use, told, _ = played.content
    assert (use["name"], use["input"]) == ("web_fetch", {"url": "https://a.org"})
    assert played.asked[0]["tools"] == [{"urlContext": {}}]
    assert told["type"] == "web_fetch_tool_result"
    assert told["content"]["url"] == "https://a.org"
    assert told["content"]["content"]["source"]["data"] == "All of it."
    assert payload_of(played.kept[use["id"]])["responses"]


@pytest.mark.parametrize("said", ["I could not open it.", ""])
def test_page_that_could_not_be_read_is_an_error(said):
    played = sided(call("web_fetch", {"url": "https://a.org"}) + end(), page(said, "PAYWALL"), ANSWER)
    assert played.content[1]["content"] == {
        "type": "web_fetch_tool_result_error",
        "error_code": "url_not_accessible",
    }
    assert list(played.asked[1]["contents"][2]["parts"][0]["functionResponse"]["response"]) == ["error"]


@pytest.mark.parametrize("args", [None, {}, {"query": None}, [1], "x"])
def test_search_without_a_question_is_still_answered(args):
    played = sided(call("web_search", args) + end(), found(), ANSWER)
    assert played.content[0]["input"] == {"query": ""}


def test_output_of_the_searches_is_paid_for_and_input_counts_once():
    played = sided(
        search() + end(usage=counted(100, 5)),
        text("x") + end(usage=counted(30, 50)),
        text("y") + end(usage=counted(200, 7)),
    )
    usage = played.message["usage"]
    assert (usage["input_tokens"], usage["output_tokens"]) == (100, 62)


def test_parts_of_an_attempt_that_was_asked_anew_are_forgotten():
    played = sided(text("\n") + end("MALFORMED_FUNCTION_CALL"), search() + end(), found(), ANSWER)
    assert json.dumps(played.asked[2]["contents"][1]["parts"]).count("text") == 0


def test_arguments_with_half_a_pair_do_no_harm():
    frame = b'data: {"candidates":[{"content":{"parts":[{"functionCall":{"name":"web_search","args":{"query":"\\ud83d"}}}]}}]}\n\n'
    assert sided(frame + end(), found(), ANSWER).texts == ["So it is."]
