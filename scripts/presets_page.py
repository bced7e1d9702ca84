"""Writes docs/reference/presets.md from the rows of routing/vendors.py and routing/local_servers.py; `--check` says
whether it is current."""

import sys
from collections.abc import Iterator

from scripts.generated import ROOT, write_or_check

from dragoman.dialects.quirks import Quirks
from dragoman.routing.preset import Preset
from dragoman.routing.presets import COMPATIBLE

PAGE = ROOT / "docs/reference/presets.md"

INTRODUCTION = """\
# Presets

<!-- Written by scripts/presets_page.py from src/dragoman/routing/vendors.py and local_servers.py: edit there. -->

A vendor whose key is set is asked for every model that has its prefix; a local server needs no setting. What each of
them is for, and how to use them: [other vendors](../guides/vendors.md).

Where there are several prefixes, they mean the same. Where there are several variables, the first that is set counts.
A key goes to the vendor's own host, or to the base URL that is set; to no other. "What differs" names fields of
[Quirks](../../src/dragoman/dialects/quirks.py), "Evidence" sections of the protocol notes (`spec/openai-chat.md`).

| preset | model | key | base URL |
|---|---|---|---|
"""


def page() -> str:
    """The whole page."""
    lines = [f"| {' | '.join(cells_of(preset))} |" for preset in COMPATIBLE]
    sections = [section_of(preset) for preset in COMPATIBLE]
    return INTRODUCTION + "\n".join(lines) + "\n\n" + "\n".join(sections)


def cells_of(preset: Preset) -> Iterator[str]:
    """A row of the table."""
    yield f"[{preset.title}](#{anchor_of(preset)})"
    yield f"`{preset.prefixes[0]}/…`"
    yield f"`{preset.key_variables[0]}`" if preset.key_variables else "none"
    yield f"`{preset.base_url}`" if preset.base_url else f"in `{preset.base_url_variables[0]}`"


def anchor_of(preset: Preset) -> str:
    """What a link to the section has after its `#`."""
    kept = [letter for letter in preset.title.lower() if letter.isalnum() or letter in "- _"]
    return "".join(kept).replace(" ", "-")


def section_of(preset: Preset) -> str:
    """All that the row says."""
    return "\n".join([f"## {preset.title}\n", *(f"- {item}" for item in items_of(preset)), ""])


def items_of(preset: Preset) -> Iterator[str]:
    yield f"Prefixes: {listed(f'{prefix}/' for prefix in preset.prefixes)}"
    yield f"Key: {listed(preset.key_variables) or 'none'}"
    yield f"Base URL: {base_url_of(preset)}"
    yield f"Language: `{preset.dialect}`, unless the model or the server demands another"
    if preset.own_ids:
        yield f"An id without an author is the vendor's own and keeps the prefix: `{preset.prefixes[0]}/auto`"
    yield f"What differs: {listed(differences(preset.quirks)) or 'nothing'}"
    yield f"Evidence: {preset.evidence}"
    yield f"Source: <{preset.source}>"


def base_url_of(preset: Preset) -> str:
    variables = listed(preset.base_url_variables)
    note = f"`{preset.base_url}`, or what is in {variables}" if preset.base_url else f"what is in {variables}"
    if preset.bare_path:
        note += f"; one without a path gets `{preset.bare_path}`"
    return note


def differences(quirks: Quirks) -> Iterator[str]:
    """The fields of dialects/quirks.py that are not at their defaults."""
    default = Quirks()
    for field in Quirks.__struct_fields__:
        value = getattr(quirks, field)
        if value != getattr(default, field):
            yield f"{field}={value!r}" if not isinstance(value, str) else f"{field}={value}"


def listed(words: Iterator[str] | tuple[str, ...]) -> str:
    return ", ".join(f"`{word}`" for word in words)


if __name__ == "__main__":
    sys.exit(write_or_check({PAGE: page()}, "presets_page", sys.argv[1:]))
