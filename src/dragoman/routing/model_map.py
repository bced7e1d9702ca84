"""Requested model to target, by rules that are read top to bottom in `ModelMap.resolve`."""

from collections.abc import Iterator

import msgspec

from dragoman.dialects.quirks import Quirks
from dragoman.messages.errors import invalid_request
from dragoman.routing.channel import Target
from dragoman.routing.families import family_of
from dragoman.routing.names import DEMO_MODEL, Way, name_fault, without_bracket
from dragoman.routing.presets import COMPATIBLE
from dragoman.routing.ways import Ways, demo_target

PICKER_PREFIX = "claude-"
"""Claude Code's model picker keeps only ids that contain `claude`."""

DEMO_PICKER_ID = PICKER_PREFIX + DEMO_MODEL.replace("/", "-")

CURRENT_CLAUDE = {"opus": "claude-opus-4-8", "sonnet": "claude-sonnet-5", "haiku": "claude-haiku-4-5"}
"""What Claude Code asks for when the user picks a family (spec/claude-code.md section 4.1)."""

OTHER_CLAUDE = "claude"
"""The alias of every name that begins so and is of no family above."""


class Alias(msgspec.Struct, frozen=True):
    """What stands for a Claude family."""

    setting: str
    """Such as `BIG_MODEL`, also where the default stands in for it."""
    written: str
    """The setting's value; prefix and channel suffix are allowed."""


class ListedModel(msgspec.Struct, frozen=True):
    """An entry of GET /v1/models."""

    id: str
    display_name: str
    max_input_tokens: int | None
    max_tokens: int | None


class ModelMap(msgspec.Struct, frozen=True):
    """Built once by `draw_map`; asking changes nothing, so messages and count_tokens agree."""

    ways: Ways
    aliases: dict[str, Target]
    """By `haiku`, `sonnet`, `opus` and `claude`; a family that is not here goes to Anthropic as it is."""
    served: dict[str, Target]
    """The foreign models that settings name, by their written form in lower case."""
    demo_only: bool = False
    """Nothing is configured: the built-in demo answers every name but those with a vendor's prefix."""

    def resolve(self, requested: str) -> Target:
        """The target for a requested model. Raises ApiError (400) for a name that cannot be one."""
        name = without_bracket(requested)
        fault = name_fault(requested) or name_fault(name)
        if fault is not None:
            raise invalid_request(f"model: {fault}")
        if self.demo_only:
            return self.ways.at_vendor(name, "") or demo_target("no key is configured: ")
        return (
            self._picked(name)
            or self.ways.explicit(name, "")
            or self._alias(name)
            or self.ways.by_family(name, self._why_as_it_is(name))
        )

    def _picked(self, name: str) -> Target | None:
        """The model behind an id of `listing`, or behind `claude-` and a foreign model's id."""
        lowered = name.lower()
        if lowered == DEMO_PICKER_ID:
            return demo_target("picked, ")
        if "claude" in lowered and (served := self._served(lowered)) is not None:
            return served
        if not lowered.startswith(PICKER_PREFIX):
            return None
        foreign = name[len(PICKER_PREFIX) :]
        if not self.ways.has_prefix(foreign) and family_of(foreign) not in ("openai", "gemini"):
            return None
        return self.ways.place(foreign, "picked")

    def _served(self, lowered: str) -> Target | None:
        return self.served.get(lowered) or self.served.get(lowered.removeprefix(PICKER_PREFIX))

    def _alias(self, name: str) -> Target | None:
        family = family_of(name)
        if family in ("openai", "gemini"):
            return None
        lowered = name.lower()
        for word in CURRENT_CLAUDE:
            if word in lowered:
                return self.aliases.get(word)
        return self.aliases.get(OTHER_CLAUDE) if family == "claude" else None

    def _why_as_it_is(self, name: str) -> str:
        if (family := family_of(name)) is not None:
            return f"{family} family"
        _, colon, suffix = name.rpartition(":")
        unknown = f"; `:{suffix}` is no channel" if colon and self.ways.named else ""
        return f"unknown, to the preferred provider{unknown}"

    def rows(self) -> list[tuple[str, Target]]:
        """The map as patterns of requested names and their targets; the model `*` is the name as it came."""
        if self.demo_only:
            return [("any name", demo_target("no key is configured: "))]
        gemini: Way = "vertex_ai" if self.ways.use_vertex else "gemini"
        return [
            *((f"*{word}*", self.aliases[word]) for word in CURRENT_CLAUDE if word in self.aliases),
            ("claude-*", self.aliases.get(OTHER_CLAUDE) or self.ways.passed_on("anthropic", "as it is")),
            ("gpt-*, o1*, chatgpt-*", self.ways.passed_on("openai", "openai family")),
            ("gemini-*", self.ways.passed_on(gemini, "gemini family")),
            *self._vendor_rows(),
            ("any other name", self.ways.passed_on(self.ways.preferred, "the preferred provider")),
            *(
                (f"*:{name}", Target(channels.openai, "*", Quirks(), f"channel `{name}`"))
                for name, channels in self.ways.named.items()
            ),
        ]

    def _vendor_rows(self) -> Iterator[tuple[str, Target]]:
        """Local servers that no setting speaks of would only be in the way."""
        for preset in COMPATIBLE:
            channel = self.ways.vendors.get(preset.prefixes[0])
            if channel is not None and preset.name in self.ways.configured:
                patterns = ", ".join(f"{prefix}/*" for prefix in preset.prefixes)
                yield patterns, Target(channel, "*", Quirks(), f"prefix `{preset.prefixes[0]}/`")

    def used(self) -> tuple[Target, ...]:
        """Where Claude's names lead: what must work for Claude Code to work."""
        as_it_is = self.ways.passed_on("anthropic", "as it is")
        words = () if self.demo_only else (*CURRENT_CLAUDE, OTHER_CLAUDE)
        return tuple(self.aliases.get(word, as_it_is) for word in words)

    def listing(self) -> list[ListedModel]:
        """What GET /v1/models says; every id contains `claude` and resolves."""
        entries: dict[str, ListedModel] = {}
        for word, current in CURRENT_CLAUDE.items():
            target = self.resolve(current)
            if target.model != current:
                family = PICKER_PREFIX + word
                entries[family] = _listed(family, f"{word.capitalize()}: {_label(target)}", target)
            entries[current] = _listed(current, f"{current}: {_label(target)}", target)
        for written, target in self.served.items():
            listed = written if "claude" in written else PICKER_PREFIX + written
            entries[listed] = _listed(listed, _label(target), target)
        entries[DEMO_PICKER_ID] = _listed(DEMO_PICKER_ID, "Dragoman demo", demo_target(""))
        return list(entries.values())


def draw_map(ways: Ways, aliases: dict[str, Alias], *, demo_only: bool = False) -> ModelMap:
    """The map for `aliases` by `haiku`, `sonnet`, `opus` and `claude`. Raises ApiError (400) for an unusable one."""
    targets = {
        word: ways.place(alias.written, f"{word} -> {alias.setting}") for word, alias in aliases.items()
    }
    served = {
        written.lower(): ways.place(written, alias.setting)
        for alias in aliases.values()
        if family_of(written := without_bracket(alias.written)) != "claude"
    }
    return ModelMap(ways=ways, aliases=targets, served={} if demo_only else served, demo_only=demo_only)


def _label(target: Target) -> str:
    return f"{target.model} ({target.channel.name})"


def _listed(listed: str, display_name: str, target: Target) -> ListedModel:
    return ListedModel(listed, display_name, target.quirks.context_window, target.quirks.max_output_tokens)
