"""The combiner: who shares a batch, whose error is whose, and that nobody is forgotten."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from lictor.orchestration.combine import Combiner


class Recorder:
    """A `run` that keeps its batches, waits for a gate and refuses what is called "bad"."""

    def __init__(self) -> None:
        self.batches: list[list[str]] = []
        self.gate = asyncio.Event()
        self.gate.set()
        self.started = asyncio.Event()

    async def __call__(self, connection: Any, calls: list[str]) -> list[str]:
        self.batches.append(list(calls))
        self.started.set()
        await self.gate.wait()
        assert await connection.fetchval("SELECT 1") == 1
        if "bad" in calls:
            raise ValueError("bad")
        return [call.upper() for call in calls]


@pytest.fixture
def recorder() -> Recorder:
    return Recorder()


async def test_what_waits_together_goes_together(pool, recorder):
    combine = Combiner(pool, recorder, lanes=1)
    recorder.gate.clear()
    first = asyncio.create_task(combine("a"))
    await recorder.started.wait()
    others = [asyncio.create_task(combine(name)) for name in "bcd"]
    await asyncio.sleep(0)
    recorder.gate.set()
    assert await asyncio.gather(first, *others) == ["A", "B", "C", "D"]
    assert recorder.batches == [["a"], ["b", "c", "d"]]


async def test_the_error_of_one_is_not_the_error_of_all(pool, recorder):
    combine = Combiner(pool, recorder, lanes=1)
    answers = await asyncio.gather(*(combine(name) for name in ("a", "bad", "b")), return_exceptions=True)
    assert [answers[0], answers[2]] == ["A", "B"]
    assert isinstance(answers[1], ValueError)


async def test_calls_with_a_common_key_follow_each_other(pool, recorder):
    combine = Combiner(pool, recorder, keys=lambda call: call[:1], lanes=1)
    await asyncio.gather(*(combine(name) for name in ("a1", "b1", "a2", "c1", "a3")))
    assert [name for batch in recorder.batches for name in batch if name[0] == "a"] == ["a1", "a2", "a3"]
    assert all(len({name[0] for name in batch}) == len(batch) for batch in recorder.batches)


async def test_a_batch_has_a_size(pool, recorder):
    combine = Combiner(pool, recorder, size=2, lanes=1)
    await asyncio.gather(*(combine(name) for name in "abcde"))
    assert [len(batch) for batch in recorder.batches] == [2, 2, 1]


@pytest.mark.parametrize("lanes", [1, 2, 3])
async def test_a_call_made_the_moment_another_is_answered_is_answered_too(pool, recorder, lanes):
    combine = Combiner(pool, recorder, lanes=lanes)

    async def chain(name: str) -> None:
        for number in range(20):
            await combine(f"{name}{number}")

    await asyncio.wait_for(asyncio.gather(*(chain(name) for name in "abc"[:lanes])), 30)


async def test_who_has_left_is_left_out(pool, recorder):
    combine = Combiner(pool, recorder, lanes=1)
    recorder.gate.clear()
    first = asyncio.create_task(combine("a"))
    await recorder.started.wait()
    gone, stays = asyncio.create_task(combine("b")), asyncio.create_task(combine("c"))
    await asyncio.sleep(0)
    gone.cancel()
    recorder.gate.set()
    assert await asyncio.gather(first, stays) == ["A", "C"]
    assert recorder.batches == [["a"], ["c"]]
