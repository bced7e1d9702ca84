"""What Claude Code's environment must say so that it speaks to this gateway, and what must not be in it
(spec/claude-code.md section 6)."""

from collections.abc import Mapping
from urllib.parse import urlsplit

import msgspec

from dragoman.config.settings import Settings
from dragoman.messages.request import LAUNCH_HEADER
from dragoman.routing.model_map import CURRENT_CLAUDE, ModelMap

ANY_TOKEN = "dragoman"
"""Claude Code wants a credential before it starts; a gateway without DRAGOMAN_API_KEY looks at none."""

OTHER_PROVIDERS = (
    "CLAUDE_CODE_USE_BEDROCK",
    "CLAUDE_CODE_USE_VERTEX",
    "CLAUDE_CODE_USE_FOUNDRY",
    "CLAUDE_CODE_USE_MANTLE",
    "CLAUDE_CODE_USE_ANTHROPIC_AWS",
    "CLAUDE_CODE_USE_ANTHROPIC_GOOGLE_CLOUD",
    "CLAUDE_CODE_USE_GATEWAY",
    "ANTHROPIC_UNIX_SOCKET",
)
"""Each of them leads Claude Code past ANTHROPIC_BASE_URL."""

OTHER_CREDENTIALS = ("ANTHROPIC_API_KEY", "CLAUDE_CODE_OAUTH_TOKEN")
"""Would be sent beside the token, or instead of it; Claude Code warns of the conflict."""

LEAST_PATIENCE = 600.0
"""Seconds; Claude Code's own limit."""

WINDOWS = (100_000, 1_000_000)
"""Tokens that CLAUDE_CODE_AUTO_COMPACT_WINDOW may say."""

HEAD_ROOM = 60.0
"""Seconds that the client waits longer than the gateway, whose error says more than the client's own."""

_HEADERS = "ANTHROPIC_CUSTOM_HEADERS"
"""One in each line; Claude Code sends them with every request."""

_PROXIES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy")


class ClaudeVariables(msgspec.Struct, frozen=True, kw_only=True):
    """Changes to an environment."""

    route: dict[str, str]
    """Where to go and with which credential: set, whatever was there."""
    preferences: dict[str, str]
    """Set only where the user said nothing."""
    headers: tuple[str, ...] = ()
    """Added to those that the user has it send."""
    removed: tuple[str, ...]

    def assignments(self, environ: Mapping[str, str]) -> dict[str, str]:
        """What to set in `environ`, in the order in which people read it."""
        wished = {name: value for name, value in self.preferences.items() if not environ.get(name)}
        direct = _direct(environ, self.route["ANTHROPIC_BASE_URL"])
        return {**self.route, **wished, **direct, **self._sent_headers(environ)}

    def _sent_headers(self, environ: Mapping[str, str]) -> dict[str, str]:
        lines = [line for line in (environ.get(_HEADERS, ""), *self.headers) if line]
        return {_HEADERS: "\n".join(lines)} if self.headers else {}

    def applied(self, environ: Mapping[str, str]) -> dict[str, str]:
        """The environment of the child."""
        kept = {name: value for name, value in environ.items() if name not in self.removed}
        return kept | self.assignments(environ)


def claude_variables(
    settings: Settings, model_map: ModelMap, url: str, token: str, launch: str | None = None
) -> ClaudeVariables:
    """For a Claude Code that asks the gateway at `url` and shows it `token`, and names its requests after `launch`.

    With ANTHROPIC_AUTH_MODE=passthrough the client's own credentials stay, since they are what goes upstream.
    """
    own_login = settings.anthropic_auth_mode == "passthrough"
    credential = {} if own_login else {"ANTHROPIC_AUTH_TOKEN": token}
    patience = max(LEAST_PATIENCE, settings.upstream_idle_seconds + HEAD_ROOM)
    milliseconds = str(int(patience * 1000))
    return ClaudeVariables(
        route={"ANTHROPIC_BASE_URL": url, **credential},
        preferences={
            "ANTHROPIC_DEFAULT_HAIKU_MODEL": CURRENT_CLAUDE["haiku"],
            "CLAUDE_CODE_ENABLE_GATEWAY_MODEL_DISCOVERY": "1",
            **_compaction(model_map),
            **({} if _judges_actions(model_map) else {"CLAUDE_CODE_AUTO_MODE_SERVER": "0"}),
            "API_TIMEOUT_MS": milliseconds,
            "CLAUDE_STREAM_IDLE_TIMEOUT_MS": milliseconds,
            # The runtime's limit of five minutes without a byte, which the other two do not move.
            "API_FORCE_IDLE_TIMEOUT": "0",
        },
        headers=() if launch is None else (f"{LAUNCH_HEADER}: {launch}",),
        removed=OTHER_PROVIDERS if own_login else (*OTHER_CREDENTIALS, *OTHER_PROVIDERS),
    )


def token_for(settings: Settings) -> str:
    """What a gateway with these settings accepts."""
    return settings.dragoman_api_key[0].reveal() if settings.dragoman_api_key else ANY_TOKEN


def _judges_actions(model_map: ModelMap) -> bool:
    """Whether auto mode's question reaches a server that can answer it (spec/anthropic-messages.md section 3.6)."""
    channels = [target.channel for target in model_map.used()]
    return bool(channels) and all(
        channel.dialect == "anthropic" and channel.access == "direct" for channel in channels
    )


def _compaction(model_map: ModelMap) -> dict[str, str]:
    """The smallest window behind the names of main models, where it is known: Claude Code knows only Claude's."""
    targets = (model_map.resolve(CURRENT_CLAUDE[word]) for word in ("opus", "sonnet"))
    windows = [
        target.quirks.context_window
        for target in targets
        if target.channel.dialect != "anthropic" and target.quirks.context_window is not None
    ]
    least, most = WINDOWS
    window = min(windows, default=most)
    return {"CLAUDE_CODE_AUTO_COMPACT_WINDOW": str(window)} if least <= window < most else {}


def _direct(environ: Mapping[str, str], url: str) -> dict[str, str]:
    """The gateway beside the hosts that no HTTP proxy is asked for, where there is a proxy."""
    if not any(environ.get(name) for name in _PROXIES):
        return {}
    host = urlsplit(url).hostname or ""
    written = {name: environ[name] for name in ("NO_PROXY", "no_proxy") if environ.get(name)}
    return {name: _with_host(hosts, host) for name, hosts in (written or {"NO_PROXY": ""}).items()}


def _with_host(hosts: str, host: str) -> str:
    named = [name.strip() for name in hosts.split(",") if name.strip()]
    return ",".join(named if host in named or "*" in named else [*named, host])
