"""Which elements are open, and which of them a reader does not see: just enough of HTML's tree for its text."""

from collections import Counter

from dragoman.emulation.pages.html_tokens import read_attributes

VOID = frozenset(
    [
        "area",
        "base",
        "br",
        "col",
        "embed",
        "hr",
        "img",
        "input",
        "link",
        "meta",
        "param",
        "source",
        "track",
        "wbr",
        "frame",
        "keygen",
        "bgsound",
    ]
)
"""Elements that hold nothing and have no end tag."""

NEVER_READ = frozenset(
    [
        "script",
        "style",
        "template",
        "svg",
        "canvas",
        "audio",
        "video",
        "object",
        "iframe",
        "noembed",
        "noframes",
        "head",
        "select",
        "datalist",
        "button",
        "textarea",
        "input",
    ]
)
BOILERPLATE = frozenset({"nav", "footer"})
BOILERPLATE_ROLES = frozenset({"navigation", "contentinfo", "search"})

_WHOLE_PAGE = frozenset({"html", "body", "main"})
"""Where scripts show later what is hidden at first."""

_CLOSED_BY = {
    "li": ("li", "p"),
    "dt": ("dt", "dd", "p"),
    "dd": ("dt", "dd", "p"),
    "tr": ("td", "th", "tr"),
    "td": ("td", "th"),
    "th": ("td", "th"),
    "body": ("head",),
    "option": ("option",),
}
"""Open elements that end where another begins, if they are innermost."""
_CLOSE_A_PARAGRAPH = frozenset(
    [
        "address",
        "article",
        "aside",
        "blockquote",
        "details",
        "div",
        "dl",
        "fieldset",
        "figure",
        "footer",
        "form",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "header",
        "hr",
        "main",
        "nav",
        "ol",
        "p",
        "pre",
        "section",
        "table",
        "ul",
    ]
)


class OpenElements:
    """Fed with tags. Every element is put on the stack and taken from it once, so that it stays linear."""

    def __init__(self, *, boilerplate: bool) -> None:
        self._stack: list[str] = []
        self._count: Counter[str] = Counter()
        self._boilerplate = boilerplate
        """Whether it is read too."""
        self._hidden_from: int | None = None
        """The depth of the outermost element that is not read."""
        self.left_out = False
        """Whether boilerplate was not read."""

    @property
    def hidden(self) -> bool:
        """Whether what comes now is not read."""
        return self._hidden_from is not None

    def is_open(self, name: str) -> bool:
        return self._count[name] > 0

    def start(self, name: str, attributes: str) -> list[str]:
        """An element begins. Gives those that could be seen and end by it, innermost first."""
        closes = ("p",) if name in _CLOSE_A_PARAGRAPH else _CLOSED_BY.get(name, ())
        ended: list[str] = []
        while self._stack and self._stack[-1] in closes:
            ended += self._pop()
        if name not in VOID:
            if self._hidden_from is None and self._is_hidden(name, attributes):
                self._hidden_from = len(self._stack)
            self._stack.append(name)
            self._count[name] += 1
        return ended

    def end(self, name: str) -> list[str]:
        """An end tag. Gives the elements that could be seen and end, innermost first."""
        ended: list[str] = []
        left = self._count[name] - 1
        while self._count[name] > max(left, 0):
            ended += self._pop()
        return ended

    def _pop(self) -> list[str]:
        """The innermost element, or nothing if it could not be seen."""
        name = self._stack.pop()
        self._count[name] -= 1
        if self._hidden_from is None:
            return [name]
        if len(self._stack) <= self._hidden_from:
            self._hidden_from = None
        return []

    def _is_hidden(self, name: str, attributes: str) -> bool:
        if name in NEVER_READ:
            return True
        if self._is_boilerplate(name, attributes):
            self.left_out = True
            return True
        if name in _WHOLE_PAGE or not attributes:
            return False
        low = attributes.lower()
        if "hidden" not in low and "none" not in low:
            return False
        found = read_attributes(low)
        style = "".join(found.get("style", "").split())
        return (
            found.get("hidden", "until-found") != "until-found"
            or found.get("aria-hidden") == "true"
            or "display:none" in style
            or "visibility:hidden" in style
        )

    def _is_boilerplate(self, name: str, attributes: str) -> bool:
        if self._boilerplate or name in _WHOLE_PAGE:
            return False
        if name in BOILERPLATE:
            # What an article says of itself at its end belongs to it.
            return not (self.is_open("article") or self.is_open("main"))
        return "role" in attributes and read_attributes(attributes).get("role") in BOILERPLATE_ROLES
