"""deploy/ is what the code writes, and SERVICE.md has every command that was promised and leads to what it names."""

import plistlib
import re

import click
import pytest
from scripts.deploy_files import NAMES, deploy_files

from dragoman.cli.main import commands
from dragoman.cli.supervision.unit_files import LABEL, UNIT
from tests.docs.pages import ROOT, shell_commands, text_of
from tests.support.systemctl_stub import read_unit

PAGE = ROOT / "SERVICE.md"


def test_the_files_are_those_of_the_code() -> None:
    """`just reference` writes them."""
    written = {file.name: file.read_bytes() for file in (ROOT / "deploy").iterdir()}
    assert written == deploy_files()
    assert {UNIT, f"{LABEL}.plist", "claude-code-proxy.service", "com.claude-code-proxy.plist"} == set(
        written
    )


@pytest.mark.parametrize("name", NAMES)
def test_the_documented_sed_moves_every_path(name: str) -> None:
    """D08, D09"""
    for file in (f"{name}.service", f"{NAMES[name]}.plist"):
        text = (ROOT / "deploy" / file).read_text("utf-8")
        moved = text.replace(f"/opt/{name}", "/home-of-me/proxy")
        assert "/opt/" not in moved
        assert moved.count("/home-of-me/proxy") == 2
    unit = read_unit((ROOT / "deploy" / f"{name}.service").read_text())
    assert unit["Service"]["User"] == name
    entries = plistlib.loads((ROOT / "deploy" / f"{NAMES[name]}.plist").read_bytes())
    assert (entries["Label"], entries["RunAtLoad"]) == (NAMES[name], True)
    assert entries["StandardOutPath"] == f"/tmp/{name}-stdout.log"
    assert entries["StandardErrorPath"] == f"/tmp/{name}-stderr.log"


def test_the_page_has_the_promised_commands() -> None:
    """D06, D07, D10"""
    written = shell_commands(PAGE)
    for promised in (
        "dragoman service install",
        "dragoman service status",
        "dragoman service logs -f",
        "dragoman service uninstall",
        "dragoman service install --system | sudo sh",
        "uv pip install -e .",
        "pip install .",
        "sudo systemctl daemon-reload",
        "sudo systemctl enable dragoman",
        "sudo systemctl start dragoman",
        "sudo systemctl status dragoman",
        "sudo systemctl stop dragoman",
        "sudo systemctl restart dragoman",
        "journalctl -u dragoman -f",
        "launchctl load ~/Library/LaunchAgents/com.dragoman.proxy.plist",
        "launchctl unload ~/Library/LaunchAgents/com.dragoman.proxy.plist",
        "tail -f /tmp/dragoman-stdout.log /tmp/dragoman-stderr.log",
    ):
        assert promised in written, promised
    for name in ("deploy/claude-code-proxy.service", "deploy/com.claude-code-proxy.plist"):
        assert name in text_of(PAGE)


def test_every_command_of_the_group_is_on_the_page() -> None:
    group = commands.commands["service"]
    assert isinstance(group, click.Group)
    named = set(re.findall(r"^dragoman service (\w+)", "\n".join(shell_commands(PAGE)), re.MULTILINE))
    assert named == set(group.commands)
