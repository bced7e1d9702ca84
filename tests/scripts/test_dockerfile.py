"""scripts/dockerfile.py, and the rules that Dockerfile, .dockerignore and compose.yaml keep."""

import re
from pathlib import Path

import pytest
import yaml
from scripts.dockerfile import Stage, exec_form, read_env_file, read_stages

from dragoman.cli.main import commands

ROOT = Path(__file__).resolve().parents[2]
TEXT = (ROOT / "Dockerfile").read_text("utf-8")
SECRET = re.compile(r"KEY|TOKEN|SECRET|PASSWORD")


def faults(text: str) -> list[str]:
    """What is wrong with a Dockerfile, rule by rule; the names of the rules that it breaks."""
    stages = read_stages(text)
    final = stages[-1]
    steps = [step for stage in stages for step in stage.instructions]
    keywords = {step.keyword for step in final.instructions}
    runs = [step.text for step in steps if step.keyword == "RUN"]
    earlier = {stage.name for stage in stages}
    rules = {
        "several stages": len(stages) > 1,
        "images have a version": all(versioned(stage, earlier) for stage in stages),
        "the last stage runs nothing": "RUN" not in keywords,
        "a number that is not root": "USER" in keywords
        and re.fullmatch(r"[1-9]\d*(:[1-9]\d*)?", final.last("USER").text) is not None,
        "the server gets its signals itself": "CMD" in keywords and bool(exec_form(final.last("CMD").text)),
        "it says whether it is well": "HEALTHCHECK" in keywords,
        "no reload": not any("--reload" in step.text for step in steps),
        "installed as locked": all(
            "--locked" in run and "--no-dev" in run for run in runs if "uv sync" in run
        ),
        "the source stays behind": not any(
            step.keyword == "COPY" and "from" not in step.flags for step in final.instructions
        ),
        "copied by name": not any(step.keyword == "COPY" and "." in step.words()[:-1] for step in steps),
        "nothing is downloaded": "ADD" not in {step.keyword for step in steps}
        and not any(re.search(r"\b(?:curl|wget)\b", run) for run in runs),
        "no secret": not any(step.keyword in {"ENV", "ARG"} and SECRET.search(step.text) for step in steps),
    }
    return [rule for rule, kept in rules.items() if not kept]


def versioned(stage: Stage, earlier: set[str]) -> bool:
    _, _, tag = stage.image.rpartition("/")[2].partition(":")
    return stage.image in earlier or (tag != "" and not tag.startswith("latest"))


def test_the_dockerfile_keeps_the_rules() -> None:
    assert faults(TEXT) == []


@pytest.mark.parametrize(
    ("kept", "broken", "rule"),
    [
        ("python:3.13-slim\n", "python\n", "images have a version"),
        ("astral-sh/uv:0.13.9", "astral-sh/uv:latest", "images have a version"),
        ("USER 10001:10001", "USER 0", "a number that is not root"),
        ("USER 10001:10001", "USER dragoman", "a number that is not root"),
        ("USER 10001:10001\n", "", "a number that is not root"),
        ("EXPOSE 8082", "RUN pip install x", "the last stage runs nothing"),
        ('CMD ["dragoman", "serve", "--insecure', 'CMD ["dragoman", "serve", "--reload", "--in', "no reload"),
        (
            'CMD ["dragoman", "serve", "--insecure-no-auth"]',
            "CMD dragoman serve",
            "the server gets its signals",
        ),
        ("HEALTHCHECK", "LABEL", "it says whether it is well"),
        ("--locked ", "", "installed as locked"),
        ("EXPOSE 8082", "COPY src /src", "the source stays behind"),
        ("COPY src ./src", "COPY . .", "copied by name"),
        ("COPY src ./src", "ADD https://example.com/x ./src", "nothing is downloaded"),
        ("PORT=8082", "OPENAI_API_KEY=x", "no secret"),
    ],
)
def test_a_rule_that_is_broken_is_noticed(kept: str, broken: str, rule: str) -> None:
    assert kept in TEXT
    found = faults(TEXT.replace(kept, broken))
    assert [name for name in found if name.startswith(rule)] == found
    assert found


def test_it_listens_where_a_container_is_reached() -> None:
    """D04, C05, C17: by settings, so that HOST and PORT of `--env-file` still win."""
    final = read_stages(TEXT)[-1]
    environment = final.last("ENV").pairs()
    assert (environment["HOST"], environment["PORT"]) == ("0.0.0.0", final.last("EXPOSE").text)
    command = final.last("CMD").words()
    assert not {"--host", "--port"} & set(command)
    for program, name, *flags in (command, exec_form(final.last("HEALTHCHECK").text.partition("CMD ")[2])):
        assert program == "dragoman"
        commands.commands[name].make_context(name, flags)


def test_an_answer_may_take_as_long_as_the_check_allows() -> None:
    from dragoman.cli.health import PATIENCE

    assert float(read_stages(TEXT)[-1].last("HEALTHCHECK").flags["timeout"].rstrip("s")) > PATIENCE


def test_the_context_is_what_is_copied_and_no_more() -> None:
    lines = [line for line in (ROOT / ".dockerignore").read_text().splitlines() if not line.startswith("#")]
    assert lines[0] == "*"
    let_in = {line.removeprefix("!") for line in lines if line.startswith("!")}
    steps = [step for stage in read_stages(TEXT) for step in stage.instructions if step.keyword == "COPY"]
    copied = {source for step in steps if "from" not in step.flags for source in step.words()[:-1]}
    assert let_in == copied
    assert all((ROOT / name).exists() for name in copied)
    assert {"**/__pycache__", "**/.env*"} <= set(lines)


def test_compose_serves_this_machine_with_the_settings_of_the_env_file() -> None:
    """D02"""
    service = yaml.safe_load((ROOT / "compose.yaml").read_text())["services"]["dragoman"]
    assert service["restart"] == "unless-stopped"
    assert service["env_file"] == ".env"
    assert service["ports"] == ["127.0.0.1:8082:8082"]
    assert service["environment"] == {"HOST": "0.0.0.0", "PORT": "8082"}
    assert service["image"].endswith(":latest}")
    assert service["cap_drop"] == ["ALL"]


def test_instructions_are_read_as_docker_reads_them() -> None:
    text = '# no step\nFROM a:1 AS one\nENV A=1 \\\n    # why\n    B=\'2 3\'\nfrom one\ncopy --from=one /x /y\nCMD ["p", "q r"]\n'
    one, two = read_stages(text)
    assert (one.image, one.name, two.image, two.name) == ("a:1", "one", "one", "1")
    assert one.last("ENV").pairs() == {"A": "1", "B": "2 3"}
    assert (two.last("COPY").flags, two.last("COPY").words()) == ({"from": "one"}, ["/x", "/y"])
    assert two.last("CMD").words() == ["p", "q r"]
    with pytest.raises(ValueError, match="RUN before FROM"):
        read_stages("RUN x")


def test_an_env_file_keeps_its_quotes(tmp_path: Path) -> None:
    file = tmp_path / ".env"
    file.write_text("# note\nA=\"x y\" # why\n\nB='1'\nC=\nD\n")
    assert read_env_file(file) == {"A": '"x y" # why', "B": "'1'", "C": ""}
