"""One experiment: clients work, a fault is done to a House, and afterwards everything is proved to be well."""

from __future__ import annotations

import asyncio
import random
import time

from tests.chaos.checker import check
from tests.chaos.driver import Driver
from tests.chaos.faults import FAULTS
from tests.chaos.house import House
from tests.chaos.report import Cell

WARM = 1.0
"""Seconds for which clients work before the fault."""
DRAIN = 60.0
"""Seconds after which a run that has not ended has been forgotten."""


async def experiment(house: House, fault: tuple[str, str], hold: float, seed: int) -> Cell:
    """Do `fault` to `house` for `hold` seconds; what is wrong afterwards stands in the Cell."""
    driver = Driver(house.url, seed)
    await driver.prepare()
    driver.start()
    try:
        await asyncio.sleep(WARM)
        await _schedule_works(house, driver)
        happened = await FAULTS[fault](house, hold, random.Random(seed))
        over = time.monotonic()
        await house.recovered()
        recovered = time.monotonic() - over
        driver.check()
        wrong: list[str] = []
        try:
            await driver.drain(DRAIN)
        except AssertionError as error:
            wrong.append(f"forgotten: {error}")
        driver.check()
    finally:
        await driver.stop()
    async with house.database() as database:
        wrong += await check(database, driver)
    if wrong:
        driver.history.write(house.directory / f"history-{driver.name}.jsonl")
    counts = driver.history.counts()
    return Cell(
        happened,
        calls=counts.total(),
        unknown=counts["unknown"],
        refused=counts["refused"],
        silence=driver.history.longest_silence(),
        recovered=recovered,
        runs=len(driver.runs | driver.finished),
        wrong=wrong,
    )


async def _schedule_works(house: House, driver: Driver) -> None:
    """Wait for a run of the schedule to be carried out: what is to be broken works before."""
    done = "SELECT EXISTS (SELECT FROM flow_run WHERE flow_id = $1 AND auto_scheduled AND state = 'Success')"
    deadline = time.monotonic() + DRAIN
    async with house.database() as database:
        while not await database.fetchval(done, driver.world.scheduled):
            driver.check()
            assert time.monotonic() < deadline, f"for {DRAIN:g} s no scheduled run was carried out"
            await asyncio.sleep(0.1)
