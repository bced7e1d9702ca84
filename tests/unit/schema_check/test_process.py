import asyncio
import os
import sys
from contextlib import asynccontextmanager

import pytest

from dragoman.schema_check.process import LARGEST, SchemaProcess
from tests.support.python_process import run_python

OWL = {"type": "object", "properties": {"name": {"type": "string"}}, "required": ["name"]}
BAD = '{"name": 3}'
MISMATCH = "#/name: type"


def nested(count: int) -> dict:
    """A schema whose check takes twice as long with each level: an hour or so."""
    schema = {"type": "string"}
    for _ in range(count):
        schema = {"unevaluatedProperties": False, "anyOf": [schema, {"properties": {"name": {}}}]}
    return schema


HOSTILE = nested(35)


@asynccontextmanager
async def checker(environ=os.environ, **fields):
    process = SchemaProcess(environ, **fields)
    try:
        yield process
    finally:
        await process.close()


def python(code: str) -> tuple[str, ...]:
    return (sys.executable, "-c", code)


def ready_and(code: str) -> tuple[str, ...]:
    return python("print(flush=True); " + code)


async def test_answers_are_checked_one_after_another_by_one_process():
    async with checker() as process:
        said = await asyncio.gather(
            *(process.mismatch(OWL, text) for text in ('{"name": "Ava"}', BAD, "[]") * 3)
        )
        assert said == [None, MISMATCH, "#: type"] * 3
        first = process._process
        assert await process.mismatch(OWL, BAD) == MISMATCH
        assert process._process is first


async def test_a_schema_that_takes_long_is_given_up_and_its_process_ended():
    async with checker(most_seconds=0.3) as process:
        assert await process.mismatch(OWL, BAD) == MISMATCH
        first = process._process
        async with asyncio.timeout(2):
            assert await process.mismatch(HOSTILE, '{"age": 1}') is None
        assert first.returncode is not None
        assert await process.mismatch(OWL, BAD) == MISMATCH


async def test_the_start_of_the_process_does_not_count_as_part_of_the_check():
    slow = python(
        "import time, runpy; time.sleep(1.5); runpy.run_module('dragoman.schema_check.worker', run_name='__main__')"
    )
    async with checker(command=slow, most_seconds=1, most_waiting=30) as process:
        assert await process.mismatch(OWL, BAD) == MISMATCH


async def test_a_process_that_does_not_start_is_waited_for_no_longer_than_for_a_turn():
    async with checker(command=python("import time; time.sleep(600)"), most_waiting=0.5) as process:
        assert await process.mismatch(OWL, BAD) is None
        assert process._process is None


async def test_the_loop_goes_on_meanwhile():
    ticks = []

    async def tick():
        while True:
            ticks.append(1)
            await asyncio.sleep(0.01)

    async with checker(most_seconds=0.5) as process:
        ticking = asyncio.ensure_future(tick())
        assert await process.mismatch(HOSTILE, '{"age": 1}') is None
        ticking.cancel()
    assert len(ticks) > 20


async def test_whoever_waits_too_long_for_a_turn_is_told_nothing():
    async with checker(most_seconds=5, most_waiting=0.5) as process:
        said = await asyncio.gather(process.mismatch(HOSTILE, "{}"), process.mismatch(OWL, BAD))
    assert said == [None, None]


async def test_a_client_that_leaves_does_not_leave_its_answer_to_the_next():
    async with checker() as process:
        await process.mismatch(OWL, BAD)
        leaving = asyncio.ensure_future(process.mismatch(HOSTILE, '{"age": 1}'))
        await asyncio.sleep(0.05)
        leaving.cancel()
        with pytest.raises(asyncio.CancelledError):
            await leaving
        assert await process.mismatch(OWL, BAD) == MISMATCH


async def test_a_process_that_ended_is_replaced():
    async with checker() as process:
        await process.mismatch(OWL, BAD)
        process._process.kill()
        await process._process.wait()
        assert await process.mismatch(OWL, BAD) == MISMATCH


@pytest.mark.parametrize(
    "command",
    [
        ("/no/such/program",),
        python("raise ImportError('jsonschema_rs')"),
        python("print('not ready')"),
        ready_and("raise SystemExit"),
        ready_and("input(); print('no JSON')"),
        ready_and("input(); print('null')"),
        ready_and("input(); print('[1]')"),
    ],
)
async def test_without_a_sound_process_nothing_is_said(command):
    async with checker(command=command) as process:
        assert [await process.mismatch(OWL, BAD) for _ in range(2)] == [None, None]


async def test_what_is_too_large_is_not_checked():
    async with checker() as process:
        assert await process.mismatch(OWL, '"' + "x" * LARGEST + '"') is None
        assert process._process is None
        assert await process.mismatch(OWL, '"' + "x" * (LARGEST - 1000) + '"') == "#: type"


async def test_no_key_is_shown_to_the_process():
    code = "import os, json; input(); print(json.dumps(' '.join(os.environ)))"
    environ = {**os.environ, "OPENAI_API_KEY": "test-key", "PYTHONPATH": "/nowhere"}
    async with checker(environ, command=ready_and(code)) as process:
        told = await process.mismatch(OWL, BAD)
    assert "PATH" in told.split()
    assert not {"OPENAI_API_KEY", "PYTHONPATH", "HOME"} & set(told.split())


async def test_closing_ends_the_process_and_does_no_harm_twice():
    process = SchemaProcess(os.environ)
    await process.close()
    await process.mismatch(OWL, BAD)
    running = process._process
    await process.close()
    await process.close()
    assert running.returncode is not None


def test_nothing_is_imported_and_no_process_started_by_the_app():
    code = (
        "import os, sys\n"
        "import dragoman.app\n"
        "from dragoman.schema_check.process import SchemaProcess\n"
        "assert SchemaProcess(os.environ)._process is None\n"
        "loaded = {name.partition('.')[0] for name in sys.modules}\n"
        "assert 'jsonschema_rs' not in loaded\n"
        "assert 'dragoman.schema_check.worker' not in sys.modules\n"
    )
    run_python("-c", code)
