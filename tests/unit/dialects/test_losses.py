from dragoman.dialects.dialect import Loss
from dragoman.dialects.losses import Losses


def test_the_same_loss_is_told_once_at_its_first_place():
    losses = Losses()
    losses.dropped("messages.0.content.0", "no vision")
    losses.dropped("messages.4.content.2", "no vision")
    assert losses.as_tuple() == (Loss("messages.0.content.0", "dropped", "no vision"),)


def test_the_first_place_is_the_first_in_the_request_whatever_was_judged_first():
    losses = Losses()
    for place in (10, 9, 2, 11):
        losses.dropped(f"tools.{place}", "unknown")
    losses.dropped("x" + "9" * 5000, "unknown")
    losses.dropped("x" + "8" * 5000, "unknown")
    assert [loss.field for loss in losses.as_tuple()] == ["tools.2", "x" + "8" * 5000]


def test_different_losses_keep_their_order():
    losses = Losses()
    losses.approximated("max_tokens", "too many")
    losses.dropped("top_k", "unknown")
    assert [loss.field for loss in losses.as_tuple()] == ["max_tokens", "top_k"]


def test_dropping_and_approximating_for_one_reason_are_two_losses():
    losses = Losses()
    losses.dropped("a", "why")
    losses.approximated("b", "why")
    assert [(loss.field, loss.what) for loss in losses.as_tuple()] == [
        ("a", "dropped"),
        ("b", "approximated"),
    ]


def test_two_fields_that_are_lost_for_one_reason_are_two_losses():
    losses = Losses()
    losses.dropped("foo", "unknown")
    losses.dropped("bar", "unknown")
    assert [loss.field for loss in losses.as_tuple()] == ["foo", "bar"]
