"""LiteLLM's proxy: its `/v1/messages`, with what it would fetch or report over the network switched off."""

from collections.abc import Sequence
from pathlib import Path

from typing_extensions import override

from bench.peers.peer import Ports, PythonPeer

CONFIGURATION = """
model_list:
  - model_name: openai/*
    litellm_params: {{model: openai/*, api_base: {origin}/v1, api_key: test-key}}
  - model_name: openai/bench-thinking
    litellm_params: {{model: hosted_vllm/bench-thinking, api_base: {origin}/v1, api_key: test-key}}
  - model_name: anthropic/*
    litellm_params: {{model: anthropic/*, api_base: {origin}, api_key: test-key}}
litellm_settings:
  telemetry: false
  use_chat_completions_url_for_anthropic_messages: true
"""
NOTHING_REMOTE = (
    "LITELLM_LOCAL_MODEL_COST_MAP",
    "LITELLM_LOCAL_ANTHROPIC_BETA_HEADERS",
    "LITELLM_LOCAL_AUTOROUTER_PRESETS",
    "LITELLM_LOCAL_BLOG_POSTS",
    "LITELLM_LOCAL_POLICY_TEMPLATES",
)


class LiteLLM(PythonPeer):
    """Without a database. It wants a master key and refuses to start without one, so it has one."""

    name = "LiteLLM"
    package = "litellm"
    version = "1.108.7"
    ready_path = "/health/liveliness"
    configuration = (
        "`openai/*` and `anthropic/*` led to the upstream, the model that reasons as `hosted_vllm/*`; a master key, no "
        "database, nothing fetched at the start; `use_chat_completions_url_for_anthropic_messages`, without which it "
        "asks OpenAI's models by the Responses API"
    )

    @property
    @override
    def requirement(self) -> str:
        return f"litellm[proxy]=={self.version}"

    @override
    def command(self, ports: Ports, home: Path) -> Sequence[str]:
        file = home / "config.yaml"
        file.write_text(CONFIGURATION.format(origin=ports.origin), "utf-8")
        where = ["--host", "127.0.0.1", "--port", str(ports.own)]
        return [str(self.folder / "bin/litellm"), "--config", str(file), *where]

    @override
    def environment(self, ports: Ports) -> dict[str, str]:
        local = dict.fromkeys(NOTHING_REMOTE, "True")
        # PRODUCTION: it looks for no .env.
        return local | {"LITELLM_MASTER_KEY": self.key, "LITELLM_MODE": "PRODUCTION"}
