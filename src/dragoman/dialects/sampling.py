"""Temperature and its like, for models that may sample by their own rules."""

from dragoman.dialects.losses import Losses
from dragoman.dialects.quirks import Quirks
from dragoman.messages.request import Conversation


def sampling_fields(conversation: Conversation, quirks: Quirks, losses: Losses) -> dict[str, float]:
    """`temperature` and `top_p`, where the client set them and the model takes them. 1 changes nothing, so that leaving
    it out loses nothing."""
    fields: dict[str, float] = {}
    for name, value in (("temperature", conversation.temperature), ("top_p", conversation.top_p)):
        if value is None:
            continue
        if quirks.sampling:
            fields[name] = value
        elif value != 1:
            losses.dropped(name, "the model samples by its own rules")
    return fields
