"""Servers that users run themselves, as rows: where they are unless told otherwise, and how they deviate.

"Section" means a section of spec/openai-chat.md. Names of variables that are not the server's own are LiteLLM's.
"""

from dragoman.dialects.quirks import Quirks
from dragoman.routing.preset import Preset

LOCAL_SERVERS = (
    Preset(
        name="ollama",
        title="Ollama",
        local_port=11434,
        prefixes=("ollama", "ollama_chat"),
        base_url="http://localhost:11434/v1",
        bare_path="/v1",
        base_url_variables=("OLLAMA_BASE_URL", "OLLAMA_API_BASE"),
        quirks=Quirks(top_k=True),
        evidence="section 1: top_k. An effort is a 400 there for every model that cannot think, so none is sent",
        source="https://github.com/ollama/ollama/blob/main/docs/api/openai-compatibility.mdx",
    ),
    Preset(
        name="lmstudio",
        title="LM Studio",
        local_port=1234,
        prefixes=("lm_studio", "lmstudio"),
        base_url="http://localhost:1234/v1",
        bare_path="/v1",
        base_url_variables=("LM_STUDIO_BASE_URL", "LM_STUDIO_API_BASE", "LMSTUDIO_BASE_URL"),
        quirks=Quirks(tool_choice_function=False, null_content="empty"),
        evidence="sections 2.2 and 11: tool_choice is a string only, null content is refused",
        source="https://lmstudio.ai/docs/api/openai-api",
    ),
    Preset(
        name="vllm",
        title="vLLM",
        prefixes=("hosted_vllm", "vllm"),
        base_url="http://localhost:8000/v1",
        bare_path="/v1",
        base_url_variables=("VLLM_BASE_URL", "HOSTED_VLLM_API_BASE"),
        quirks=Quirks(
            effort_style="chat_template",
            efforts=(),
            reasoning_back="tool_loop",
            reasoning_field="reasoning",
            top_k=True,
        ),
        evidence="sections 1, 9.1 and 9.3: top_k, chat_template_kwargs, `reasoning`. Many servers take port 8000",
        source="https://docs.vllm.ai/en/latest/serving/openai_compatible_server.html",
    ),
    Preset(
        name="llamacpp",
        title="llama.cpp",
        local_port=8080,
        prefixes=("llamacpp",),
        base_url="http://localhost:8080/v1",
        bare_path="/v1",
        base_url_variables=("LLAMACPP_BASE_URL", "LLAMACPP_API_BASE"),
        quirks=Quirks(
            effort_style="chat_template",
            efforts=(),
            plain_schemas=True,
            null_content="empty",
            reasoning_back="tool_loop",
            top_k=True,
        ),
        evidence="sections 1, 2.2, 3 and 9: chat_template_kwargs, weak grammar generator, some templates refuse null",
        source="https://github.com/ggml-org/llama.cpp/blob/master/tools/server/README.md",
    ),
)
