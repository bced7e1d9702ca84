"""CHANGELOG.md in the form of Keep a Changelog."""

import re

from tests.docs.pages import ROOT, headings, text_of

CHANGELOG = ROOT / "CHANGELOG.md"
KINDS = {"Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"}


def test_the_first_section_is_unreleased_and_says_something() -> None:
    sections = re.split(r"^## ", text_of(CHANGELOG), flags=re.MULTILINE)[1:]
    assert sections[0].startswith("[Unreleased]\n")
    assert re.search(r"^- \S", sections[0], re.MULTILINE)


def test_every_heading_is_a_version_or_a_kind_of_change() -> None:
    title, *others = headings(CHANGELOG)
    assert title == "Changelog"
    versions = [name for name in others if name not in KINDS]
    assert all(re.fullmatch(r"\[Unreleased\]|\[\d+\.\d+\.\d+\] - \d{4}-\d\d-\d\d", name) for name in versions)
