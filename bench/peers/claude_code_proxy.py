"""claude-code-proxy: one FastAPI module on LiteLLM's library."""

from collections.abc import Sequence
from pathlib import Path

from typing_extensions import override

from bench.peers.peer import Ports, PythonPeer


class ClaudeCodeProxy(PythonPeer):
    """The package on PyPI. Its own command listens on 0.0.0.0:8082, so uvicorn runs its application instead."""

    name = "claude-code-proxy"
    package = "claude-code-proxy"
    version = "0.1.5"
    models = {"openai": "openai/{model}"}
    ready_path = "/"
    configuration = (
        "`OPENAI_BASE_URL` at the upstream; run by uvicorn on 127.0.0.1, its log level as in its own command"
    )

    @override
    def command(self, ports: Ports, home: Path) -> Sequence[str]:
        where = ["--host", "127.0.0.1", "--port", str(ports.own), "--log-level", "error"]
        return [str(self.folder / "bin/uvicorn"), "server.fastapi:app", *where]

    @override
    def environment(self, ports: Ports) -> dict[str, str]:
        return {"OPENAI_API_KEY": "test-key", "OPENAI_BASE_URL": f"{ports.origin}/v1"}
