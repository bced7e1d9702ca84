"""The release workflow: nothing that moves, nothing that may do more than it must, and every promised tag."""

import re
import subprocess
from typing import Any

import pytest
import yaml
from scripts.dockerfile import read_stages

from tests.docs.pages import ROOT

FILES = sorted((ROOT / ".github/workflows").glob("*.yml"))
TEXT = (ROOT / ".github/workflows/release.yml").read_text("utf-8")
PINNED = re.compile(r"[\w.-]+/[\w.-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+")
SCRIPTED = re.compile(r"\$\{\{")
"""An expression inside a script is run as part of it, whatever it holds."""


def faults(text: str) -> list[str]:
    """The rules that a workflow breaks."""
    jobs: dict[str, Any] = yaml.safe_load(text)["jobs"]
    steps = [step for job in jobs.values() for step in job["steps"]]
    used = re.findall(r"uses: (.+)", text)
    rules = {
        "actions are pinned": all(PINNED.fullmatch(action) for action in used),
        "one action, one commit": len({action.split("@")[0] for action in used}) == len(set(used)),
        "nothing is allowed by default": yaml.safe_load(text)["permissions"] == {},
        "each job says what it may": all("permissions" in job for job in jobs.values()),
        "each job ends": all("timeout-minutes" in job for job in jobs.values()),
        "machines have a version": all("latest" not in job["runs-on"] for job in jobs.values()),
        "scripts hold no expressions": not any(SCRIPTED.search(step.get("run", "")) for step in steps),
        "no token is left behind": all(
            step.get("with", {}).get("persist-credentials") is False
            for step in steps
            if step.get("uses", "").startswith("actions/checkout@")
        ),
        "nothing is published that was not tried": all(
            "gate" in str(job.get("needs")) or {"package", "image"} <= set(job.get("needs", []))
            for name, job in jobs.items()
            if name != "gate"
        ),
    }
    return [rule for rule, kept in rules.items() if not kept]


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_a_workflow_keeps_the_rules(file: Any) -> None:
    assert faults(file.read_text("utf-8")) == []


@pytest.mark.parametrize(
    ("kept", "broken", "rule"),
    [
        ("@53b7df96c91f9c12dcc8a07bcb9ccacbed38856a # v7.3.0", "@v7", "actions are pinned"),
        ("actions/checkout@3d3c42e5", "actions/checkout@00000000", "one action, one commit"),
        ("permissions: {}", "permissions: write-all", "nothing is allowed by default"),
        ("    permissions:\n      contents: write\n", "", "each job says what it may"),
        ("    timeout-minutes: 15\n", "", "each job ends"),
        ("ubuntu-24.04", "ubuntu-latest", "machines have a version"),
        ('"$GITHUB_REF_NAME" --verify', "${{ github.ref_name }} --verify", "scripts hold no expressions"),
        ("persist-credentials: false", "persist-credentials: true", "no token is left behind"),
        ("    needs: gate\n", "", "nothing is published that was not tried"),
    ],
)
def test_a_rule_that_is_broken_is_noticed(kept: str, broken: str, rule: str) -> None:
    assert kept in TEXT
    assert faults(TEXT.replace(kept, broken, 1)) == [rule]


def test_the_image_is_built_for_both_machines_under_every_promised_tag() -> None:
    """D03, D05, C12"""
    [build] = [
        step["with"]
        for step in yaml.safe_load(TEXT)["jobs"]["image"]["steps"]
        if step.get("uses", "").startswith("docker/build-push-action@")
    ]
    assert build["platforms"].split(",") == ["linux/amd64", "linux/arm64"]
    assert [tag.rpartition(":")[2] for tag in build["tags"].split("\n") if tag] == [
        "latest",
        "main",
        "${{ env.VERSION }}",
    ]
    assert (build["push"], build["sbom"], build["provenance"]) == (True, True, "mode=max")


def test_the_package_is_published_without_a_token() -> None:
    package = yaml.safe_load(TEXT)["jobs"]["package"]
    assert package["permissions"] == {"contents": "read", "id-token": "write"}
    assert package["environment"] == "pypi"
    assert "secrets." not in str(package)
    assert [step["run"] for step in package["steps"] if "run" in step] == [
        "uv build",
        "uv publish --trusted-publishing always",
    ]


def test_the_uv_of_the_release_is_the_one_of_the_image() -> None:
    version = read_stages((ROOT / "Dockerfile").read_text("utf-8"))[0].image.rpartition(":")[2]
    assert set(re.findall(r'version: "(.+)"', TEXT)) == {version}


def test_scripts_of_the_workflow_do_what_they_say() -> None:
    """The tag must be the version; the image's name is in lower case, as registries want it."""
    [check] = [step["run"] for step in yaml.safe_load(TEXT)["jobs"]["gate"]["steps"] if "name" in step]
    written = re.search(r'^version = "(.+)"', (ROOT / "pyproject.toml").read_text("utf-8"), re.MULTILINE)
    assert written is not None
    for tag, exit_code in ((f"v{written[1]}", 0), ("v99.0.0", 1)):
        done = subprocess.run(["bash", "-c", check], cwd=ROOT, env={"GITHUB_REF_NAME": tag}, check=False)
        assert done.returncode == exit_code
