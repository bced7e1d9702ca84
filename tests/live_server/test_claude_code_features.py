"""What the real Claude Code does besides its coding task: pictures, documents, plans, sub-agents, its context meter."""

import asyncio
import json
import re
import uuid
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from tests.live_server.coding import folders
from tests.live_server.features import WAYS, Way, every_way, talking
from tests.live_server.sessions import openai_settings
from tests.support.claude_code import ClaudeCode
from tests.support.http_answer import Hold, json_bytes
from tests.support.openai_flavor import COMPATIBLE
from tests.support.openai_upstream import ScriptedOpenAI
from tests.support.replies import Call, Reasoning, Reply, Text, reply
from tests.support.responses_upstream import ScriptedResponses
from tests.support.seen_files import described, pdf, png
from tests.support.told import Media, Told, told_openai

__all__ = ["folders"]

pytestmark = pytest.mark.claude_code


def word() -> str:
    return f"word-{uuid.uuid4().hex[:12]}"


def looking(told: Told) -> Reply:
    """Reads the files that the user names last, all at once, and tells what it sees of them."""
    *_, wanted = re.findall(r"Look at: (.*)", "\n".join(told.words))
    names = wanted.split(", ")
    seen = {
        str(call.arguments["file_path"]): media
        for call, media in zip(told.seen.calls, told.media, strict=True)
    }
    if not all(name in seen for name in names):
        return reply("I look.", *(Call("Read", {"file_path": name}, sizes=9) for name in names))
    return reply("I see " + " and ".join(described(one) for name in names for one in seen[name]))


@every_way
async def test_the_model_sees_what_the_client_reads(
    claude_code: ClaudeCode, folders: tuple[Path, Path], way: Way
) -> None:
    """Pictures and documents come byte for byte, each with the result of the call that read it.

    The client reads a document whole; its `pages` need a program that few machines have.
    """
    work, _ = folders
    files = {
        "a.png": Media("image/png", png(23, 17)),
        "b.pdf": Media("application/pdf", pdf(word())),
        "c.pdf": Media("application/pdf", pdf(word())),
        "d.png": Media("image/png", png(40, 9)),
    }
    for name, file in files.items():
        (work / name).write_bytes(file.data)
    async with talking(claude_code, folders, way, looking) as talk:
        for names in (["a.png"], ["b.pdf"], ["c.pdf", "d.png"]):
            said = await talk.session.say("Look at: " + ", ".join(str(work / name) for name in names))
            assert said == "I see " + " and ".join(described(files[name]) for name in names)
        assert talk.told[-1].media == tuple((file,) for file in files.values())


async def test_a_model_that_reads_no_documents_is_told_of_them(
    claude_code: ClaudeCode, folders: tuple[Path, Path]
) -> None:
    work, _ = folders
    (work / "doc.pdf").write_bytes(pdf(word()))
    upstream = partial(ScriptedOpenAI, flavor=COMPATIBLE)
    way = Way("compatible", "a-local-model", upstream, openai_settings, told_openai)
    async with talking(claude_code, folders, way, looking) as talk:
        await talk.session.say(f"Look at: {work / 'doc.pdf'}")
        last = talk.told[-1]
    assert last.media == ((),)
    assert "[document omitted: a-local-model cannot read PDF files: " in last.seen.calls[0].result


PLAN_FILE = re.compile(r"create your plan at (\S+\.md)")


class Planner:
    """Plans, is sent back once, plans better, and does as the plan says once it is approved."""

    def __init__(self, target: Path) -> None:
        self._target = target
        self.line = f"The line is {word()}."

    def plan(self, why: str = "") -> str:
        return f"# Plan\nWrite it. {self.line} {why}".strip()

    def __call__(self, told: Told) -> Reply:
        done = told.seen.calls
        found = PLAN_FILE.search(told.opening)
        if found is None:
            return reply(f"FAILED: nobody said where plans go: {told.opening[-2000:]}")
        objection = done[2].result.removeprefix("[tool error] ") if len(done) > 2 else ""
        steps = (
            Call("Write", {"file_path": found[1], "content": self.plan()}, sizes=20),
            Call("ToolSearch", {"query": "select:ExitPlanMode", "max_results": 3}),
            Call("ExitPlanMode", {}),
            Call("Write", {"file_path": found[1], "content": self.plan(objection)}),
            Call("ExitPlanMode", {}),
            Call("Write", {"file_path": str(self._target), "content": self._approved(done[-1].result)})
            if done
            else Call("Write", {}),
        )
        if len(done) == len(steps):
            return reply("It is done as planned.")
        next_step = steps[len(done)]
        if next_step.name not in told.seen.tools:
            return reply(f"FAILED: no {next_step.name} in {sorted(told.seen.tools)}")
        return reply(Reasoning("Step by step."), next_step)

    def _approved(self, result: str) -> str:
        return result.partition("## Approved Plan:\n")[2]


@every_way
async def test_a_plan_is_made_refused_mended_and_carried_out(
    claude_code: ClaudeCode, folders: tuple[Path, Path], way: Way
) -> None:
    """The client offers plans where somebody answers its requests: plain `-p` has no ExitPlanMode."""
    if way.name == "openai_responses":
        # A host that nobody knows is told of a loaded tool among `tools`: that the prefix changes is the price.
        way = replace(way, upstream=ScriptedResponses)
    work, _ = folders
    target = work / "out.txt"
    planner = Planner(target)
    objection = f"Say why, namely {word()}."
    proposed: list[str] = []

    def decide(name: str, given: dict[str, Any]) -> str | None:
        if name != "ExitPlanMode":
            return None
        assert not target.exists()
        proposed.append(given["plan"])
        return objection if len(proposed) == 1 else None

    async with talking(
        claude_code, folders, way, planner, args=("--permission-mode", "plan"), decide=decide
    ) as talk:
        said = await talk.session.say("Plan how to write the line.")
        told = talk.told
    assert said == "It is done as planned."
    assert proposed == [planner.plan(), planner.plan(objection)]
    assert target.read_text() == planner.plan(objection)
    # The tool is offered once it was searched for, and the notes stand where the client put them.
    assert ["ExitPlanMode" in one.seen.tools for one in told] == [False] * 2 + [True] * 5
    last = told[-1]
    order = [
        "Plan how to write the line.",
        "Plan mode is active",
        "[calls Write]",
        "[calls ToolSearch]",
        "[calls ExitPlanMode]",
        objection,
        "## Approved Plan:",
        "## Exited Plan Mode",
    ]
    places = [last.place(text) for text in order]
    assert places == sorted(places)
    assert last.words[last.place("## Exited Plan Mode") :].count("[calls Write]") == 1


class Delegating:
    """A parent that hands each file to a sub-agent, and sub-agents that read theirs."""

    def __init__(self, files: list[Path], *, background: bool = False) -> None:
        self._files = files
        self._background = background
        self._asked: set[Path] = set()
        self._all_asked = asyncio.Event()
        self.systems: dict[str, str] = {}

    def task(self, file: Path) -> str:
        return f"Read {file} and report its word."

    def __call__(self, told: Told) -> Reply:
        for file in self._files:
            if self.task(file) in told.opening:
                return self._as_agent(file, told)
        return self._as_parent(told)

    def _as_agent(self, file: Path, told: Told) -> Reply:
        self.systems[str(file)] = told.system
        self._asked.add(file)
        if len(self._asked) == len(self._files):
            self._all_asked.set()
        if not told.seen.calls:
            # Nobody is answered before each has asked: they run at once, or not at all.
            return reply(Call("Read", {"file_path": str(file)}), before_head=(Hold(self._all_asked),))
        return reply(f"In {file.name} I found {found_in(told.seen.calls[0].result)}.")

    def _as_parent(self, told: Told) -> Reply:
        self.systems["parent"] = told.system
        if not told.seen.calls:
            return reply("I have it looked up.", *(self._agent(file) for file in self._files))
        said = "\n".join(told.words)
        reports = [
            re.search(rf"In {re.escape(file.name)} I found (word-\w+)\.", said) for file in self._files
        ]
        if not all(reports):
            return reply("It is being looked up.")
        return reply("They say " + " and ".join(report[1] for report in reports if report))

    def _agent(self, file: Path) -> Call:
        background = {} if self._background else {"run_in_background": False}
        about = {"description": f"Read {file.name}", "prompt": self.task(file)}
        return Call("Agent", about | {"subagent_type": "general-purpose"} | background, sizes=11)


def found_in(text: str) -> str:
    found = re.search(r"word-\w+", text)
    return found[0] if found else "nothing"


@pytest.mark.parametrize(
    ("way", "background"),
    [
        *(pytest.param(way, False, id=f"while the parent waits-{way.name}") for way in WAYS),
        pytest.param(WAYS[-1], True, id=f"in the background-{WAYS[-1].name}"),
    ],
)
async def test_sub_agents_work_at_once_and_report(
    claude_code: ClaudeCode, folders: tuple[Path, Path], way: Way, background: bool
) -> None:
    work, _ = folders
    files = [work / "one.txt", work / "two.txt"]
    words = [word() for _ in files]
    for file, said in zip(files, words, strict=True):
        file.write_text(said)
    model = Delegating(files, background=background)
    async with talking(claude_code, folders, way, model) as talk:
        said = await talk.session.say("What do the files say?")
        # In the background the reports begin turns that nobody asked for; how many, is the client's affair.
        while background and not said.startswith("They say"):
            said = await talk.session.result()
        headers = [name for request in talk.upstream.wire.requests for name, _ in request.headers]
    assert said == f"They say {words[0]} and {words[1]}"
    assert len(model.systems) == 3
    assert model.systems[str(files[0])] == model.systems[str(files[1])] != model.systems["parent"]
    assert not [name for name in headers if name.lower().startswith("x-claude-code")]


COUNT = re.compile(r"^\| (.+?) \| ([\d.]+)(k|m)? \|", re.MULTILINE)


def counts_in(table: str) -> dict[str, float]:
    """Tokens by category, as the client prints them."""
    scale = {"": 1, "k": 1_000, "m": 1_000_000}
    return {name: float(number) * scale[unit] for name, number, unit in COUNT.findall(table)}


@every_way
async def test_the_context_meter_counts_without_inference(
    claude_code: ClaudeCode, folders: tuple[Path, Path], way: Way
) -> None:
    """Each category is within a factor of two of a quarter of the bytes that the backend got, as English is."""
    story = " ".join(f"The word after {number} is {word()}." for number in range(300))
    async with talking(
        claude_code, folders, way, lambda told: reply(Text("I shall remember it.", 3))
    ) as talk:
        await talk.session.say(story)
        asked = len(talk.upstream.asked)
        table = await talk.session.say("/context")
        assert len(talk.upstream.asked) == asked
        body, told = talk.upstream.asked[-1], talk.told[-1]
        if not isinstance(talk.upstream, ScriptedOpenAI):
            assert len(talk.upstream.counted) > 5
    sizes = {
        "System prompt": len(told.system.encode()),
        "System tools": len(json_bytes(body["tools"])),
        "Messages": sum(len(said.encode()) for said in told.words),
    }
    counts = counts_in(table)
    for category, size in sizes.items():
        assert size / 8 < counts.get(category, 0) < size / 2, (category, size, table)
    assert counts["Skills"] > 0
    lines = [json.loads(line) for line in talk.dragoman.stderr if line.startswith("{")]
    counting = [line["status"] for line in lines if line.get("counting")]
    assert len(counting) > 10
    assert set(counting) == {200}
