"""The channels that are configured, and which of them a prefix, a suffix or a model's family chooses."""

import msgspec
from msgspec.structs import replace

from dragoman.dialects.quirks import Quirks
from dragoman.messages.errors import invalid_request
from dragoman.routing.channel import Channel, DialectName, Target
from dragoman.routing.families import family_of
from dragoman.routing.names import (
    DEMO_MODEL,
    Way,
    split_channel,
    split_prefix,
    split_vendor,
    without_bracket,
)
from dragoman.routing.presets import BY_PREFIX, LITELLM_URL, quirks_for, vendor_of
from dragoman.routing.responses_models import speaks_responses
from dragoman.routing.vertex_models import vertex_model_id

DEMO_CHANNEL = Channel(name="dragoman", dialect="anthropic", base_url="demo:", credential_required=False)
LITELLM_CHANNEL = Channel(
    name="litellm", dialect="openai_chat", base_url=LITELLM_URL, credential_required=False
)
"""A library in this process, which finds addresses and keys by itself."""


class Channels(msgspec.Struct, frozen=True):
    """One channel for each dialect family; a configured channel with its own dialect is the same in all."""

    openai: Channel
    gemini: Channel
    anthropic: Channel


class Ways(msgspec.Struct, frozen=True, kw_only=True):
    """All ways to an upstream."""

    preferred: Way
    """Where a model goes that nobody knows."""
    use_vertex: bool
    """Gemini models, and Claude models that a setting names, go to Vertex AI."""
    built_in: Channels
    vertex: Channels
    """Its `openai` is its `gemini`: Vertex AI is not asked for OpenAI's models."""
    named: dict[str, Channels] = {}
    """By channel name in lower case."""
    vendors: dict[str, Channel] = {}
    """By prefix in lower case: the presets whose prefix leads to them. Any other prefix is part of the id."""
    configured: tuple[str, ...] = ()
    """The names of those presets that settings speak of."""

    def explicit(self, written: str, why: str) -> Target | None:
        """The target that a prefix or a channel suffix demands, or None if there is neither.

        A vendor's prefix before a channel suffix is part of the id, as it is at OpenRouter. Raises ApiError (400) when
        nothing is left beside them.
        """
        if written.lower() == DEMO_MODEL:
            return demo_target(why)
        way, model = split_prefix(without_bracket(written))
        name = None
        if way != "litellm":
            # What follows that prefix is LiteLLM's own, colons and all.
            rest, name = split_channel(written, self.named)
            way, model = split_prefix(without_bracket(rest))
        if name is None and way is None:
            return self.at_vendor(model, why)
        _refuse_nothing(model)
        if name is not None:
            channel = _channel_of_model(self.named[name], way, model)
            return _target(channel, model, f"{why}channel `{name}`")
        assert way is not None
        return _target(self._channel(way, model), model, f"{why}prefix `{way}/`")

    def at_vendor(self, name: str, why: str) -> Target | None:
        """The target that a vendor's prefix demands, or None if there is none. Raises ApiError (400)."""
        prefix, model = split_vendor(name, self.vendors)
        if prefix is None:
            return None
        _refuse_nothing(model)
        if BY_PREFIX[prefix].own_ids and "/" not in model:
            model = name
        return _target(self.vendors[prefix], model, f"{why}prefix `{prefix}/`")

    def has_prefix(self, name: str) -> bool:
        """Whether the name begins with a prefix that chooses a way."""
        return split_prefix(name)[0] is not None or split_vendor(name, self.vendors)[0] is not None

    def by_family(self, model: str, why: str) -> Target:
        """The target for a bare id: its family's vendor, else the preferred one."""
        family = family_of(model)
        if family == "openai":
            way: Way = "openai"
        elif family == "gemini":
            way = "vertex_ai" if self.use_vertex else "gemini"
        elif family == "claude":
            way = "vertex_ai" if self.use_vertex and self.preferred != "anthropic" else "anthropic"
        else:
            way = self.preferred
        return _target(self._channel(way, model), model, why)

    def place(self, written: str, why: str) -> Target:
        """The target of a model that a setting names; never an alias. Raises ApiError (400)."""
        name = without_bracket(written)
        return self.explicit(name, f"{why}, ") or self.by_family(name, why)

    def passed_on(self, way: Way, why: str) -> Target:
        """How a row of the model map shows names that keep their id."""
        return Target(channel=self._channel(way, "*"), model="*", quirks=Quirks(), why=why)

    def _channel(self, way: Way, model: str) -> Channel:
        if way == "vertex_ai":
            family = family_of(vertex_model_id(model))
            return self.vertex.anthropic if family == "claude" else self.vertex.gemini
        if way == "gemini":
            return self.built_in.gemini
        if way == "litellm":
            return LITELLM_CHANNEL
        return self.built_in.anthropic if way == "anthropic" else self.built_in.openai


def demo_target(why: str) -> Target:
    """The built-in model that needs no upstream."""
    return _target(DEMO_CHANNEL, "demo", f"{why}built in")


def spoken_to(target: Target, dialect: DialectName) -> Target:
    """The same model asked in another language, as its server demanded."""
    channel = replace(target.channel, dialect=dialect, dialect_by_model=False)
    return _target(channel, target.model, f"{target.why}, in the language that the server asked for")


def _channel_of_model(channels: Channels, way: Way | None, model: str) -> Channel:
    family = family_of(model)
    if way == "anthropic" or (way in (None, "vertex_ai") and family == "claude"):
        return channels.anthropic
    if way in ("gemini", "vertex_ai") or (way is None and family == "gemini"):
        return channels.gemini
    return channels.openai


def _refuse_nothing(model: str) -> None:
    if not model.strip("/ "):
        raise invalid_request("model: expected a model's name beside the prefix and the channel")


def _target(channel: Channel, model: str, why: str) -> Target:
    if channel is LITELLM_CHANNEL and "://" in model:
        # Some of LiteLLM's vendors take an address for a model, and would show it their key.
        raise invalid_request("model: expected LiteLLM's name of a model, not an address")
    if channel.access == "vertex":
        model = vertex_model_id(model)
    vendor = vendor_of(channel.base_url) or channel.preset or None
    if channel.dialect_by_model and speaks_responses(vendor, model):
        channel = replace(channel, dialect="openai_responses")
    quirks = quirks_for(channel.base_url, model, channel.dialect, channel.access, channel.preset)
    return Target(channel=channel, model=model, quirks=quirks, why=why)
