"""The documentation site: every page is in its navigation, and links lead where they led before."""

import re
import tomllib
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from scripts.site_pages import lay_out, loaded_from_elsewhere, sources, with_links_of_the_site

from tests.docs.pages import ROOT, headings, pages, prose, shown, text_of
from tests.docs.test_links import LINK

SITE = tomllib.loads((ROOT / "zensical.toml").read_text("utf-8"))["project"]
REPOSITORY = "https://git.example.com/dragoman"


def named(entries: list[Any]) -> Iterator[str]:
    """The pages of a part of the navigation, in its order."""
    for entry in entries:
        if isinstance(entry, str):
            yield entry
        else:
            for part in entry.values():
                yield from named([part] if isinstance(part, str) else part)


def test_every_page_is_in_the_navigation_once_and_nothing_else() -> None:
    in_navigation = Counter(named(SITE["nav"]))
    every_page = Counter(shown(page) for page in pages())
    assert sorted(every_page - in_navigation) == [], "give these pages their line in zensical.toml"
    assert sorted(in_navigation - every_page) == []


def test_the_promised_parts_are_there() -> None:
    places = list(named(SITE["nav"]))
    assert places[0] == "README.md"
    for folder in ("guides", "concepts", "reference", "dialects", "decisions"):
        assert any(place.startswith(f"docs/{folder}/") for place in places)
    for page in ("troubleshooting", "glossary", "promises"):
        assert f"docs/{page}.md" in places


@pytest.mark.parametrize("page", pages(), ids=shown)
def test_a_page_begins_with_its_title(page: Path) -> None:
    lines = text_of(page).splitlines()
    assert lines[0].startswith("# ")
    assert headings(page)[0] == lines[0].removeprefix("# ")


def test_every_picture_of_a_page_is_on_the_site() -> None:
    on_site = set(sources().values())
    shown_pictures = [
        (page.parent / target).resolve()
        for page in pages()
        for target in re.findall(r"!\[[^\]]*\]\((\S+)\)", prose(page))
    ]
    assert ROOT / "pic.png" in shown_pictures
    assert [picture for picture in shown_pictures if picture not in on_site] == []


@pytest.mark.parametrize("page", pages(), ids=shown)
def test_no_word_of_a_page_is_taken_for_html(page: Path) -> None:
    """`<NAME>` outside of code would be shown as nothing."""
    words = re.sub(r"^ {4}.*$", "", prose(page), flags=re.MULTILINE)
    words = re.sub(r"``.*?``|`[^`]*`", "", words, flags=re.DOTALL)
    tags = re.findall(r"</?[A-Za-z][^>\n:]*>", words)
    assert [tag for tag in tags if tag != "<br>"] == []


def test_every_page_can_be_reached_from_the_readme() -> None:
    found: set[Path] = set()
    waiting = [ROOT / "README.md"]
    while waiting:
        page = waiting.pop()
        if page.suffix == ".md" and page not in found:
            found.add(page)
            targets = [match["target"].partition("#")[0] for match in LINK.finditer(text_of(page))]
            waiting += [
                (page.parent / target).resolve() for target in targets if target and ":" not in target
            ]
    assert sorted(shown(page) for page in set(pages()) - found) == []


@pytest.mark.parametrize(
    ("repository", "written"),
    [
        (None, "see the table, [a guide](guide.md#top) and [there](https://example.com)"),
        (
            REPOSITORY,
            f"see [the table]({REPOSITORY}/blob/main/src/table.py), [a guide](guide.md#top) and [there](https://example.com)",
        ),
    ],
)
def test_link_to_a_file_that_is_no_page_leads_to_the_repository_or_is_text(
    repository: str | None, written: str, tmp_path: Path
) -> None:
    text = "see [the table](../src/table.py#L3), [a guide](guide.md#top) and [there](https://example.com)"
    for file in ("src/table.py", "docs/page.md", "docs/guide.md"):
        (tmp_path / file).parent.mkdir(exist_ok=True)
        (tmp_path / file).touch()
    page = tmp_path / "docs/page.md"
    assert with_links_of_the_site(text, page, tmp_path, sources(tmp_path), repository) == written


@pytest.mark.parametrize(
    "text",
    [
        "[gone](../src/gone.py)",
        "```md\n[the table](../src/table.py)\n```",
        "![a drawing](../src/table.py)",
        "[outside](../../elsewhere.md)",
    ],
    ids=["dead", "in a code block", "picture", "outside"],
)
def test_other_links_are_left_as_they_are(text: str, tmp_path: Path) -> None:
    for file in ("src/table.py", "docs/page.md"):
        (tmp_path / file).parent.mkdir(exist_ok=True)
        (tmp_path / file).touch()
    page = tmp_path / "docs/page.md"
    assert with_links_of_the_site(text, page, tmp_path, sources(tmp_path), None) == text


def test_pages_are_laid_out_in_the_shape_of_the_repository(tmp_path: Path) -> None:
    lay_out(tmp_path, ROOT, None)
    laid_out = {file.relative_to(tmp_path).as_posix() for file in tmp_path.rglob("*") if file.is_file()}
    assert laid_out == {shown(page) for page in pages()} | {"pic.png"}
    assert (tmp_path / "pic.png").read_bytes() == (ROOT / "pic.png").read_bytes()


def test_only_what_has_changed_is_laid_out_again(tmp_path: Path) -> None:
    root, folder = tmp_path / "project", tmp_path / "pages"
    (root / "docs").mkdir(parents=True)
    for name in ("pic.png", "README.md", "docs/old.md", "docs/new.md"):
        (root / name).write_text("# One\n", "utf-8")
    lay_out(folder, root, None)
    before = (folder / "README.md").stat().st_mtime_ns
    (root / "docs/old.md").unlink()
    (root / "docs/new.md").write_text("# Two\n", "utf-8")
    lay_out(folder, root, None)
    assert (folder / "README.md").stat().st_mtime_ns == before
    assert (folder / "docs/new.md").read_text("utf-8") == "# Two\n"
    assert not (folder / "docs/old.md").exists()


@pytest.mark.parametrize(
    ("html", "address"),
    [
        ('<script src="https://cdn.example.com/a.js"></script>', "https://cdn.example.com/a.js"),
        ("<img alt=x src=//img.example.com/a.png>", "//img.example.com/a.png"),
        ('<link rel="stylesheet" href="https://fonts.example.com/css">', "https://fonts.example.com/css"),
        ('<link href="https://fonts.example.com" rel="preconnect">', "https://fonts.example.com"),
        ("@font-face{src:url(https://fonts.example.com/a.woff2)}", "https://fonts.example.com/a.woff2"),
    ],
)
def test_what_a_browser_would_load_from_elsewhere_is_noticed(html: str, address: str, tmp_path: Path) -> None:
    (tmp_path / "page.html").write_text(html, "utf-8")
    assert loaded_from_elsewhere(tmp_path) == [f"page.html: {address}"]


def test_links_that_a_reader_may_follow_are_no_fault(tmp_path: Path) -> None:
    html = (
        '<a href="https://example.com">there</a> <script src="assets/a.js"></script> <img src="../pic.png">'
    )
    (tmp_path / "page.html").write_text(html, "utf-8")
    assert loaded_from_elsewhere(tmp_path) == []


def test_the_site_uses_no_font_of_the_web() -> None:
    assert SITE["theme"]["font"] is False


def test_starting_the_gateway_installs_nothing_of_the_site() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    groups = project["dependency-groups"]
    assert any(wanted.startswith("zensical") for wanted in groups["site"])
    default = project["tool"].get("uv", {}).get("default-groups", ["dev"])
    assert "site" not in default
    assert {"include-group": "site"} not in [wanted for name in default for wanted in groups[name]]


def test_the_gate_builds_the_site() -> None:
    gate = (ROOT / ".ci/run").read_text("utf-8").splitlines()
    assert "uv run --group site python -m scripts.site_pages build" in gate
