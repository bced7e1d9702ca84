"""Whatever envelopes a client makes, opening them and writing what they hold costs little beyond the request's own size."""

import base64
import hashlib
import json
import tracemalloc
import zlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dragoman.dialects.dialect import Origin
from dragoman.dialects.registry import DIALECTS
from dragoman.messages.envelope import MAX_PAYLOAD_BYTES, MAX_WORK, SEPARATOR_WORK, EnvelopeOpener, Seal
from dragoman.messages.parse import parse_request
from dragoman.routing.presets import quirks_for
from dragoman.wire.jsonbytes import encode

GEMINI = quirks_for("https://generativelanguage.googleapis.com/v1beta", "gemini-3.8-flash", "gemini")
ROUTER = quirks_for("https://openrouter.ai/api/v1", "deepseek/deepseek-v4", "openai_chat")
SEALS = {
    "gemini": Seal("gemini", "ours", "gemini-3", b"secret"),
    "openai_chat": Seal("openai_chat", "ours", "deepseek", b"secret"),
}
TOOLS = [
    {"name": "Bash", "input_schema": {"type": "object"}},
    {"type": "web_search_20250305", "name": "web_search"},
]


def forged(dialect: str, data: bytes) -> str:
    """An envelope as only who knows the key can make one, around whatever bytes."""
    packed = base64.urlsafe_b64encode(zlib.compress(data, 9)).rstrip(b"=").decode()
    sealed = f"dgm2.{dialect}.{packed}."
    return f"{sealed}.{SEALS[dialect].check(sealed)}"


def noise(size: int) -> str:
    return hashlib.shake_128(b"noise").hexdigest(size)


def repeated(dialect: str, pattern: bytes, count: int, tail: int) -> bytes:
    """What is sealed, which holds `pattern` many times, and noise so that it does not look like a bomb."""
    whose = f'["ours","{SEALS[dialect].family}",'.encode()
    return whose + b'{"d":[' + pattern * count + b'"' + noise(tail).encode() + b'"]}]'


def found(size: int) -> dict[str, object]:
    """A side call with a long result."""
    called = {"functionCall": {"id": "c", "name": "web_search", "args": {}}, "thoughtSignature": "c2ln"}
    answer = {"id": "c", "name": "web_search", "response": {"output": "found " * (size // 6)}}
    return {"parts": [called], "responses": [{"functionResponse": answer}]}


patterns = st.sampled_from([b"[],", b"{},", b"0,", b'"",', b'"aaaaaaaaaaaaaaaaaaaaaaaa",', b"[[[[[[]]]]]],"])
signatures = st.one_of(
    st.builds(
        lambda dialect, pattern, count, tail: forged(dialect, repeated(dialect, pattern, count, tail)),
        st.sampled_from(["gemini", "openai_chat"]),
        patterns,
        st.sampled_from([1, 1000, 20_000, 400_000]),
        st.sampled_from([0, 1000, 8000]),
    ),
    st.builds(
        lambda count: SEALS["gemini"].close({"s": [["call", "toolu_1", "c2ln"]] * count}),
        st.sampled_from([1, 100, 20_000]),
    ),
    st.builds(lambda size: SEALS["gemini"].close(found(size)), st.sampled_from([100, 10_000, 900_000])),
    st.builds(
        lambda size: SEALS["openai_chat"].close({"t": "hm " * size}), st.sampled_from([10, 10_000, 300_000])
    ),
    st.builds(
        lambda size: SEALS["openai_chat"].close({"t": "hm"}, "A" * size), st.sampled_from([10, 2_000_000])
    ),
)
quick = settings(max_examples=15, deadline=None)


@quick
@given(st.lists(signatures, max_size=6), st.integers(1, 200), st.sampled_from(["gemini", "openai_chat"]))
def test_the_work_of_a_request_has_a_limit(forgeries, times, dialect):
    opener = EnvelopeOpener(SEALS[dialect])
    opened = [held for one in forgeries * times if (held := opener.open(one)) is not None]
    sizes = {id(held): encode(held.payload) + held.raw.encode() for held in opened}
    handed_out = sum(len(sizes[id(held)]) for held in opened)
    values = sum(sum(map(sizes[id(held)].count, (b"[", b"{", b","))) for held in opened)
    assert handed_out + SEPARATOR_WORK * values <= MAX_WORK
    distinct = sum(len(one) for one in set(forgeries))
    assert len(sizes) <= len(set(forgeries))
    assert sum(map(len, sizes.values())) <= min(MAX_WORK, 16 * 1024 * len(sizes) + 100 * distinct)


def thinking(signature, number):
    return {"type": "thinking", "thinking": f"hm {number}", "signature": signature}


def searched(signature, number):
    use = {"type": "server_tool_use", "id": f"srvtoolu_{number}", "name": "web_search", "input": {}}
    result = {"type": "web_search_result", "url": "u", "title": "t", "encrypted_content": signature}
    return use, {"type": "web_search_tool_result", "tool_use_id": use["id"], "content": [result]}


def called(signature, number):
    return {"type": "tool_use", "id": f"toolu_{number}", "name": "Bash", "input": {}}


def body_of(forgeries, times):
    """Turns that bring each forgery in every place that dialects look into."""
    messages = []
    for number, signature in enumerate(forgeries * times):
        blocks = [*searched(signature, number), thinking(signature, number), called(signature, number)]
        messages.append({"role": "user", "content": "on"})
        messages.append({"role": "assistant", "content": blocks})
    messages.append({"role": "user", "content": "end"})
    return {"model": "m", "max_tokens": 100, "messages": messages, "tools": TOOLS}


@pytest.mark.parametrize(
    ("dialect", "model", "quirks"),
    [("gemini", "gemini-3.8-flash", GEMINI), ("openai_chat", "deepseek/deepseek-v4", ROUTER)],
)
@quick
@given(forgeries=st.lists(signatures, min_size=1, max_size=3), times=st.integers(1, 25))
def test_what_is_written_of_forged_envelopes_has_a_limit(dialect, model, quirks, forgeries, times):
    body = json.dumps(body_of(forgeries, times)).encode()
    written = DIALECTS[dialect].write_request(
        parse_request(body, ()), model, quirks, Origin("ours", seal_key=b"secret")
    )
    assert len(written.body) <= 4 * len(body) + 2 * MAX_WORK
    assert json.loads(written.body)


@pytest.mark.parametrize("dialect", ["gemini", "openai_chat"])
def test_a_small_bomb_takes_little_memory(dialect):
    """8 MB of brackets in 8 kB: whoever decodes them holds half a gigabyte."""
    bomb = forged(dialect, repeated(dialect, b"[],", 2_700_000, 0))
    assert len(bomb) < 12_000
    opener = EnvelopeOpener(SEALS[dialect])
    tracemalloc.start()
    assert opener.open(bomb) is None
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 3 * MAX_PAYLOAD_BYTES
    assert opener.work <= 100 * len(bomb)
