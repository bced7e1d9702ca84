from dragoman.dialects.cache_markers import cache_markers, settled_markers
from tests.support.chat_requests import ask, assistant, call, result, system, text, user

SHORT = {"type": "ephemeral"}
LONG = {"type": "ephemeral", "ttl": "1h"}


def test_markers_are_known_by_their_place():
    asked = ask(
        user("plain"),
        assistant(text("a"), call() | {"cache_control": LONG}),
        user(result("ok") | {"cache_control": SHORT}, text("b", cache_control=None)),
    )
    assert cache_markers(asked) == {(1, 1): LONG, (2, 0): SHORT}


def test_the_marker_at_the_end_of_the_last_user_message_is_not_settled():
    marked = user(text("a", cache_control=SHORT), text("b", cache_control=SHORT))
    assert settled_markers(ask(marked)) == {(0, 0): SHORT}
    assert settled_markers(ask(marked, system(text("n", cache_control=SHORT)))) == {
        (0, 0): SHORT,
        (1, 0): SHORT,
    }
    assert settled_markers(ask(marked, assistant("a"), user("q"))) == {(0, 0): SHORT, (0, 1): SHORT}


def test_a_message_without_markers_has_none():
    assert settled_markers(ask(user("a"))) == cache_markers(ask(user(text("a")))) == {}
