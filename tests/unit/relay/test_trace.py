from dragoman.relay.trace import Trace


def test_traces_share_nothing():
    first, second = (Trace("req_1", "m", streaming=True) for _ in range(2))
    first.learned.append("no temperature")
    assert second.learned == []
