"""200 runs under a label limit of 7: three agents and some processes without an agent, through two real gateways."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest

from tests.actions.gateway.conftest import RunningGateway, serve, settings_for
from tests.orchestration.builders import make_flow

LIMIT, RUNS, ALONE, AGENTS = 7, 200, 12, 3
ENDINGS = ("Success", "Failed", "Cancelled", "TimedOut")
POLL = "mutation($input: get_runs_in_queue_input!) { get_runs_in_queue(input: $input) { flow_run_ids } }"
SET = "mutation($input: set_flow_run_states_input!) { set_flow_run_states(input: $input) { states { id status message } } }"
READ = (
    'query($ids: [uuid!]!) { flow_run(where: {id: {_in: $ids}, state: {_eq: "Scheduled"}}) { id version } }'
)
LIMITED = "mutation($input: update_flow_concurrency_limit_input!) { update_flow_concurrency_limit(input: $input) { id } }"


class Actor:
    """Somebody who calls: an agent, or the process of a flow run."""

    def __init__(self, gateway: RunningGateway, agent_id: UUID | None = None) -> None:
        self._gateway = gateway
        self._headers = {"x-prefect-agent-id": str(agent_id)} if agent_id else {}

    async def call(self, document: str, **variables: Any) -> dict[str, Any]:
        return (await self._gateway.post(document, variables, headers=self._headers)).json()

    async def set_state(self, run_id: str, kind: str, version: int | None = None) -> dict[str, Any]:
        state = {"flow_run_id": run_id, "version": version, "state": {"type": kind, "message": kind}}
        return await self.call(SET, input={"states": [state]})


@pytest.fixture
async def gateways(fresh_database: str) -> AsyncIterator[list[RunningGateway]]:
    async with serve(settings_for(fresh_database)) as one, serve(settings_for(fresh_database)) as other:
        yield [one, other]


@pytest.fixture
async def database_pool(fresh_database: str) -> AsyncIterator[asyncpg.Pool]:
    async with asyncpg.create_pool(
        fresh_database, min_size=2, max_size=2, server_settings={"timezone": "UTC", "jit": "off"}
    ) as made:
        yield made


async def _make_runs(pool: asyncpg.Pool, tenant_id: UUID, labels: str, count: int) -> list[str]:
    flow_id = await make_flow(pool, tasks=0, tenant_id=tenant_id)
    rows = await pool.fetch(
        """
        WITH made AS (
            INSERT INTO flow_run (tenant_id, flow_id, labels, version, state, state_start_time, serialized_state)
            SELECT $1, $2, $3::jsonb, 1, 'Scheduled', now() - n * interval '1 s', '{"type": "Scheduled"}'
            FROM generate_series(1, $4::int) AS n
            RETURNING *
        ),
        first_state AS (
            INSERT INTO flow_run_state (tenant_id, flow_run_id, state, version, start_time, serialized_state)
            SELECT tenant_id, id, state, version, state_start_time, serialized_state FROM made
        )
        SELECT id::text FROM made
        """,
        tenant_id, flow_id, labels, count,
    )  # fmt: skip
    return [row["id"] for row in rows]


async def _run(actor: Actor, run_id: str, version: int | None, ending: str) -> int:
    """What a flow's process does: Running, as often as it is told to wait; then its end. Gives the waits."""
    waits = 0
    while True:
        answer = await actor.set_state(run_id, "Running", version)
        [state] = answer["data"]["set_flow_run_states"]["states"]
        if state["status"] == "SUCCESS":
            break
        assert state["status"] == "QUEUED"
        assert "slots of 'limited' are taken" in state["message"]
        version = None
        waits += 1
        await asyncio.sleep(0.2)  # the client waits for 30 s
    await actor.call("{ hello }")
    assert "errors" not in await actor.set_state(run_id, ending)
    return waits


async def _agent(actor: Actor, tenant_id: UUID, left: set[str], refusals: list[str]) -> None:
    """Poll, read, submit, and run what was submitted beside the next poll, until no run is left."""
    endings = itertools.cycle(ENDINGS)
    async with asyncio.TaskGroup() as processes:
        while left:
            given = {"tenant_id": str(tenant_id), "labels": ["limited", "other"]}
            ids = (await actor.call(POLL, input=given))["data"]["get_runs_in_queue"]["flow_run_ids"]
            assert len(ids) <= LIMIT
            rows = (await actor.call(READ, ids=ids))["data"]["flow_run"] if ids else []
            for row in rows:
                answer = await actor.set_state(row["id"], "Submitted", row["version"])
                if "errors" in answer:
                    refusals.append(answer["errors"][0]["message"])
                    continue
                left.discard(row["id"])
                processes.create_task(_run(actor, row["id"], row["version"] + 1, next(endings)))
            if not rows:
                await asyncio.sleep(0.01)


async def _sample(pool: asyncpg.Pool, seen: list[tuple[int, int]]) -> None:
    """Counts of Running and of all that hold a slot, each pair at one instant of the database."""
    while True:
        row = await pool.fetchrow(
            "SELECT count(*) FILTER (WHERE state = 'Running') AS running, count(*) AS holding"
            " FROM flow_run WHERE state IN ('Submitted', 'Running', 'Cancelling')"
        )
        assert row is not None
        seen.append((row["running"], row["holding"]))
        await asyncio.sleep(0.01)


@pytest.mark.timeout(60)
async def test_never_more_than_the_limit_and_all_finish(gateways, database_pool):
    pool = database_pool
    tenant_id = await pool.fetchval("INSERT INTO tenant (name, slug) VALUES ('t', 't') RETURNING id")
    queued = await _make_runs(pool, tenant_id, '["limited"]', RUNS - ALONE)
    alone = await _make_runs(pool, tenant_id, '["limited", "mine"]', ALONE)
    agents = [
        await pool.fetchval(
            "INSERT INTO agent (tenant_id, name) VALUES ($1, $2) RETURNING id", tenant_id, f"agent {n}"
        )
        for n in range(AGENTS)
    ]
    actors = [Actor(gateways[n % 2], agent) for n, agent in enumerate(agents)]
    made = await actors[0].call(LIMITED, input={"label": "limited", "limit": LIMIT})
    assert UUID(made["data"]["update_flow_concurrency_limit"]["id"])

    left, refusals, seen = set(queued), [], []
    sampler = asyncio.create_task(_sample(pool, seen))
    try:
        async with asyncio.TaskGroup() as group:
            for actor in actors:
                group.create_task(_agent(actor, tenant_id, left, refusals))
            waits = [
                group.create_task(_run(Actor(gateways[n % 2]), run, 1, "Success"))
                for n, run in enumerate(alone)
            ]
    finally:
        sampler.cancel()
    assert max(running for running, _ in seen) <= LIMIT
    assert max(holding for _, holding in seen) == LIMIT
    assert all("State update failed" in text for text in refusals)
    assert sum(wait.result() for wait in waits) > 0, "nobody had to wait"
    await _judge_history(pool)


async def _judge_history(pool: asyncpg.Pool) -> None:
    """Replay the states in the order they were written: 7 at most hold a slot, all ended, versions without gap or fork."""
    rows = await pool.fetch('SELECT * FROM flow_run_state ORDER BY "timestamp", version')
    present: dict[UUID, tuple[str, int]] = {}
    most = 0
    for row in rows:
        assert row["version"] == present.get(row["flow_run_id"], ("", 0))[1] + 1
        present[row["flow_run_id"]] = row["state"], row["version"]
        most = max(most, sum(state in {"Submitted", "Running"} for state, _ in present.values()))
    assert most == LIMIT
    assert len(present) == RUNS
    assert {state for state, _ in present.values()} == set(ENDINGS)


async def test_16_writers_on_one_run(gateways, database_pool):
    """Through two gateways, with and without a version: versions 1..n, no gap, no fork."""
    pool = database_pool
    tenant_id = await pool.fetchval("INSERT INTO tenant (name, slug) VALUES ('w', 'w') RETURNING id")
    [run_id] = await _make_runs(pool, tenant_id, "[]", 1)
    kinds = ("Running", "Scheduled", "Failed", "Retrying")

    async def write(number: int) -> int:
        actor = Actor(gateways[number % 2])
        answers = [
            await actor.set_state(run_id, kinds[(number + n) % 4], version=None if n % 2 else 1 + n)
            for n in range(8)
        ]
        assert not [answer for answer in answers if "errors" in answer]
        return len(answers)

    told = sum(await asyncio.gather(*(write(number) for number in range(16))))
    rows = await pool.fetch("SELECT version FROM flow_run_state ORDER BY version")
    versions = [row["version"] for row in rows]
    assert versions == list(range(1, len(versions) + 1))
    # A call that says what has just been said, from the same version, may be taken for a repeat.
    assert told / 2 < len(versions) <= told + 1
    assert await pool.fetchval("SELECT version FROM flow_run") == len(versions)


async def test_under_a_version_lock_one_of_16_starts_the_run(gateways, database_pool):
    pool = database_pool
    flow_id = await make_flow(pool)
    lock = "mutation($input: enable_flow_version_lock_input!) { enable_flow_version_lock(input: $input) { success } }"
    first = Actor(gateways[0])
    assert (await first.call(lock, input={"flow_id": str(flow_id)}))["data"]
    made = "mutation($input: create_flow_run_input!) { create_flow_run(input: $input) { id } }"
    answer = await first.call(made, input={"flow_id": str(flow_id), "idempotency_key": uuid4().hex})
    run_id = answer["data"]["create_flow_run"]["id"]
    answers = await asyncio.gather(
        *(Actor(gateways[n % 2]).set_state(run_id, "Running", version=1) for n in range(16))
    )
    lost = [answer["errors"][0] for answer in answers if "errors" in answer]
    assert len(lost) == 15
    assert {error["extensions"]["code"] for error in lost} == {"VERSION_LOCKING_ERROR"}
    assert await pool.fetchval("SELECT version FROM flow_run") == 2
