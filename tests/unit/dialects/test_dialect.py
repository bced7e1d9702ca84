from dragoman.dialects.dialect import Loss, Written


def test_what_is_written_is_streamed_and_lossless_unless_said_otherwise():
    written = Written("/path", b"{}")
    assert written.streaming
    assert written.losses == ()
    assert written.empty_answer == ""


def test_equal_losses_are_one():
    assert len({Loss("top_k", "dropped"), Loss("top_k", "dropped"), Loss("top_k", "approximated")}) == 2
