from dragoman.emulation.page_text import page_text


def test_plain_text_is_told_as_it_is():
    assert page_text("Grüße".encode(), "text/plain", "utf-8") == ("", "Grüße")
