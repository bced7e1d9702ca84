"""Seen through the parts of Chat Completions."""

import pytest

from dragoman.dialects.history import read_history
from dragoman.dialects.image_urls import NO_VISION
from dragoman.dialects.losses import Losses
from dragoman.dialects.openai_chat.content import ContentWriter
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


class Output:
    """What one tool result becomes."""

    def __init__(self, answer, quirks=PLAIN, first=1, tools=()):
        history = conversation(user("q"), assistant(call()), user(answer), tools=[tool(), *tools])
        losses = Losses()
        writer = ContentWriter(history.tools, "some-model", quirks, losses)
        (one,) = read_history(history).turns[1].calls
        output = writer.results.of(one, first)
        self.text = output.text
        self.attachments = list(output.attachments)
        self.lost = [(loss.field, loss.what) for loss in losses.as_tuple()]


def test_texts_of_a_result_are_lines_and_empty_ones_are_none():
    assert Output(result(text("a"), text(""), text("b"))).text == "a\nb"


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
    output = ContentWriter((), "m", PLAIN, losses).results.of(one, 1)
    assert output.text == "[no result]"
    assert [(loss.field, loss.what) for loss in losses.as_tuple()] == [
        ("messages.1.content.0", "approximated")
    ]
