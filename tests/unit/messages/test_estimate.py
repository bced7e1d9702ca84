import base64
import importlib
import inspect
import json
import random
from pathlib import Path

import pytest
import toktok
from hypothesis import given, settings
from hypothesis import strategies as st

from dragoman.messages.estimate import (
    CALL_TOKENS,
    LARGEST_IMAGE_TOKENS,
    MESSAGE_TOKENS,
    TOKENS_PER_PAGE,
    estimate_media_tokens,
    estimate_tokens,
    image_tokens,
    read_prompt,
    structure_tokens,
)
from dragoman.messages.parse import parse_request
from dragoman.wire.jsonbytes import encode
from tests.unit.messages.test_image_size import jpeg, png

FIXTURES = sorted((Path(__file__).parents[2] / "fixtures" / "claude-code").glob("*.json"))
BASE = {"model": "m", "max_tokens": 1, "messages": [{"role": "user", "content": "hi"}]}


def o200k(*texts: str) -> int:
    return sum(toktok.batch_count(list(texts), "o200k_base"))


def count(**changes) -> int:
    return read_prompt(parse_request(json.dumps({**BASE, **changes}).encode(), ())).estimate()


def image(data: bytes) -> dict:
    source = {"type": "base64", "media_type": "image/png", "data": base64.b64encode(data).decode()}
    return {"type": "image", "source": source}


def pdf(data: bytes) -> dict:
    source = {"type": "base64", "media_type": "application/pdf", "data": base64.b64encode(data).decode()}
    return {"type": "document", "source": source}


CHINESE = (
    "模型无法直接读取文件，因此客户端会先发送一个工具调用，然后把结果作为下一条消息返回。"
    "选项 --verbose 已废弃：编译器若遇未闭合括号，须抛出语法异常，并附上行号、列号及堆栈。"
) * 20
JAPANESE = "このゲートウェイは、別の言語を話すモデルとクライアントの間で通訳の役目を果たします。" * 30
GERMAN = (
    "Der Vermittler übersetzt jede Anfrage in die Sprache des Modells und die Antwort wieder zurück. " * 30
)
TABLE = json.dumps(
    [{"id": n, "name": f"item {n}", "price": n * 1.25, "tags": ["a", "b"]} for n in range(120)]
)


def prose_of(module: str) -> str:
    """What the documentation of a module's functions says."""
    members = inspect.getmembers(importlib.import_module(module), inspect.isroutine)
    return "\n\n".join(inspect.getdoc(member) or "" for _, member in members)


def texts_of_known_kind():
    for module in (
        "argparse",
        "asyncio.tasks",
        "csv",
        "http.client",
        "logging",
        "pathlib",
        "textwrap",
        "typing",
    ):
        source = inspect.getsource(importlib.import_module(module))
        yield pytest.param(source[2000:10_000], id=f"code {module}")
    for module in ("os", "shutil", "difflib", "heapq", "logging", "turtle", "statistics"):
        yield pytest.param(prose_of(module)[:8000], id=f"prose {module}")
    for name, text in {"chinese": CHINESE, "japanese": JAPANESE, "german": GERMAN, "table": TABLE}.items():
        yield pytest.param(text, id=name)


@pytest.mark.parametrize("text", list(texts_of_known_kind()))
def test_the_guess_is_near_the_count_of_a_real_tokenizer(text):
    guess = estimate_tokens(encode(text))
    assert 0.85 * o200k(text) < guess < 1.25 * o200k(text)


def chat_body(kilobytes: int, seed: int) -> tuple[bytes, int]:
    """A Chat Completions request of mixed texts, and what o200k_base counts in it."""
    choose = random.Random(seed)
    texts = [param.values[0] for param in texts_of_known_kind()][:15]
    tools = json.loads(FIXTURES[0].read_text())["requests"][0]["body"].get("tools", [])[:10]
    messages, size = [], 0
    while size < kilobytes * 1024:
        text = choose.choice(texts)[: choose.randint(200, 6000)]
        messages.append({"role": choose.choice(["user", "assistant"]), "content": text})
        size += len(text)
    truth = o200k(*(message["content"] for message in messages), encode(tools).decode()) + 4 * len(messages)
    return encode({"model": "gpt", "messages": messages, "tools": tools, "stream": True}), truth


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("kilobytes", [40, 100, 300])
def test_the_guess_for_a_whole_request_is_within_fifteen_percent(kilobytes, seed):
    body, truth = chat_body(kilobytes, seed)
    assert 0.85 * truth < estimate_tokens(body) < 1.15 * truth


@pytest.mark.parametrize("kilobytes", [3, 100, 2000])
def test_base64_media_weighs_nothing(kilobytes):
    body, _ = chat_body(60, 1)
    data = base64.b64encode(random.Random(2).randbytes(kilobytes * 750))
    with_media = body[:-1] + b',"url":"' + data + b'"}'
    guess = estimate_tokens(with_media, len(data))
    assert abs(guess / estimate_tokens(body) - 1) < 0.2


def test_a_body_of_nothing_but_media_still_has_an_estimate():
    data = base64.b64encode(bytes(3000))
    assert 0 < estimate_tokens(b'{"a":"' + data + b'"}', len(data)) < 50


def test_nothing_is_no_tokens_and_anything_is_at_least_one():
    assert estimate_tokens(b"") == 0
    assert estimate_tokens(b"a") == 1
    assert estimate_tokens(b"abc", 9999) == 0


@pytest.mark.parametrize(
    ("width", "height", "tokens"),
    [(1, 1, 1), (200, 200, 54), (1000, 1000, 1334), (1092, 1092, 1590), (8000, 8000, 1600), (4000, 400, 328)],
)
def test_an_image_costs_by_its_pixels_after_scaling(width, height, tokens):
    assert image_tokens(width, height) == tokens


@pytest.mark.parametrize(
    ("block", "tokens"),
    [
        (image(png(200, 200)), 54),
        (image(jpeg(1000, 1000) + bytes(100_000)), 1334),
        (image(b"no image"), LARGEST_IMAGE_TOKENS),
        ({"type": "image", "source": {"type": "url", "url": "https://h/i"}}, LARGEST_IMAGE_TOKENS),
        ({"type": "image", "source": {"type": "base64", "data": "\u00e9"}}, LARGEST_IMAGE_TOKENS),
        (pdf(b"%PDF-1.4 /Type /Pages /Type /Page\n/Type/Page /Type /Page\n"), 3 * TOKENS_PER_PAGE),
        (pdf(b"%PDF-1.5 compressed" + bytes(500_000)), 5 * TOKENS_PER_PAGE),
        (pdf(b"x"), TOKENS_PER_PAGE),
        ({"type": "document", "source": {"type": "url", "url": "https://h/d"}}, TOKENS_PER_PAGE),
        ({"type": "document", "source": None}, 1),
        ({"type": "image"}, 1),
    ],
)
def test_a_medium_costs_by_what_its_header_says(block, tokens):
    assert estimate_media_tokens(block) == tokens


def test_a_document_of_text_costs_what_its_text_costs():
    text = prose_of("shutil")
    plain = {"type": "document", "source": {"type": "text", "media_type": "text/plain", "data": text}}
    parts = {"type": "document", "source": {"type": "content", "content": [{"type": "text", "text": text}]}}
    for block in (plain, parts):
        assert 0.85 * o200k(text) < estimate_media_tokens(block) < 1.25 * o200k(text)


def test_only_the_first_megabytes_of_a_large_pdf_are_read():
    page = b"/Type /Page " + b"x" * 10_000
    guess = estimate_media_tokens(pdf(page * 1000)) / TOKENS_PER_PAGE
    assert 950 < guess < 1050


ADDITIONS = [
    {"system": "x"},
    {"system": [{"type": "text", "text": "x"}]},
    {"tools": [{"name": "t"}]},
    {"tools": [{"name": "t", "input_schema": {}, "defer_loading": True}]},
    {"output_config": {"format": {"type": "json_schema", "schema": {}}}},
    {"messages": [*BASE["messages"], {"role": "assistant", "content": ""}]},
    {"messages": [*BASE["messages"], {"role": "user", "content": [image(png(8, 8))]}]},
    {"messages": [{"role": "user", "content": "hi there"}]},
]


@pytest.mark.parametrize("addition", ADDITIONS, ids=str)
def test_whatever_is_added_raises_the_count(addition):
    assert count(**addition) > count()


blocks = st.sampled_from(
    [
        {"type": "text", "text": "more words"},
        {"type": "text", "text": ""},
        image(png(100, 100)),
        pdf(b"%PDF /Type /Page"),
        {"type": "tool_use", "id": "i", "name": "Read", "input": {"path": "x"}},
        {"type": "tool_result", "tool_use_id": "i"},
        {"type": "tool_result", "tool_use_id": "i", "content": "found"},
        {
            "type": "tool_result",
            "tool_use_id": "i",
            "content": [{"type": "tool_reference", "tool_name": "Late"}],
        },
        {"type": "thinking", "thinking": "hm", "signature": "s" * 500},
        {"type": "redacted_thinking", "data": "d"},
        {"type": "search_result", "source": "s", "title": "t", "content": []},
        {"type": "frob"},
    ]
)
contents = st.lists(blocks, max_size=5)
tools = st.lists(st.sampled_from(["Read", "Late", "Write"]), unique=True, max_size=3).map(
    lambda names: [{"name": name, "defer_loading": name == "Late", "description": "d" * 50} for name in names]
)


@given(contents, contents, tools, blocks)
def test_one_more_block_always_raises_the_count(first, second, offered, block):
    def counted(content):
        messages = [{"role": "user", "content": content}, {"role": "assistant", "content": second}]
        return count(messages=messages, tools=offered)

    assert counted([*first, block]) > counted(first)


@given(contents, tools, st.text(max_size=30))
def test_one_more_tool_always_raises_the_count(content, offered, description):
    messages = [{"role": "user", "content": content}]
    more = [*offered, {"name": "Another", "description": description}]
    assert count(messages=messages, tools=more) > count(messages=messages, tools=offered)


@given(st.text(max_size=40), st.text(min_size=1, max_size=40))
def test_longer_text_never_counts_less(text, more):
    def counted(said):
        return count(messages=[{"role": "user", "content": said}])

    assert counted(text + more) >= counted(text)


def test_a_deferred_tool_counts_in_full_once_it_was_referenced():
    late = {"name": "Late", "description": "word " * 500, "defer_loading": True}
    reference = {"type": "tool_reference", "tool_name": "Late"}
    result = {"type": "tool_result", "tool_use_id": "i", "content": [reference]}
    hidden = count(tools=[late])
    shown = count(tools=[late], messages=[{"role": "user", "content": [result]}])
    assert hidden < count() + 10
    assert shown > count() + 400


def words_of(value):
    """Every string that a model reads in messages or system."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        for item in value:
            yield from words_of(item)
    elif isinstance(value, dict):
        for name, item in value.items():
            if name not in (
                "type",
                "role",
                "signature",
                "id",
                "tool_use_id",
                "cache_control",
                "source",
                "data",
            ):
                yield from words_of(item)


def test_a_recorded_conversation_counts_near_its_words():
    for path in FIXTURES:
        for recorded in json.loads(path.read_text())["requests"]:
            if recorded.get("body") is None or "base64" in json.dumps(recorded["body"]):
                continue
            raw = {"model": "m", "max_tokens": 1, **recorded["body"]}
            counted = read_prompt(parse_request(json.dumps(raw).encode(), ())).estimate()
            truth = o200k(*words_of(raw["messages"]), *words_of(raw.get("system")))
            truth += o200k(*(encode(tool).decode() for tool in raw.get("tools", [])))
            assert 0.85 * truth < counted < 1.2 * truth + 80


trees = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["type", "text", "content", "source", "data", "name", "input", "tool_name", "thinking"]
            ),
            inner
            | st.sampled_from(
                ["text", "image", "document", "tool_result", "tool_use", "tool_reference", "thinking"]
            ),
            max_size=4,
        )
    ),
    max_leaves=12,
)


@settings(max_examples=200)
@given(st.lists(trees, max_size=3), trees, st.lists(trees, max_size=3), trees)
def test_a_request_of_any_shape_can_be_counted(content, system, offered, output):
    messages = [{"role": "user", "content": content}]
    assert count(messages=messages, system=system, tools=offered, output_config=output) > 0


def prompt(**changes):
    return read_prompt(parse_request(json.dumps({**BASE, **changes}).encode(), ()))


def test_a_vocabulary_is_given_what_the_model_reads_and_no_more():
    result = {
        "type": "tool_result",
        "tool_use_id": "toolu_secret",
        "content": [{"type": "text", "text": "found"}],
    }
    thought = {"type": "thinking", "thinking": "hm", "signature": "sealed" * 50}
    schema = {"$schema": "https://json-schema.org/x", "type": "object"}
    read = prompt(
        system=[{"type": "text", "text": "be kind", "cache_control": {"type": "ephemeral"}}],
        messages=[{"role": "assistant", "content": [thought]}, {"role": "user", "content": [result]}],
        tools=[{"name": "Read", "input_schema": schema, "cache_control": {"type": "ephemeral"}}],
        output_config={"effort": "high", "format": {"type": "json_schema"}},
    )
    assert read.written() == [
        "hm",
        "found",
        "be kind",
        '{"type":"json_schema"}',
        '{"name":"Read","input_schema":{"type":"object"}}',
    ]


def test_what_stands_around_messages_calls_tools_and_media_has_no_text():
    empty = prompt(messages=[{"role": "user", "content": ""}])
    more = prompt(
        messages=[{"role": "user", "content": [image(png(750, 100)), {"type": "tool_result"}]}],
        tools=[{"name": "Read"}],
    )
    assert more.tokens - empty.tokens == 100 + 2 * CALL_TOKENS
    assert empty.written() == []


def test_reading_a_prompt_changes_nothing_of_the_request():
    tool = {"name": "Read", "input_schema": {"$schema": "x"}, "cache_control": {}}
    request = parse_request(json.dumps({**BASE, "tools": [tool]}).encode(), ())
    read_prompt(request)
    assert request.raw["tools"] == [tool]


@given(contents, contents, tools, blocks)
def test_one_more_block_raises_the_count_with_a_vocabulary_too(first, second, offered, block):
    def counted(content):
        messages = [{"role": "user", "content": content}, {"role": "assistant", "content": second}]
        read = prompt(messages=messages, tools=offered)
        return o200k(*read.written()) + len(read.written()) + read.tokens

    assert counted([*first, block]) > counted(first)


def test_an_empty_line_is_one_token_with_the_full_stop_before_it():
    text = "One sentence.\n\n" * 50
    assert o200k(text) < estimate_tokens(encode(text)) < 1.25 * o200k(text)


def test_the_json_around_a_part_weighs_more_than_it_means():
    sample = b'{"role":"user","content":""},'
    assert 0 < structure_tokens(sample, MESSAGE_TOKENS) < structure_tokens(sample, 0)
    assert structure_tokens(b"{}", 100) == 0
