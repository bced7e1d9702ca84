import base64

import pytest

from dragoman.emulation.pages.page_document import page_document


def test_a_text_is_a_text_document():
    document = page_document("Grüße".encode(), "text/plain", "utf-8", None)
    assert document is not None
    assert document["source"] == {"type": "text", "media_type": "text/plain", "data": "Grüße"}


def test_a_pdf_stays_what_it_is():
    document = page_document(b"%PDF-1.7", "application/pdf", "utf-8", 1)
    assert document is not None
    assert base64.b64decode(document["source"]["data"]) == b"%PDF-1.7"
    assert (document["source"]["type"], document["source"]["media_type"]) == ("base64", "application/pdf")


def test_text_is_cut_where_the_client_wants_no_more():
    document = page_document(b"word " * 100, "text/plain", "utf-8", 10)
    assert document is not None
    assert document["source"]["data"] == "word " * 8


@pytest.mark.parametrize(
    "media_type", ["application/json", "application/ld+json", "image/svg+xml", "text/markdown"]
)
def test_whatever_is_text_is_read(media_type):
    document = page_document(b'{"a": 1}', media_type, "utf-8", None)
    assert document is not None
    assert "1" in document["source"]["data"]


@pytest.mark.parametrize("media_type", ["image/png", "application/zip", "video/mp4", ""])
def test_what_no_model_reads_is_no_document(media_type):
    assert page_document(b"...", media_type, "utf-8", None) is None
