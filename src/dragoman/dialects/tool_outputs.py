"""Tool results for messages that take text only, as OpenAI's kind of servers want them (spec/openai-chat.md section 4)."""

from typing import Any, cast

import msgspec

from dragoman.dialects.block_parts import BlockParts, Part
from dragoman.dialects.function_tools import function_definition
from dragoman.dialects.history import Call
from dragoman.dialects.losses import Losses
from dragoman.dialects.plain_text import functions_text
from dragoman.dialects.quirks import Quirks
from dragoman.dialects.tool_names import upstream_tool_name
from dragoman.messages.blocks import Block, Text, ToolReference
from dragoman.messages.request import Tool

NO_RESULT = "[no result]"
ERROR = "[tool error]"


class ToolOutput(msgspec.Struct, frozen=True):
    """A tool result for a message that takes text only."""

    text: str
    attachments: tuple[Part, ...] = ()
    """Images and files that go into the user message below, each under its label."""


class ToolOutputs:
    """Writes the results of one request with the parts of `blocks`, which have a `text` if they are texts."""

    def __init__(self, blocks: BlockParts, quirks: Quirks, losses: Losses) -> None:
        self._blocks = blocks
        self._quirks = quirks
        self._losses = losses

    def of(self, call: Call, first_attachment: int) -> ToolOutput:
        """The answer to a call. Attachments are numbered from `first_attachment` over all answers of a turn."""
        if call.result is None:
            return ToolOutput(self.missing(call))
        result: Any = call.result.block
        texts: list[str] = []
        attachments: list[Part] = []
        references: list[Tool] = []
        number = first_attachment
        for block in cast("tuple[Block, ...]", result.content):
            if isinstance(block, Text):
                texts += [block.text] if block.text else []
                continue
            if isinstance(block, ToolReference):
                references += self._blocks.referenced(block, call.result.path, texts)
                continue
            for part in self._blocks.of(block, call.result.path):
                if "text" in part:
                    texts.append(part["text"])
                    continue
                kind = "image" if "image_url" in part else "document"
                texts.append(f"[{kind} attached below: {number}]")
                name = upstream_tool_name(call.use.name, self._quirks.max_tool_name)
                label = f"{kind.capitalize()} output of tool call {name} ({number}):"
                attachments += (self._blocks.text_part(label), part)
                number += 1
        if references:
            texts.append(functions_text(function_definition(tool, self._quirks) for tool in references))
        return ToolOutput(self.told(texts, result.is_error), tuple(attachments))

    def missing(self, call: Call) -> str:
        """What stands for a result that the client did not send."""
        self._losses.approximated(call.place.path, "no result answers this call; the model is told so")
        return NO_RESULT

    def told(self, texts: list[str], is_error: bool) -> str:
        """The texts as one; an error says that it is one."""
        text = "\n".join(texts)
        if is_error:
            return f"{ERROR} {text}" if text else ERROR
        return text or self._quirks.filler_for_empty
