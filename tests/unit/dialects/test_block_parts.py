import pytest

from dragoman.dialects.block_parts import BlockParts
from dragoman.dialects.losses import Losses
from dragoman.messages.blocks import (
    Compaction,
    Document,
    Image,
    RedactedThought,
    SearchResult,
    Text,
    Thought,
    ToolReference,
    ToolUse,
    UnknownBlock,
)
from dragoman.messages.request import Tool

IMAGE = {"type": "base64", "media_type": "image/png", "data": "aGk="}


class OwnParts:
    """Implements `Parts`, and says which it was asked for."""

    def text_part(self, text):
        return {"text": text}

    def image_part(self, image, path):
        return {"image": image.source["data"], "at": path}

    def file_parts(self, document, path):
        return [{"file": document.source["type"], "at": path}]


def parts_of(block):
    losses = Losses()
    own = OwnParts()
    parts = BlockParts(own, [], "a-model", losses).of(block, "here")
    return parts, [(loss.field, loss.what) for loss in losses.as_tuple()]


@pytest.mark.parametrize(
    ("block", "parts", "lost"),
    [
        (Text("hi"), [{"text": "hi"}], []),
        (Text(""), [], []),
        (Image(IMAGE), [{"image": "aGk=", "at": "here"}], []),
        (
            Image(IMAGE, whole=True),
            [{"image": "aGk=", "at": "here"}],
            [("here.transformations", "dropped")],
        ),
        (Document({"type": "base64", "data": "x"}), [{"file": "base64", "at": "here"}], []),
        (Document({"type": "file", "file_id": "f"}), [{"file": "file", "at": "here"}], []),
        (Document({"type": "text", "data": "a"}), [{"text": "<document>\na\n</document>"}], []),
        (
            Document({"type": "content", "content": "a"}, title="T"),
            [{"text": '<document title="T">\na\n</document>'}],
            [],
        ),
        (
            Document({"type": "url", "url": "u"}, citations=True),
            [{"file": "url", "at": "here"}],
            [("here.citations", "dropped")],
        ),
        (
            SearchResult("s", "t", "found", citations=True),
            [{"text": '<search_result source="s" title="t">\nfound\n</search_result>'}],
            [("here.citations", "dropped")],
        ),
        (
            UnknownBlock("hologram", {}),
            [{"text": "[hologram omitted: not supported by a-model]"}],
            [("here", "dropped")],
        ),
        (UnknownBlock("fallback", {}), [], []),
        (Thought("t", "s"), [], []),
        (RedactedThought("d"), [], []),
        (Compaction("c"), [], []),
        (ToolUse("i", "n", {}), [], [("here", "dropped")]),
    ],
    ids=lambda value: type(value).__name__,
)
def test_each_block_becomes_parts_or_a_loss(block, parts, lost):
    assert parts_of(block) == (parts, lost)


def test_document_of_blocks_keeps_its_images_behind_its_text():
    content = [
        {"type": "text", "text": "a"},
        {"type": "image", "source": IMAGE},
        {"type": "text", "text": "b"},
        "odd",
    ]
    assert parts_of(Document({"type": "content", "content": content}))[0] == [
        {"text": "<document>\na\nb\n</document>"},
        {"image": "aGk=", "at": "here"},
    ]


def test_tool_that_a_reference_names_is_found_or_said_to_be_missing():
    losses = Losses()
    blocks = BlockParts(OwnParts(), [Tool("Known")], "m", losses)
    texts = []
    assert blocks.referenced(ToolReference("Known"), "here", texts) == [Tool("Known")]
    assert (texts, losses.as_tuple()) == ([], ())
    assert blocks.referenced(ToolReference("Other"), "here", texts) == []
    assert texts == ["[the tool Other is not available]"]
    assert [loss.field for loss in losses.as_tuple()] == ["here"]


def test_media_are_added_up():
    blocks = BlockParts(OwnParts(), [], "m", Losses())
    blocks.count_media("image", IMAGE, IMAGE["data"])
    once = (blocks.media_bytes, blocks.media_tokens)
    blocks.count_media("document", {"type": "base64", "data": "aGk="}, "aGk=")
    assert once[0] == 4
    assert blocks.media_bytes == 8
    assert blocks.media_tokens > once[1] > 0
