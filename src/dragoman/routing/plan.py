"""Which targets a request may be sent to, in order. One today; failover adds more here."""

import msgspec

from dragoman.routing.channel import Target
from dragoman.routing.model_map import ModelMap


class RoutePlan(msgspec.Struct, frozen=True):
    targets: tuple[Target, ...]
    """Never empty; the first is tried first."""


def plan(requested: str, model_map: ModelMap) -> RoutePlan:
    """The targets for a requested model. Raises ApiError (400) for a name that cannot be one."""
    return RoutePlan((model_map.resolve(requested),))
