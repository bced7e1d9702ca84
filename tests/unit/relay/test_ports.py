import inspect

import pytest

from dragoman.relay import ports
from dragoman.schema_check.process import SchemaProcess
from dragoman.telemetry.logs import LogObserver
from dragoman.upstream.client import HttpReply, HttpUpstream
from dragoman.upstream.demo import DemoReply, WithDemo
from dragoman.upstream.guarded_fetcher import GuardedFetcher
from tests.support.ports import FakeFetcher, FakeSchemaChecker, FakeUpstream, RecordingObserver


def methods(kind: type) -> dict[str, list[str]]:
    return {
        name: list(inspect.signature(member).parameters)
        for name, member in vars(kind).items()
        if inspect.isfunction(member) and not name.startswith("_")
    }


@pytest.mark.parametrize(
    ("port", "adapter"),
    [
        (ports.Upstream, HttpUpstream),
        (ports.Upstream, WithDemo),
        (ports.Upstream, FakeUpstream),
        (ports.UpstreamReply, HttpReply),
        (ports.UpstreamReply, DemoReply),
        (ports.Fetcher, GuardedFetcher),
        (ports.Fetcher, FakeFetcher),
        (ports.SchemaChecker, SchemaProcess),
        (ports.SchemaChecker, FakeSchemaChecker),
        (ports.Observer, LogObserver),
        (ports.Observer, RecordingObserver),
    ],
)
def test_adapters_and_fakes_take_what_the_port_gives(port: type, adapter: type):
    implemented = methods(adapter)
    for name, parameters in methods(port).items():
        assert implemented[name] == parameters


def test_an_access_token_shows_itself_nowhere():
    token = ports.AccessToken("ya29.secret", "payer")
    assert repr(token) == str(token) == f"{token}" == "AccessToken(value='***', quota_project='payer')"
    assert repr(ports.AccessToken("ya29.secret")) == "AccessToken(value='***', quota_project=None)"
