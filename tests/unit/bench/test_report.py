import pytest
from bench.cases import ALL_CASES, Case, selected_cases
from bench.measure import Series, Vitals
from bench.report import row, table

CASES = {case.name: case for case in ALL_CASES}


def measured(case: Case, floor: list[float], dragoman: list[float]) -> dict[str, dict[str, Series]]:
    return {case.name: {"floor": Series(cpu=floor), "dragoman": Series(cpu=dragoman)}}


def test_ratio_is_taken_within_each_round() -> None:
    case = CASES["small/openai"]
    found = row(case, "dragoman", measured(case, [1e-3, 2e-3, 4e-3], [1.5e-3, 3e-3, 9e-3]))

    assert found.ratios == pytest.approx((1.5, 1.5, 2.25))
    assert found.met is True


def test_small_request_of_more_than_two_floors_misses_its_target() -> None:
    case = CASES["small/openai"]

    assert row(case, "dragoman", measured(case, [1e-3], [2.1e-3])).met is False


def test_event_of_a_burst_costs_what_the_long_stream_costs_beyond_the_short_one() -> None:
    case, short = CASES["burst/openai"], CASES["small-stream/openai"]
    numbers = measured(case, [2.36e-3], [4.52e-3]) | measured(short, [0.4e-3], [0.6e-3])
    found = row(case, "dragoman", numbers)

    assert (found.floor, found.dragoman) == pytest.approx((10e-6, 20e-6))


@pytest.mark.parametrize(("backend", "met"), [("openai", False), ("responses", True), ("gemini", True)])
def test_event_of_some_may_cost_a_little_more(backend: str, met: bool) -> None:
    case, short = CASES[f"burst/{backend}"], CASES[f"small-stream/{backend}"]
    numbers = measured(case, [2.36e-3], [5.3e-3]) | measured(short, [0.4e-3], [0.6e-3])

    assert row(case, "dragoman", numbers).met is met


@pytest.mark.parametrize(("dragoman", "met"), [(7.9e-3, True), (8.1e-3, False)])
def test_target_of_the_large_request_follows_the_speed_of_the_machine(dragoman: float, met: bool) -> None:
    case, small = CASES["large/openai"], CASES["small/openai"]
    numbers = measured(case, [5e-3], [dragoman]) | measured(small, [0.6e-3], [1e-3])
    found = row(case, "dragoman", numbers)

    assert (found.target, found.met) == ("≤ 8.0 ms", met)


def test_latency_added_is_what_the_upstream_alone_does_not_take() -> None:
    case = CASES["small/openai"]
    numbers = measured(case, [1e-3], [1e-3])
    numbers[case.name]["direct"] = Series(seconds=[0.001] * 100)
    numbers[case.name]["dragoman"].seconds = [0.002] * 98 + [0.011] * 2

    assert row(case, "dragoman", numbers).dragoman_adds == pytest.approx((0.001, 0.010))


def test_case_brings_the_one_that_its_figure_needs() -> None:
    assert [case.name for case in selected_cases("burst/openai")] == ["small-stream/openai", "burst/openai"]


def test_unknown_case_is_refused_with_the_names_there_are() -> None:
    with pytest.raises(ValueError, match="paced/anthropic"):
        selected_cases("bursts")


def test_table_marks_a_missed_target() -> None:
    case = CASES["small/openai"]
    vitals = {
        name: Vitals(ready=[0.5], megabytes=[megabytes])
        for name, megabytes in (("floor", 50), ("dragoman", 90))
    }
    text = table([row(case, "dragoman", measured(case, [1e-3], [1e-3]))], vitals, "dragoman", 1)

    assert "| memory after load | | 50 MB | 90 MB | | ≤ 80 MB | **no** | | |" in text
    assert "| start to ready | | 0.50 s | 0.50 s | | ≤ 1 s | yes | | |" in text
