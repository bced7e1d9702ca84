"""routing/plan.py"""

import pytest

from dragoman.messages.errors import ApiError
from dragoman.routing.model_map import draw_map
from dragoman.routing.plan import plan
from tests.unit.routing.channels import ways


def test_plan_holds_the_resolved_target() -> None:
    model_map = draw_map(ways(), {})
    assert plan("gpt-4o", model_map).targets == (model_map.resolve("gpt-4o"),)


def test_a_name_that_cannot_be_one_has_no_plan() -> None:
    with pytest.raises(ApiError):
        plan("a/../b", draw_map(ways(), {}))
