"""cli/supervision/launchd.py"""

import plistlib
from pathlib import Path

from dragoman.cli.supervision.launchd import Launchd
from dragoman.cli.supervision.programs import Ended
from dragoman.cli.supervision.unit_files import Start

HOME = Path("/home-of-me")
AGENT = Launchd(HOME, system=False, uid=501)
DAEMON = Launchd(HOME, system=True, uid=501)


def test_an_agent_is_taken_up_anew_in_the_users_session() -> None:
    assert [" ".join(wanted.words) for wanted in AGENT.start()] == [
        "launchctl bootout gui/501/com.dragoman.proxy",
        "launchctl enable gui/501/com.dragoman.proxy",
        f"launchctl bootstrap gui/501 {HOME}/Library/LaunchAgents/com.dragoman.proxy.plist",
    ]
    bootout, enable, bootstrap = AGENT.start()
    # Nothing may be loaded yet; and what was is let go of only after a while.
    assert (bootout.may_fail, enable.may_fail, bootstrap.may_fail) == (True, False, False)
    assert bootstrap.tries > 1


def test_a_daemon_belongs_to_the_system() -> None:
    assert DAEMON.stop()[0].words == ("launchctl", "bootout", "system/com.dragoman.proxy")
    assert DAEMON.status().words == ("launchctl", "print", "system/com.dragoman.proxy")


def test_logs_are_where_the_property_list_says() -> None:
    entries = plistlib.loads(AGENT.content(Start(python="/p", directory="/d")))
    files = (entries["StandardOutPath"], entries["StandardErrorPath"])
    assert AGENT.logs(7, False).words == ("tail", "-n", "7", *files)
    assert AGENT.logs(7, True).words == ("tail", "-n", "7", "-F", *files)
    assert {Path(file).parent for file in files} == set(AGENT.folders())


def test_only_one_that_runs_is_active() -> None:
    assert AGENT.is_active(Ended(0, "com.dragoman.proxy = {\n\tstate = running\n}"))
    assert not AGENT.is_active(Ended(0, "com.dragoman.proxy = {\n\tstate = not running\n}"))
    assert not AGENT.is_active(Ended(113, "Could not find service"))
