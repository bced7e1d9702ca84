import pytest
from msgspec.structs import replace

from dragoman.dialects.history import read_history
from dragoman.dialects.image_urls import NO_VISION
from dragoman.dialects.losses import Losses
from dragoman.dialects.openai_responses.content import ContentWriter
from dragoman.dialects.quirks import Quirks
from tests.support.chat_requests import (
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
from tests.support.responses_requests import NEWEST, input_text

IMAGE = {"type": "input_image", "image_url": f"data:image/png;base64,{PNG}", "detail": "auto"}
PDF = {"type": "input_file", "filename": "document.pdf", "file_data": "data:application/pdf;base64,JVBERi0x"}
PLACE = "messages.0.content.0"


class Content:
    """What one user message becomes, and what was lost."""

    def __init__(self, *blocks, quirks=NEWEST, markers=None):
        (turn,) = read_history(conversation(user(*blocks))).turns
        losses = Losses()
        self.writer = ContentWriter((), "some-model", quirks, losses, markers or {})
        self.parts = self.writer.parts(turn.blocks)
        self.lost = {loss.field: loss.what for loss in losses.as_tuple()}


def answer(*blocks, quirks=NEWEST, **fields):
    """What answers a call whose result holds `blocks`: the output, and the tools that come later."""
    tools = [tool("Read"), tool("Late", description="later", defer_loading=True)]
    asked = conversation(user("q"), assistant(call()), user(result(*blocks, **fields)), tools=tools)
    (made,) = read_history(asked).turns[1].calls
    losses = Losses()
    output, loaded = ContentWriter(asked.tools, "some-model", quirks, losses, {}).output(made)
    return output, [tool.name for tool in loaded], {loss.field: loss.what for loss in losses.as_tuple()}


def output(*blocks, **fields):
    return answer(*blocks, **fields)[0]


def test_texts_are_text_parts_and_empty_ones_are_dropped():
    assert Content(text("a"), text(""), text("b")).parts == [input_text("a"), input_text("b")]


def test_images_and_files_are_parts_and_are_weighed():
    written = Content(image(), pdf())
    assert written.parts == [IMAGE, PDF]
    assert written.lost == {}
    assert written.writer.blocks.media_bytes == len(PNG) + len("JVBERi0x")
    assert written.writer.blocks.media_tokens > 0


def test_images_and_files_at_an_address_are_left_there():
    address = "https://a.test/x"
    assert Content(image(type="url", url=address)).parts == [IMAGE | {"image_url": address}]
    document = {"type": "document", "source": {"type": "url", "url": address}}
    assert Content(document).parts == [{"type": "input_file", "file_url": address}]


def test_a_file_has_its_title_as_name_and_its_context_before_it():
    written = Content(pdf(title="Plan.pdf", context="of last year"))
    assert written.parts == [
        input_text("<context>of last year</context>"),
        PDF | {"filename": "Plan.pdf"},
    ]


@pytest.mark.parametrize(
    "document",
    [
        {"type": "text", "media_type": "text/plain", "data": "words"},
        {"type": "content", "content": "words"},
        {"type": "content", "content": [{"type": "text", "text": "words"}]},
    ],
)
def test_a_document_of_text_is_told_as_text(document):
    (part,) = Content({"type": "document", "source": document}).parts
    assert part["type"] == "input_text"
    assert "words" in part["text"]


def test_a_model_without_vision_is_told_that_there_was_an_image():
    written = Content(image(), quirks=replace(NEWEST, images=False))
    assert written.parts == [input_text(NO_VISION)]
    assert written.lost == {PLACE: "dropped"}


@pytest.mark.parametrize(
    ("block", "quirks"),
    [
        (pdf(), replace(NEWEST, files=False)),
        (image(type="url", url="https://a.test/x"), replace(NEWEST, image_urls=False)),
        (image(type="file", file_id="file_1"), NEWEST),
        ({"type": "document", "source": {"type": "file", "file_id": "file_1"}}, NEWEST),
    ],
)
def test_what_cannot_be_sent_is_named_as_text_and_as_a_loss(block, quirks):
    written = Content(block, quirks=quirks)
    (part,) = written.parts
    assert part["type"] == "input_text"
    assert "omitted" in part["text"]
    assert written.lost == {PLACE: "dropped"}


def test_a_cache_marker_stands_on_the_last_part_of_its_block():
    marked = Content(text("a"), pdf(context="c"), markers={(0, 1): {"type": "ephemeral"}})
    assert ["prompt_cache_breakpoint" in part for part in marked.parts] == [False, False, True]
    assert marked.parts[2]["prompt_cache_breakpoint"] == {"mode": "explicit"}


def test_a_cache_marker_on_nothing_marks_nothing():
    assert Content(text("a"), text(""), markers={(0, 1): {}}).parts == [input_text("a")]


@pytest.mark.parametrize(
    ("blocks", "told"),
    [
        (["ok"], "ok"),
        ([text("a"), text(""), text("b")], "a\nb"),
        ([], ""),
        ([text("")], ""),
        ([""], ""),
    ],
)
def test_a_result_of_texts_is_a_string(blocks, told):
    assert output(*blocks) == told


def test_a_server_that_wants_no_empty_string_gets_its_filler():
    assert output(quirks=replace(NEWEST, filler_for_empty="(no output)")) == "(no output)"


def test_a_result_with_an_image_or_a_file_is_a_list_in_the_same_order():
    assert output("a", image(), "b", pdf()) == [input_text("a"), IMAGE, input_text("b"), PDF]


def test_an_error_says_so_in_its_first_text():
    assert output("no such file", is_error=True) == "[tool error] no such file"
    assert output(is_error=True) == "[tool error]"
    assert output(image(), "a", "b", is_error=True) == [IMAGE, input_text("[tool error] a"), input_text("b")]
    assert output(image(), is_error=True) == [input_text("[tool error]"), IMAGE]


def test_an_image_in_a_result_for_a_model_without_vision_is_text():
    blind = replace(NEWEST, images=False)
    assert answer("a", image(), quirks=blind) == (f"a\n{NO_VISION}", [], {"messages.2.content.0": "dropped"})


REFERENCE = {"type": "tool_reference", "tool_name": "Late"}


def test_a_reference_loads_its_tool_where_tools_may_come_later():
    assert answer(REFERENCE) == ("Tools loaded: Late", ["Late"], {})


def test_a_reference_is_the_tools_definition_elsewhere():
    told, loaded, _ = answer(REFERENCE, quirks=replace(NEWEST, additional_tools=False))
    assert loaded == []
    assert told.startswith("<functions>\n<function>")
    assert '"name":"Late"' in told


def test_a_reference_to_no_tool_is_told_to_the_model():
    told, loaded, lost = answer({"type": "tool_reference", "tool_name": "Gone"})
    assert told == "[the tool Gone is not available]"
    assert loaded == []
    assert list(lost.values()) == ["dropped"]


def test_a_call_without_a_result_is_answered_for_the_client():
    (made,) = read_history(conversation(user("q"), assistant(call()), user("r"))).turns[1].calls
    losses = Losses()
    assert ContentWriter((), "m", Quirks(), losses, {}).output(made) == ("[no result]", [])
    assert [loss.what for loss in losses.as_tuple()] == ["approximated"]
