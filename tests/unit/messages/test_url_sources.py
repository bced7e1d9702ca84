from dragoman.messages.parse import parse_conversation, parse_request
from dragoman.messages.request import MessagesRequest
from dragoman.messages.url_sources import UrlSource, url_sources, with_sources
from dragoman.wire.jsonbytes import decode, encode

BYTES = {"type": "base64", "media_type": "image/png", "data": "iVBORw0KGgo="}


def by_url(kind: str, name: str) -> dict:
    return {"type": kind, "source": {"type": "url", "url": f"https://x.example/{name}"}}


def asked(*messages: dict) -> MessagesRequest:
    body = {"model": "m", "max_tokens": 1, "temperature": 1.0, "messages": list(messages)}
    return parse_request(encode(body), (("x-a", "1"),))


EVERYWHERE = asked(
    {"role": "user", "content": "https://x.example/in-a-text"},
    {
        "role": "user",
        "content": [
            {"type": "text", "text": "hi"},
            by_url("image", "a.png"),
            by_url("document", "b.pdf"),
            {"type": "image", "source": BYTES},
            {"type": "image", "source": {"type": "file", "file_id": "file_1"}},
        ],
    },
    {"role": "assistant", "content": [by_url("image", "no.png"), by_url("document", "no.pdf")]},
    {
        "role": "user",
        "content": [
            {
                "type": "tool_result",
                "tool_use_id": "t",
                "content": [by_url("image", "c.png"), by_url("document", "d.pdf")],
            },
            {"type": "tool_result", "tool_use_id": "u", "content": "https://x.example/in-a-text"},
            {"type": "document", "source": {"type": "content", "content": [by_url("image", "e.png")]}},
            {"type": "document", "source": {"type": "content", "content": "text"}},
        ],
    },
)
FOUND = [
    ("messages.1.content.1.source", "image", "a.png"),
    ("messages.1.content.2.source", "document", "b.pdf"),
    ("messages.3.content.0.content.0.source", "image", "c.png"),
    ("messages.3.content.0.content.1.source", "document", "d.pdf"),
    ("messages.3.content.2.source.content.0.source", "image", "e.png"),
]


def test_they_are_found_wherever_a_user_message_has_them():
    assert url_sources(EVERYWHERE) == [
        UrlSource(path, medium, f"https://x.example/{name}") for path, medium, name in FOUND
    ]


def test_what_has_another_shape_is_none():
    odd = asked(
        {"role": "user", "content": [None, 7, "x", {"type": "image"}, {"type": "image", "source": "u"}]},
        {
            "role": "user",
            "content": [{"type": "image", "source": {"type": "url", "url": 7}}, {"type": "video"}],
        },
        {"role": "user", "content": [{"type": "tool_result", "content": {"type": "image"}}]},
    )
    assert url_sources(odd) == []


def test_the_new_request_has_them_replaced_and_says_the_same_in_bytes():
    before = encode(EVERYWHERE.raw)
    new = with_sources(EVERYWHERE, {path: BYTES for path, *_ in FOUND})
    assert encode(EVERYWHERE.raw) == before
    assert url_sources(new) == []
    assert new.body.count(b"iVBORw0KGgo=") == len(FOUND) + 1
    assert decode(new.body) == new.raw
    parse_conversation(new)


def test_everything_else_is_as_it_was():
    new = with_sources(EVERYWHERE, {"messages.1.content.1.source": BYTES})
    assert (new.model, new.stream, new.max_tokens, new.headers, new.counting) == (
        "m",
        False,
        1,
        (("x-a", "1"),),
        False,
    )
    assert new.raw["messages"][3] is EVERYWHERE.raw["messages"][3]
    expected = decode(EVERYWHERE.body)
    expected["messages"][1]["content"][1]["source"] = BYTES
    assert new.raw == expected
    assert list(new.raw) == list(EVERYWHERE.raw)
