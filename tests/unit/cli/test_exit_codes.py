"""cli/exit_codes.py"""

import pytest

from dragoman.cli.exit_codes import MEANINGS, bad_settings
from dragoman.config.load import ConfigError


def test_codes_do_not_change() -> None:
    """Scripts of users compare them."""
    assert sorted(MEANINGS) == [0, 1, 2, 3, 4, 130]


def test_every_problem_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    assert bad_settings(ConfigError(["PORT: expected a port", "HOST: expected a host"])) == 3
    assert capsys.readouterr().err == "PORT: expected a port\nHOST: expected a host\n"
