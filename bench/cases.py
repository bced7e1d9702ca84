"""The cases of a run: what is asked of which backend, and what the answer may cost."""

from typing import Any, NamedTuple

from bench.bodies import http_request, large_body, small_body

BACKENDS = {
    "openai": "/v1/chat/completions",
    "responses": "/v1/responses",
    "gemini": "/v1beta/models/{model}:streamGenerateContent?alt=sse",
    "anthropic": "/v1/messages",
}
"""The path of each backend itself."""
NAMES = {"responses": "{model}:responses"}
"""How a model of a backend is called in both proxies, where it is not by the backend as a prefix."""
BURST_EVENTS = 200
SMALL_EVENTS = 4
EVENTS_BETWEEN = BURST_EVENTS - SMALL_EVENTS
"""An event's cost is the difference between a long and a short stream, divided by these: what a request costs anyway
is the small cases' business."""
CONCURRENCY = 8
"""Connections in the closed loops: the proxy always has something to do, as on a busy day."""


class Kind(NamedTuple):
    """One kind of request."""

    name: str
    label: str
    model: str
    unit: str
    """What the CPU time is counted by: `request` or `event`."""
    stream: bool = True
    large: bool = False
    batch: int = 64
    """Requests before it is the other proxy's turn: some 50 ms, so that a slow second hits both."""
    needs: str | None = None
    """The kind whose figure this one's is computed or judged by."""
    ratio: float | None = None
    """The most that Dragoman may cost, in floors; RATIOS has others for single backends."""
    paced: bool = False


KINDS = (
    Kind("small", "small request, not streamed", "bench-small", "request", stream=False, ratio=2.0),
    Kind("small-stream", f"small request, streamed ({SMALL_EVENTS} deltas)", "bench-small", "request"),
    Kind("large", "300 KB request, streamed", "bench-small", "request", large=True, batch=8, needs="small"),
    Kind(
        "burst",
        f"an event in a burst of {BURST_EVENTS}",
        f"bench-burst-{BURST_EVENTS}",
        "event",
        batch=32,
        needs="small-stream",
        ratio=2.0,
    ),
    Kind("paced", "a paced event", "bench-paced-{events}-1000", "event", ratio=1.4, paced=True),
)
RATIOS = {"burst/gemini": 2.5, "burst/responses": 2.5}
KIND_BY_NAME = {kind.name: kind for kind in KINDS}


class Case(NamedTuple):
    """A kind of request to one backend."""

    kind: Kind
    backend: str

    @property
    def name(self) -> str:
        return f"{self.kind.name}/{self.backend}"

    @property
    def ratio(self) -> float | None:
        """The most that Dragoman may cost, in floors, if anything was promised."""
        return RATIOS.get(self.name, self.kind.ratio)

    def body(self, model: str) -> dict[str, Any]:
        return large_body(model) if self.kind.large else small_body(model, stream=self.kind.stream)

    def through_proxy(self, port: int, **numbers: int) -> bytes:
        """The request to a proxy, which finds the backend by the model's name."""
        name = self.name_of(self.kind.model.format(**numbers))
        return http_request(port, "/v1/messages?beta=true", self.body(name))

    def name_of(self, model: str) -> str:
        """What a proxy is asked for."""
        return NAMES.get(self.backend, self.backend + "/{model}").format(model=model)

    def direct(self, port: int) -> bytes:
        """The same request to the upstream itself."""
        path = BACKENDS[self.backend].format(model=self.kind.model)
        return http_request(port, path, self.body(self.kind.model))

    @property
    def last_words(self) -> bytes:
        """What every whole answer of a proxy has near its end."""
        return b"message_stop" if self.kind.stream else b"the bench."

    @property
    def last_direct_words(self) -> bytes:
        """What the upstream's own answer has there."""
        if self.backend == "gemini":
            return b'"finishReason": "STOP"'
        if self.backend == "responses":
            return b'"total_tokens":'
        return b"[DONE]" if self.kind.stream and self.backend == "openai" else self.last_words


ALL_CASES = tuple(Case(kind, backend) for kind in KINDS for backend in BACKENDS)


def selected_cases(name: str | None) -> tuple[Case, ...]:
    """The cases called `name` (`burst` or `burst/openai`; None: all) and those that they need, in table order.

    Raises ValueError for a name that no case has.
    """
    wanted = {case for case in ALL_CASES if name in (None, case.name, case.kind.name)}
    if not wanted:
        raise ValueError(
            f"no case is called {name!r}; there are {', '.join(case.name for case in ALL_CASES)}"
        )
    wanted |= {Case(KIND_BY_NAME[case.kind.needs], case.backend) for case in wanted if case.kind.needs}
    return tuple(case for case in ALL_CASES if case in wanted)
