"""The composition root: the one place that picks implementations."""

import os
import secrets
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import uvicorn

from dragoman.config.build import build_model_map
from dragoman.config.load import load_settings
from dragoman.config.settings import Settings
from dragoman.config.today import utc_today
from dragoman.dialects.registry import DIALECTS
from dragoman.relay.gateway import Gateway
from dragoman.relay.relay import Relay
from dragoman.server.app import GatewayApp
from dragoman.server.guard import GuardRules
from dragoman.server.models_api import ModelEntry
from dragoman.server.protocol import LimitedProtocol
from dragoman.telemetry.logs import LogObserver, configure_logs
from dragoman.upstream.client import HttpUpstream
from dragoman.upstream.demo import WithDemo

DRAIN_SECONDS = 30
"""How long streams may go on after the signal to stop."""


def new_id() -> str:
    """24 letters and digits that nobody guesses."""
    return secrets.token_hex(12)
