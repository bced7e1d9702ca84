"""`dragoman claude`: the user's Claude Code on this gateway, which is started for it where none runs."""

import shutil
import signal
import subprocess
import tempfile
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from secrets import token_urlsafe
from types import FrameType

import msgspec

from dragoman.accounting.usage import LaunchUsage
from dragoman.cli.claude_settings import overrides, settings_files
from dragoman.cli.claude_variables import claude_variables, token_for
from dragoman.cli.exit_codes import FAILED, bad_settings
from dragoman.cli.own_gateway import NoLongerWanted, NotStarted, own_gateway
from dragoman.cli.running_gateway import is_gateway, usage_of
from dragoman.cli.say import say
from dragoman.cli.serve import address_for_clients
from dragoman.cli.session_summary import summary_lines
from dragoman.config.build import build_model_map, notices
from dragoman.config.load import ConfigError, load_settings
from dragoman.config.settings import Settings
from dragoman.config.today import utc_today
from dragoman.routing.model_map import ModelMap

PROGRAM = "claude"
MISSING = (
    "`claude` is not on the PATH. Install Claude Code (it needs Node), and try again:\n"
    "  npm install -g @anthropic-ai/claude-code"
)

_PASSED_ON = tuple(getattr(signal, name) for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name))


def run_claude(environ: Mapping[str, str], env_file: Path, arguments: Sequence[str]) -> int:
    """Run Claude Code until it ends. Gives its exit code, or that of what kept it from starting."""
    try:
        settings = load_settings(environ, env_file)
        model_map = build_model_map(settings, utc_today())
    except ConfigError as fault:
        return bad_settings(fault)
    program = shutil.which(PROGRAM, path=environ.get("PATH"))
    if program is None:
        say(MISSING, "red")
        return FAILED
    session = _Session([program, *arguments], environ, env_file, settings, model_map, token_urlsafe(16))
    with _signals_for(session):
        return _run_anywhere(session)


class _Session(msgspec.Struct, frozen=True):
    """What one run of Claude Code needs."""

    command: list[str]
    environ: Mapping[str, str]
    env_file: Path
    settings: Settings
    model_map: ModelMap
    launch: str
    """Names its requests to the gateway; as secret as a key, for it shows what was used."""
    running: list[subprocess.Popen[bytes]] = []
    """Claude Code, once it was started."""
    signals: list[int] = []
    """What came before that."""

    @property
    def wanted(self) -> bool:
        return not self.signals

    @property
    def stopped(self) -> int:
        """The exit code of a command that a signal stopped, as shells say it."""
        return 128 + self.signals[0]


def _run_anywhere(session: _Session) -> int:
    settings = session.settings
    url, token = address_for_clients(settings), token_for(settings)
    if settings.port and is_gateway(url, token):
        say(f"Claude Code on the Dragoman that runs at {url}", "dim")
        code = _run(session, url, token)
        _tell(usage_of(url, token, session.launch), url)
        return code
    for notice in notices(settings, session.model_map, utc_today()):
        say(f"! {notice}", "yellow")
    folder = Path(tempfile.mkdtemp(prefix="dragoman-"))
    code, log_is_needed = _run_with_gateway(session, folder / "gateway.log")
    if not log_is_needed:
        shutil.rmtree(folder, ignore_errors=True)
    return code


def _run_with_gateway(session: _Session, log: Path) -> tuple[int, bool]:
    """The exit code, and whether `log` says something that the user was told to look for."""
    settings = session.settings
    token = token_for(settings) if settings.dragoman_api_key else token_urlsafe(24)
    try:
        with own_gateway(
            settings, session.environ, session.env_file, token, log, lambda: session.wanted
        ) as gateway:
            say(f"Claude Code on a Dragoman of its own at {gateway.url}", "dim")
            code = _run(session, gateway.url, token)
            usage = usage_of(gateway.url, token, session.launch)
            ended_early = gateway.ended
    except NoLongerWanted:
        return session.stopped, False
    except (NotStarted, OSError) as failure:
        said = str(failure) if isinstance(failure, NotStarted) else failure.strerror
        say(f"Claude Code was not started: {said}; its log: {log}", "red")
        return FAILED, True
    if ended_early:
        say(f"The gateway ended before Claude Code did; its log: {log}", "red")
        return code, True
    _tell(usage, gateway.url)
    failed = usage is not None and usage.failed > 0
    if failed:
        say(f"Why requests failed: {log}", "yellow")
    return code, failed


def _tell(usage: LaunchUsage | None, url: str) -> None:
    if usage is None:
        say(f"The Dragoman at {url} does not tell what this session used", "yellow")
        return
    for line in summary_lines(usage):
        say(line)


def _run(session: _Session, url: str, token: str) -> int:
    """The child's exit code; 128 and its number for a signal, as shells say it."""
    variables = claude_variables(session.settings, session.model_map, url, token, session.launch)
    for warning in overrides(settings_files(session.environ, Path.cwd()), variables):
        say(f"! {warning}", "yellow")
    if not session.wanted:
        return session.stopped
    try:
        process = subprocess.Popen(session.command, env=variables.applied(session.environ))
    except OSError as failure:
        say(f"{session.command[0]} cannot be run: {failure.strerror}", "red")
        return FAILED
    session.running.append(process)
    for number in session.signals:
        process.send_signal(number)
    code = process.wait()
    return code if code >= 0 else 128 - code


@contextmanager
def _signals_for(session: _Session) -> Generator[None]:
    """Once there is a child, leaves Ctrl-C to it, which gets it from the terminal, and passes on what only this
    process gets. Before that, either is noted, and the session ends as soon as it can.

    A handler, and not SIG_IGN: the child would inherit that.
    """

    def leave_to_child(number: int, frame: FrameType | None) -> None:
        if not session.running:
            session.signals.append(number)

    def pass_on(number: int, frame: FrameType | None) -> None:
        leave_to_child(number, frame)
        for process in session.running:
            process.send_signal(number)

    handlers = {signal.SIGINT: leave_to_child} | dict.fromkeys(_PASSED_ON, pass_on)
    before = {number: signal.signal(number, handler) for number, handler in handlers.items()}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
