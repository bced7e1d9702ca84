"""Every link inside the project leads somewhere."""

import re
from pathlib import Path

import pytest

from tests.docs.pages import ROOT, anchors, pages, prose, shown

LINK = re.compile(r"\[[^\]]*\]\((?P<target>[^)\s]+)\)")
COMMENTED_FILES = [
    ROOT / ".env.example",
    *sorted((ROOT / "src").rglob("*.py")),
    *sorted((ROOT / "bench").glob("*.py")),
]
DOCUMENT = re.compile(r"(?<![\w/])docs/(?:[a-z-]+/[\w.-]*\w|[\w-]+\.md)")
DECISION = re.compile(r"\bADR (\d{4})\b|\bdecisions/(\d{4})\b")


def broken(page: Path) -> list[str]:
    """The links of a page whose file or heading does not exist."""
    found: list[str] = []
    for match in LINK.finditer(prose(page)):
        target = match["target"]
        if re.match(r"[a-z]+:", target):
            continue
        path, _, anchor = target.partition("#")
        file = (page.parent / path).resolve() if path else page
        if not file.exists() or (anchor and anchor not in anchors(file)):
            found.append(target)
    return found


@pytest.mark.parametrize("page", pages(), ids=shown)
def test_relative_links_resolve(page: Path) -> None:
    assert broken(page) == []


def test_the_check_itself_sees_a_dead_link_and_a_dead_heading(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(
        "# One\n\n[a](gone.md) [b](#one) [c](#two) [d](page.md#one) [e](https://example.com)\n", "utf-8"
    )
    assert broken(page) == ["gone.md", "#two"]


def test_documents_that_the_code_names_exist() -> None:
    numbers = {path.name[:4] for path in (ROOT / "docs/decisions").glob("[0-9]*.md")}
    missing: list[str] = []
    for file in COMMENTED_FILES:
        text = file.read_text("utf-8")
        missing += [
            f"{file.name}: {number}"
            for pair in DECISION.findall(text)
            for number in pair
            if number and number not in numbers
        ]
        missing += [
            f"{file.name}: {path}"
            for path in DOCUMENT.findall(text)
            if not (ROOT / path).exists() and path.rpartition("/")[2][:4] not in numbers
        ]
    assert missing == []
