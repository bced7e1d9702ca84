import dataclasses

import pytest

from dragoman.relay.gateway import Gateway
from dragoman.stores.memory import MemoryKeptState
from tests.support.ports import FakeTokens, FakeUpstream, RecordingObserver


def test_a_gateway_is_replaced_never_changed():
    gateway = Gateway(
        None, {}, FakeUpstream(), float, str, RecordingObserver(), FakeTokens(), MemoryKeptState(float)
    )
    assert not gateway.strict
    assert gateway.web_search is None
    with pytest.raises(dataclasses.FrozenInstanceError):
        gateway.strict = True
    assert dataclasses.replace(gateway, strict=True).strict
