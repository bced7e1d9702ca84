"""A Dockerfile as stages and instructions, and a `--env-file` as `docker run` reads it.

Source: https://docs.docker.com/reference/dockerfile/ and https://docs.docker.com/reference/cli/docker/container/run/
"""

import re
import shlex
from dataclasses import dataclass, field
from pathlib import Path

from dragoman.wire.jsonbytes import decode

_STAGE = re.compile(r"(?P<image>\S+)(?:\s+AS\s+(?P<name>\S+))?", re.IGNORECASE)
_FLAG = re.compile(r"--(?P<name>[\w-]+)(?:=(?P<value>\S+))?\s+")


@dataclass(frozen=True)
class Instruction:
    """`COPY --from=build /a /b`: the keyword, the flags, the rest as it is written."""

    keyword: str
    flags: dict[str, str]
    text: str

    def words(self) -> list[str]:
        """The rest as words: the exec form's, or those that a shell would see."""
        return exec_form(self.text) or shlex.split(self.text)

    def pairs(self) -> dict[str, str]:
        """Of ENV: names and values."""
        return dict(word.split("=", 1) for word in shlex.split(self.text))


@dataclass(frozen=True)
class Stage:
    """From one FROM to the next. `image` is a reference or the name of an earlier stage."""

    image: str
    name: str
    instructions: list[Instruction] = field(default_factory=list[Instruction])

    def last(self, keyword: str) -> Instruction:
        """The one that counts of several. Raises IndexError if there is none."""
        return [step for step in self.instructions if step.keyword == keyword][-1]


def exec_form(text: str) -> list[str]:
    """The words of `["a", "b"]`, or none if it is a shell's line."""
    return [str(word) for word in decode(text.encode())] if text.startswith("[") else []


def read_stages(text: str) -> list[Stage]:
    """The stages in order. Raises ValueError for an instruction before the first FROM."""
    stages: list[Stage] = []
    lines = [line for line in text.splitlines() if line.strip() and not line.lstrip().startswith("#")]
    for line in "\n".join(lines).replace("\\\n", " ").splitlines():
        keyword, _, rest = line.strip().partition(" ")
        flags: dict[str, str] = {}
        rest = rest.strip()
        while found := _FLAG.match(rest):
            flags[found["name"]] = found["value"] or ""
            rest = rest[found.end() :]
        if keyword.upper() == "FROM":
            named = _STAGE.fullmatch(rest)
            if named is None:
                raise ValueError(f"not an image: {rest}")
            stages.append(Stage(named["image"], named["name"] or str(len(stages))))
        elif not stages:
            raise ValueError(f"{keyword} before FROM")
        else:
            stages[-1].instructions.append(Instruction(keyword.upper(), flags, rest))
    return stages


def read_env_file(file: Path) -> dict[str, str]:
    """As `docker run --env-file`: what stands after `=` is the value, quotes and comments included."""
    lines = [line.strip() for line in file.read_text("utf-8").splitlines()]
    pairs = [line.split("=", 1) for line in lines if "=" in line and not line.startswith("#")]
    return {name: value for name, value in pairs}
