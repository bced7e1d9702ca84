"""What doctor sees without asking anybody: the settings file, the environment, what the settings lack."""

import os
import re
import shlex
from collections.abc import Iterator, Mapping
from pathlib import Path

from dragoman.cli.doctor.findings import Finding, edit, failure, fine, warning
from dragoman.config.build import notices
from dragoman.config.litellm import litellm_faults
from dragoman.config.settings import Settings
from dragoman.config.today import utc_today
from dragoman.config.vertex import LOGIN, credentials_notice, vertex_faults
from dragoman.routing.channel import lacks_key
from dragoman.routing.model_map import ModelMap

OTHERS = 0o077
"""The bits of a file's mode that let anybody but its owner do something."""

_PROXIES = ("HTTPS_PROXY", "HTTP_PROXY")
_EXTRA = re.compile(r"extra `(\w+)`")


def file_findings(env_file: Path, posix: bool = os.name == "posix") -> Iterator[Finding]:
    """Who can read the file with the keys; elsewhere than on POSIX a mode says nothing."""
    if not env_file.is_file():
        yield fine("settings file", f"there is no {env_file}; the environment alone counts")
        return
    mode = env_file.stat().st_mode & 0o777
    if posix and mode & OTHERS:
        command = f"chmod 600 {shlex.quote(str(env_file))}"
        yield warning("D002", "settings file", f"{env_file} has the mode {mode:04o}", command)
    else:
        yield fine("settings file", f"{env_file} is its owner's alone" if posix else f"{env_file} is there")


def setting_problems(
    problems: tuple[str, ...], environ: Mapping[str, str], env_file: Path
) -> Iterator[Finding]:
    """`problems` of a ConfigError: each begins with a variable's name."""
    for problem in problems:
        name = problem.partition(":")[0]
        yield failure("D001", "settings", problem, f"unset {name}" if name in environ else edit(env_file))


def setting_findings(
    settings: Settings, model_map: ModelMap, environ: Mapping[str, str], env_file: Path
) -> Iterator[Finding]:
    """What valid settings lack for Claude's names to be answered, and what else start-up would say."""
    told = notices(settings, model_map, utc_today())
    mend = edit(env_file) if env_file.is_file() else "dragoman init"
    if model_map.demo_only:
        yield warning("D006", "settings", told[0], mend)
        return
    found = list(_lacking(settings, model_map, environ, mend))
    yield from found
    said = {finding.cause for finding in found}
    missing = {target.channel.credential_setting for target in model_map.used() if lacks_key(target.channel)}
    others = [
        notice
        for notice in told
        if notice not in said
        and not any(notice.startswith(f"{name} is not set: requests") for name in missing)
    ]
    yield from (warning("D020", "settings", notice, mend) for notice in others)
    if not found and not others:
        yield fine("settings", "all are valid")


def _lacking(
    settings: Settings, model_map: ModelMap, environ: Mapping[str, str], mend: str
) -> Iterator[Finding]:
    lacking = {target.channel for target in model_map.used() if lacks_key(target.channel)}
    for channel in sorted(lacking, key=lambda channel: channel.credential_setting):
        cause = f"{channel.credential_setting} is not set, and Claude's names lead to `{channel.name}`"
        yield failure("D005", "settings", cause, mend)
    for fault in (*vertex_faults(settings, model_map), *litellm_faults(model_map)):
        if extra := _EXTRA.search(fault):
            yield failure("D007", "settings", fault, f"pip install 'dragoman[{extra[1]}]'")
        else:
            yield failure("D014", "settings", fault, LOGIN)
    notice, may_work = credentials_notice(settings, model_map, environ)
    if notice:
        yield (warning if may_work else failure)("D014", "settings", notice, LOGIN)


def proxy_findings(environ: Mapping[str, str]) -> Iterator[Finding]:
    """Proxy variables and certificates. A proxy's address may hold a password, so only its scheme is shown."""
    for name in _PROXIES:
        for written in (name, name.lower()):
            if value := environ.get(written, ""):
                yield _proxy(written, value)
    for written in ("ALL_PROXY", "all_proxy"):
        if environ.get(written):
            command = 'export HTTPS_PROXY="http://YOUR_PROXY:PORT"'
            yield warning("D018", "proxy", f"{written} has no effect here; HTTPS_PROXY has", command)
    certificates = environ.get("SSL_CERT_FILE", "")
    if certificates and not Path(certificates).is_file():
        cause = f"SSL_CERT_FILE names `{certificates}`, which is no file"
        yield failure("D019", "certificates", cause, "unset SSL_CERT_FILE")


def _proxy(name: str, value: str) -> Finding:
    scheme, divider, _ = value.partition("://")
    if divider and scheme.lower() == "http":
        return fine("proxy", f"{name} is used for upstreams that NO_PROXY does not name")
    shown = f"begins with `{scheme}://`" if divider and scheme.isalnum() else "has no scheme"
    cause = f"{name} {shown}; it has to begin with `http://`"
    return failure("D018", "proxy", cause, f"unset {name}")
