from dragoman.dialects.dialect import Loss
from dragoman.relay.headers import LONGEST_VALUE, loss_header, relayed


def test_losses_are_listed_with_what_happened_to_them():
    losses = [Loss("top_k", "dropped", "no such field"), Loss("tools.3", "approximated")]
    assert loss_header(losses) == (("dragoman-losses", "top_k=dropped, tools.3=approximated"),)


def test_answer_without_losses_has_no_header():
    assert loss_header([]) == ()


def test_loss_that_occurs_twice_is_listed_once():
    assert loss_header([Loss("top_k", "dropped"), Loss("top_k", "dropped", "again")])[0][1] == "top_k=dropped"


def test_long_list_is_cut_at_a_whole_item_and_the_rest_is_counted():
    losses = [Loss(f"messages.{n}.content.0.citations", "dropped") for n in range(100)]
    [(_, value)] = loss_header(losses)
    *items, rest = value.split(", ")
    assert len(value) <= LONGEST_VALUE + len("and 100 more")
    assert all(item.endswith(".citations=dropped") for item in items)
    assert rest == f"and {100 - len(items)} more"


def test_field_names_from_clients_cannot_break_the_header():
    [(_, value)] = loss_header([Loss("a\r\nset-cookie: x\x00é", "dropped")])
    assert value == "a??set-cookie: x??=dropped"


def test_quota_of_the_owner_is_hidden_from_others():
    mine, shown = ("anthropic-ratelimit-unified-status", "allowed"), ("request-id", "req_up")
    assert relayed((mine, shown), "test-key", shared=True) == (shown,)
    assert relayed((mine, shown), "", shared=False) == (mine, shown)


def test_a_header_that_quotes_our_key_stays_here():
    """T86."""
    quoted, told = ("retry-after", "3 for test-key-abc"), ("retry-after", "3")
    assert relayed((quoted, told), "test-key-abc", shared=False) == (told,)
