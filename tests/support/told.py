"""What a backend is told: its request read in one way, whatever language it is in.

It looks where the client's features leave their traces: the system prompt, the words in their order, and the media
beside the result that they belong to.
"""

import base64
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from tests.support.anthropic_rules import blocks_of
from tests.support.task_script import (
    Seen,
    seen_by_anthropic,
    seen_by_gemini,
    seen_by_openai,
    seen_by_responses,
)

ATTACHED = re.compile(r"\[(?:image|document) attached below: (\d+)\]")
DATA_URL = re.compile(r"data:([^;]+);base64,(.*)", re.DOTALL)


@dataclass(frozen=True)
class Media:
    """A picture or a document as the backend got it."""

    media_type: str
    data: bytes


@dataclass(frozen=True)
class Told:
    """One request."""

    seen: Seen
    system: str
    words: tuple[str, ...]
    """Every text of the conversation in order; a call is there as `[calls NAME]`."""
    media: tuple[tuple[Media, ...], ...]
    """What came with the result of each of `seen.calls`."""

    @property
    def opening(self) -> str:
        """All that was said before the model's first call."""
        for place, said in enumerate(self.words):
            if said.startswith("[calls "):
                return "\n".join(self.words[:place])
        return "\n".join(self.words)

    def place(self, text: str) -> int:
        """Where this is said for the first time, as an index of `words`. AssertionError if it is not."""
        places = [place for place, said in enumerate(self.words) if text in said]
        assert places, f"{text!r} is not in {[said[-200:] for said in self.words]}"
        return places[0]


Read = Callable[[dict[str, Any]], Told]


def told_anthropic(body: dict[str, Any]) -> Told:
    """Reads a Messages request. Pictures stand in the result."""
    words: list[str] = []
    media: dict[str, tuple[Media, ...]] = {}
    blocks = [block for message in body["messages"] for block in blocks_of(message)]
    for block in blocks:
        if block["type"] == "text":
            words.append(block["text"])
        elif block["type"] == "tool_use":
            words.append(f"[calls {block['name']}]")
        elif block["type"] == "tool_result":
            words += _texts(block.get("content"))
            sources = [one["source"] for one in blocks_of(block) if one["type"] == "image"]
            media[block["tool_use_id"]] = tuple(
                Media(source["media_type"], base64.b64decode(source["data"])) for source in sources
            )
    ids = [block["id"] for block in blocks if block["type"] == "tool_use"]
    system = "\n".join(_texts(body.get("system")))
    return Told(seen_by_anthropic(body), system, tuple(words), tuple(media.get(one, ()) for one in ids))


def told_openai(body: dict[str, Any]) -> Told:
    """Reads a Chat Completions request. Media stand in the user message after the results, each below the label with
    the number that its result names."""
    first, *rest = body["messages"]
    assert first["role"] in ("system", "developer"), first
    words: list[str] = []
    media: dict[str, list[Media]] = {}
    for place, message in enumerate(rest):
        words += _texts(message.get("content"))
        for call in message.get("tool_calls") or ():
            words.append(f"[calls {call['function']['name']}]")
        if message["role"] == "tool":
            after = next((later for later in rest[place:] if later["role"] != "tool"), {})
            labelled = dict(_labelled(after.get("content"))) if after.get("role") == "user" else {}
            numbers = ATTACHED.findall("\n".join(_texts(message["content"])))
            media[message["tool_call_id"]] = [labelled[number] for number in numbers]
    ids = [call["id"] for message in rest for call in message.get("tool_calls") or ()]
    system = "\n".join(_texts(first["content"]))
    return Told(seen_by_openai(body), system, tuple(words), tuple(tuple(media.get(one, ())) for one in ids))


def _labelled(content: Any) -> Iterator[tuple[str, Media]]:
    number = ""
    for part in content if isinstance(content, list) else ():
        if part["type"] == "text":
            found = re.search(r"\((\d+)\):$", part["text"])
            number = found[1] if found else number
        elif part["type"] == "image_url":
            yield number, _from_url(part["image_url"]["url"])
        else:
            yield number, _from_url(part["file"]["file_data"])


def told_gemini(body: dict[str, Any]) -> Told:
    """Reads a generateContent request. Media stand in the function response itself."""
    words: list[str] = []
    media: list[tuple[Media, ...]] = []
    for content in body["contents"]:
        for part in content["parts"]:
            if "functionCall" in part:
                words.append(f"[calls {part['functionCall']['name']}]")
            elif "functionResponse" in part:
                response = part["functionResponse"]
                words += [str(one) for one in response["response"].values()]
                inline = [one["inlineData"] for one in response.get("parts", ())]
                media.append(tuple(Media(one["mimeType"], base64.b64decode(one["data"])) for one in inline))
            elif "text" in part and not part.get("thought"):
                words.append(part["text"])
    system = "\n".join(part["text"] for part in body["systemInstruction"]["parts"])
    return Told(seen_by_gemini(body), system, tuple(words), tuple(media))


def told_responses(body: dict[str, Any]) -> Told:
    """Reads a Responses request. Media stand in the output of the call; the first developer's message is the system
    prompt where it is not beside the input."""
    items = list(body["input"])
    system = body.get("instructions") or "\n".join(_texts(items.pop(0)["content"]))
    outputs: dict[str, Any] = {}
    words: list[str] = []
    for item in items:
        if item["type"] == "message":
            words += _texts(item["content"])
        elif item["type"] == "function_call":
            words.append(f"[calls {item['name']}]")
        elif item["type"] == "function_call_output":
            words += _texts(item["output"])
            outputs[item["call_id"]] = item["output"]
    ids = [item["call_id"] for item in items if item["type"] == "function_call"]
    media = tuple(tuple(_output_media(outputs.get(one))) for one in ids)
    return Told(seen_by_responses(body), system, tuple(words), media)


def _output_media(output: Any) -> Iterator[Media]:
    for part in output if isinstance(output, list) else ():
        if part["type"] == "input_image":
            yield _from_url(part["image_url"])
        elif part["type"] == "input_file":
            yield _from_url(part["file_data"])


def _texts(content: Any) -> list[str]:
    if content is None or isinstance(content, str):
        return [content] if content else []
    return [part["text"] for part in content if "text" in part]


def _from_url(url: str) -> Media:
    found = DATA_URL.fullmatch(url)
    assert found, url[:80]
    return Media(found[1], base64.b64decode(found[2]))
