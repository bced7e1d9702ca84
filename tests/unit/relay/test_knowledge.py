from dragoman.relay.knowledge import Knowledge
from tests.support.ports import Bench, FakeUpstream


def test_the_relay_is_what_answers_and_counts_ask():
    bench = Bench(FakeUpstream())
    knowledge: Knowledge = bench.relay
    target = knowledge.target("claude-x")
    assert target.model == bench.target.model
    assert knowledge.quirks(target) == target.quirks
    assert knowledge.meter.learned(target.channel.name, target.model, None) is None
