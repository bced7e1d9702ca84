"""routing/channel.py"""

from dragoman.dialects.quirks import Quirks
from dragoman.routing.channel import Channel, Target


def test_no_repr_of_a_channel_or_target_holds_its_credential() -> None:
    """T86"""
    channel = Channel(name="work", dialect="anthropic", base_url="https://x.example", credential="canary-key")
    target = Target(channel=channel, model="m", quirks=Quirks(), why="test")
    assert "canary" not in repr(channel) + str(channel) + repr(target)
    assert "work" in repr(channel)
