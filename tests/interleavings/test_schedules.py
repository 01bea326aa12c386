"""Schedulers beside those who switch schedules off, change them, archive flows and make runs, in every order."""

from __future__ import annotations

import pytest

from lictor.orchestration import flow_groups, flows
from lictor.orchestration.flow_runs import NewFlowRun, create_flow_runs
from lictor.orchestration.scheduling import schedule_flow_runs
from tests.interleavings.scenes import EVERY_MINUTE, history, make_scheduled_flow
from tests.interleavings.tester import Session
from tests.orchestration.builders import make_flow

EVERY_TWO_MINUTES = {
    **EVERY_MINUTE,
    "clocks": [
        {
            **EVERY_MINUTE["clocks"][0],
            "interval": 120_000_000,
            "start_date": {"dt": "2030-01-01T00:00:30", "tz": "UTC"},
        }
    ],
}


def top_up(flow=None):
    return lambda connection: schedule_flow_runs(connection, flow and [flow], max_runs=5)


async def runs_of(pool, flow):
    rows = await pool.fetch(
        "SELECT scheduled_start_time AS time FROM flow_run WHERE flow_id = $1 AND auto_scheduled ORDER BY 1",
        flow,
    )
    return [row["time"] for row in rows]


@pytest.mark.parametrize("given", [False, True], ids=["all", "given"])
async def test_two_schedulers_make_each_run_once(every_order, pool, given):
    async def make():
        make.flow = await make_scheduled_flow(pool)
        return [Session(name, [("top_up", top_up(make.flow if given else None))]) for name in "ab"]

    async def check(seen):
        made = [run for name in "ab" for run in seen.results[f"{name}.top_up"]]
        times = await runs_of(pool, make.flow)
        assert len(times) == len(set(times)) == 5
        assert len(set(made)) == len(made) >= 5

    await every_order(make, check)


async def test_the_run_of_a_scheduler_that_dies_is_made_by_the_next(every_order, pool):
    async def make():
        make.flow = await make_scheduled_flow(pool)
        return [
            Session("dies", [("top_up", top_up(make.flow))], "rollback"),
            Session("lives", [("top_up", top_up(make.flow))]),
        ]

    async def check(seen):
        del seen
        assert len(await runs_of(pool, make.flow)) == 5

    await every_order(make, check)


@pytest.mark.parametrize("given", [False, True], ids=["all", "given"])
async def test_a_schedule_switched_off_leaves_no_run(every_order, pool, given):
    async def make():
        flow = make.flow = await make_scheduled_flow(pool)
        return [
            Session("scheduler", [("top_up", top_up(flow if given else None))]),
            Session("person", [("off", lambda it: flows.set_schedule_inactive(it, flow))]),
        ]

    async def check(seen):
        assert seen.results["person.off"] is True
        assert await runs_of(pool, make.flow) == []

    await every_order(make, check)


async def test_a_new_schedule_leaves_no_run_of_the_old_one(every_order, pool):
    async def make():
        flow = make.flow = await make_scheduled_flow(pool)
        group = await pool.fetchval("SELECT flow_group_id FROM flow WHERE id = $1", flow)
        return [
            Session("scheduler", [("top_up", top_up(None))]),
            Session("person", [("set", lambda it: flow_groups.set_schedule(it, group, EVERY_TWO_MINUTES))]),
        ]

    async def check(seen):
        assert seen.results["person.set"] is True
        assert {time.second for time in await runs_of(pool, make.flow)} <= {30}

    await every_order(make, check)


async def test_off_and_on_again_and_a_scheduler(every_order, pool):
    async def make():
        flow = make.flow = await make_scheduled_flow(pool)
        return [
            Session("scheduler", [("top_up", top_up(None))]),
            Session("off", [("off", lambda it: flows.set_schedule_inactive(it, flow))]),
            Session("on", [("on", lambda it: flows.set_schedule_active(it, flow, max_runs=5))]),
        ]

    async def check(seen):
        assert seen.results["on.on"] is True
        active = await pool.fetchval("SELECT is_schedule_active FROM flow WHERE id = $1", make.flow)
        assert len(await runs_of(pool, make.flow)) == (5 if active else 0)

    assert len(await every_order(make, check)) == 90


async def test_an_archived_flow_leaves_no_scheduled_run(every_order, pool):
    async def make():
        flow = make.flow = await make_scheduled_flow(pool)
        return [
            Session("scheduler", [("top_up", top_up(None))]),
            Session("person", [("archive", lambda it: flows.archive_flow(it, flow))]),
        ]

    async def check(seen):
        assert seen.results["person.archive"] is True
        assert await runs_of(pool, make.flow) == []

    await every_order(make, check)


@pytest.mark.parametrize("archiving", ["commit", "rollback"])
@pytest.mark.parametrize("by_group", [False, True], ids=["flow", "version group"])
async def test_a_run_of_a_flow_that_is_being_archived(every_order, pool, by_group, archiving):
    """It is refused or, made first, cancelled with the others that wait; none is left to a flow that is gone."""

    async def make():
        flow = make.flow = await make_flow(pool)
        group = await pool.fetchval("SELECT version_group_id FROM flow WHERE id = $1", flow)
        request = NewFlowRun(version_group_id=group) if by_group else NewFlowRun(flow_id=flow)
        return [
            Session("client", [("create", lambda it: create_flow_runs(it, [request]))]),
            Session("person", [("archive", lambda it: flows.archive_flow(it, flow))], archiving),
        ]

    async def check(seen):
        [made] = seen.results["client.create"]
        if archiving == "rollback":
            assert made.id is not None
            assert await history(pool, made.id) == ["Scheduled"]
        elif made.id is None:
            assert "archived" in made.error
            assert not await pool.fetchval("SELECT count(*) FROM flow_run WHERE flow_id = $1", make.flow)
        else:
            assert await history(pool, made.id) == ["Scheduled", "Cancelled"]

    await every_order(make, check)
