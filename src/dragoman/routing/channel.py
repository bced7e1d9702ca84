"""A channel is one configured way to one upstream; a target is a channel and a model there."""

from typing import Literal

import msgspec
from typing_extensions import override

from dragoman.dialects.quirks import Quirks

DialectName = Literal["anthropic", "openai_chat", "openai_responses", "gemini"]


class Channel(msgspec.Struct, frozen=True):
    """Where an upstream is, what it speaks and the credential for it."""

    name: str
    """`openai`, `gemini`, `anthropic`, `vertex_ai`, `default` (BASE_URL), `dragoman` (demo), `litellm`, the name of a
    preset, or the channel's own name in lower case."""
    dialect: DialectName
    base_url: str
    """Without a trailing slash, such as `https://api.openai.com/v1`."""
    dialect_by_model: bool = False
    """Nobody has said which of OpenAI's languages to use: the model decides, or the server's own word."""
    credential: str = ""
    """The key for this base URL and for no other; empty if none is configured."""
    credential_setting: str = ""
    """The setting that would hold the credential, named when it is missing."""
    credential_required: bool = True
    access: Literal["direct", "vertex"] = "direct"
    location: str = ""
    """Vertex AI's region, or `global`."""
    preset: str = ""
    """The preset that a prefix names: its quirks hold wherever nobody knows the host."""
    passthrough_credentials: bool = False
    """Whether the client's own credential goes upstream (ANTHROPIC_AUTH_MODE=passthrough)."""

    @override
    def __repr__(self) -> str:
        return f"Channel({self.name!r}, {self.dialect!r}, {self.base_url!r})"


def lacks_key(channel: Channel) -> bool:
    """Whether every request to this channel would be refused for want of a key."""
    return channel.credential_required and not channel.credential


class Target(msgspec.Struct, frozen=True):
    """Which model on which channel answers."""

    channel: Channel
    model: str
    """The id on the wire."""
    quirks: Quirks
    why: str
    """One phrase for `check` and the log, such as `haiku -> SMALL_MODEL`."""
