"""cli/supervision/supervisor.py"""

from pathlib import Path

import pytest

from dragoman.cli.supervision.supervisor import find_supervisor

HOME = Path("/home-of-me")


@pytest.mark.parametrize(
    ("platform", "system", "environ", "file"),
    [
        ("linux", False, {}, "/home-of-me/.config/systemd/user/dragoman.service"),
        ("linux", False, {"XDG_CONFIG_HOME": "/conf"}, "/conf/systemd/user/dragoman.service"),
        ("linux", False, {"XDG_CONFIG_HOME": "conf"}, "/home-of-me/.config/systemd/user/dragoman.service"),
        ("linux", True, {"XDG_CONFIG_HOME": "/conf"}, "/etc/systemd/system/dragoman.service"),
        ("darwin", False, {}, "/home-of-me/Library/LaunchAgents/com.dragoman.proxy.plist"),
        ("darwin", True, {}, "/Library/LaunchDaemons/com.dragoman.proxy.plist"),
    ],
)
def test_the_file_is_where_the_platform_looks(
    platform: str, system: bool, environ: dict[str, str], file: str
) -> None:
    supervisor = find_supervisor(HOME, environ, system=system, uid=501, platform=platform)
    assert supervisor is not None
    assert str(supervisor.file) == file


def test_other_platforms_have_none() -> None:
    assert find_supervisor(HOME, {}, system=False, uid=0, platform="win32") is None
