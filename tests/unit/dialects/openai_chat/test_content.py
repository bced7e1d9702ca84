import pytest

from dragoman.dialects.history import Placed, read_history
from dragoman.dialects.losses import Losses
from dragoman.dialects.openai_chat.content import NO_VISION, ContentWriter
from dragoman.dialects.quirks import Quirks
from dragoman.messages.blocks import ToolUse
from tests.support.chat_requests import (
    PLAIN,
    PNG,
    assistant,
    call,
    conversation,
    image,
    pdf,
    result,
    text,
    tool,
    user,
)

PART = {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{PNG}", "detail": "auto"}}


class Content:
    """What one user message becomes."""

    def __init__(self, *blocks, quirks=PLAIN):
        (message,) = conversation(user(*blocks)).messages
        losses = Losses()
        self.writer = ContentWriter((), "some-model", quirks, losses)
        self.parts = self.writer.parts(Placed(0, n, block) for n, block in enumerate(message.content))
        self.lost = [(loss.field, loss.what) for loss in losses.as_tuple()]


class Output:
    """What one tool result becomes."""

    def __init__(self, answer, quirks=PLAIN, first=1, tools=()):
        history = conversation(user("q"), assistant(call()), user(answer), tools=[tool(), *tools])
        losses = Losses()
        writer = ContentWriter(history.tools, "some-model", quirks, losses)
        (one,) = read_history(history).turns[1].calls
        output = writer.tool_output(one, "Read", first)
        self.text = output.text
        self.attachments = list(output.attachments)
        self.lost = [(loss.field, loss.what) for loss in losses.as_tuple()]


def test_texts_are_text_parts_and_empty_ones_are_dropped():
    assert Content(text("a"), text(""), text("b")).parts == [text("a"), text("b")]


def test_a_base64_image_becomes_a_data_url():
    written = Content(image())
    assert written.parts == [PART]
    assert written.writer.blocks.media_bytes == len(PNG)
    assert written.writer.blocks.media_tokens > 0


def test_an_image_url_is_passed_on():
    written = Content(image(type="url", url="https://a.example/x.png"))
    assert written.parts[0]["image_url"]["url"] == "https://a.example/x.png"
    assert written.lost == []


def test_a_model_without_vision_is_told_of_the_image():
    written = Content(image(), quirks=Quirks(images=False))
    assert written.parts == [text(NO_VISION)]
    assert written.lost == [("messages.0.content.0", "dropped")]
    assert written.writer.blocks.media_bytes == 0


def test_a_server_that_fetches_no_images_gets_the_address_as_text():
    written = Content(image(type="url", url="https://a.example/x.png"), quirks=Quirks(image_urls=False))
    assert "https://a.example/x.png" in written.parts[0]["text"]
    assert written.lost == [("messages.0.content.0", "dropped")]


def test_an_image_in_a_file_store_is_a_loss():
    written = Content(image(type="file", file_id="file_1"))
    assert written.parts[0]["type"] == "text"
    assert written.lost == [("messages.0.content.0", "dropped")]


def test_a_pdf_is_a_file_part_where_files_are_accepted():
    written = Content(pdf(title="report.pdf"), quirks=Quirks(files=True))
    assert written.parts == [
        {
            "type": "file",
            "file": {"filename": "report.pdf", "file_data": "data:application/pdf;base64,JVBERi0x"},
        }
    ]
    assert written.writer.blocks.media_bytes == 8
    assert written.lost == []


def test_a_pdf_without_title_has_a_name():
    assert Content(pdf(), quirks=Quirks(files=True)).parts[0]["file"]["filename"] == "doc.pdf"


def test_a_pdf_is_a_note_and_a_loss_elsewhere():
    written = Content(pdf(title="report.pdf"))
    assert written.parts == [text("[document omitted: some-model cannot read PDF files: report.pdf]")]
    assert written.lost == [("messages.0.content.0", "dropped")]


@pytest.mark.parametrize(
    "source",
    [
        {"type": "text", "media_type": "text/plain", "data": "words"},
        {"type": "content", "content": "words"},
        {"type": "content", "content": [{"type": "text", "text": "words"}]},
    ],
)
def test_a_text_document_is_text_under_its_title(source):
    written = Content({"type": "document", "source": source, "title": "T"})
    assert written.parts == [text('<document title="T">\nwords\n</document>')]
    assert written.lost == []


def test_images_in_a_document_follow_its_text():
    source = {"type": "content", "content": [text("words"), image()]}
    assert Content({"type": "document", "source": source}).parts == [
        text("<document>\nwords\n</document>"),
        PART,
    ]


def test_a_document_elsewhere_is_a_note_and_a_loss():
    written = Content({"type": "document", "source": {"type": "url", "url": "https://a.example/x.pdf"}})
    assert "https://a.example/x.pdf" in written.parts[0]["text"]
    assert written.lost == [("messages.0.content.0", "dropped")]


def test_citations_are_a_loss():
    source = {"type": "text", "media_type": "text/plain", "data": "words"}
    cited = {"type": "document", "source": source, "citations": {"enabled": True}}
    found = {"type": "search_result", "source": "s", "title": "t", "content": [text("w")]}
    assert Content(cited).lost == [("messages.0.content.0.citations", "dropped")]
    assert Content(found | {"citations": {"enabled": True}}).lost == [
        ("messages.0.content.0.citations", "dropped")
    ]
    assert Content(found).lost == []


def test_a_search_result_is_text():
    found = {"type": "search_result", "source": "https://a.example", "title": "A", "content": [text("words")]}
    assert Content(found).parts == [
        text('<search_result source="https://a.example" title="A">\nwords\n</search_result>')
    ]


def test_an_unknown_block_is_a_note_and_a_loss():
    written = Content({"type": "hologram", "data": "x"}, text("a"))
    assert written.parts == [text("[hologram omitted: not supported by some-model]"), text("a")]
    assert written.lost == [("messages.0.content.0", "dropped")]


def test_blocks_that_say_nothing_are_dropped_silently():
    written = Content({"type": "fallback", "from": {}, "to": {}}, text("a"))
    assert written.parts == [text("a")]
    assert written.lost == []


def test_an_assistants_block_in_a_user_message_is_a_loss():
    written = Content({"type": "server_tool_use", "id": "s", "name": "web_search", "input": {}})
    assert written.parts == []
    assert written.lost == [("messages.0.content.0", "dropped")]


def test_cache_control_is_stripped_or_kept_as_the_server_likes():
    marked = text("a", cache_control={"type": "ephemeral", "ttl": "1h"})
    assert Content(marked).parts == [text("a")]
    assert Content(marked, quirks=Quirks(cache_control=True)).parts == [marked]


def test_texts_of_a_result_are_lines():
    assert Output(result(text("a"), text("b"))).text == "a\nb"


@pytest.mark.parametrize("content", ["", [], None, [{"type": "text", "text": ""}]])
def test_an_empty_result_is_an_empty_text(content):
    assert Output({"type": "tool_result", "tool_use_id": "toolu_1", "content": content}).text == ""


def test_a_result_without_content_is_an_empty_text():
    assert Output({"type": "tool_result", "tool_use_id": "toolu_1"}).text == ""


def test_a_server_that_refuses_empty_results_gets_a_filler():
    assert Output(result(""), quirks=Quirks(filler_for_empty="(no output)")).text == "(no output)"


def test_an_error_is_visible_to_the_model():
    assert Output(result("Exit code 2", is_error=True)).text == "[tool error] Exit code 2"
    assert Output(result("", is_error=True)).text == "[tool error]"


def test_an_image_in_a_result_is_attached_under_a_label():
    output = Output(result(text("look"), image()), first=3)
    assert output.text == "look\n[image attached below: 3]"
    assert output.attachments == [text("Image output of tool call Read (3):"), PART]


def test_a_pdf_in_a_result_is_attached_too():
    output = Output(result(pdf(title="a.pdf")), quirks=Quirks(files=True))
    assert output.text == "[document attached below: 1]"
    assert output.attachments[0] == text("Document output of tool call Read (1):")
    assert output.attachments[1]["type"] == "file"


def test_an_image_in_a_result_is_a_note_for_a_model_without_vision():
    output = Output(result(image()), quirks=Quirks(images=False))
    assert output.text == NO_VISION
    assert output.attachments == []
    assert output.lost == [("messages.2.content.0", "dropped")]


def test_tool_references_become_one_functions_block():
    references = [{"type": "tool_reference", "tool_name": name} for name in ("Search", "Fetch")]
    late = [tool("Fetch", description="Fetches.", defer_loading=True), tool("Search", defer_loading=True)]
    assert Output(result(*references), tools=late).text == (
        "<functions>\n"
        '<function>{"name":"Search","parameters":{"type":"object","properties":{}}}</function>\n'
        '<function>{"description":"Fetches.","name":"Fetch","parameters":{"type":"object","properties":{}}}'
        "</function>\n</functions>"
    )


def test_a_reference_to_an_unknown_tool_is_a_note_and_a_loss():
    output = Output(result({"type": "tool_reference", "tool_name": "Gone"}))
    assert output.text == "[the tool Gone is not available]"
    assert output.lost == [("messages.2.content.0", "dropped")]


def test_a_search_result_in_a_result_is_text():
    found = {"type": "search_result", "source": "s", "title": "t", "content": [text("w")]}
    assert "<search_result" in Output(result(found)).text


def test_a_missing_result_is_told_to_the_model_and_is_a_loss():
    history = conversation(user("q"), assistant(call()), user("never mind"))
    losses = Losses()
    (one,) = read_history(history).turns[1].calls
    assert isinstance(one.use, ToolUse)
    output = ContentWriter((), "m", PLAIN, losses).tool_output(one, "Read", 1)
    assert output.text == "[no result]"
    assert [(loss.field, loss.what) for loss in losses.as_tuple()] == [
        ("messages.1.content.0", "approximated")
    ]
