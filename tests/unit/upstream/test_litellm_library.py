from dragoman.upstream.litellm_library import CALLBACKS, LOCAL, LoadedLibrary, load_library
from tests.support.optional_package import needs_package
from tests.support.python_process import run_python

LOADED = """
import logging, os, threading
from dragoman.upstream.litellm_library import CALLBACKS, LOCAL, QUIET, load_library
handlers = list(logging.getLogger().handlers)
environ = os.environ
environ["HIDDEN_API_KEY"] = "test-key"
library = load_library(environ, ["HIDDEN_API_KEY", "NOT_THERE"], {"ADDED_API_KEY": "test-key"})
import litellm
assert library.vendor_of("openai/gpt-4.1") == "openai"
assert library.vendor_of("bedrock/anthropic.claude-3-5-sonnet-20240620-v1:0") == "bedrock"
assert "HIDDEN_API_KEY" not in environ and environ["ADDED_API_KEY"] == "test-key"
assert all(environ[name] == "True" for name in LOCAL)
assert all(getattr(litellm, name) == value for name, value in QUIET.items())
assert all(getattr(litellm, name) == [] for name in CALLBACKS)
assert logging.getLogger().handlers == handlers
loggers = [logging.getLogger(name) for name in logging.root.manager.loggerDict if name.startswith("LiteLLM")]
assert loggers and all(logger.disabled and not logger.handlers for logger in loggers)
assert [thread for thread in threading.enumerate() if not thread.daemon] == [threading.main_thread()]
print("quiet")
"""


def test_loaded_library_is_quiet_and_sees_what_it_may():
    needs_package("litellm")
    loaded = run_python("-W", "error::ResourceWarning", "-c", LOADED)
    assert (loaded.stdout, loaded.stderr) == ("quiet\n", "")


class Module:
    """Stands for the package."""

    def __init__(self) -> None:
        self.asked: list[dict] = []
        self.closed = False

    def get_llm_provider(self, model: str) -> tuple:
        return model, "groq", None, None

    async def acompletion(self, **arguments) -> str:
        self.asked.append(arguments)
        return "answer"

    async def close_litellm_async_clients(self) -> None:
        self.closed = True


async def test_calls_are_passed_on():
    module = Module()
    library = LoadedLibrary(module)
    assert library.vendor_of("x") == "groq"
    assert await library.complete({"model": "x"}) == "answer"
    await library.close()
    assert (module.asked, module.closed) == ([{"model": "x"}], True)


def test_callbacks_and_lookups_are_named():
    assert "success_callback" in CALLBACKS
    assert "LITELLM_LOCAL_MODEL_COST_MAP" in LOCAL
    assert callable(load_library)
