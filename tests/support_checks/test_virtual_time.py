import asyncio

import pytest
from tests.support.virtual_time import in_virtual_time, now


def test_waiting_takes_no_time_and_moves_the_clock():
    async def wait() -> float:
        began = now()
        await asyncio.sleep(3600)
        return now() - began

    assert in_virtual_time(wait()) == pytest.approx(3600)


def test_things_happen_in_the_order_of_their_times():
    happened: list[str] = []

    async def wait(seconds: float, name: str) -> None:
        await asyncio.sleep(seconds)
        happened.append(name)

    async def all_of_them() -> None:
        await asyncio.gather(wait(30, "c"), wait(10, "a"), wait(20, "b"))

    in_virtual_time(all_of_them())
    assert happened == ["a", "b", "c"]


def test_waiting_for_what_never_comes_is_noticed():
    async def wait() -> None:
        await asyncio.Event().wait()

    with pytest.raises(AssertionError, match="everything waits"):
        in_virtual_time(wait())
