"""The library LiteLLM (extra `litellm`, docs/decisions/0033) in this process, kept quiet; nobody else imports it.

Importing it takes seconds and 200 MB, so that it is loaded in a thread by the first request for one of its models.
"""

import gc
import logging
import warnings
from collections.abc import Iterable, Mapping, MutableMapping
from typing import Any, Protocol, cast

LOCAL = (
    *(
        "LITELLM_LOCAL_MODEL_COST_MAP",
        "LITELLM_LOCAL_ANTHROPIC_BETA_HEADERS",
        "LITELLM_LOCAL_AUTOROUTER_PRESETS",
    ),
    *("LITELLM_LOCAL_BLOG_POSTS", "LITELLM_LOCAL_POLICY_TEMPLATES"),
)
"""What LiteLLM fetches from the web when it is imported, unless these are `True`."""

QUIET: Mapping[str, Any] = {
    "suppress_debug_info": True,
    "telemetry": False,
    "num_retries": 0,
    "drop_params": False,
    "modify_params": False,
    "caching": False,
    "cache": None,
    "disable_hf_tokenizer_download": True,
    "turn_off_message_logging": True,
    "user_url_validation": True,
}
"""Of the module: no advice on stdout, no retries, nothing left out or changed without a word, no downloads."""

CALLBACKS = (
    *("callbacks", "success_callback", "failure_callback", "input_callback", "service_callback"),
    *("_async_success_callback", "_async_failure_callback"),
)

PER_CALL: Mapping[str, Any] = {"num_retries": 0, "max_retries": 0, "drop_params": False, "no-log": True}
"""Arguments of every call."""


class Library(Protocol):
    """What is asked of LiteLLM. Raises its exceptions (upstream/litellm_failures.py)."""

    def vendor_of(self, model: str) -> str:
        """LiteLLM's name of the vendor who has a model."""
        ...

    async def complete(self, arguments: Mapping[str, Any]) -> Any:
        """A whole answer, or an asynchronous iterator of chunks where `stream` is true: objects of pydantic's."""
        ...

    async def close(self) -> None:
        """Close what is kept open between calls."""
        ...


def load_library(
    environ: MutableMapping[str, str], hidden: Iterable[str], added: Mapping[str, str]
) -> Library:
    """Import LiteLLM with the environment that it is to see. Blocks. Raises ImportError without the extra.

    `hidden` variables are taken out of `environ`, this process's own, and `added` ones put in: LiteLLM and the libraries
    below it read the keys of a hundred vendors from there.
    """
    for name in hidden:
        environ.pop(name, None)
    environ.update(added)
    environ.update(dict.fromkeys(LOCAL, "True"))
    warnings.filterwarnings("ignore", module=r"(?:litellm|pydantic)\b")
    import litellm

    module: Any = litellm
    _quieten(module)
    # Its hundred thousands of objects live as long as the process: to look at them all would take the collector a second,
    # and one more when the process ends.
    gc.freeze()
    return LoadedLibrary(module)


def _quieten(module: Any) -> None:
    for name, value in QUIET.items():
        setattr(module, name, value)
    for name in CALLBACKS:
        setattr(module, name, [])
    for name in list(logging.root.manager.loggerDict):
        if name.startswith("LiteLLM"):
            # It writes to stderr by itself, and what it tells of a failure is told in the answer.
            logger = logging.getLogger(name)
            logger.handlers.clear()
            logger.disabled = True


class LoadedLibrary:
    """Implements `Library` with the module."""

    def __init__(self, module: Any) -> None:
        self._module = module

    def vendor_of(self, model: str) -> str:
        return cast("str", self._module.get_llm_provider(model)[1])

    async def complete(self, arguments: Mapping[str, Any]) -> Any:
        return await self._module.acompletion(**arguments)

    async def close(self) -> None:
        await self._module.close_litellm_async_clients()
        # Some of its modules came with the first calls.
        gc.freeze()
