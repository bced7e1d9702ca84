"""config/today.py"""

import time

from dragoman.config.today import utc_today


def test_today_is_the_date_in_utc() -> None:
    before = time.strftime("%Y-%m-%d", time.gmtime())
    today = utc_today().isoformat()
    assert today in (before, time.strftime("%Y-%m-%d", time.gmtime()))
