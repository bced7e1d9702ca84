from typing import get_args

from dragoman.messages import blocks


def test_every_kind_of_block_is_in_the_union():
    kinds = {
        value
        for value in vars(blocks).values()
        if isinstance(value, type) and value.__module__ == blocks.__name__
    }
    assert set(get_args(blocks.Block)) == kinds


def test_blocks_cannot_be_changed():
    assert all(kind.__struct_config__.frozen for kind in get_args(blocks.Block))
