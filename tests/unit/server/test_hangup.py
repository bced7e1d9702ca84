import asyncio

import pytest

from dragoman.server.hangup import HANGUP_LISTENERS, CancelOnHangup
from tests.support.asgi import AsgiClient, part


class Work:
    """A task that works inside the block until it is stopped."""

    def __init__(self, client: AsgiClient, listeners: list | None = None) -> None:
        self.client = client
        self.scope = {} if listeners is None else {"extensions": {HANGUP_LISTENERS: listeners}}
        self.hangup: CancelOnHangup | None = None
        self.stopped = False
        self.went_on = False

    async def run(self) -> None:
        async with CancelOnHangup(self.scope, self.client.receive) as self.hangup:
            try:
                await asyncio.Event().wait()
            finally:
                self.stopped = True
        self.went_on = True


async def turns(count: int) -> None:
    for _ in range(count):
        await asyncio.sleep(0)


async def test_hang_up_stops_the_work_at_once_and_is_no_error():
    work = Work(AsgiClient())
    task = asyncio.ensure_future(work.run())
    await turns(3)
    work.client.hang_up()
    await turns(3)
    assert work.stopped
    await task
    assert work.went_on
    assert work.hangup.happened
    assert task.cancelling() == 0


async def test_what_is_left_of_the_request_is_no_hang_up():
    work = Work(AsgiClient(part(b"late", True), part()))
    task = asyncio.ensure_future(work.run())
    await turns(5)
    assert not work.stopped
    work.client.hang_up()
    await task


async def test_disconnect_after_the_answer_is_no_hang_up():
    client = AsgiClient()
    async with CancelOnHangup({}, client.receive) as hangup:
        hangup.answered = True
        client.hang_up()
        await turns(3)
    assert not hangup.happened


async def test_cancelling_from_outside_is_not_swallowed():
    work = Work(AsgiClient())
    task = asyncio.ensure_future(work.run())
    await turns(3)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert (work.went_on, work.hangup.happened) == (False, False)


async def test_cancelling_from_outside_wins_over_a_hang_up_at_the_same_time():
    work = Work(AsgiClient())
    task = asyncio.ensure_future(work.run())
    await turns(3)
    work.client.hang_up()
    await turns(1)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_error_of_the_work_passes():
    with pytest.raises(ZeroDivisionError):
        async with CancelOnHangup({}, AsgiClient().receive):
            raise ZeroDivisionError


async def test_watch_ends_with_the_block():
    before = asyncio.all_tasks()
    async with CancelOnHangup({}, AsgiClient().receive):
        await turns(2)
        assert len(asyncio.all_tasks()) == len(before) + 1
    await turns(2)
    assert asyncio.all_tasks() == before


async def test_a_server_that_tells_of_lost_connections_needs_no_waiting_task():
    listeners = []
    scope = {"extensions": {HANGUP_LISTENERS: listeners}}
    client = AsgiClient()
    began = asyncio.Event()

    async def work() -> bool:
        async with CancelOnHangup(scope, client.receive) as hangup:
            began.set()
            await asyncio.Event().wait()
        return hangup.happened

    task = asyncio.ensure_future(work())
    await began.wait()
    assert len(asyncio.all_tasks()) == 2
    for notice in listeners:
        notice()
    assert await task
    assert listeners == []


async def test_a_connection_that_ends_after_the_answer_is_no_hang_up():
    listeners = []
    async with CancelOnHangup({"extensions": {HANGUP_LISTENERS: listeners}}, AsgiClient().receive) as hangup:
        hangup.answered = True
        listeners[0]()
        await asyncio.sleep(0)
    assert not hangup.happened


async def test_server_that_tells_of_a_hang_up_is_listened_to_without_a_task():
    listeners = []
    work = Work(AsgiClient(), listeners)
    task = asyncio.ensure_future(work.run())
    await turns(3)
    before = asyncio.all_tasks()
    [notice] = listeners
    notice()
    notice()
    assert asyncio.all_tasks() == before
    await task
    assert (work.stopped, work.went_on, work.hangup.happened) == (True, True, True)
    assert (listeners, task.cancelling()) == ([], 0)


async def test_server_that_tells_of_a_hang_up_after_the_answer_is_not_listened_to():
    listeners = []
    async with CancelOnHangup({"extensions": {HANGUP_LISTENERS: listeners}}, AsgiClient().receive) as hangup:
        hangup.answered = True
        listeners[0]()
        await turns(2)
    assert (hangup.happened, listeners) == (False, [])
