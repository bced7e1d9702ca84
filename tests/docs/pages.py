"""The project's documents and what is in them, for the tests of this folder."""

import re
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
DECISIONS = ROOT / "docs/decisions"

READ_BY_LITELLM = frozenset(
    {
        *("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_REGION"),
        *("AZURE_API_KEY", "AZURE_API_BASE", "AZURE_API_VERSION"),
    }
)
"""Variables of its vendors that the documents name."""

_FENCE = re.compile(r"^ *```(?P<language>\w*)\n(?P<text>.*?)^ *```$", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True)
class CodeBlock:
    language: str
    text: str


def pages() -> list[Path]:
    """Every Markdown file of the project itself."""
    return sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])


def shown(page: Path) -> str:
    return page.relative_to(ROOT).as_posix()


def text_of(page: Path) -> str:
    return page.read_text("utf-8")


def code_blocks(page: Path) -> list[CodeBlock]:
    return code_blocks_in(text_of(page))


def code_blocks_in(text: str) -> list[CodeBlock]:
    """Of a page, or of a part of one."""
    return [CodeBlock(found["language"], found["text"]) for found in _FENCE.finditer(text)]


def prose(page: Path) -> str:
    """The page without its code blocks."""
    return _FENCE.sub("", text_of(page))


def headings(page: Path) -> list[str]:
    return re.findall(r"^#{1,6} (.+)$", prose(page), re.MULTILINE)


def anchors(page: Path) -> set[str]:
    """What a link may have after its `#`, as GitHub makes it of headings."""
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings(page)}


def shell_commands(page: Path) -> list[str]:
    """The commands of `sh` blocks, continued lines joined, without comments and environment files."""
    commands: list[str] = []
    for block in code_blocks(page):
        if block.language == "sh" and not block.text.startswith("# .env"):
            lines = block.text.replace("\\\n", " ").splitlines()
            commands += [line for line in lines if line.strip() and not line.startswith("#")]
    return commands


def environment_files(page: Path) -> list[str]:
    """The lines of blocks that show a `.env` file."""
    texts = [block.text for block in code_blocks(page) if block.text.startswith("# .env")]
    return [line for text in texts for line in text.splitlines() if line and not line.startswith("#")]
