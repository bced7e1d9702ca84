import pytest

from dragoman.wire.sse import MAX_FRAME_BYTES, Frame, FrameTooLarge, SseDecoder, comment


def frames_of(*pieces: bytes) -> list[Frame]:
    decoder = SseDecoder()
    return [frame for piece in pieces for frame in decoder.feed(piece)] + decoder.finish()


def test_frame_has_name_data_and_its_own_bytes():
    raw = b'event: ping\ndata: {"type": "ping"}\n\n'
    assert frames_of(raw) == [Frame(b'{"type": "ping"}', b"ping", raw)]


def test_frame_of_one_data_line_has_no_name():
    assert frames_of(b'data: {"a":1}\n\n') == [Frame(b'{"a":1}', b"", b'data: {"a":1}\n\n')]


def test_frames_of_carriage_returns_and_line_feeds_have_name_data_and_their_own_bytes():
    named, plain = b'event: ping\r\ndata: {"a":1}\r\n\r\n', b"data: {}\r\n\r\n"
    whole = named + plain + b": cut"
    frames = [Frame(b'{"a":1}', b"ping", named), Frame(b"{}", b"", plain)]
    for cut in range(len(whole) + 1):
        assert frames_of(whole[:cut], whole[cut:]) == frames


@pytest.mark.parametrize("end", [b"\n", b"\r\n", b"\r"], ids=["LF", "CRLF", "CR"])
def test_every_kind_of_line_end_ends_lines(end):
    raw = end.join([b"event: a", b"data: 1", b"", b"data: 2", b"", b""])
    assert [(frame.event, frame.data) for frame in frames_of(raw)] == [(b"a", b"1"), (b"", b"2")]


def test_line_ends_may_be_mixed_in_one_stream():
    raw = b"data: 1\n\ndata: 2\r\n\r\ndata: 3\n\r\ndata: 4\r\rdata: 5\n\n"
    assert [frame.data for frame in frames_of(raw)] == [b"1", b"2", b"3", b"4", b"5"]


@pytest.mark.parametrize("inside", ["\u2028", "\u2029", "\x85", "\x0b", "\x0c", "\x1c"])
def test_unicode_line_separators_are_data(inside):
    raw = f"data: a{inside}{inside}b\n\n".encode()
    assert frames_of(raw) == [Frame(f"a{inside}{inside}b".encode(), b"", raw)]


def test_data_lines_are_joined_by_line_feeds():
    assert frames_of(b"data: a\ndata:b\ndata\ndata:  c\n\n")[0].data == b"a\nb\n\n c"


def test_comment_is_a_frame_without_data():
    assert frames_of(b": keep-alive\n\n") == [Frame(None, b"", b": keep-alive\n\n")]


def test_comment_beside_data_is_left_out_of_the_data():
    assert frames_of(b": hello\ndata: x\n\n")[0].data == b"x"


def test_unknown_fields_are_ignored():
    assert frames_of(b"id: 7\nretry: 10\ndatabase: no\ndata: x\n\n") == [
        Frame(b"x", b"", b"id: 7\nretry: 10\ndatabase: no\ndata: x\n\n")
    ]


def test_last_of_several_names_counts():
    assert frames_of(b"event: a\nevent: b\ndata: x\n\n")[0].event == b"b"


def test_colon_inside_a_value_is_part_of_it():
    assert frames_of(b"event: a\ndata: b: c\n\n")[0].data == b"b: c"


@pytest.mark.parametrize("cut", [1, 2, 3])
def test_byte_order_mark_is_no_data_however_it_is_cut(cut):
    raw = b"\xef\xbb\xbfdata: x\n\n"
    assert frames_of(raw[:cut], raw[cut:]) == [Frame(b"x", b"", b"data: x\n\n")]


def test_byte_order_mark_in_the_middle_is_data():
    assert frames_of(b"data: \xef\xbb\xbfx\n\n")[0].data == b"\xef\xbb\xbfx"


def test_carriage_return_at_the_end_waits_for_its_line_feed():
    decoder = SseDecoder()
    assert decoder.feed(b"data: x\r\n\r") == []
    assert decoder.feed(b"\n") == [Frame(b"x", b"", b"data: x\r\n\r\n")]


def test_end_of_stream_settles_a_waiting_carriage_return():
    decoder = SseDecoder()
    assert decoder.feed(b"data: x\r\r") == []
    assert decoder.finish() == [Frame(b"x", b"", b"data: x\r\r")]


@pytest.mark.parametrize("rest", [b"data: y", b"data: y\n", b"data: y\r\n", b"data: y\r"])
def test_frame_without_its_blank_line_is_dropped(rest):
    assert [frame.data for frame in frames_of(b"data: x\n\n", rest)] == [b"x"]


def test_extra_blank_lines_belong_to_the_frame_after_them_however_they_are_cut():
    raw = b"data: x\n\n\ndata: y\n\n"
    frames = [Frame(b"x", b"", b"data: x\n\n"), Frame(b"y", b"", b"\ndata: y\n\n")]
    for cut in range(len(raw) + 1):
        assert frames_of(raw[:cut], raw[cut:]) == frames


@pytest.mark.parametrize("line_end", [b"\n", b"\r\n"])
def test_frame_that_never_ends_is_refused(line_end):
    decoder = SseDecoder()
    decoder.feed(b": first" + line_end + line_end)
    piece = b"data: " + b"x" * (MAX_FRAME_BYTES // 2)
    decoder.feed(piece)
    with pytest.raises(FrameTooLarge, match="16 MiB"):
        decoder.feed(piece)


def test_comment_is_written_as_a_frame_of_its_own():
    assert frames_of(comment("waiting")) == [Frame(None, b"", b": waiting\n\n")]


@pytest.mark.parametrize(
    ("pieces", "rest"),
    [
        ((), b""),
        ((b"data: x\n\n",), b""),
        ((b"data: x\n\nda", b"ta: y"), b"data: y"),
        ((b"data: x\r\n\r\ndata: y\r\n",), b"data: y\r\n"),
        ((b"{\n", b'"error": 1\n}'), b'{\n"error": 1\n}'),
        ((b"\xef", b"\xbb\xbfdata"), b"data"),
    ],
)
def test_rest_is_what_no_frame_has_taken_yet(pieces, rest):
    decoder = SseDecoder()
    for piece in pieces:
        decoder.feed(piece)
    assert decoder.rest == rest
    assert decoder.rest == rest


def test_frame_that_the_end_of_the_stream_settles_leaves_no_rest():
    decoder = SseDecoder()
    decoder.feed(b"data: x\r\r")
    assert decoder.rest == b"data: x\r\r"
    decoder.finish()
    assert decoder.rest == b""
