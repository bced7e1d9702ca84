from base64 import b64decode, b64encode

import pytest

from dragoman.dialects.gemini.parts import NO_OUTPUT
from tests.support.chat_requests import PNG, ask, assistant, call, image, pdf, result, text, tool, user
from tests.support.gemini_history import payloads
from tests.support.gemini_requests import NEW, OLD, contents_of, losses_of, write

INLINE_PNG = {"inlineData": {"mimeType": "image/png", "data": PNG}}
INLINE_PDF = {"inlineData": {"mimeType": "application/pdf", "data": "JVBERi0x"}}
PAGE = "https://a.example/a"


def said(*blocks, model=NEW, **fields):
    """The parts of one user message."""
    return contents_of(ask(user(*blocks)), model, **fields)[0]["parts"]


def lost(*blocks, **fields):
    return losses_of(ask(user(*blocks)), **fields)


def answered(*blocks, model=NEW, tools=(), vertex=False, **fields):
    """The function response and the parts behind it."""
    history = (user("go"), assistant(call()), user(result(*blocks, **fields)))
    first, *others = contents_of(ask(*history, tools=list(tools)), model, vertex=vertex)[-1]["parts"]
    return first["functionResponse"], others


def document(**source):
    return {"type": "document", "source": source}


def test_text_is_text():
    assert said("a", "", " \n", "b") == [{"text": "a"}, {"text": " \n"}, {"text": "b"}]
    assert said(text("a", cache_control={"type": "ephemeral"}, citations=[])) == [{"text": "a"}]


@pytest.mark.parametrize("model", [NEW, OLD])
@pytest.mark.parametrize(
    ("given", "sent"),
    [("image/png", "image/png"), ("image/jpeg", "image/jpeg"), ("image/webp", "image/webp")]
    + [("image/jpg", "image/jpeg")],
)
def test_an_image_is_inline_data(given, sent, model):
    parts = said(image(type="base64", media_type=given, data=PNG), model=model)
    assert parts == [{"inlineData": {"mimeType": sent, "data": PNG}}]
    assert lost(image(type="base64", media_type=given, data=PNG)) == {}


UNSENDABLE = [
    image(type="base64", media_type="image/gif", data="R0lGODlh"),
    image(type="url", url=PAGE + ".png"),
    image(type="file", file_id="file_1"),
    document(type="url", url=PAGE + ".pdf"),
    document(type="file", file_id="file_1"),
    document(type="base64", media_type="application/msword", data="AAAA"),
]


@pytest.mark.parametrize("block", UNSENDABLE)
def test_what_cannot_be_sent_is_told_and_named_as_lost(block):
    (part,) = said(block)
    assert "omitted" in part["text"]
    assert lost(block) == {"messages.0.content.0": "dropped"}
    response, others = answered(block)
    assert "omitted" in response["response"]["output"]
    assert others == []


def test_a_pdf_is_inline_data_behind_its_title():
    assert said(pdf()) == [INLINE_PDF]
    assert said(pdf(title="Plan", context="Of May")) == [{"text": "Plan\nOf May"}, INLINE_PDF]


@pytest.mark.parametrize(
    "source",
    [{"type": "text", "media_type": "text/plain", "data": "words"}, {"type": "content", "content": "words"}]
    + [{"type": "content", "content": [text("words")]}],
)
def test_a_document_of_text_is_text_below_its_title(source):
    (part,) = said(document(**source) | {"title": 'A "b"'})
    assert part["text"] == '<document title="A &quot;b&quot;">\nwords\n</document>'


def test_a_document_of_blocks_keeps_its_images():
    parts = said(document(type="content", content=[text("a"), image(), text("b")]))
    assert parts == [{"text": "<document>\na\nb\n</document>"}, INLINE_PNG]


def test_citations_cannot_be_asked_for():
    block = pdf(citations={"enabled": True})
    assert said(block) == [INLINE_PDF]
    assert lost(block) == {"messages.0.content.0.citations": "dropped"}


def test_a_search_result_is_text():
    block = {"type": "search_result", "source": "https://s", "title": "T", "content": [text("found")]}
    (part,) = said(block)
    assert all(word in part["text"] for word in ("https://s", "T", "found"))
    cited = block | {"citations": {"enabled": True}}
    assert lost(cited) == {"messages.0.content.0.citations": "dropped"}


def test_an_unknown_block_is_told_and_named_as_lost():
    (part,) = said({"type": "hologram", "light": 1})
    assert "hologram" in part["text"]
    assert lost({"type": "hologram"}) == {"messages.0.content.0": "dropped"}


@pytest.mark.parametrize(
    ("make", "ending", "kind"),
    [(image, ".png", "image/png"), (image, ".webp?x=1.pdf", "image/webp"), (image, ".jpg", "image/jpeg")]
    + [(image, "", "image/jpeg"), (document, ".pdf#page=2", "application/pdf"), (document, "", "application/pdf")],
)  # fmt: skip
def test_vertex_fetches_what_has_a_public_address(make, ending, kind):
    url = "https://a.example/a"
    block = make(type="url", url=url + ending)
    assert said(block, vertex=True) == [{"fileData": {"mimeType": kind, "fileUri": url + ending}}]
    assert lost(block, vertex=True) == {}
    response, others = answered(block, vertex=True)
    assert "parts" not in response
    assert others == [{"fileData": {"mimeType": kind, "fileUri": url + ending}}]


@pytest.mark.parametrize("make", [image, document])
def test_vertex_never_reads_the_private_files_of_the_operator(make):
    """Google would read `gs://` as the operator's own identity."""
    block = make(type="url", url="gs://bucket/private.pdf")
    assert "fileData" not in str(said(block, vertex=True))
    assert "fileData" not in str(answered(block, vertex=True))
    assert lost(block, vertex=True) == {"messages.0.content.0": "dropped"}


@pytest.mark.parametrize(
    "url", ["http://a/b.png", "data:image/png;base64,AAAA", "ftp://a/b", "", "http://[a", PAGE + ".gif"]
)
def test_vertex_fetches_from_no_other_address(url):
    (part,) = said("look", image(type="url", url=url), vertex=True)[1:]
    assert "omitted" in part["text"]
    assert lost("look", image(type="url", url=url), vertex=True) == {"messages.0.content.1": "dropped"}


@pytest.mark.parametrize(
    ("blocks", "output"),
    [(("a",), "a"), (("a", "b"), "a\nb"), ((), NO_OUTPUT), (("",), NO_OUTPUT), (("", text("")), NO_OUTPUT)]
    + [(('[1, {"$ref": "#/x"}]',), '[1, {"$ref": "#/x"}]'), ((" ",), " ")],
)
def test_a_result_is_one_string(blocks, output):
    assert answered(*blocks) == ({"id": "toolu_1", "name": "Read", "response": {"output": output}}, [])


def test_a_result_without_content_has_no_output():
    bare = {"type": "tool_result", "tool_use_id": "toolu_1"}
    contents = contents_of(ask(user("go"), assistant(call()), user(bare)))
    assert payloads(contents[-1], "functionResponse")[0]["response"] == {"output": NO_OUTPUT}


def test_a_failure_is_an_error():
    assert answered("no such file", is_error=True)[0]["response"] == {"error": "no such file"}
    assert answered(is_error=True)[0]["response"] == {"error": NO_OUTPUT}


@pytest.mark.parametrize("vertex", [False, True])
@pytest.mark.parametrize(("block", "part"), [(image(), INLINE_PNG), (pdf(), INLINE_PDF)])
def test_media_are_in_the_result_where_the_model_takes_them_there(block, part, vertex):
    response, others = answered(block, vertex=vertex)
    assert response["response"] == {"output": "Binary content provided (1 item)."}
    assert response["parts"] == [part]
    assert others == []
    response, others = answered("see", block, block, model=OLD, vertex=vertex)
    assert response == {"name": "Read", "response": {"output": "see"}}
    assert others == [part, part]


def test_media_without_words_are_counted():
    assert answered(image(), pdf())[0]["response"] == {"output": "Binary content provided (2 items)."}
    assert answered(image(), model=OLD)[0]["response"] == {"output": "Binary content provided (1 item)."}


def test_words_of_a_file_in_a_result_are_words_of_the_result():
    response, _ = answered(pdf(title="Plan"), document(type="text", data="words"))
    assert response["response"]["output"] == "Plan\n<document>\nwords\n</document>"


def test_a_tool_that_a_result_names_is_described_in_it():
    add = tool("1 add", description="Adds.", defer_loading=True)
    response, _ = answered({"type": "tool_reference", "tool_name": "1 add"}, tools=[tool("Read"), add])
    output = response["response"]["output"]
    assert output.startswith("<functions>\n<function>")
    assert '"description":"Adds."' in output
    assert "defer_loading" not in output
    assert '"1 add"' not in output


def test_a_tool_that_nobody_declared_is_not_available():
    request = ask(
        user("go"), assistant(call()), user(result({"type": "tool_reference", "tool_name": "Gone"}))
    )
    assert "Gone" in contents_of(request)[-1]["parts"][0]["functionResponse"]["response"]["output"]
    assert losses_of(request) == {"messages.2.content.0": "dropped"}


def test_media_weigh_what_they_cost_and_not_what_they_measure():
    plain = write(ask(user("hi"))).estimated_input_tokens
    large = image(
        type="base64", media_type="image/png", data=b64encode(b64decode(PNG) + bytes(40_000)).decode()
    )
    assert plain < write(ask(user("hi", large))).estimated_input_tokens < plain + 3000
