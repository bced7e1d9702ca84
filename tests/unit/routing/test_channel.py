"""routing/channel.py"""

from dragoman.dialects.quirks import Quirks
from dragoman.routing.channel import Channel, Target, lacks_key


def test_no_repr_of_a_channel_or_target_holds_its_credential() -> None:
    """T86"""
    channel = Channel(name="work", dialect="anthropic", base_url="https://x.example", credential="canary-key")
    target = Target(channel=channel, model="m", quirks=Quirks(), why="test")
    assert "canary" not in repr(channel) + str(channel) + repr(target)
    assert "work" in repr(channel)


def test_a_channel_lacks_a_key_only_if_one_is_asked_for() -> None:
    with_key = Channel(name="a", dialect="gemini", base_url="https://x.example", credential="test-key")
    without = Channel(name="a", dialect="gemini", base_url="https://x.example")
    free = Channel(name="a", dialect="gemini", base_url="https://x.example", credential_required=False)
    assert [lacks_key(channel) for channel in (with_key, without, free)] == [False, True, False]
