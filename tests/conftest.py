"""What holds for every test."""

import os

from hypothesis import HealthCheck, settings

# How fast an example is drawn says how busy the machine is, not whether a law holds. The gate draws the same examples
# each time: what it refuses must be the change.
settings.register_profile(
    "dragoman",
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
    derandomize=os.environ.get("DRAGOMAN_NO_SKIP") == "1",
)
settings.load_profile("dragoman")
