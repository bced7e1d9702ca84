"""The same conversation is read alike in every language."""

import base64
from typing import Any

import pytest
from tests.support.seen_files import described, pdf, png
from tests.support.task_script import DoneCall
from tests.support.told import Media, Read, told_anthropic, told_gemini, told_openai, told_responses

PICTURE = Media("image/png", png(3, 2))
DATA = base64.b64encode(PICTURE.data).decode()
URL = f"data:image/png;base64,{DATA}"
ARGUMENTS = '{"file_path":"/a.png"}'

ANTHROPIC = {
    "system": [{"type": "text", "text": "Be kind."}],
    "messages": [
        {"role": "user", "content": "Look."},
        {
            "role": "assistant",
            "content": [
                {"type": "text", "text": "I look."},
                {"type": "tool_use", "id": "one", "name": "Read", "input": {"file_path": "/a.png"}},
            ],
        },
        {
            "role": "user",
            "content": [
                {
                    "type": "tool_result",
                    "tool_use_id": "one",
                    "content": [
                        {"type": "text", "text": "Here."},
                        {
                            "type": "image",
                            "source": {"type": "base64", "media_type": "image/png", "data": DATA},
                        },
                    ],
                }
            ],
        },
    ],
    "tools": [{"name": "Read"}],
}
CHAT = {
    "messages": [
        {"role": "system", "content": "Be kind."},
        {"role": "user", "content": [{"type": "text", "text": "Look."}]},
        {
            "role": "assistant",
            "content": "I look.",
            "tool_calls": [{"id": "one", "function": {"name": "Read", "arguments": ARGUMENTS}}],
        },
        {"role": "tool", "tool_call_id": "one", "content": "Here.\n[image attached below: 1]"},
        {
            "role": "user",
            "content": [
                {"type": "text", "text": "Image output of tool call Read (1):"},
                {"type": "image_url", "image_url": {"url": URL}},
            ],
        },
    ],
    "tools": [{"function": {"name": "Read"}}],
}
GEMINI = {
    "systemInstruction": {"parts": [{"text": "Be kind."}]},
    "contents": [
        {"role": "user", "parts": [{"text": "Look."}]},
        {
            "role": "model",
            "parts": [
                {"text": "Where?", "thought": True},
                {"text": "I look."},
                {"functionCall": {"name": "Read", "args": {"file_path": "/a.png"}}},
            ],
        },
        {
            "role": "user",
            "parts": [
                {
                    "functionResponse": {
                        "name": "Read",
                        "response": {"output": "Here."},
                        "parts": [{"inlineData": {"mimeType": "image/png", "data": DATA}}],
                    }
                }
            ],
        },
    ],
    "tools": [{"functionDeclarations": [{"name": "Read"}]}],
}
RESPONSES: dict[str, Any] = {
    "instructions": "Be kind.",
    "input": [
        {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "Look."}]},
        {"type": "reasoning", "summary": [], "encrypted_content": "sealed"},
        {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": "I look."}]},
        {"type": "function_call", "call_id": "one", "name": "Read", "arguments": ARGUMENTS},
        {
            "type": "function_call_output",
            "call_id": "one",
            "output": [
                {"type": "input_text", "text": "Here."},
                {"type": "input_image", "image_url": URL, "detail": "auto"},
            ],
        },
    ],
    "tools": [{"type": "function", "name": "Read"}, {"type": "web_search"}],
}
DEVELOPER = {"type": "message", "role": "developer", "content": [{"type": "input_text", "text": "Be kind."}]}
AS_ITEM = {"input": [DEVELOPER, *RESPONSES["input"]], "tools": RESPONSES["tools"]}


@pytest.mark.parametrize(
    ("read", "body"),
    [
        pytest.param(told_anthropic, ANTHROPIC, id="anthropic"),
        pytest.param(told_openai, CHAT, id="openai_chat"),
        pytest.param(told_gemini, GEMINI, id="gemini"),
        pytest.param(told_responses, RESPONSES, id="openai_responses"),
        pytest.param(told_responses, AS_ITEM, id="system prompt as an item"),
    ],
)
def test_conversation_is_read(read: Read, body: dict[str, Any]) -> None:
    told = read(body)
    assert told.system == "Be kind."
    assert told.opening == "Look.\nI look."
    assert told.place("[calls Read]") < told.place("Here.")
    [call] = told.seen.calls
    assert (call.name, call.arguments) == ("Read", {"file_path": "/a.png"})
    assert call.result.startswith("Here.")
    assert told.media == ((PICTURE,),)
    assert told.seen.tools == {"Read"}
    with pytest.raises(AssertionError):
        told.place("Nobody said this.")


def test_call_without_a_result_has_no_media() -> None:
    told = told_responses(RESPONSES | {"input": RESPONSES["input"][:-1]})
    assert told.seen.calls == (DoneCall("Read", {"file_path": "/a.png"}, ""),)
    assert told.media == ((),)


def test_tools_that_were_loaded_on_the_way_are_offered() -> None:
    loaded = {"type": "additional_tools", "tools": [{"type": "function", "name": "Late"}]}
    told = told_responses(RESPONSES | {"input": [*RESPONSES["input"], loaded]})
    assert told.seen.tools == {"Read", "Late"}


def test_files_are_described_by_what_they_hold() -> None:
    assert described(PICTURE) == "a picture of 3 x 2"
    assert described(Media("application/pdf", pdf("hello"))) == "application/pdf that says hello"
