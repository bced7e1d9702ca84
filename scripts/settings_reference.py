"""Writes docs/reference/settings.md from the fields of config/settings.py; `--check` says whether it is current."""

import ast
import re
import sys

from scripts.generated import ROOT, write_or_check

SOURCE = ROOT / "src/dragoman/config/settings.py"
PAGE = ROOT / "docs/reference/settings.md"

INTRODUCTION = """\
# Settings

<!-- Written by scripts/settings_reference.py from src/dragoman/config/settings.py: edit there. -->

Settings are environment variables. `.env` in the working directory is read too (`--env-file` names another file);
an exported variable wins over the file. An empty value counts as unset. `dragoman check` shows what is in effect
and where it comes from. A wrong value stops the start with the variable's name and what was expected.
"""

CHANNELS = """
## `CHANNEL_<NAME>_BASE_URL`, `CHANNEL_<NAME>_API_KEY`, `CHANNEL_<NAME>_DIALECT`

Any number of further endpoints. `<NAME>` may be written in any case and may hold underscores; requests ask for it
in any case with the suffix `:name`, such as `gemini/gemini-2.5-pro:gemini2`. A suffix that is no channel is part of
the model's id.
"""

VENDORS = """
## `<VENDOR>_API_KEY`, `<VENDOR>_BASE_URL`

The keys of other vendors, such as `DEEPSEEK_API_KEY`, and other addresses of them and of local servers, such as
`OLLAMA_BASE_URL`. Each has its variables and its prefix in [presets](presets.md). A vendor whose key is set is asked
for the models with its prefix. Without its key, the prefix is part of the id where names that nobody knows go to an
endpoint of your own (`BASE_URL`, or the preferred provider's own base URL); elsewhere the answer is a 401 that names
the variable.
"""

KINDS = {
    "Secret": "a key",
    "Secrets": "one key or several, separated by commas",
    "Url": "http or https URL",
    "ModelName": "`[prefix/]id[:channel]`",
    "Host": "host name or IP address",
    "Hosts": "host names, separated by commas",
    "Port": "0 to 65535",
    "Seconds": "seconds, 1 to 3600",
    "FilePath": "path of a file",
    "ProjectId": "id of a project",
    "Location": "text without `/`, in any case",
    "DialectName": "`openai_chat`, `openai_responses`, `gemini` or `anthropic`",
    "bool": "`true` or `false` (also 1, yes, on; 0, no, off)",
    "str": "text",
}


def page() -> str:
    """The whole page."""
    module = ast.parse(SOURCE.read_text("utf-8"))
    classes = {node.name: node for node in module.body if isinstance(node, ast.ClassDef)}
    parts = [INTRODUCTION]
    for name, kind, default, text in fields(classes["Settings"]):
        if name == "foreign_variables":
            continue
        if name == "channels":
            parts.append(CHANNELS)
            described = [entry for entry in fields(classes["ChannelSettings"]) if entry[0] != "name"]
            parts.append(
                "\n" + "\n".join(f"- `_{entry[0].upper()}`: {entry[3]}" for entry in described) + "\n"
            )
        elif name == "vendors":
            parts.append(VENDORS)
        else:
            parts.append(f"\n## {name.upper()}\n\n{text}\n\nValue: {kind}. Default: {default}.\n")
    return "".join(parts)


def fields(node: ast.ClassDef) -> list[tuple[str, str, str, str]]:
    """Name, type, default and docstring of every field."""
    found: list[tuple[str, str, str, str]] = []
    for field, below in zip(node.body, node.body[1:], strict=False):
        if isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name):
            found.append(
                (field.target.id, kind_of(field.annotation), default_of(field.value), text_of(below))
            )
    return found


def kind_of(annotation: ast.expr) -> str:
    """What a value may be, in words."""
    written = ast.unparse(annotation).removesuffix(" | None")
    if written.startswith("Literal["):
        choices = [f"`{choice}`" for choice in re.findall(r"'([^']+)'", written)]
        return f"{', '.join(choices[:-1])} or {choices[-1]}, in any case"
    return KINDS.get(written, written)


def default_of(value: ast.expr | None) -> str:
    """The default in words."""
    if value is None:
        return "none"
    written = ast.unparse(value)
    if written in ("None", "Secret()", "()"):
        return "unset"
    if isinstance(value, ast.Constant) and isinstance(value.value, bool):
        return "`true`" if value.value else "`false`"
    if isinstance(value, ast.Constant):
        return f"`{value.value:g}`" if isinstance(value.value, float) else f"`{value.value}`"
    return f"`{written}`"


def text_of(node: ast.stmt) -> str:
    """A field's docstring on lines of its own."""
    assert isinstance(node, ast.Expr), "every field has a docstring under it"
    assert isinstance(node.value, ast.Constant), "every field has a docstring under it"
    return "\n".join(line.strip() for line in str(node.value.value).splitlines())


if __name__ == "__main__":
    sys.exit(write_or_check({PAGE: page()}, "settings_reference", sys.argv[1:]))
