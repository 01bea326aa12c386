"""The checker itself: each promise broken on purpose is found, and nothing is found where nothing is wrong."""

from __future__ import annotations

from collections import Counter

import pytest

from lictor.orchestration import states
from lictor.orchestration.states import NewState, prepare_state
from tests.chaos import report
from tests.chaos.checker import check, promises
from tests.chaos.driver import LIMIT, Driver, World
from tests.chaos.faults import FAULTS
from tests.chaos.history import History
from tests.interleavings.scenes import make_run, make_scheduled_flow
from tests.orchestration.builders import make_flow


@pytest.fixture
async def driver(pool):
    """A driver that has made one run and set one state of it, beside one run of the schedule."""
    driver = Driver("http://127.0.0.1:9", 1)
    flow, scheduled = await make_flow(pool), await make_scheduled_flow(pool)
    tenant = await pool.fetchval("SELECT tenant_id FROM flow WHERE id = $1", flow)
    driver.world = World(str(tenant), str(flow), str(scheduled), "label")
    key, token = driver.token("run"), driver.token("Submitted")
    run = await make_run(pool, flow=flow, labels=["label"], idempotency_key=key)
    await set_state(pool, run, "Submitted", token)
    tick = await make_run(pool, flow=scheduled)
    await pool.execute(
        "UPDATE flow_run SET auto_scheduled = true, scheduled_start_time = now() - interval '1 minute' WHERE id = $1",
        tick,
    )
    driver.history.complete(driver.history.invoke("run", "creator", str(flow), key), "ok")
    driver.history.complete(driver.history.invoke("flow state", "agent", str(run), token), "ok")
    yield driver
    await driver.stop()


async def set_state(pool, run, kind, message):
    async with pool.acquire() as connection:
        await states.set_flow_run_states(
            connection, [[NewState(run, prepare_state({"type": kind, "message": message}))]]
        )


async def test_nothing_is_wrong(pool, driver):
    assert await check(pool, driver) == []


@pytest.mark.parametrize(
    ("statement", "words"),
    [
        ("DELETE FROM flow_run_state WHERE version = 2", "lost: flow state"),
        ("DELETE FROM flow_run_state WHERE version = 1", "versions: "),
        ("DELETE FROM flow_run", "lost: run"),
        ("UPDATE flow_run_state SET version = 1", "versions: "),
        ("UPDATE flow_run SET state = 'Running'", "newest state: "),
        ("UPDATE flow_run SET heartbeat = NULL", "no run forgotten: "),
        ("UPDATE flow SET archived = true; UPDATE flow_run SET state = 'Scheduled', version = 1", "archived: "),
        ("DELETE FROM task_run", "task runs: "),
        ("DELETE FROM flow_run WHERE auto_scheduled", "schedule: nothing was scheduled"),
        (
            "INSERT INTO flow_run_state (tenant_id, flow_run_id, state, version, message, serialized_state)"
            " SELECT tenant_id, flow_run_id, state, version + 1, message, serialized_state FROM flow_run_state WHERE version = 2",
            "twice: flow state",
        ),
        (
            "INSERT INTO flow_run (tenant_id, flow_id, auto_scheduled, scheduled_start_time, state, version, idempotency_key)"
            " SELECT tenant_id, id, true, '2030-01-01', 'Success', 1, n::text FROM flow, generate_series(1, 2) AS n"
            " WHERE is_schedule_active",
            "duplicates: 3 scheduled runs for 2 times",
        ),
        (
            "UPDATE flow_run SET flow_id = (SELECT id FROM flow WHERE is_schedule_active),"
            " scheduled_start_time = now() + interval '1 hour'",
            "early: ",
        ),
    ],
)  # fmt: skip
async def test_what_is_broken_is_found(pool, driver, statement, words):
    async with pool.acquire() as connection:
        await connection.execute(statement)
    found = await check(pool, driver)
    assert any(words in sentence for sentence in found), found


async def test_too_many_holders_are_found(pool, driver):
    for number in range(LIMIT):
        run = await make_run(
            pool, flow=driver.world.by_hand, labels=["label"], idempotency_key=f"other {number}"
        )
        await set_state(pool, run, "Submitted", "other")
    assert f"limit: {LIMIT + 1} runs were at work under a limit of {LIMIT}" in await check(pool, driver)


async def test_two_winners_are_found(pool, driver):
    driver.claims = {"run": ["agent 1", "agent 2"]}
    assert "claimed by several: run by agent 1, agent 2" in await check(pool, driver)


def test_what_was_never_asked_is_found_and_what_is_unknown_may_be_either():
    history = History()
    history.invoke("log", "c", "run", "unknown")
    assert promises("log", Counter(), history) == []
    assert promises("log", Counter({("unknown", "run"): 1}), history) == []
    assert "invented" in promises("log", Counter({("other", "run"): 1}), history)[0]
    assert "invented" in promises("log", Counter({("unknown", "another run"): 1}), history)[0]


def test_the_table_has_every_cell():
    cell = report.Cell("killed", 10, 1, 0, 0.1, 1.0, 5)
    text = report.table({("api", "SIGKILL"): cell}, 2)
    assert text.count("not played") == len(FAULTS) - 1
    assert "| api | SIGKILL | holds: killed; 10 calls" in text
    cell.wrong.append("lost: run")
    assert "**1 wrong**: lost: run" in report.table({("api", "SIGKILL"): cell}, 2)
