from dragoman.dialects.openai_chat.chat import OpenAIChat
from dragoman.dialects.quirks import Quirks
from dragoman.emulation.emulation import Emulation
from dragoman.emulation.tool_results import found_block
from dragoman.messages.events import TextDelta, Usage
from dragoman.messages.fold import fold
from dragoman.messages.writer import MessageWriter
from tests.support.chat_requests import ask, text, user

SEARCH = {"type": "web_search_20250305", "name": "web_search"}
OWLS = {
    "type": "document",
    "source": {"type": "text", "media_type": "text/plain", "data": "Owls see at night."},
    "citations": {"enabled": True},
}


def emulated(*content, **fields) -> Emulation:
    return Emulation(ask(user(*content), **fields), OpenAIChat(), Quirks())


def test_for_most_requests_there_is_nothing_to_do():
    request = ask(user(text("hi")))
    emulation = Emulation(request, OpenAIChat(), Quirks())
    assert emulation.request is request
    assert (emulation.losses, emulation.calls, emulation.runs_tools) == ((), [], False)
    writer = MessageWriter("msg_1", "m", 1)
    writer.text("a")
    said = writer.take()
    assert emulation.hear(said) == said
    assert (emulation.is_over(False), emulation.is_over(True)) == (False, True)
    assert emulation.usage(Usage(input_tokens=1)) == Usage(input_tokens=1)
    assert emulation.usage(None) is None


def test_a_request_that_was_rewritten_lets_go_of_the_clients():
    request = ask(user(text("hi")), tools=[SEARCH])
    decoded = request.raw
    emulation = Emulation(request, OpenAIChat(), Quirks())
    assert emulation.request is not request
    assert request.raw is not decoded


def test_citations_are_made_in_every_round():
    emulation = emulated(OWLS, tools=[SEARCH])
    marker = next(
        word
        for word in emulation.request.raw["messages"][0]["content"][0]["source"]["data"].split()
        if "1" in word
    )
    writer = MessageWriter("msg_1", "m", 1)
    writer.tool_call(0, "toolu_1", "web_search")
    writer.tool_input(0, "{}")
    writer.end("tool_use", Usage())
    said = emulation.hear(writer.take())
    [call] = emulation.calls
    said += emulation.answered([found_block(call.id, [])])
    assert not emulation.is_over(True)
    writer = MessageWriter("msg_2", "m", 1)
    writer.text(f"They see.{marker}")
    writer.end("end_turn", Usage())
    said += emulation.hear(writer.take())
    assert emulation.is_over(True)
    cited = [block for block in fold([one for one in said])["content"] if block.get("citations")]
    assert [block["citations"][0]["cited_text"] for block in cited] == ["Owls see at night."]
    assert not any(
        marker in delta.text for one in said if isinstance(delta := getattr(one, "delta", None), TextDelta)
    )
