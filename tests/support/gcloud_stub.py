"""A gcloud without a cloud: remembers what it was told to make, writes down every call, and fails when asked to.

The same file is the program (`python gcloud_stub.py STATE ARGUMENTS...`) and what tests use to look at it. Like the
real one it refuses unknown commands and flags, and services of an API that is not enabled.
"""

import json
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

EMAIL_END = "iam.gserviceaccount.com"
HANGS_NOW = "hangs"
"""The file, beside the state, that says that a hanging call was reached."""

START: dict[str, Any] = {
    "account": "me@example.com",
    "login": False,
    "quota_project": None,
    "project": "gcloud-project-1",
    "enabled": [],
    "service_accounts": [],
    "bindings": [],
    "keys": 0,
    "failures": {},
    "hang": None,
}
"""`login`: are there application default credentials? `quota_project`: what they say of who pays.
`bindings`: role, member, title of the condition.
`failures`: command to `[message, times]`. `hang`: the command that never ends."""

FLAGS = {
    "auth print-access-token": {"quiet"},
    "auth application-default print-access-token": {"quiet"},
    "auth application-default login": {"project"},
    "config get-value": {"quiet"},
    "config set": {"quiet"},
    "services list": {"enabled", "format", "project", "quiet"},
    "services enable": {"project", "quiet"},
    "iam service-accounts list": {"format", "project", "quiet"},
    "iam service-accounts create": {"display-name", "project", "quiet"},
    "iam service-accounts keys create": {"iam-account", "key-file-type", "project", "quiet"},
    "projects get-iam-policy": {"flatten", "format", "project", "quiet"},
    "projects add-iam-policy-binding": {"member", "role", "condition", "project", "quiet"},
}
SWITCHES = {"quiet", "enabled"}
"""Flags without a value; any other takes it after `=` or as the next word."""

CHANGES = (
    "services enable",
    "iam service-accounts create",
    "iam service-accounts keys create",
    "projects add-iam-policy-binding",
)
"""The commands that change the cloud."""


class GcloudStub:
    """Installs the program as `gcloud` into a folder of the PATH."""

    def __init__(self, programs: Path, state: Path) -> None:
        self.folder = state
        state.mkdir()
        self.set(**START)
        program = programs / "gcloud"
        program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -I -S "{__file__}" "{state}" "$@"\n')
        program.chmod(0o755)

    def set(self, **changes: Any) -> None:
        save(self.folder, (load(self.folder) if (self.folder / "state").exists() else {}) | changes)

    def fail(self, command: str, message: str, times: int = 1000) -> None:
        self.set(failures={command: [message, times]})

    @property
    def state(self) -> dict[str, Any]:
        return load(self.folder)

    def calls(self) -> list[list[str]]:
        log = self.folder / "calls"
        return [json.loads(line) for line in log.read_text().splitlines()] if log.exists() else []

    def commands(self) -> list[str]:
        """What was called, without arguments."""
        return [command_of(call)[0] for call in self.calls()]

    def changes(self) -> list[str]:
        return [command for command in self.commands() if command in CHANGES]

    def wait_until_it_hangs(self) -> None:
        deadline = time.monotonic() + 20
        while not (self.folder / HANGS_NOW).exists():
            assert time.monotonic() < deadline, "the hanging call was never reached"
            time.sleep(0.02)


def load(folder: Path) -> dict[str, Any]:
    return json.loads((folder / "state").read_text())


def save(folder: Path, state: dict[str, Any]) -> None:
    (folder / "state").write_text(json.dumps(state))


def command_of(arguments: list[str]) -> tuple[str, list[str], dict[str, str]]:
    """The command, its positional arguments and its flags."""
    words: list[str] = []
    flags: dict[str, str] = {}
    waiting = ""
    for word in arguments:
        if word.startswith("--"):
            name, equals, value = word[2:].partition("=")
            flags[name] = value
            waiting = "" if equals or name in SWITCHES else name
        elif waiting:
            flags[waiting], waiting = word, ""
        else:
            words.append(word)
    for length in range(len(words), 0, -1):
        if (command := " ".join(words[:length])) in FLAGS:
            if unknown := set(flags) - FLAGS[command]:
                refuse(f"unrecognized arguments: {unknown}", 2)
            return command, words[length:], flags
    return refuse(f"Invalid choice: {words}", 2)


def refuse(message: str, code: int = 1) -> Any:
    print(f"ERROR: (gcloud) {message}", file=sys.stderr)
    raise SystemExit(code)


def print_token(state: dict[str, Any], *_: Any) -> None:
    print("stub-token")


def print_login_token(state: dict[str, Any], *_: Any) -> None:
    print("stub-token") if state["login"] else refuse("Your default credentials were not found.")


def log_in(state: dict[str, Any], names: list[str], flags: dict[str, str]) -> None:
    state["login"] = True
    state["quota_project"] = flags.get("project") or state["project"]


def print_project(state: dict[str, Any], names: list[str], flags: dict[str, str]) -> None:
    print("Your active configuration is: [default]", file=sys.stderr)
    print(state["project"]) if state["project"] else print("(unset)", file=sys.stderr)


def set_project(state: dict[str, Any], names: list[str], flags: dict[str, str]) -> None:
    assert names[0] == "project"
    state["project"] = names[1]


def list_services(state: dict[str, Any], *_: Any) -> None:
    print("\n".join(["storage.googleapis.com", *state["enabled"]]))


def enable_service(state: dict[str, Any], names: list[str], flags: dict[str, str]) -> None:
    state["enabled"] += names


def list_accounts(state: dict[str, Any], *_: Any) -> None:
    needs_iam(state)
    print("\n".join(state["service_accounts"]))


def create_account(state: dict[str, Any], names: list[str], flags: dict[str, str]) -> None:
    needs_iam(state)
    email = f"{names[0]}@{flags['project']}.{EMAIL_END}"
    if email in state["service_accounts"]:
        refuse("Service account already exists.")
    state["service_accounts"].append(email)


def print_policy(state: dict[str, Any], *_: Any) -> None:
    print("roles/owner\tuser:me@example.com\t")
    for binding in state["bindings"]:
        print("\t".join(binding))


def bind(state: dict[str, Any], names: list[str], flags: dict[str, str]) -> None:
    if flags["member"].removeprefix("serviceAccount:") not in state["service_accounts"]:
        refuse("Service account does not exist.")
    state["bindings"].append([flags["role"], flags["member"], ""])


def create_key(state: dict[str, Any], names: list[str], flags: dict[str, str]) -> None:
    email = flags["iam-account"]
    if email not in state["service_accounts"]:
        refuse(f"NOT_FOUND: Service account {email} does not exist.")
    state["keys"] += 1
    write_key(Path(names[0]), email, email.partition("@")[2].partition(".")[0], state["keys"])


def write_key(file: Path, email: str, project: str, number: int = 1) -> None:
    key = {"type": "service_account", "project_id": project, "private_key_id": f"stub-{number}"}
    file.write_text(json.dumps(key | {"client_email": email}, indent=2) + "\n")


def needs_iam(state: dict[str, Any]) -> None:
    if "iam.googleapis.com" not in state["enabled"]:
        refuse("Identity and Access Management (IAM) API has not been used in project or it is disabled.")


COMMANDS: dict[str, Callable[[dict[str, Any], list[str], dict[str, str]], None]] = {
    "auth print-access-token": print_token,
    "auth application-default print-access-token": print_login_token,
    "auth application-default login": log_in,
    "config get-value": print_project,
    "config set": set_project,
    "services list": list_services,
    "services enable": enable_service,
    "iam service-accounts list": list_accounts,
    "iam service-accounts create": create_account,
    "iam service-accounts keys create": create_key,
    "projects get-iam-policy": print_policy,
    "projects add-iam-policy-binding": bind,
}


def main(folder: Path, arguments: list[str]) -> None:
    with (folder / "calls").open("a") as log:
        log.write(json.dumps(arguments) + "\n")
    state = load(folder)
    command, names, flags = command_of(arguments)
    if command == state["hang"]:
        if command.endswith("keys create"):
            # Half a file, as if the answer were still coming.
            Path(names[0]).write_text("{")
        (folder / HANGS_NOW).touch()
        time.sleep(60)
    message, times = state["failures"].get(command, ["", 0])
    if times > 0:
        state["failures"][command] = [message, times - 1]
        save(folder, state)
        refuse(message)
    if state["account"] is None and command not in {"config get-value"}:
        refuse("You do not currently have an active account selected.")
    COMMANDS[command](state, names, flags)
    save(folder, state)


if __name__ == "__main__":
    # Ctrl-C ends gcloud without a traceback.
    try:
        main(Path(sys.argv[1]), sys.argv[2:])
    except KeyboardInterrupt:
        os._exit(130)
