"""Builds the documentation site from the project's pages, strictly; `serve` shows it and follows what is written.

uv run --group site python -m scripts.site_pages build|serve

The pages are laid out in site/pages in the shape of the repository, so that links between them hold as they are. A link
to a file that is no page leads to the repository if zensical.toml has its address; otherwise its text is kept.
"""

import re
import shutil
import subprocess
import sys
import time
import tomllib
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
CONFIGURATION = ROOT / "zensical.toml"
PICTURE = "pic.png"
LOOK_AGAIN_SECONDS = 0.5

_FENCED = re.compile(r"(^ *```.*?^ *```$)", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"(?<!!)\[(?P<text>[^\]]*)\]\((?P<target>[^)\s#]+)[^)\s]*\)")
_LOADED = re.compile(
    r"""<(?:script|img|iframe)\b[^>]*\bsrc="?(?P<source>(?:https?:)?//[^"\s>]+)"""
    r"""|<link\b(?=[^>]*\brel="?(?:stylesheet|preload|preconnect|icon))[^>]*\bhref="?(?P<sheet>(?:https?:)?//[^"\s>]+)"""
    r"""|url\(["']?(?P<part>(?:https?:)?//[^"')\s]+)""",
)


def sources(root: Path = ROOT) -> dict[str, Path]:
    """Every page of the project by its path in the repository, and the pictures."""
    below = [file for file in (root / "docs").rglob("*") if file.is_file()]
    files = [*root.glob("*.md"), *below, root / PICTURE]
    return {file.relative_to(root).as_posix(): file for file in sorted(files)}


def laid_out(root: Path, repository: str | None) -> Iterator[tuple[str, bytes]]:
    """The path and the content of every file of the site."""
    files = sources(root)
    for path, file in files.items():
        content = file.read_bytes()
        if file.suffix == ".md":
            content = with_links_of_the_site(content.decode(), file, root, files, repository).encode()
        yield path, content


def with_links_of_the_site(
    text: str, page: Path, root: Path, pages: Mapping[str, Path], repository: str | None
) -> str:
    """The page, its links to files that are no pages replaced. A dead link stays, for the tests and
    the strict build to find."""

    def replaced(link: re.Match[str]) -> str:
        file = (page.parent / link["target"]).resolve()
        if re.match(r"[a-z]+:", link["target"]) or not file.is_relative_to(root) or not file.exists():
            return link[0]
        path = file.relative_to(root).as_posix()
        if path in pages:
            return link[0]
        return link["text"] if repository is None else f"[{link['text']}]({repository}/blob/main/{path})"

    # Every second part is a fenced block, in which nothing is a link.
    parts = _FENCED.split(text)
    return "".join(part if number % 2 else _LINK.sub(replaced, part) for number, part in enumerate(parts))


def lay_out(folder: Path, root: Path, repository: str | None) -> None:
    """Make the folder hold the site's files and no others; what is current is not touched."""
    written: set[Path] = set()
    for path, content in laid_out(root, repository):
        file = folder / path
        written.add(file)
        if not file.exists() or file.read_bytes() != content:
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(content)
    for file in folder.rglob("*"):
        if file.is_file() and file not in written:
            file.unlink()


def loaded_from_elsewhere(folder: Path) -> list[str]:
    """Addresses of other hosts that a browser would ask by itself for a page of the built site."""
    return [
        f"{file.relative_to(folder)}: {found[found.lastgroup or 0]}"
        for file in sorted([*folder.rglob("*.html"), *folder.rglob("*.css")])
        for found in _LOADED.finditer(file.read_text("utf-8"))
    ]


def main(arguments: list[str]) -> int:
    """0, or 1 if the site has a fault."""
    project = tomllib.loads(CONFIGURATION.read_text("utf-8"))["project"]
    pages, html, repository = ROOT / project["docs_dir"], ROOT / project["site_dir"], project.get("repo_url")
    lay_out(pages, ROOT, repository)
    if arguments == ["serve"]:
        return serve(pages, repository)
    shutil.rmtree(html, ignore_errors=True)
    built = zensical("build", "--strict", "--clean").wait()
    faults = loaded_from_elsewhere(html) if not built else []
    for fault in faults:
        sys.stderr.write(f"loaded from elsewhere: {fault}\n")
    return 1 if built or faults else 0


def serve(pages: Path, repository: str | None) -> int:
    """Show the site until it is interrupted."""
    shown = zensical("serve")
    try:
        while shown.poll() is None:
            # An editor that saves may take the file away for a moment.
            with suppress(FileNotFoundError):
                lay_out(pages, ROOT, repository)
            time.sleep(LOOK_AGAIN_SECONDS)
    except KeyboardInterrupt:
        shown.terminate()
        return 0
    return shown.returncode


def zensical(*arguments: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen([sys.executable, "-m", "zensical", *arguments], cwd=ROOT)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
