"""accounting/usage.py"""

from dragoman.accounting.usage import MOST_ENTRIES, OTHERS, LaunchUsage, Used
from dragoman.messages.events import Usage

ROUTE = "claude-opus-4-8 -> openai/gpt-4.1"
TOKENS = Usage(
    input_tokens=1000, output_tokens=20, cache_read_input_tokens=300, cache_creation_input_tokens=7
)


def added(*requests: tuple[str, bool, Usage | None, list[str]]) -> LaunchUsage:
    usage = LaunchUsage()
    for route, failed, tokens, losses in requests:
        usage.add(route, failed=failed, usage=tokens, losses=losses)
    return usage


def test_requests_are_added_up_by_route() -> None:
    haiku = "claude-haiku-4-5 -> openai/gpt-4.1-mini"
    usage = added(
        (ROUTE, False, TOKENS, []),
        (ROUTE, False, TOKENS, ["top_k dropped"]),
        (haiku, False, TOKENS, ["top_k dropped"]),
    )
    assert list(usage.routes) == [ROUTE, haiku]
    assert usage.routes[ROUTE] == Used(requests=2, input=2014, cached=600, output=40)
    assert usage.losses == {"top_k dropped": 2}
    assert usage.failed == 0


def test_a_request_without_usage_counts_as_one_that_failed() -> None:
    usage = added((ROUTE, True, None, []), (ROUTE, False, TOKENS, []))
    assert usage.routes == {ROUTE: Used(requests=2, failed=1, input=1007, cached=300, output=20)}
    assert usage.failed == 1


def test_names_that_clients_make_up_do_not_grow_without_end() -> None:
    usage = added(*((f"model {n}", False, TOKENS, [f"field {n} dropped"]) for n in range(MOST_ENTRIES + 5)))
    assert len(usage.routes) == len(usage.losses) == MOST_ENTRIES + 1
    assert (usage.routes[OTHERS].requests, usage.losses[OTHERS]) == (5, 5)
    usage.add("model 0", failed=False, usage=None, losses=[])
    assert usage.routes["model 0"].requests == 2
