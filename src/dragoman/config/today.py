"""The date, read once at start: the core is told what day it is."""

import time
from datetime import date


def utc_today() -> date:
    """Today in UTC."""
    now = time.gmtime()
    return date(now.tm_year, now.tm_mon, now.tm_mday)
