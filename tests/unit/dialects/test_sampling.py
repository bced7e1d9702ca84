import pytest

from dragoman.dialects.losses import Losses
from dragoman.dialects.quirks import Quirks
from dragoman.dialects.sampling import sampling_fields
from tests.support.chat_requests import conversation, user


def sample(sampling=True, **fields):
    losses = Losses()
    given = sampling_fields(conversation(user("Hello"), **fields), Quirks(sampling=sampling), losses)
    return given, [(loss.field, loss.what) for loss in losses.as_tuple()]


@pytest.mark.parametrize("fields", [{}, {"temperature": 0}, {"temperature": 0.5, "top_p": 1}])
def test_what_the_client_set_goes_out(fields):
    assert sample(**fields) == (fields, [])


def test_model_that_samples_by_its_own_rules_is_told_nothing_and_the_loss_is_named():
    dropped = [("temperature", "dropped"), ("top_p", "dropped")]
    assert sample(sampling=False, temperature=0, top_p=0.9) == ({}, dropped)


def test_leaving_out_the_usual_value_is_no_loss():
    assert sample(sampling=False, temperature=1, top_p=1.0) == ({}, [])
