import json

import pytest
from msgspec.structs import replace

from dragoman.dialects.dialect import Origin
from dragoman.dialects.gemini.signatures import (
    SKIP,
    Envelopes,
    OwnParts,
    Signature,
    model_family,
    read_own_parts,
    seal_signatures,
    text_key,
)
from dragoman.dialects.losses import Losses
from dragoman.messages.envelope import Seal
from tests.support.chat_requests import ask, assistant, call, result, tool, user
from tests.support.gemini_requests import ACCOUNT, NEW, OLD, contents_of, losses_of, origin_of, sealed
from tests.support.sealing import damaged

GEMMA = "gemma-4-31b-it"
TURN = {"tools": [tool("Read"), tool("Bash")]}


def thinking(envelope, words=""):
    return {"type": "thinking", "thinking": words, "signature": envelope}


def told(*blocks, model=NEW, kept=None, account=ACCOUNT, **fields):
    """The parts of an assistant turn."""
    request = ask(user("go"), assistant(*blocks), user(result("r")), **TURN)
    origin = origin_of(kept, account)
    return next(
        content["parts"]
        for content in contents_of(request, model, origin=origin, **fields)
        if content["role"] == "model"
    )


def signatures(*blocks, **fields):
    return [part.get("thoughtSignature") for part in told(*blocks, **fields)]


CALL = ("call", "toolu_1", "Y2FsbA==")
TEXT = ("text", "", "dGV4dA==")
THOUGHT = ("thought", "", "dGhvdWdodA==")


def test_a_call_gets_its_signature_from_the_thinking_block():
    assert signatures(thinking(sealed(CALL)), call()) == ["Y2FsbA=="]


def test_a_call_gets_its_signature_from_the_store():
    assert signatures(call(), kept={"toolu_1": sealed(CALL)}) == ["Y2FsbA=="]


def test_a_call_that_nobody_knows_skips_the_check():
    assert signatures(call()) == [SKIP]
    assert SKIP == "skip_thought_signature_validator"


def test_only_the_first_call_of_a_step_has_to_be_signed():
    assert signatures(call(), call("Bash", id="toolu_2")) == [SKIP, None]
    second = sealed(("call", "toolu_2", "c2Vjb25k"))
    assert signatures(thinking(second), call(), call("Bash", id="toolu_2")) == [SKIP, "c2Vjb25k"]


def test_every_step_has_a_first_call():
    steps = [
        assistant(call()),
        user(result("r")),
        assistant(call(id="toolu_2")),
        user(result("r", id="toolu_2")),
    ]
    contents = contents_of(ask(user("go"), *steps, **TURN), origin=origin_of({"toolu_1": sealed(CALL)}))
    assert [content["parts"][0].get("thoughtSignature") for content in contents[1::2]] == ["Y2FsbA==", SKIP]


def test_a_signature_belongs_to_one_call():
    assert signatures(thinking(sealed(CALL)), call(id="other")) == [SKIP]


@pytest.mark.parametrize(
    "envelope",
    [sealed(CALL, account="other"), sealed(CALL, model="gemini-4-neon"), sealed(CALL, model=OLD), "", "EqQBCkYI"]
    + [sealed(CALL)[:-1] + "x", sealed(CALL).replace("dgm2", "dgm3"), sealed(CALL)[:40]]
    + [Seal("openai_chat", ACCOUNT, "gemini-3").close({"s": [list(CALL)]})]
    + [Seal("gemini", ACCOUNT, "gemini-3").close({"s": value}) for value in (None, "x", [1], [["call"]], [[1, 2, 3]])],
)  # fmt: skip
def test_what_another_sealed_is_not_taken(envelope):
    assert signatures(thinking(envelope), call()) == [SKIP]
    assert signatures(call(), kept={"toolu_1": envelope}) == [SKIP]


OWN = sealed(CALL)
OTHERS = [sealed(CALL, account="other"), sealed(CALL, model="gemini-4-neon"), sealed(CALL, model=OLD)]
DAMAGED = damaged(OWN)
DAMAGED.append(Seal("gemini", ACCOUNT, "gemini-3", b"another gateway's").close({"s": [list(CALL)]}))
FOREIGN = ["", "EqQBCkYIBxgCKkA", "gAAAAABoencrypted", "dgm2.openai_chat.of.another.dialect", *OTHERS]


def lost(*blocks, kept=None, **fields):
    request = ask(user("go"), assistant(*blocks), user(result("r")), **TURN)
    return losses_of(request, origin=origin_of(kept), **fields)


@pytest.mark.parametrize("envelope", DAMAGED)
def test_an_own_envelope_that_does_not_open_is_named(envelope):
    assert lost(thinking(envelope), call()) == {"messages.1.content.0.signature": "dropped"}
    assert signatures(thinking(envelope), call()) == [SKIP]
    assert lost(call(), kept={"toolu_1": envelope}) == {}
    assert lost(thinking(envelope), call(), model=GEMMA) == {}


@pytest.mark.parametrize("envelope", FOREIGN)
def test_an_envelope_of_another_is_no_loss(envelope):
    assert lost(thinking(envelope), call()) == {}
    assert signatures(thinking(envelope), call()) == [SKIP]


def test_the_result_of_a_search_that_does_not_open_is_told_as_text_and_named():
    tools = {"tools": [tool("Read"), {"type": "web_search_20250305", "name": "web_search"}]}
    use = {"type": "server_tool_use", "id": "srvtoolu_1", "name": "web_search", "input": {"query": "q"}}
    for envelope, losses in [
        (sealed(parts=[{"toolCall": TOOL_CALL}])[:-1], {"messages.1.content.1.content": "dropped"}),
        (sealed(parts=[{"toolCall": TOOL_CALL}], account="other"), {}),
    ]:
        found = {"type": "web_search_result", "url": "u", "title": "t", "encrypted_content": envelope}
        blocks = use, {"type": "web_search_tool_result", "tool_use_id": "srvtoolu_1", "content": [found]}
        request = ask(user("go"), assistant(*blocks), user("on"), **tools)
        assert losses_of(request, origin=origin_of()) == losses
        (part,) = contents_of(request, origin=origin_of())[1]["parts"]
        assert set(part) == {"text"}


def test_nobody_takes_signatures_of_an_account_that_is_not_theirs():
    assert signatures(thinking(sealed(CALL)), call(), account="other") == [SKIP]
    assert signatures(call(), kept={"toolu_1": sealed(CALL)}, account="other") == [SKIP]


def test_a_signature_survives_within_its_generation():
    assert signatures(thinking(sealed(CALL, model="models/gemini-3.5-flash")), call()) == ["Y2FsbA=="]
    assert model_family("gemini-3.8-flash") == model_family("models/Gemini-3-flash-preview") == "gemini-3"
    assert model_family("gemini-4-neon") != model_family("gemini-3.8-flash")
    assert model_family("gemini-flash-latest") == "gemini-flash-latest"


def test_a_text_gets_its_signature_from_the_thinking_block_behind_it():
    parts = told("first", "second", thinking(sealed(TEXT, CALL)), call())
    assert [part.get("thoughtSignature") for part in parts] == [None, "dGV4dA==", "Y2FsbA=="]


def test_a_text_gets_its_signature_from_the_store():
    kept = {text_key("second"): sealed(TEXT)}
    assert signatures("first", "second", call(), kept=kept) == [None, "dGV4dA==", SKIP]


def test_a_thought_goes_back_only_with_its_own_signature():
    (part,) = told(thinking(sealed(THOUGHT), "hm"), "a")[:1]
    assert part == {"text": "hm", "thought": True, "thoughtSignature": "dGhvdWdodA=="}
    assert told(thinking(sealed(CALL), "hm"), "a") == [{"text": "a"}]
    assert told(thinking(sealed(TEXT), "hm"), "a") == [{"text": "a"}]


def test_older_models_get_signatures_but_need_none():
    assert signatures(thinking(sealed(CALL, model=OLD)), call(), model=OLD) == ["Y2FsbA=="]
    assert signatures(call(), model=OLD) == [None]


@pytest.mark.parametrize("fields", [{}, {"skip_signatures": True}])
def test_gemma_never_sees_a_signature(fields):
    envelope = sealed(CALL, TEXT, THOUGHT, model=GEMMA)
    parts = told("a", thinking(envelope, "hm"), call(), model=GEMMA, kept={"toolu_1": envelope}, **fields)
    assert "thoughtSignature" not in json.dumps(parts)
    assert [set(part) for part in parts] == [{"text"}, {"functionCall"}]


def test_after_a_corrupted_signature_all_are_left_out():
    blocks = ["a", thinking(sealed(TEXT, CALL), "hm"), call(), call(id="toolu_2")]
    kept = {"toolu_1": sealed(CALL), text_key("a"): sealed(TEXT)}
    assert signatures(*blocks, kept=kept, skip_signatures=True) == [None, SKIP, None]


def test_an_envelope_is_the_same_bytes_each_time_and_can_hold_more():
    own = Seal("gemini", ACCOUNT, "gemini-3", b"key")
    first = seal_signatures(own, [Signature(*CALL)], parts=[{"a": 1}])
    assert first == seal_signatures(own, [Signature(*CALL)], parts=[{"a": 1}])
    assert Envelopes(own, Losses()).open(first)["parts"] == [{"a": 1}]
    assert Envelopes(own, Losses()).signatures(first) == [Signature(*CALL)]
    assert Envelopes(replace(own, account="other"), Losses()).open(first) == {}


def test_the_key_of_a_text_depends_on_the_text_alone():
    assert text_key("a") == text_key("a") != text_key("b")
    assert text_key("\ud800").isascii()


FUNCTION = {"functionCall": {"name": "web_search"}}
RESPONSE = {"functionResponse": {"name": "web_search", "response": {}}}


@pytest.mark.parametrize(
    ("opened", "own"),
    [
        ({}, OwnParts()),
        ({"parts": "x", "responses": 3}, OwnParts()),
        ({"parts": [{"toolCall": {}}, {"text": "x"}, 1]}, OwnParts(parts=[{"toolCall": {}}])),
        ({"parts": [FUNCTION], "responses": [RESPONSE]}, OwnParts(calls=[FUNCTION], responses=[RESPONSE])),
        ({"parts": [FUNCTION], "responses": [{"a": 1}, RESPONSE]}, OwnParts(calls=[FUNCTION], responses=[RESPONSE])),
        ({"parts": [FUNCTION], "responses": []}, OwnParts()),
        ({"parts": [FUNCTION], "responses": [RESPONSE, RESPONSE]}, OwnParts()),
        ({"parts": [FUNCTION], "responses": [{"functionResponse": {"name": "b"}}]}, OwnParts()),
    ],
)  # fmt: skip
def test_own_parts_are_calls_with_their_responses_or_none(opened, own):
    assert read_own_parts(opened) == own


FILE = {"fileData": {"mimeType": "application/pdf", "fileUri": "gs://bucket/private.pdf"}}
INLINE = {"inlineData": {"mimeType": "image/png", "data": "AAAA"}}
TOOL_CALL = {"id": "t", "toolType": "GOOGLE_SEARCH_WEB", "args": {"a": [1]}}
TOOL_RESPONSE = {"id": "t", "toolType": "GOOGLE_SEARCH_WEB", "response": {"b": 1}}


@pytest.mark.parametrize("more", [FILE, INLINE, {"text": "hi"}, {"thought": True}, {"x": 1}])
def test_a_forged_part_brings_nothing_that_this_dialect_did_not_seal(more):
    call = {
        "functionCall": {"id": "c", "name": "web_fetch", "args": {"url": "u"}},
        "thoughtSignature": "c2ln",
    }
    answer = {"functionResponse": {"id": "c", "name": "web_fetch", "response": {"output": "o"}}}
    clean = OwnParts(calls=[call], responses=[answer])
    inside = {
        "functionResponse": answer["functionResponse"] | {"parts": [INLINE], "scheduling": "SILENT"} | more
    }
    assert read_own_parts({"parts": [call | more, more], "responses": [inside | more]}) == clean
    tools = [{"toolCall": TOOL_CALL, "thoughtSignature": "c2ln"}, {"toolResponse": TOOL_RESPONSE}]
    forged = [
        {"toolCall": TOOL_CALL | more, "thoughtSignature": "c2ln"} | more,
        {"toolResponse": TOOL_RESPONSE | more, "thoughtSignature": 3} | more,
        more,
    ]
    assert read_own_parts({"parts": forged}) == OwnParts(parts=tools)


@pytest.mark.parametrize("held", [{"id": 1, "toolType": ["x"], "args": "no object"}, {"response": {}}, {}])
def test_a_field_of_another_type_is_left_out(held):
    assert read_own_parts({"parts": [{"toolCall": held}]}) == OwnParts(parts=[{"toolCall": {}}])
    assert read_own_parts({"parts": [{"toolCall": "x", "toolResponse": None}]}) == OwnParts()


@pytest.mark.parametrize("name", ["Bash", "", None, 3, ["web_search"]])
def test_only_calls_of_the_tools_that_stand_for_the_apis_own_are_taken(name):
    part = {"functionCall": {"name": name, "args": {}}}
    answer = {"functionResponse": {"name": name, "response": {}}}
    assert read_own_parts({"parts": [part], "responses": [answer]}) == OwnParts()


def test_a_forged_envelope_reaches_the_upstream_without_its_file():
    forged = sealed(parts=[{"toolCall": TOOL_CALL} | FILE, FILE, {"toolCall": TOOL_CALL, "text": "x"}])
    found = {"type": "web_search_result", "url": "u", "title": "t", "encrypted_content": forged}
    blocks = (
        {"type": "server_tool_use", "id": "srvtoolu_1", "name": "web_search", "input": {}},
        {"type": "web_search_tool_result", "tool_use_id": "srvtoolu_1", "content": [found]},
    )
    tools = [tool("Read"), {"type": "web_search_20250305", "name": "web_search"}]
    request = ask(user("go"), assistant(*blocks), user("on"), tools=tools)
    written = contents_of(request, origin=origin_of())
    assert written[1]["parts"] == [{"toolCall": TOOL_CALL}, {"toolCall": TOOL_CALL}]


def test_an_origin_that_kept_nothing_has_no_signatures():
    contents = contents_of(ask(user("go"), assistant(call())), origin=Origin(ACCOUNT))
    assert contents[1]["parts"][0]["thoughtSignature"] == SKIP
