"""Runs and agents that break an SLA: whose, when, once (docs/decisions/0017-automations.md)."""

from __future__ import annotations

import asyncio
import json
from datetime import UTC, datetime, timedelta

import pytest

from lictor.orchestration import automations, slas
from lictor.orchestration.flow_runs import NewFlowRun, create_flow_runs
from lictor.orchestration.states import NewState, prepare_state, set_flow_run_states
from tests.orchestration.automations import events, group_of, make_action, make_agent, make_sla, set_api_life
from tests.orchestration.builders import insert, make_tenant
from tests.orchestration.hooks import enter, make_run, rows

START, FINISH = "SCHEDULED_NOT_STARTED", "STARTED_NOT_FINISHED"
MINUTE = timedelta(minutes=1)


@pytest.fixture
async def tenant_id(pool):
    return await make_tenant(pool)


@pytest.fixture
async def run_id(pool, tenant_id):
    return await make_run(pool, tenant_id, name="my flow")


async def listen(pool, tenant_id, *sla_ids):
    action_id = await make_action(pool, tenant_id)
    return await automations.create_flow_sla_failed_hook(pool, action_id, sla_config_ids=sla_ids)


async def now(pool) -> datetime:
    return await pool.fetchval("SELECT clock_timestamp()")


async def look(pool, after: float = 0) -> int:
    """Look for runs that break an SLA, `after` seconds from now."""
    return await slas.fail_flow_slas(pool, now=await now(pool) + timedelta(seconds=after))


@pytest.mark.parametrize(
    ("kind", "states", "after", "broken"),
    [
        (START, [], 50, False),
        (START, [], 70, True),
        (START, ["Submitted"], 70, False),
        (START, ["Running"], 70, False),
        # It has started once; that it waits again is no late start.
        (START, ["Submitted", "Scheduled"], 70, False),
        # Only what lives is followed.
        (START, ["Cancelled"], 70, False),
        (FINISH, [], 70, False),
        (FINISH, ["Submitted"], 70, False),
        (FINISH, ["Running"], 50, False),
        (FINISH, ["Running"], 70, True),
        (FINISH, ["Running", "Cancelling"], 70, True),
        # A run that was taken up again is still the same run.
        (FINISH, ["Running", "Scheduled"], 70, True),
        (FINISH, ["Running", "Success"], 70, False),
        (FINISH, ["Running", "Failed"], 70, False),
    ],
)
async def test_what_breaks_an_sla(pool, tenant_id, run_id, kind, states, after, broken):
    sla_id = await make_sla(pool, tenant_id, await group_of(pool, run_id), kind)
    hook_id = await listen(pool, tenant_id, sla_id)
    for state in states:
        await enter(pool, (run_id, state))
    assert await look(pool, after) == broken
    found = await rows(pool)
    assert [(row["target_id"], row["subject_id"], row["kind"]) for row in found] == (
        [(hook_id, run_id, "automation")] if broken else []
    )


async def test_what_the_event_tells_and_that_it_is_told_once(pool, tenant_id, run_id):
    sla_id = await make_sla(pool, tenant_id, await group_of(pool, run_id), START, 60)
    hooks = {await listen(pool, tenant_id, sla_id) for _ in range(2)}
    assert [await look(pool, after) for after in (70, 70, 700)] == [1, 0, 0]
    found = await rows(pool)
    assert {row["target_id"] for row in found} == hooks
    assert len({row["event_id"] for row in found}) == 1
    event = json.loads(found[0]["event"])
    assert {key: event[key] for key in ("event_name", "kind", "duration_seconds", "flow_sla_config_id", "state")} == {
        "event_name": "FlowSLAFailedEvent", "kind": START, "duration_seconds": 60, "flow_sla_config_id": str(sla_id),
        "state": "Scheduled",
    }  # fmt: skip
    assert (event["flow_run_id"], event["flow_name"], event["id"]) == (
        str(run_id), "my flow", str(found[0]["event_id"]),
    )  # fmt: skip
    # Nor again when the deliveries are forgotten.
    await pool.execute("DELETE FROM hook_delivery")
    assert await look(pool, 700) == 0


async def test_a_run_that_starts_too_late_is_told_while_it_lives(pool, tenant_id, run_id):
    sla_id = await make_sla(pool, tenant_id, await group_of(pool, run_id), START)
    await listen(pool, tenant_id, sla_id)
    await pool.execute(
        "UPDATE flow_run SET scheduled_start_time = now() - interval '5 min', created = now() - interval '6 min'"
    )
    await pool.execute("UPDATE flow_run_state SET start_time = now() - interval '5 min'")
    await enter(pool, (run_id, "Running"))
    assert await look(pool) == 1


async def test_a_run_that_was_put_off_is_not_late(pool, tenant_id, run_id):
    sla_id = await make_sla(pool, tenant_id, await group_of(pool, run_id), START)
    await listen(pool, tenant_id, sla_id)
    later = {"type": "Scheduled", "start_time": (await now(pool) + 5 * MINUTE).isoformat()}
    async with pool.acquire() as connection:
        await set_flow_run_states(connection, [[NewState(run_id, prepare_state(later))]])
    assert [await look(pool, after) for after in (200, 310, 370)] == [0, 0, 1]


async def test_a_run_that_is_started_again_has_its_whole_time_again(pool, tenant_id, run_id):
    sla_id = await make_sla(pool, tenant_id, await group_of(pool, run_id), FINISH)
    await listen(pool, tenant_id, sla_id)
    for state in ("Running", "Failed"):
        await enter(pool, (run_id, state))
    await pool.execute("""UPDATE flow_run_state SET "timestamp" = "timestamp" - interval '1 hour'""")
    await pool.execute("UPDATE flow_run SET start_time = start_time - interval '1 hour'")
    for state in ("Scheduled", "Running"):
        await enter(pool, (run_id, state))
    assert [await look(pool, after) for after in (0, 50, 70)] == [0, 0, 1]


@pytest.mark.parametrize("missing", ["hook", "group", "tenant", "time"])
async def test_whose_runs_are_looked_at(pool, tenant_id, run_id, missing):
    """Not without a hook; not other flows; not what broke before the SLA held."""
    other = await make_run(pool, await make_tenant(pool) if missing == "tenant" else tenant_id)
    held = other if missing in ("group", "tenant") else run_id
    owner = await pool.fetchval("SELECT tenant_id FROM flow_run WHERE id = $1", held)
    sla_id = await make_sla(pool, owner, await group_of(pool, held), START)
    if missing != "hook":
        await listen(pool, owner, sla_id)
    if missing == "time":
        await pool.execute("UPDATE flow_group_sla SET created = clock_timestamp() + interval '65 s'")
    await look(pool, 70)
    assert {row["subject_id"] for row in await rows(pool)} == (
        {other} if missing in ("group", "tenant") else set()
    )


async def test_two_who_look_at_once_tell_each_run_once(pool, tenant_id, run_id):
    sla_id = await make_sla(pool, tenant_id, await group_of(pool, run_id), FINISH)
    await listen(pool, tenant_id, sla_id)
    flow_id = await pool.fetchval("SELECT id FROM flow")
    async with pool.acquire() as connection:
        made = await create_flow_runs(connection, [NewFlowRun(flow_id=flow_id) for _ in range(39)])
    ids = [run_id, *(run.unwrap() for run in made)]
    await enter(pool, *((id, "Running") for id in ids))
    moment = await now(pool) + 2 * MINUTE
    counts = await asyncio.gather(*(slas.fail_flow_slas(pool, now=moment, runs=7) for _ in range(4)))
    # Those that one of them had locked come with its own pass, or the next.
    counts.append(await slas.fail_flow_slas(pool, now=moment, runs=7))
    assert sum(counts) == 40
    assert sorted(row["subject_id"] for row in await rows(pool)) == sorted(ids)


# Agents -----------------------------------------------------------------------------------------------


@pytest.fixture
async def api_life(pool):
    """An API that is always up."""
    await set_api_life(pool)
    yield
    await pool.execute("DELETE FROM utility.api_life")
    await pool.execute("DELETE FROM utility.api_outage")


@pytest.fixture
async def config_id(pool, tenant_id, api_life):
    id = await insert(
        pool, "agent_config",
        {"id": "01900000-0000-7000-8000-000000000001", "tenant_id": tenant_id, "settings": {}, "sla_min_healthy": 1,
         "created": datetime.now(UTC), "updated": datetime.now(UTC)},
    )  # fmt: skip
    action_id = await make_action(pool, tenant_id)
    await automations.create_agent_sla_failed_hook(pool, action_id, agent_config_ids=[id])
    return id


async def agents(pool, after: float) -> tuple[int, int]:
    at = await now(pool) + timedelta(seconds=after)
    return await slas.fail_agent_slas(pool, healthy_for=MINUTE, now=at)


@pytest.fixture
def agent(pool, tenant_id, config_id):
    async def make(silent: float, config=config_id):
        """An agent of an hour ago that has asked last `silent` seconds before in 1000 seconds from now."""
        moment = await now(pool)
        return await make_agent(
            pool, tenant_id, config, created=moment - timedelta(hours=1), updated=moment, labels=[],
            last_queried=moment + timedelta(seconds=1000 - silent),
        )  # fmt: skip

    return make


@pytest.mark.parametrize(
    ("least", "silent", "failed"),
    [
        (1, [], 0),
        (1, [10], 0),
        (1, [70], 1),
        # Any healthy agent keeps it quiet.
        (1, [70, 700, 10], 0),
        (1, [70, 700], 1),
        (2, [10, 10], 0),
        (2, [10, 70], 1),
        (2, [10], 1),
    ],
)
async def test_how_many_agents_are_enough(pool, config_id, agent, least, silent, failed):
    await pool.execute("UPDATE agent_config SET sla_min_healthy = $1", least)
    ids = [(await agent(seconds), seconds) for seconds in silent]
    assert await agents(pool, 1000) == (failed, 0)
    found = await events(pool)
    assert len(found) == failed
    for event in found:
        assert event["event_name"] == "AgentSLAFailedEvent"
        assert (event["agent_config_id"], event["sla_min_healthy"]) == (str(config_id), least)
        assert set(event["healthy_agent_ids"]) == {str(id) for id, seconds in ids if seconds < 60}
        assert set(event["unhealthy_agent_ids"]) == {str(id) for id, seconds in ids if seconds > 60}


async def test_an_outage_is_told_once_and_the_next_one_again(pool, config_id, agent):
    id = await agent(70)
    assert [await agents(pool, after) for after in (1000, 1010, 2000)] == [(1, 0), (0, 0), (0, 0)]
    await pool.execute(
        "UPDATE agent SET last_queried = $2 WHERE id = $1", id, await now(pool) + timedelta(seconds=2000)
    )
    assert [await agents(pool, after) for after in (2010, 2020, 2070, 2080)] == [
        (0, 1),
        (0, 0),
        (1, 0),
        (0, 0),
    ]
    assert len(await events(pool)) == 2


async def test_two_who_look_at_once_tell_an_outage_once(pool, config_id, agent):
    await agent(70)
    answers = await asyncio.gather(*(agents(pool, 1000) for _ in range(4)))
    assert sorted(answers) == [(0, 0)] * 3 + [(1, 0)]
    assert len(await events(pool)) == 1


async def test_agents_that_have_just_come_are_not_missed(pool, tenant_id, config_id):
    await pool.execute("UPDATE agent_config SET sla_min_healthy = 2")
    moment = await now(pool)
    await make_agent(
        pool, tenant_id, config_id, created=moment, updated=moment, last_queried=moment, labels=[]
    )
    assert [await agents(pool, after) for after in (30, 61)] == [(0, 0), (1, 0)]


async def test_without_a_hook_nothing_is_written(pool, tenant_id, config_id, agent):
    await pool.execute("DELETE FROM hook")
    await agent(70)
    assert await agents(pool, 1000) == (0, 0)
    assert await pool.fetchval("SELECT count(*) FROM utility.agent_sla_failure") == 0


async def test_what_no_api_could_hear_is_no_silence(pool, tenant_id, config_id, agent):
    """Nor is its end a recovery of what was told before."""
    id = await agent(70)
    moment = await now(pool)
    await pool.execute(
        "INSERT INTO utility.api_outage (began, ended) VALUES ($1, $2)",
        moment + timedelta(seconds=940), moment + timedelta(seconds=990),
    )  # fmt: skip
    # It had asked 10 s before the API went away; now it has another 50.
    assert [await agents(pool, after) for after in (1000, 1035)] == [(0, 0), (0, 0)]
    assert await agents(pool, 1045) == (1, 0)
    await pool.execute("UPDATE utility.api_life SET since = $1", moment + timedelta(seconds=1040))
    assert await agents(pool, 1050) == (0, 0)
    await pool.execute(
        "UPDATE agent SET last_queried = $2 WHERE id = $1", id, moment + timedelta(seconds=1050)
    )
    assert await agents(pool, 1055) == (0, 1)
