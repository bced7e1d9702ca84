"""Name to dialect."""

from collections.abc import Mapping

from dragoman.dialects.anthropic.messages import AnthropicMessages
from dragoman.dialects.dialect import Dialect
from dragoman.dialects.gemini.gemini import Gemini
from dragoman.dialects.openai_chat.chat import OpenAIChat
from dragoman.dialects.openai_responses.responses import OpenAIResponses

DIALECTS: Mapping[str, Dialect] = {
    dialect.name: dialect for dialect in (AnthropicMessages(), OpenAIChat(), OpenAIResponses(), Gemini())
}
"""Every dialect that this version speaks."""
