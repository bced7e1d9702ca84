import pytest

from dragoman.wire.jsonvalues import as_list, as_object, objects_in

OTHERS = [None, "text", 7, True, 1.5]


def test_what_is_of_the_type_is_itself():
    fields, entries = {"a": 1}, [1, "b"]
    assert as_object(fields) is fields
    assert as_list(entries) is entries


@pytest.mark.parametrize("value", OTHERS)
def test_what_is_not_is_empty(value):
    assert (as_object(value), as_list(value), objects_in(value)) == ({}, [], [])
    assert (as_object([value]), as_list({"a": value})) == ({}, [])


def test_objects_of_an_array_are_found_among_other_values():
    assert objects_in([{"a": 1}, *OTHERS, [{"b": 2}], {}]) == [{"a": 1}, {}]
