import pytest

from dragoman.messages import fields as f

VALUES = {
    "text": "x",
    "number": 1.5,
    "integer": 3,
    "whole": 8.0,
    "flag": True,
    "list": [1],
    "object": {"a": 1},
    "nothing": None,
}


@pytest.mark.parametrize(
    ("read", "accepted"),
    [
        (f.required_text, {"text": "x"}),
        (f.optional_text, {"text": "x", "nothing": None, "absent": None}),
        (f.required_object, {"object": {"a": 1}}),
        (f.optional_object, {"object": {"a": 1}, "nothing": None, "absent": None}),
        (f.optional_list, {"list": [1], "nothing": None, "absent": None}),
        (f.optional_flag, {"flag": True, "nothing": None, "absent": None}),
        (f.optional_integer, {"integer": 3, "whole": 8, "nothing": None, "absent": None}),
        (f.optional_number, {"integer": 3, "whole": 8.0, "number": 1.5, "nothing": None, "absent": None}),
    ],
)
def test_each_reader_takes_its_type_and_names_the_field_of_any_other(read, accepted):
    for name in [*VALUES, "absent"]:
        if name in accepted:
            value = read(VALUES, name)
            assert value == accepted[name]
            assert type(value) is type(accepted[name])
        else:
            with pytest.raises(f.Malformed) as caught:
                read(VALUES, name)
            assert caught.value.path == name


def test_a_missing_field_and_a_wrong_one_are_told_apart():
    with pytest.raises(f.Malformed, match=r"^a: Field required$"):
        f.required_text({}, "a")
    with pytest.raises(f.Malformed, match=r"^a: Input should be a valid string$"):
        f.required_text({"a": None}, "a")


def test_a_path_grows_from_the_inside():
    malformed = f.Malformed("text", "wrong").under("0").under("content")
    assert str(malformed) == "content.0.text: wrong"


def test_an_item_without_a_field_is_named_by_its_position():
    with pytest.raises(f.Malformed) as caught:
        f.as_object([])
    assert str(caught.value.under("2").under("messages")) == "messages.2: Input should be an object"


def test_inside_puts_its_name_before_the_path():
    with pytest.raises(f.Malformed, match=r"^thinking\.type: Field required$"), f.inside("thinking"):
        f.required_text({}, "type")
