"""The ASGI app for `uvicorn server:app`; `dragoman serve` is the command that does more."""

import os
import sys
from pathlib import Path

from dragoman.app import create_app
from dragoman.config.load import ConfigError, load_settings

try:
    app = create_app(load_settings(os.environ, Path(".env")))
except ConfigError as fault:
    sys.stderr.write("".join(f"{problem}\n" for problem in fault.problems))
    raise SystemExit(3) from None
