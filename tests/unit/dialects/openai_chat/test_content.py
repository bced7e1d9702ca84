import pytest

from dragoman.dialects.history import Placed
from dragoman.dialects.image_urls import NO_VISION
from dragoman.dialects.losses import Losses
from dragoman.dialects.openai_chat.content import ContentWriter
from dragoman.dialects.quirks import Quirks
from tests.support.chat_requests import (
    PLAIN,
    PNG,
    conversation,
    image,
    pdf,
    text,
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


def test_what_is_said_about_a_file_stands_before_it():
    told, file = Content(pdf(context="a draft"), quirks=Quirks(files=True)).parts
    assert told == {"type": "text", "text": "a draft"}
    assert file["type"] == "file"


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
