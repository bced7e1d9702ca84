import base64
import io
import json
import logging
import sys
import threading
import timeit
import warnings
from urllib.parse import quote

import pytest
import structlog

from dragoman.relay.trace import Trace
from dragoman.telemetry.logs import LogObserver, configure_logs, describe, log_uncaught_exceptions
from tests.unit.telemetry.test_request_line import finished

CANARY = 'CANARY-key/1f3a9c77"e2b0-4d5E'


class Output(io.StringIO):
    def __init__(self, terminal: bool = False) -> None:
        super().__init__()
        self._terminal = terminal

    def isatty(self) -> bool:
        return self._terminal

    def lines(self) -> list[dict]:
        return [json.loads(line) for line in self.getvalue().splitlines()]


@pytest.fixture
def configured():
    """`configure_logs` for one test; the process's own logging comes back afterwards."""
    root, ours = logging.getLogger(), logging.getLogger("dragoman")
    before = (root.handlers[:], root.level, ours.level, logging.raiseExceptions, warnings.showwarning)
    hooks = (sys.excepthook, sys.unraisablehook, threading.excepthook)

    def configure(level="info", secrets=(CANARY,), terminal=False) -> Output:
        output = Output(terminal)
        configure_logs(level, secrets, output)
        log_uncaught_exceptions()
        return output

    yield configure
    root.handlers[:], level, level_of_ours, logging.raiseExceptions, warnings.showwarning = before
    root.setLevel(level)
    ours.setLevel(level_of_ours)
    sys.excepthook, sys.unraisablehook, threading.excepthook = hooks
    structlog.reset_defaults()


def test_a_request_is_one_json_line(configured):
    output = configured()
    LogObserver().settled(finished())
    (line,) = output.lines()
    assert list(line)[:4] == ["time", "level", "event", "request_id"]
    assert line["time"].endswith("Z")
    assert (line["level"], line["event"], line["route"]) == (
        "info",
        "request",
        "claude-opus-5 -> openai/gpt-5.1",
    )
    assert (line["status"], line["ending"], line["ms"], line["input_tokens"]) == (
        200,
        "tool_use",
        1500.0,
        100,
    )


@pytest.mark.parametrize(
    ("trace", "level"),
    [
        (finished(), "info"),
        (finished(status=404), "warning"),
        (finished(status=499, ending="client_aborted"), "warning"),
        (finished(status=200, error="cut off"), "warning"),
    ],
)
def test_the_level_tells_whether_it_went_well(configured, trace, level):
    output = configured()
    LogObserver().settled(trace)
    assert output.lines()[0]["level"] == level


@pytest.mark.parametrize(
    ("level", "shown"),
    [("debug", ["info", "warning"]), ("info", ["info", "warning"]), ("warning", ["warning"]), ("error", [])],
)
def test_nothing_below_the_level_is_written(configured, level, shown):
    output = configured(level)
    observer = LogObserver()
    observer.settled(finished())
    observer.settled(finished(status=500))
    assert [line["level"] for line in output.lines()] == shown


def test_no_work_is_done_for_a_line_that_is_not_shown(configured):
    class Watched(Trace):
        read = 0

        def __getattribute__(self, name):
            Watched.read += 1
            return super().__getattribute__(name)

    configured("error")
    observer = LogObserver()
    trace = Watched("r", "m", streaming=True, status=200)
    Watched.read = 0
    observer.settled(trace)
    assert Watched.read <= 2


def test_a_terminal_gets_a_sentence(configured):
    output = configured(terminal=True)
    LogObserver().settled(finished())
    logging.getLogger("library").warning("careful")
    first, second = output.getvalue().splitlines()
    assert first[8:].startswith(" 200 claude-opus-5 -> openai/gpt-5.1 tool_use 1.50s")
    assert second[8:] == " warning: careful logger=library"


def forms() -> list[str]:
    raw = CANARY.encode()
    return [
        CANARY,
        quote(CANARY, safe=""),
        json.dumps(CANARY)[1:-1],
        base64.b64encode(raw).decode(),
        base64.b64encode(b"user:" + raw).decode(),
        CANARY[:12],
        CANARY[-8:],
    ]


@pytest.mark.parametrize("terminal", [True, False])
@pytest.mark.parametrize("level", ["debug", "info"])
@pytest.mark.parametrize("form", forms())
def test_no_secret_reaches_the_output_in_any_form_or_place(configured, form, level, terminal):
    output = configured(level, terminal=terminal)
    observer = LogObserver()
    observer.settled(
        finished(
            requested_model=form, error=f"said {form}", status=500, session_id=form, ending=form, why=form
        )
    )
    observer.bug(f"bug {form}", ValueError(form))
    logging.getLogger("library").error("failed with %s", form, exc_info=KeyError(form))
    logging.getLogger(form).error("a name")
    warnings.showwarning(UserWarning(form), UserWarning, "file.py", 1)
    sys.excepthook(ValueError, ValueError(form), None)
    said = output.getvalue()
    assert said.count("\n") == 6
    for piece in forms():
        assert piece not in said


@pytest.mark.parametrize("terminal", [True, False])
def test_no_control_character_reaches_the_output(configured, terminal):
    output = configured(terminal=terminal)
    hostile = "a\x1b[2J\r\nb\x00\x07\u2028\x9b1m\u202e"
    LogObserver().settled(finished(requested_model=hostile, session_id=hostile, error=hostile, status=500))
    logging.getLogger(hostile).error(hostile)
    said = output.getvalue()
    assert said.count("\n") == 2
    assert said.replace("\n", "").isprintable()


def failure() -> ValueError:
    try:
        raise ValueError("no file /home/me/secret.txt")
    except ValueError as error:
        return error


def test_an_exception_shows_its_type_and_message_but_no_path(configured):
    output = configured()
    logging.getLogger("uvicorn.error").error("Exception in ASGI application\n", exc_info=failure())
    (line,) = output.lines()
    assert (line["event"], line["logger"]) == ("Exception in ASGI application", "uvicorn.error")
    assert (line["error_type"], line["error"]) == ("ValueError", "no file ***")
    assert "frames" not in line
    assert "Traceback" not in output.getvalue()


def test_at_debug_an_exception_shows_where_it_came_from_by_module(configured):
    output = configured("debug")
    LogObserver().bug("translator", failure())
    (line,) = output.lines()
    assert line["frames"][-1].startswith("tests.unit.telemetry.test_logs:")
    assert "/" not in "".join(line["frames"])


def test_a_deep_exception_shows_only_its_innermost_frames():
    def deeper(left: int) -> None:
        if left:
            deeper(left - 1)
        raise ValueError("bottom")

    with pytest.raises(ValueError, match="bottom") as caught:
        deeper(60)
    assert len(describe(caught.value, frames=True)["frames"]) == 20


@pytest.mark.parametrize(
    ("level", "events"), [("info", ["loud"]), ("debug", ["quiet", "loud"]), ("error", [])]
)
def test_libraries_are_only_heard_when_they_warn(configured, level, events):
    output = configured(level)
    logging.getLogger("library").info("quiet")
    logging.getLogger("library").warning("loud")
    assert [line["event"] for line in output.lines()] == events


@pytest.mark.parametrize(
    ("level", "events"), [("debug", ["fine", "told"]), ("info", ["told"]), ("warning", [])]
)
def test_modules_of_our_own_are_heard_at_the_level_that_is_set(configured, level, events):
    output = configured(level)
    logging.getLogger("dragoman.upstream.google_tokens").debug("fine")
    logging.getLogger("dragoman.upstream.google_tokens").info("told")
    assert [line["event"] for line in output.lines()] == events


def test_a_record_that_does_not_fit_its_arguments_is_still_logged(configured):
    output = configured()
    logging.getLogger("library").error("two %s %s", "one")
    assert output.lines()[0]["event"] == "two %s %s"


def test_warnings_take_the_same_way(configured):
    output = configured()
    warnings.showwarning(DeprecationWarning("old /usr/lib/x.py"), DeprecationWarning, "/usr/lib/y.py", 3)
    (line,) = output.lines()
    assert (line["level"], line["event"], line["error_type"]) == ("warning", "old ***", "DeprecationWarning")


def test_uncaught_exceptions_take_the_same_way(configured):
    output = configured()
    error = failure()
    sys.excepthook(ValueError, error, error.__traceback__)
    sys.excepthook(KeyboardInterrupt, KeyboardInterrupt(), None)
    sys.unraisablehook(type("Args", (), {"exc_value": error, "exc_type": ValueError})())
    thread = threading.Thread(target=lambda: [][1])
    thread.start()
    thread.join()
    assert [(line["event"], line["error_type"]) for line in output.lines()] == [
        ("uncaught exception", "ValueError"),
        ("exception ignored", "ValueError"),
        ("uncaught exception in a thread", "IndexError"),
    ]


def test_a_line_is_cheap(configured):
    configured(secrets=[f"test-secret-number-{n}-of-six" for n in range(6)])
    observer = LogObserver()
    trace = finished()
    best = min(timeit.repeat(lambda: observer.settled(trace), number=200, repeat=7)) / 200
    assert best < 150e-6
