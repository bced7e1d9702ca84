"""Everything that is logged goes through one chain to stderr: JSON lines, or short lines on a terminal.

The last step takes out secrets and control characters. Exceptions show their type and redacted message; where
they happened is shown at level debug, by module and line, never by path. Standard logging, warnings and uncaught
exceptions take the same way (libraries.md section 4).
"""

import logging
import sys
import threading
import time
import traceback
import warnings
from collections.abc import Iterable
from functools import lru_cache
from types import TracebackType
from typing import Any, TextIO

import structlog
from structlog.typing import EventDict, FilteringBoundLogger, Processor, WrappedLogger
from typing_extensions import override

from dragoman.relay.ports import Observer
from dragoman.relay.trace import Trace
from dragoman.telemetry.request_line import as_sentence, failed, request_line
from dragoman.wire.jsonbytes import encode
from dragoman.wire.redact import SecretScrubber, redact_exception

LEVELS = {"debug": logging.DEBUG, "info": logging.INFO, "warning": logging.WARNING, "error": logging.ERROR}

REQUEST = "request"
"""The event of a finished request."""

MOST_FRAMES = 20

_OURS = __name__.partition(".")[0]
"""Below it are the loggers of this package, which say nothing at level info that an operator need not know."""


def configure_logs(level: str, secrets: Iterable[str], stream: TextIO | None = None) -> None:
    """Send all logging of this process to `stream` (stderr), from `level` on (a key of LEVELS).

    `secrets` never appear in it, in no form (see SecretScrubber).
    """
    output = stream or sys.stderr
    threshold = LEVELS[level]
    structlog.configure(
        processors=_chain(output.isatty(), SecretScrubber(secrets)),
        wrapper_class=structlog.make_filtering_bound_logger(threshold),
        logger_factory=structlog.WriteLoggerFactory(file=output),
        cache_logger_on_first_use=False,
    )
    root = logging.getLogger()
    root.handlers[:] = [_ChainHandler()]
    # What libraries say at level info (a server that starts, a connection made) is noise here.
    root.setLevel(threshold if threshold <= logging.DEBUG else max(threshold, logging.WARNING))
    logging.getLogger(_OURS).setLevel(threshold)
    logging.raiseExceptions = False
    warnings.showwarning = _log_warning


def log_uncaught_exceptions() -> None:
    """Log what nobody caught, instead of the interpreter's traceback with its paths. For a process of our own."""
    sys.excepthook = _log_uncaught
    sys.unraisablehook = _log_unraisable
    threading.excepthook = _log_thread_failure


class LogObserver(Observer):
    """Writes a line for each request. Made after `configure_logs`.

    The line goes through the configured chain by hand: a bound logger would cost as much again as the line itself.
    """

    def __init__(self) -> None:
        self._log = _logger()
        self._success_shown = self._log.is_enabled_for(logging.INFO)
        self._failure_shown = self._log.is_enabled_for(logging.WARNING)
        chain = structlog.get_config()
        self._processors: Iterable[Processor] = chain["processors"]
        self._output: structlog.WriteLogger = chain["logger_factory"]()

    @override
    def settled(self, trace: Trace) -> None:
        if failed(trace):
            if self._failure_shown:
                self._write("warning", trace)
        elif self._success_shown:
            self._write("info", trace)

    def _write(self, level: str, trace: Trace) -> None:
        line: Any = request_line(trace)
        line["event"] = REQUEST
        for step in self._processors:
            line = step(self._output, level, line)
        self._output.msg(line)

    @override
    def bug(self, message: str, error: BaseException) -> None:
        self._log.error(redact_exception(message), **_described(error))


def describe(error: BaseException, *, frames: bool) -> dict[str, Any]:
    """An exception as log fields, without a path; `frames` are the innermost module:line, outermost first."""
    described: dict[str, Any] = {"error_type": type(error).__name__, "error": redact_exception(str(error))}
    if frames and error.__traceback__ is not None:
        described["frames"] = [
            f"{frame.f_globals.get('__name__', '?')}:{line}"
            for frame, line in traceback.walk_tb(error.__traceback__)
        ][-MOST_FRAMES:]
    return described


def _logger() -> FilteringBoundLogger:
    return structlog.get_logger().bind()


def _chain(terminal: bool, scrubber: SecretScrubber) -> list[Processor]:
    def scrub(logger: WrappedLogger, method: str, line: Any) -> str:
        return scrubber.scrub(line)

    local = structlog.processors.TimeStamper(fmt="%H:%M:%S", utc=False, key="time")
    return [local, _as_text, scrub] if terminal else [_stamp_in_utc, _as_json, scrub]


def _stamp_in_utc(logger: WrappedLogger, method: str, event: EventDict) -> EventDict:
    """`2026-11-21T09:30:00.123Z`."""
    now = time.time()
    event["time"] = f"{_second(int(now))}.{int(now % 1 * 1000):03d}Z"
    return event


@lru_cache(maxsize=2)
def _second(seconds: int) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(seconds))


def _as_json(logger: WrappedLogger, method: str, event: EventDict) -> Any:
    line = {"time": event.pop("time"), "level": method, "event": event.pop("event")}
    line.update(event)
    return encode(line).decode()


def _as_text(logger: WrappedLogger, method: str, event: EventDict) -> Any:
    start, what = event.pop("time"), event.pop("event")
    if what == REQUEST:
        return f"{start} {as_sentence(event)}"
    fields = " ".join(f"{name}={value}" for name, value in event.items())
    return f"{start} {method}: {what} {fields}".rstrip()


class _ChainHandler(logging.Handler):
    """Takes the records of standard logging."""

    @override
    def emit(self, record: logging.LogRecord) -> None:
        try:
            said = record.getMessage()
        except (TypeError, ValueError, KeyError):
            said = str(record.msg)
        fields: dict[str, Any] = {"logger": record.name}
        if record.exc_info and record.exc_info[1] is not None:
            fields |= _described(record.exc_info[1])
        _logger().log(record.levelno, redact_exception(said).strip(), **fields)


def _described(error: BaseException) -> dict[str, Any]:
    return describe(error, frames=_logger().is_enabled_for(logging.DEBUG))


def _log_warning(
    message: Warning | str,
    category: type[Warning],
    filename: str,
    lineno: int,
    file: TextIO | None = None,
    line: str | None = None,
) -> None:
    _logger().warning(redact_exception(str(message)), error_type=category.__name__)


def _log_uncaught(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    if issubclass(kind, KeyboardInterrupt):
        return
    _logger().error("uncaught exception", **_described(error))


def _log_unraisable(unraisable: "sys.UnraisableHookArgs") -> None:
    if unraisable.exc_value is not None:
        _logger().error("exception ignored", **_described(unraisable.exc_value))


def _log_thread_failure(failure: threading.ExceptHookArgs) -> None:
    if failure.exc_value is not None:
        _logger().error("uncaught exception in a thread", **_described(failure.exc_value))
