"""The same beginning of a conversation gives the same bytes on every turn, or no upstream's cache would hold.

What may change from turn to turn, and nothing else: a note that expires with the next user message, a closing note that
stands in for a tool choice, the marks of a client's own caching where the server takes them, and reasoning that a
server wants back only within a tool loop.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import msgspec
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from dragoman.dialects.dialect import Origin
from dragoman.dialects.gemini.signatures import model_family as gemini_family
from dragoman.dialects.model_family import model_family
from dragoman.dialects.registry import DIALECTS
from dragoman.messages.envelope import Seal
from dragoman.messages.parse import parse_request
from dragoman.routing.presets import quirks_for
from dragoman.wire.exchange import Headers
from tests.support.strategies import conversations, texts, tool_names

OURS = Origin("account")
quick = settings(max_examples=40, deadline=None)

Body = dict[str, Any]


@dataclass(frozen=True)
class Place:
    """A model where it is served, and where its dialect puts the conversation."""

    dialect: str
    url: str
    model: str
    items: str
    """The field of the upstream's body that grows."""
    access: str = "direct"

    def fields(self, body: Body, headers: Headers = ()) -> dict[str, bytes]:
        """The upstream's body, each field as it is written."""
        quirks = quirks_for(self.url, self.model, self.dialect, self.access)
        request = parse_request(json.dumps(self._signed(body)).encode(), headers)
        written = DIALECTS[self.dialect].write_request(request, self.model, quirks, OURS)
        return {name: bytes(value) for name, value in _FIELDS(written.body).items()}

    def _signed(self, body: Body) -> Body:
        """The conversation with this very model, so that its thoughts go back."""
        if self.dialect == "anthropic":
            return body
        family = (gemini_family if self.dialect == "gemini" else model_family)(self.model)
        seal = OURS.seal(self.dialect, family)
        messages = [
            message | {"content": [_sealed(block, seal) for block in message["content"]]}
            if isinstance(message["content"], list)
            else message
            for message in body["messages"]
        ]
        return body | {"messages": messages}


def _sealed(block: Body, seal: Seal) -> Body:
    if block["type"] != "thinking":
        return block
    words = block["thinking"]
    # One payload that every dialect understands: each takes its own fields of it.
    payload = {"f": "reasoning_content", "t": words, "s": [["thought", "", f"c2ln{len(words)}"]]}
    return block | {"signature": seal.close(payload)}


_FIELDS = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode
_ITEMS = msgspec.json.Decoder(list[msgspec.Raw]).decode
_OPENAI = "https://api.openai.com/v1"
_STUDIO = "https://generativelanguage.googleapis.com/v1beta"
_VERTEX = "https://us-east5-aiplatform.googleapis.com/v1"

TRANSLATING = [
    Place("openai_chat", _OPENAI, "gpt-4.1", "messages"),
    Place("openai_chat", _OPENAI, "gpt-5.1", "messages"),
    Place("openai_chat", "https://api.deepseek.com", "deepseek-v4", "messages"),
    Place("openai_chat", "https://api.mistral.ai/v1", "mistral-large", "messages"),
    Place("openai_chat", "http://localhost:8000/v1", "local-model", "messages"),
    Place("openai_responses", _OPENAI, "gpt-5.6", "input"),
    Place("gemini", _STUDIO, "gemini-3.8-flash", "contents"),
    Place("gemini", _STUDIO, "gemini-2.5-flash", "contents"),
    Place("gemini", _VERTEX, "gemini-3.8-flash", "contents", "vertex"),
]
RELAYING = [
    Place("anthropic", "https://api.anthropic.com", "claude-sonnet-5", "messages"),
    Place("anthropic", _VERTEX, "claude-sonnet-5", "messages", "vertex"),
]


# Where drawing a session takes longer than writing it, one that was drawn is written for every place.
each_place = pytest.mark.parametrize(
    "place", TRANSLATING, ids=lambda place: f"{place.dialect}-{place.model}-{place.access}"
)


def turns(body: Body) -> list[Body]:
    """The requests of a session that came to this body: each ends where the model was asked."""
    messages = body["messages"]
    borders = [at for at in range(1, len(messages)) if messages[at]["role"] == "assistant"]
    return [body | {"messages": messages[:at]} for at in (*borders, len(messages))]


def without_marks(body: Body) -> Body:
    """A client moves its marks from turn to turn; nothing else of its history changes."""
    marked = json.dumps(body, separators=(",", ":"))
    return json.loads(marked.replace(',"cache_control":{"type":"ephemeral"}', ""))


def check_prefixes(sent: list[dict[str, bytes]], place: Place) -> None:
    """Each request begins with the bytes of the one before; whatever stands around the conversation is the same."""
    for shorter, longer in pairwise(sent):
        before, after = shorter.pop(place.items), longer[place.items]
        assert after.startswith(before.removesuffix(b"]")), (
            f"{place}: {before!r}\nis not how this begins:\n{after!r}"
        )
        assert {name: value for name, value in longer.items() if name != place.items} == shorter, place


sessions = conversations().map(without_marks)


@given(body=sessions)
@quick
def test_a_turn_begins_with_the_bytes_of_the_turn_before(body: Body) -> None:
    for place in (*TRANSLATING, *RELAYING):
        check_prefixes([place.fields(turn) for turn in turns(body)], place)


@pytest.mark.parametrize(("model", "sign"), [("deepseek-v4", b"zebra-417"), ("gemini-3.8-flash", b"c2ln9")])
def test_the_thoughts_of_these_sessions_go_back(model: str, sign: bytes) -> None:
    """Without them the law would say less than it seems to."""
    place = next(place for place in TRANSLATING if place.model == model)
    thought = {"type": "thinking", "thinking": "zebra-417", "signature": ""}
    call = {"type": "tool_use", "id": "toolu_1", "name": "Read", "input": {}}
    messages = [
        {"role": "user", "content": "hi"},
        {"role": "assistant", "content": [thought, call]},
        {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "toolu_1", "content": "ok"}]},
    ]
    body = {"model": "m", "max_tokens": 400, "tools": [_tool("Read")], "messages": messages}
    assert sign in place.fields(body)[place.items]


@st.composite
def careless_sessions(draw: st.DrawFn) -> list[Body]:
    """The turns of a session whose client sorts its tools anew each time, writes a string where it wrote one text block
    before, and names itself differently in the attribution block."""
    sent: list[Body] = []
    for number, turn in enumerate(turns(draw(sessions))):
        changed = turn | {"messages": [draw(_rewritten(message)) for message in turn["messages"]]}
        if "tools" in turn:
            changed["tools"] = draw(st.permutations(turn["tools"]))
        system = turn.get("system", [])
        blocks = [{"type": "text", "text": system}] if isinstance(system, str) else system
        attribution = {"type": "text", "text": f"x-anthropic-billing-header: cc_version=2.1.{number};"}
        sent.append(changed | {"system": draw(st.sampled_from([blocks, [attribution, *blocks]]))})
    return sent


def _rewritten(message: Body) -> st.SearchStrategy[Body]:
    content = message["content"]
    if isinstance(content, str):
        return st.sampled_from([message, message | {"content": [{"type": "text", "text": content}]}])
    if len(content) == 1 and content[0]["type"] == "text":
        return st.sampled_from([message, message | {"content": content[0]["text"]}])
    return st.just(message)


@given(session=careless_sessions())
@quick
def test_a_careless_client_disturbs_nothing(session: list[Body]) -> None:
    """Cases 25 and 26, and whatever order the tools come in."""
    for place in TRANSLATING:
        check_prefixes([place.fields(turn) for turn in session], place)


@st.composite
def deferring_sessions(draw: st.DrawFn) -> list[Body]:
    """The turns of a session that finds one deferred tool after the other, and sorts its tools anew each time."""
    eager, late = draw(st.lists(tool_names, min_size=2, max_size=6, unique=True).map(_halves))
    search = "".join(eager) + "Search"
    messages: list[Body] = [{"role": "user", "content": draw(texts)}]
    sent: list[Body] = []
    for number in range(len(late) + 1):
        tools = [_tool(name) for name in (search, *eager)]
        tools += [_tool(name) | {"defer_loading": True} for name in late[: number + 1]]
        body = {"model": "claude-x", "max_tokens": 400, "messages": list(messages)}
        sent.append(body | {"tools": draw(st.permutations(tools))})
        if number < len(late):
            messages += _found(search, late[number], number)
    return sent


def _halves(names: list[str]) -> tuple[list[str], list[str]]:
    return names[: len(names) // 2], names[len(names) // 2 :]


def _tool(name: str) -> Body:
    return {"name": name, "input_schema": {"type": "object", "properties": {}}}


def _found(search: str, name: str, number: int) -> list[Body]:
    call = {"type": "tool_use", "id": f"toolu_{number}", "name": search, "input": {}}
    found = [{"type": "tool_reference", "tool_name": name}]
    result = {"type": "tool_result", "tool_use_id": f"toolu_{number}", "content": found}
    return [{"role": "assistant", "content": [call]}, {"role": "user", "content": [result]}]


@given(session=deferring_sessions())
@quick
def test_tools_that_come_later_stand_behind_those_that_were_there(session: list[Body]) -> None:
    assume(len({tool["name"] for tool in session[-1]["tools"]}) == len(session[-1]["tools"]))
    for place in TRANSLATING:
        check_tools([place.fields(turn) for turn in session], place)


def check_tools(sent: list[dict[str, bytes]], place: Place) -> None:
    for shorter, longer in pairwise(sent):
        before, after = tools_of(shorter), tools_of(longer)
        assert after[: len(before)] == before, place
        # Responses takes a tool within the conversation, too.
        told = [fields[place.items].count(b'"type":"additional_tools"') for fields in (shorter, longer)]
        assert len(after) - len(before) + told[1] - told[0] == 1, place
        assert longer[place.items].startswith(shorter[place.items].removesuffix(b"]")), place


def tools_of(fields: dict[str, bytes]) -> list[bytes]:
    """The functions, each as it is written."""
    items = [bytes(item) for item in _ITEMS(fields["tools"])]
    held = _FIELDS(items[0]).get("functionDeclarations")
    return items if held is None else [bytes(item) for item in _ITEMS(held)]


@given(session=careless_sessions(), session_id=st.sampled_from([None, "s", "s" * 64, "s" * 65, "s" * 200]))
@quick
def test_the_key_of_the_cache_is_one_for_a_session(session: list[Body], session_id: str | None) -> None:
    """Case 26: with the client's session, and without."""
    headers = () if session_id is None else (("x-claude-code-session-id", session_id),)
    for place in TRANSLATING:
        keys = {place.fields(turn, headers).get("prompt_cache_key") for turn in session}
        assert len(keys) == 1, place
        assert all(key is None or 2 < len(key) <= 66 for key in keys), place


@each_place
@given(words=texts)
@quick
def test_notes_that_expire_are_all_that_changes(place: Place, words: str) -> None:
    """What comes before the note keeps its bytes, and what comes after it."""
    note = {"role": "system", "content": "zebra-417", "clear_at": "next_user_message"}
    history: list[Body] = [{"role": "user", "content": words}, {"role": "assistant", "content": "so"}]
    asked: list[Body] = [*history, {"role": "user", "content": "go"}]
    body: Body = {"model": "claude-x", "max_tokens": 400}
    kept = [place.fields(body | {"messages": messages}) for messages in (asked, [*asked, note])]
    answered: list[Body] = [{"role": "assistant", "content": "done"}, {"role": "user", "content": "and"}]
    kept.append(place.fields(body | {"messages": [*asked, note, *answered]}))
    assert [b"zebra-417" in fields[place.items] for fields in kept] == [False, True, False]
    assert kept[2][place.items].startswith(kept[0][place.items].removesuffix(b"]"))


def test_a_closing_note_is_no_part_of_what_follows() -> None:
    """Moonshot cannot be told to call a tool: the model is asked to, behind everything else."""
    place = Place("openai_chat", "https://api.moonshot.ai/v1", "kimi-k3", "messages")
    history: list[Body] = [{"role": "user", "content": "hi"}, {"role": "assistant", "content": "so"}]
    messages: list[Body] = [*history, {"role": "user", "content": "go"}]
    body = {"model": "claude-x", "max_tokens": 400, "tools": [_tool("Read")], "tool_choice": {"type": "any"}}
    asked = [_ITEMS(place.fields(body | {"messages": messages[:length]})["messages"]) for length in (1, 3)]
    free = _ITEMS(place.fields(body | {"messages": messages, "tool_choice": {"type": "auto"}})["messages"])
    assert [b"Call one of the tools now." in bytes(items[-1]) for items in (*asked, free)] == [
        True,
        True,
        False,
    ]
    assert asked[1][:-1] == free[:-1]


Change = Callable[[Body], Body]


def _in_order(body: Body) -> Body:
    return body


def _backwards(body: Body) -> Body:
    return body | {"tools": body["tools"][::-1]}


@each_place
@pytest.mark.parametrize("change", [_in_order, _backwards], ids=["in order", "backwards"])
def test_server_tools_have_their_place_too(place: Place, change: Change) -> None:
    """Those of the API, where the upstream has its own."""
    tools = [
        {"type": "web_search_20250305", "name": "web_search"},
        {"type": "code_execution_20250825", "name": "code_execution"},
        _tool("Zed"),
        _tool("Alpha"),
    ]
    body = {"model": "m", "max_tokens": 400, "tools": tools, "messages": [{"role": "user", "content": "hi"}]}
    assert place.fields(change(body))["tools"] == place.fields(body)["tools"]
