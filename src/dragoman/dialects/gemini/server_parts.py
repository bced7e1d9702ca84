"""Parts that are neither text nor calls of the client's: code that ran at Google's, media that it made."""

import base64
import binascii
from collections.abc import Callable
from typing import Any

from dragoman.dialects.gemini.output import Output
from dragoman.dialects.gemini.server_tools import say_server_tool
from dragoman.dialects.gemini.shapes import Part


def read_server_part(part: Part, output: Output, new_server_id: Callable[[], str]) -> bool:
    """Say such a part as the API's own blocks. False for a part that says nothing."""
    if part.executableCode is not None:
        output.code_id = new_server_id()
        code = str(part.executableCode.get("code") or "")
        say_server_tool(output, output.code_id, "code_execution", {"code": code})
    elif part.codeExecutionResult is not None:
        output.code_id = output.code_id or new_server_id()
        output.begin_call(output.code_id, None)
        output.writer.whole_block(_code_result(output.code_id, part.codeExecutionResult))
    elif part.inlineData is not None:
        output.say_held_back()
        output.show_block(_omitted(part.inlineData))
        output.begin_text_block()
    else:
        return False
    return True


def _code_result(tool_use_id: str, result: dict[str, Any]) -> dict[str, Any]:
    outcome, told = str(result.get("outcome")), str(result.get("output") or "")
    content: dict[str, Any] = {"type": "code_execution_result", "content": []}
    if outcome.endswith("DEADLINE_EXCEEDED"):
        content = {"type": "code_execution_tool_result_error", "error_code": "execution_time_exceeded"}
    elif outcome.endswith("OK"):
        content |= {"stdout": told, "stderr": "", "return_code": 0}
    else:
        content |= {"stdout": "", "stderr": told, "return_code": 1}
    return {"type": "code_execution_tool_result", "tool_use_id": tool_use_id, "content": content}


def _omitted(media: dict[str, Any]) -> str:
    """The Messages API has no block for media that a model made."""
    data = str(media.get("data") or "")
    try:
        size = len(base64.b64decode(data))
    except (binascii.Error, ValueError):
        size = len(data) * 3 // 4
    kind = str(media.get("mimeType") or "media")
    return f"[{kind.partition('/')[0]} omitted: {kind}, {size} bytes]"
