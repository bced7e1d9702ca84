from hypothesis import given
from hypothesis import strategies as st

from dragoman.relay.meter import LARGEST, LEAST, SMALLEST, Meter
from dragoman.routing.vocabularies import vocabulary_of

HERE = ("somewhere", "gpt-5", "session-1")
OTHER_SESSION = ("somewhere", "gpt-5", "session-2")


def test_before_any_answer_the_models_vocabulary_tells():
    meter = Meter()
    assert meter.factor(*HERE) == 1.0
    assert (
        meter.factor("somewhere", "anthropic/claude-opus-4.8", None)
        == vocabulary_of("claude-opus-4-8").factor
    )
    assert meter.learned(*HERE) is None


def test_the_next_estimate_of_a_session_is_what_its_last_answer_told():
    meter = Meter()
    meter.learn(*HERE, 1000, 1250)
    meter.learn(*HERE, 1000, 1300)
    assert meter.factor(*HERE) == 1.3


def test_another_session_and_one_without_a_name_learn_from_the_models_answers():
    meter = Meter()
    meter.learn(*HERE, 1000, 1250)
    assert meter.factor(*OTHER_SESSION) == meter.factor("somewhere", "gpt-5", None) == 1.25
    meter.learn(*OTHER_SESSION, 1000, 1000)
    assert meter.factor(*HERE) == 1.25
    assert 1.0 < meter.factor("somewhere", "gpt-5", None) < 1.25


def test_another_model_or_channel_learns_nothing():
    meter = Meter()
    meter.learn(*HERE, 1000, 1250)
    assert meter.learned("somewhere", "gpt-4o", "session-1") is None
    assert meter.learned("elsewhere", "gpt-5", "session-1") is None


def test_a_tiny_prompt_teaches_nothing():
    meter = Meter()
    meter.learn(*HERE, LEAST - 1, 400)
    meter.learn(*HERE, 400, LEAST - 1)
    assert meter.learned(*HERE) is None


@given(st.lists(st.tuples(st.integers(0, 10**7), st.integers(0, 10**7)), max_size=10))
def test_no_lie_of_an_upstream_moves_the_factor_beyond_its_bounds(told):
    meter = Meter()
    for estimated, counted in told:
        meter.learn(*HERE, estimated, counted)
        assert SMALLEST <= meter.factor(*HERE) <= LARGEST
        assert SMALLEST <= meter.factor(*OTHER_SESSION) <= LARGEST


def test_only_the_newest_conversations_are_remembered():
    meter = Meter(most=2)
    for number in range(3):
        meter.learn("somewhere", f"model-{number}", "s", 1000, 1250)
    assert [meter.learned("somewhere", f"model-{number}", "s") for number in range(3)] == [None, 1.25, 1.25]


def test_who_is_asked_about_stays():
    meter = Meter(most=2)
    meter.learn("somewhere", "a", "s", 1000, 1250)
    meter.learn("somewhere", "b", "s", 1000, 1250)
    meter.factor("somewhere", "a", "s")
    meter.factor("somewhere", "a", None)
    meter.learn("somewhere", "c", "s", 1000, 1250)
    assert meter.learned("somewhere", "a", "s") == 1.25
    assert meter.learned("somewhere", "b", "s") is None
