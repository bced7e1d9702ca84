"""scripts/readme_steps.py: no line of a page is left out, and a kind that nobody knows is refused."""

import pytest
from scripts.readme_steps import (
    Command,
    EnvFile,
    Kind,
    UnknownCommand,
    clone_of,
    commands_of,
    fill_blanks,
    kind_of,
    move_ports,
    ports_of,
    steps,
)

from tests.docs.pages import ROOT, code_blocks


@pytest.mark.parametrize(
    ("command", "kind"),
    [
        ("git clone <this repository> dragoman", Kind.CLONE),
        ("cd dragoman", Kind.PLAIN),
        ("cp .env.example .env && cat .env", Kind.PLAIN),
        ("export OPENAI_API_KEY=test-key", Kind.PLAIN),
        ("OPENAI_API_KEY=test-key", Kind.PLAIN),
        ("uv sync --extra vertex", Kind.PLAIN),
        ("pip install dist/*.whl", Kind.PLAIN),
        ("gcloud config set project YOUR_PROJECT_ID", Kind.PLAIN),
        ("./setup_env.sh --vertex", Kind.PLAIN),
        ("uv run dragoman check", Kind.PLAIN),
        ("dragoman --version", Kind.PLAIN),
        ("uv run dragoman serve --port 9000", Kind.SERVE),
        ('DRAGOMAN_API_KEY="x y" uv run dragoman serve', Kind.SERVE),
        ("uv run uvicorn server:app --reload", Kind.SERVE),
        ("claude-code-proxy", Kind.SERVE),
        ("uv run claude-code-proxy --port 9000", Kind.SERVE),
        ("claude-code-proxy check", Kind.PLAIN),
        ("npm install -g @anthropic-ai/claude-code", Kind.NPM),
        ('ANTHROPIC_BASE_URL=http://localhost:8082 ANTHROPIC_API_KEY="" claude', Kind.CLAUDE),
        ("uv run dragoman claude", Kind.CLAUDE),
        ('eval "$(uv run dragoman env)"', Kind.CLIENT),
        ("curl http://localhost:8082/readyz", Kind.CLIENT),
        ("curl -s http://localhost:8082/v1/messages \\\n  -d '{\"a\": 1}'", Kind.MESSAGE),
        ("uv run dragoman init", Kind.QUESTIONS),
        ("uv run pytest", Kind.SUITE),
        ("uv tool install .", Kind.PLAIN),
        ("uv run dragoman service install", Kind.SERVICE),
        ("docker compose up -d", Kind.NOT_HERE),
        ("dragoman service install --system | sudo sh", Kind.NOT_HERE),
        ("launchctl list", Kind.NOT_HERE),
    ],
)
def test_the_kind_of_a_command(command: str, kind: Kind) -> None:
    assert kind_of(command) is kind


@pytest.mark.parametrize(
    "command",
    [
        "frobnicate",
        "cd dragoman && frobnicate",
        "curl -LsSf https://astral.sh/uv/install.sh | sh",
        "curl https://example.com/v1/messages",
        "curl http://localhost:8082.example.com/v1/messages",
        "uv run dragoman fly",
        "uv run frobnicate",
        "uv run cd dragoman",
        "uvx dragoman",
        "npm install -g something",
        "npm install -g @anthropic-ai/claude-code something",
        "claudette",
        "./unknown.sh",
        'eval "$(frobnicate)"',
    ],
)
def test_a_command_that_nobody_knows_is_refused(command: str) -> None:
    with pytest.raises(UnknownCommand, match="nobody said"):
        kind_of(command)


def test_commands_may_have_several_lines() -> None:
    text = "# a comment\n\ncd a\ncurl x \\\n  -d y \\\n  -d z\ncd b\n"
    assert commands_of(text) == ["cd a", "curl x \\\n  -d y \\\n  -d z", "cd b"]
    assert commands_of("cd a \\") == ["cd a \\"]


def test_steps_come_in_the_order_of_the_page() -> None:
    blocks = [
        ("sh", "cd a\n"),
        ("text", "frobnicate\n"),
        ("sh", '# .env\nPORT="1"\n\n# x\n'),
        ("bash", "cd b\n"),
    ]
    assert steps(iter(blocks)) == [
        Command("cd a", Kind.PLAIN),
        EnvFile(('PORT="1"',)),
        Command("cd b", Kind.PLAIN),
    ]


def test_blanks_are_filled_in_and_one_that_nobody_can_fill_is_refused() -> None:
    assert fill_blanks("run -p YOUR_PROJECT_ID -y", {"YOUR_PROJECT_ID": "p"}) == "run -p p -y"
    assert fill_blanks("cat < file > other", {}) == "cat < file > other"
    for command in ("cd <your folder>", "run YOUR_NAME"):
        with pytest.raises(UnknownCommand, match="nobody said"):
            fill_blanks(command, {"YOUR_PROJECT_ID": "p"})


@pytest.mark.parametrize(
    ("command", "here"),
    [
        ("git clone <this repository> dragoman", "git clone /origin dragoman"),
        ("git clone https://example.com/me/dragoman.git", "git clone /origin dragoman"),
        ("git clone git@example.com:me/proxy there", "git clone /origin there"),
    ],
)
def test_a_clone_is_made_of_what_is_here(command: str, here: str) -> None:
    assert clone_of(command, "/origin") == here


def test_a_clone_with_options_is_refused() -> None:
    with pytest.raises(UnknownCommand, match="nobody said"):
        clone_of("git clone --depth 1 https://example.com/me/dragoman.git", "/origin")


@pytest.mark.parametrize(
    ("command", "ports", "moved"),
    [
        ("serve --port 8082", [8082], "serve --port 1"),
        ("serve --port=9000", [9000], "serve --port=2"),
        ('PORT="9000" serve', [9000], 'PORT="2" serve'),
        (
            "A=http://localhost:8082 curl http://127.0.0.1:9000/",
            [8082, 9000],
            "A=http://localhost:1 curl http://127.0.0.1:2/",
        ),
        ("setup --location us-east5 8082", [], "setup --location us-east5 8082"),
    ],
)
def test_ports_are_moved_wherever_a_command_names_them(command: str, ports: list[int], moved: str) -> None:
    assert ports_of(command) == ports
    assert move_ports(command, {8082: 1, 9000: 2}) == moved


def test_every_line_of_the_readme_has_a_kind() -> None:
    found = steps((block.language, block.text) for block in code_blocks(ROOT / "README.md"))
    kinds = {step.kind for step in found if isinstance(step, Command)}
    assert {Kind.CLONE, Kind.SERVE, Kind.MESSAGE, Kind.CLAUDE, Kind.SUITE} <= kinds
