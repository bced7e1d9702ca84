"""Seen from a dialect's side in test_content.py of both that use it."""

import pytest

from dragoman.dialects.block_parts import BlockParts
from dragoman.dialects.image_urls import NO_VISION, image_part
from dragoman.dialects.losses import Losses
from dragoman.dialects.quirks import Quirks
from dragoman.messages.blocks import Image
from tests.support.chat_requests import PNG


class Own:
    def text_part(self, text):
        return {"text": text}

    def image_part(self, image, path):
        raise AssertionError

    def file_parts(self, document, path):
        raise AssertionError


DATA = {"type": "base64", "media_type": "image/jpeg", "data": PNG}
WEB = {"type": "url", "url": "https://x.example/a.png"}


def written(source, **quirks):
    own, losses = Own(), Losses()
    blocks = BlockParts(own, (), "some-model", losses)
    part = image_part(
        Image(source), "messages.0.content.1", blocks, Quirks(**quirks), losses, lambda url: {"url": url}
    )
    return part, [(loss.field, loss.what) for loss in losses.as_tuple()], blocks.media_bytes


def test_data_becomes_a_data_url_and_is_weighed():
    assert written(DATA) == ({"url": f"data:image/jpeg;base64,{PNG}"}, [], len(PNG))


def test_the_loss_of_a_url_names_the_way_out():
    own, losses = Own(), Losses()
    blocks = BlockParts(own, (), "some-model", losses)
    image_part(Image(WEB), "messages.0.content.1", blocks, Quirks(image_urls=False), losses, lambda url: {})
    assert losses.as_tuple()[0].why.endswith("; FETCH_URLS=true lets Dragoman fetch it")


def test_a_url_is_passed_on_and_weighs_nothing():
    assert written(WEB) == ({"url": WEB["url"]}, [], 0)


@pytest.mark.parametrize(
    ("source", "quirks", "note"),
    [
        (DATA, {"images": False}, NO_VISION),
        (WEB, {"image_urls": False}, f"[image omitted: the model cannot open {WEB['url']}]"),
        ({"type": "file", "file_id": "file_1"}, {}, "[image omitted: it is not in the request itself]"),
    ],
    ids=["blind", "fetches none", "uploaded"],
)
def test_an_image_without_a_usable_url_is_a_note_and_a_loss(source, quirks, note):
    assert written(source, **quirks) == ({"text": note}, [("messages.0.content.1", "dropped")], 0)
