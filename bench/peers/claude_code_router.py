"""claude-code-router: a Node program that is configured by a file in its home."""

import json
from collections.abc import Sequence
from pathlib import Path

from typing_extensions import override

from bench.peers.peer import NodePeer, Ports

MODELS = ("bench-small", "bench-burst-200", "bench-cut", "bench-ended", "bench-thinking", "bench-cached")


class ClaudeCodeRouter(NodePeer):
    """With two providers. Its log, which by default has every chunk of every stream, is off."""

    name = "claude-code-router"
    package = "@musistudio/claude-code-router"
    version = "2.0.0"
    models = {"openai": "openai,{model}", "anthropic": "anthropic,{model}"}
    ready_path = "/health"
    configuration = (
        "two providers at the upstream, one of them with the transformer `Anthropic`; `reasoning` for the model "
        "that reasons; no key, `LOG` off"
    )

    @override
    def command(self, ports: Ports, home: Path) -> Sequence[str]:
        file = home / ".claude-code-router/config.json"
        file.parent.mkdir(exist_ok=True)
        file.write_text(json.dumps(configuration(ports)), "utf-8")
        program = self.folder / "node_modules" / self.package / "dist/cli.js"
        return ["node", str(program), "start"]


def configuration(ports: Ports) -> dict[str, object]:
    """What config.json says."""
    common = {"api_key": "test-key", "models": MODELS}
    chat = {"name": "openai", "api_base_url": f"{ports.origin}/v1/chat/completions"}
    messages = {"name": "anthropic", "api_base_url": f"{ports.origin}/v1/messages"}
    reasons: dict[str, object] = {"transformer": {"use": [], "bench-thinking": {"use": ["reasoning"]}}}
    return {
        "HOST": "127.0.0.1",
        "PORT": ports.own,
        "LOG": False,
        "NON_INTERACTIVE_MODE": True,
        "Providers": [chat | common | reasons, messages | common | {"transformer": {"use": ["Anthropic"]}}],
        "Router": {"default": "openai,bench-small"},
    }
