import dataclasses

import pytest

from dragoman.relay.gateway import Gateway
from tests.support.ports import FakeUpstream, RecordingObserver


def test_a_gateway_is_replaced_never_changed():
    gateway = Gateway(None, {}, FakeUpstream(), float, str, RecordingObserver())
    assert not gateway.strict
    with pytest.raises(dataclasses.FrozenInstanceError):
        gateway.strict = True
    assert dataclasses.replace(gateway, strict=True).strict
