"""Writes text with the marks of Markdown that a model reads easily: blocks, prefixes, links, fences."""

import re

DEEPEST = 8
"""Lists and quotations within each other; deeper ones are indented no more, so that the text stays linear."""
LONGEST_URL = 500

_SPACES = re.compile(r"\s+")
_MANY_LINES = re.compile(r"\n{3,}")


class MarkdownWriter:
    """Collects a line and breaks it where told; white space is collapsed except in fences."""

    def __init__(self) -> None:
        self._lines: list[str] = []
        self._line: list[str] = []
        self._prefix = ""
        """Before the next line that says something, such as `## `."""
        self._fence: list[str] | None = None
        self._language = ""
        self._link: tuple[int, str] | None = None
        """Where in the line its text began, and where it leads."""
        self.quotes = 0
        self.lists: list[int | None] = []
        """For each open list the number of its next item; None if it has no numbers."""
        self.cell = False
        """A cell of a table is one line."""
        self._cells = 0

    def text(self, text: str) -> None:
        if self._fence is not None:
            self._fence.append(text)
        elif text:
            self._line.append(_SPACES.sub(" ", text))

    def line_break(self) -> None:
        """`<br>`."""
        if self._fence is not None:
            self._fence.append("\n")
        elif self.cell:
            self._line.append(" ")
        else:
            self._end_line()

    def block(self, prefix: str = "", *, loose: bool = True) -> None:
        """End the line, with an empty one behind it if `loose`; the next begins with `prefix`."""
        if self._fence is not None:
            return
        if self.cell:
            self._line.append(" ")
            return
        self._end_line()
        if loose and not self.lists:
            self._lines.append("")
        self._prefix = prefix

    def item(self) -> None:
        """The next line is an item of the innermost list."""
        if not self.lists:
            self.block("- ", loose=False)
            return
        number = self.lists[-1]
        mark = "- "
        if number is not None:
            mark = f"{number}. "
            self.lists[-1] = number + 1
        self.block("  " * (min(len(self.lists), DEEPEST) - 1) + mark, loose=False)

    def row(self) -> None:
        """A row of a table ends, and another may begin."""
        self.cell = False
        self._cells = 0
        self.block(loose=False)

    def next_cell(self) -> None:
        if self._cells:
            self._line.append(" | ")
        self._cells += 1
        self.cell = True

    def link(self, url: str) -> None:
        """A link begins."""
        self.end_link()
        url = url.strip()
        leads = bool(url) and len(url) <= LONGEST_URL and not url.startswith("#")
        if leads and not url.lower().startswith(("javascript:", "data:", "mailto:", "tel:")):
            self._link = (len(self._line), url)

    def end_link(self) -> None:
        """Its URL stands behind its text, unless it is the text."""
        if self._link is None:
            return
        begin, url = self._link
        self._link = None
        said = "".join(self._line[begin:]).strip()
        if said and said != url and self._fence is None:
            self._line.append(f" ({url})")

    def fence(self, language: str) -> None:
        """Preformatted text begins."""
        if self._fence is None:
            self.cell = False
            self.block()
            self._fence = []
            self._language = language

    def language(self, language: str) -> None:
        """What the preformatted text is written in, where it is told inside it."""
        if self._fence is not None:
            self._language = self._language or language

    @property
    def fenced(self) -> bool:
        return self._fence is not None

    def end_fence(self) -> None:
        if self._fence is None:
            return
        code = "".join(self._fence).strip("\r\n").rstrip()
        self._fence = None
        if code:
            longest = max((len(run) for run in re.findall("`{3,}", code)), default=2)
            marks = "`" * (longest + 1)
            quote = self._quote()
            for line in (f"{marks}{self._language}", *code.splitlines(), marks):
                self._lines.append((quote + line).rstrip())
            self._lines.append("")

    def finish(self) -> str:
        """Everything that was written."""
        self.end_fence()
        self._end_line()
        return _MANY_LINES.sub("\n\n", "\n".join(self._lines)).strip()

    def _quote(self) -> str:
        return "> " * min(self.quotes, DEEPEST)

    def _end_line(self) -> None:
        self.end_link()
        line = _SPACES.sub(" ", "".join(self._line)).strip(" ")
        self._line = []
        if not line:
            return
        prefix = self._prefix or "  " * min(len(self.lists), DEEPEST)
        self._prefix = ""
        self._lines.append(self._quote() + prefix + line)
