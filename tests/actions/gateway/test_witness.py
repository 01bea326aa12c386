"""What a gateway sees of life: that it is up itself, and which runners have read their runs."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest

from lictor.actions.gateway.witness import reads_regularly, run_read_by
from lictor.orchestration import witness
from lictor.orchestration.witness import Reads
from tests.actions.gateway.conftest import RunningGateway, serve, settings_for
from tests.orchestration.builders import insert, make_flow

RUN = UUID("b8e6ad98-8fa3-43f6-aad8-0f971c0312ab")
# Client.get_flow_run_info as 0.14 to 1.4.1 send it; 0.13 leaves out `flow`.
BODY = """
        id
        name
        flow_id
        parameters
        context
        version
        scheduled_start_time
        serialized_state
        task_runs(where: { map_index: { _eq: -1 } }) {
            id
            task {
                id
                slug
            }
            version
            serialized_state
        }
        flow {
            project {
                name
                id
            }
        }
"""
QUERY = 'query {\n    flow_run_by_pk(id: "%s") {' + BODY + "    }\n}"
NOT_A_RUNNER = [
    'query { flow_run_by_pk(id: "%s") { serialized_state } }',
    'query { flow_run_by_pk(id: "%s") { flow { settings } } }',
    'query { flow_run_by_pk(id: "%s") { id name flow_id parameters context version scheduled_start_time serialized_state } }',
    'query FlowRun { flow_run_by_pk(id: "%s") {' + BODY + "} }",
    'mutation { flow_run_by_pk(id: "%s") {' + BODY + "} }",
    'query { flow_run(where: {id: {_eq: "%s"}}) { id name flow_id parameters context version } }',
    'query { a: flow_run_by_pk(id: "%s") {' + BODY + "} }",
]  # fmt: skip


def test_a_runners_document_is_known_by_its_shape():
    assert run_read_by(QUERY % RUN) == RUN
    assert run_read_by(" ".join((QUERY % RUN).split())) == RUN
    assert (
        run_read_by(
            (QUERY % RUN).replace(
                "flow {\n            project {\n                name\n                id\n            }\n        }",
                "",
            )
        )
        == RUN
    )
    assert run_read_by(QUERY % str(RUN).upper()) == RUN
    for document in NOT_A_RUNNER:
        assert run_read_by(document % RUN) is None
    for id in ("x", "-" * 36, "b8e6ad988fa343f6aad80f971c0312ab", '" } }'):
        assert run_read_by(QUERY % id) is None


def test_other_documents_cost_nothing_to_look_at():
    documents = ["query { " + "flow_run_by_pk(id: " * 20_000, " " * 300_000 + "query", QUERY % RUN * 200]
    began = time.perf_counter()
    for document in documents:
        run_read_by(document)
    assert time.perf_counter() - began < 0.5


@pytest.mark.parametrize(
    ("version", "regular"),
    [(b"1.4.1", True), (b"0.15.13", True), (b"0.13.19", True), (b"0.13.18", False), (b"0.9.0", False),
     (b"1.4.1+3.gabc", True), (b"", False), (None, False), (b"main", False), (b"99999999.1.1", True)],
)  # fmt: skip
def test_of_which_releases_it_is_known_that_they_read_on(version, regular):
    assert reads_regularly(version) is regular


async def make_run(pool: asyncpg.Pool, state: str = "Running") -> UUID:
    flow_id = await make_flow(pool)
    tenant_id = await pool.fetchval("SELECT tenant_id FROM flow WHERE id = $1", flow_id)
    run_id = await insert(
        pool, "flow_run",
        {"tenant_id": tenant_id, "flow_id": flow_id, "labels": [], "times_resurrected": 0, "auto_scheduled": False,
         "created": "2026-01-01T00:00:00Z", "updated": "2026-01-01T00:00:00Z", "version": 0,
         "scheduled_start_time": "2026-01-01T00:00:00Z"},
    )  # fmt: skip
    await set_state(pool, run_id, state)
    return run_id


async def set_state(pool: asyncpg.Pool, run_id: UUID, state: str) -> None:
    await pool.execute(
        "INSERT INTO flow_run_state (tenant_id, flow_run_id, state, version, serialized_state)"
        " SELECT tenant_id, id, $2::varchar, version + 1, jsonb_build_object('type', $2::varchar) FROM flow_run WHERE id = $1",
        run_id, state,
    )  # fmt: skip


@asynccontextmanager
async def gateway_on(dsn: str, **more: Any) -> AsyncIterator[RunningGateway]:
    async with serve(settings_for(dsn, **{"sign_of_life_interval": 0.05, **more})) as gateway:
        yield gateway


async def eventually(ask: Callable[[], Awaitable[Any]]) -> Any:
    deadline = time.monotonic() + 10
    while True:
        answer = await ask()
        if answer:
            return answer
        assert time.monotonic() < deadline, f"still {answer!r}"
        await asyncio.sleep(0.01)


async def row(pool: asyncpg.Pool, run_id: UUID) -> asyncpg.Record | None:
    return await pool.fetchrow("SELECT * FROM utility.runner_read WHERE flow_run_id = $1", run_id)


async def test_reads_reach_the_database_together(database, pool):
    run_id, other = await make_run(pool), await make_run(pool)
    async with gateway_on(database) as gateway:
        version = {"x-prefect-core-version": "1.4.1"}
        for _ in range(3):
            answer = await gateway.post(QUERY % run_id, "null", headers=version)
            assert answer.json()["data"]["flow_run_by_pk"]["id"] == str(run_id)
        await gateway.post(QUERY % other, path="/graphql")
        await gateway.post(QUERY % uuid4(), headers=version)
        for document in NOT_A_RUNNER[:3]:
            await gateway.post(document % other)

        async def all_counted() -> bool:
            seen = [await row(pool, id) for id in (run_id, other)]
            return [one["reads"] for one in seen if one] == [3, 1]

        await eventually(all_counted)
    first, second = await row(pool, run_id), await row(pool, other)
    assert first is not None
    assert second is not None
    assert (first["is_regular"], second["is_regular"]) == (True, False)
    since = await pool.fetchval("SELECT state_timestamp FROM flow_run WHERE id = $1", run_id)
    assert first["running_since"] == since <= first["last_read"]


async def test_what_was_seen_last_is_written_down_at_the_end(database, pool):
    run_id = await make_run(pool)
    async with serve(settings_for(database, sign_of_life_interval=60)) as gateway:
        await gateway.post(QUERY % run_id)
    assert (await row(pool, run_id)) is not None


async def test_reads_survive_a_database_that_is_away(database, pool):
    run_id = await make_run(pool)
    async with gateway_on(database) as gateway:
        await pool.execute("ALTER TABLE utility.runner_read RENAME TO away")
        for _ in range(4):
            await gateway.post(QUERY % run_id)
            await asyncio.sleep(0.06)
        await pool.execute("ALTER TABLE utility.away RENAME TO runner_read")
        assert (await eventually(lambda: row(pool, run_id)))["reads"] == 4


async def test_reads_are_counted_for_the_running_state_they_belong_to(pool):
    run_id = await make_run(pool, "Submitted")
    await pool.execute("DELETE FROM utility.api_outage")

    async def read(count: int = 1, later: float = 0) -> asyncpg.Record:
        async with pool.acquire() as connection:
            await connection.execute(
                "UPDATE utility.runner_read SET last_read = last_read - $2 * interval '1 s' WHERE flow_run_id = $1",
                run_id,
                later,
            )
            await witness.note_reads(connection, {run_id: Reads(count, True)})
        found = await row(pool, run_id)
        assert found is not None
        return found

    assert ((await read())["running_since"], (await read())["reads"]) == (None, 2)
    await set_state(pool, run_id, "Running")
    assert (await read())["reads"] == 1, "those before it was Running do not count"
    found = await read(2, later=20)
    assert found["reads"] == 3
    assert timedelta(seconds=20) <= found["longest_gap"] < timedelta(seconds=25)
    await pool.execute("UPDATE utility.runner_read SET moved_on = true")
    found = await read(later=500)
    assert found["longest_gap"] < timedelta(seconds=25), "another process's"
    assert not found["moved_on"]
    await pool.execute("DELETE FROM utility.api_outage")
    await pool.execute(
        "INSERT INTO utility.api_outage VALUES (now() - interval '400 s', now() - interval '100 s')"
    )
    assert (await read(later=500))["longest_gap"] < timedelta(seconds=25), "nobody could hear it"
    await pool.execute("DELETE FROM utility.api_outage")
    await set_state(pool, run_id, "Cancelling")
    assert (await read())["reads"] == 6
    await set_state(pool, run_id, "Running")
    found = await read()
    assert (found["reads"], found["longest_gap"]) == (1, timedelta(0))


async def test_two_api_processes_may_write_down_the_same_runs(pool):
    runs = [await make_run(pool) for _ in range(40)]

    async def note(order: int) -> None:
        async with pool.acquire() as connection:
            await witness.note_reads(connection, {id: Reads(1, True) for id in runs[::order]})

    await asyncio.gather(*(note(order) for order in (1, -1) * 10))
    assert await pool.fetchval(
        "SELECT array_agg(DISTINCT reads) FROM utility.runner_read WHERE flow_run_id = ANY ($1)", runs
    ) == [20]


async def life(pool: asyncpg.Pool) -> asyncpg.Record:
    return await pool.fetchrow("SELECT * FROM utility.api_life")


async def outages(pool: asyncpg.Pool) -> list[asyncpg.Record]:
    return await pool.fetch("SELECT * FROM utility.api_outage ORDER BY began")


async def test_the_api_says_that_it_is_up_and_an_outage_is_known_afterwards(database, pool):
    await pool.execute("DELETE FROM utility.api_life")
    await pool.execute("DELETE FROM utility.api_outage")
    async with gateway_on(database, sign_of_life_interval=0.3):
        first = await eventually(lambda: life(pool))

        async def goes_on() -> bool:
            return (await life(pool))["last_seen"] > first["last_seen"]

        await eventually(goes_on)
        assert (await life(pool))["since"] == first["since"]
    last = await life(pool)

    async def is_overdue() -> bool:
        return await pool.fetchval("SELECT expected_by < clock_timestamp() FROM utility.api_life")

    await eventually(is_overdue)
    async with (
        gateway_on(database, sign_of_life_interval=0.3),
        gateway_on(database, sign_of_life_interval=0.3),
    ):

        async def known() -> list[asyncpg.Record]:
            return [one for one in await outages(pool) if one["began"] == last["last_seen"]]

        [outage] = await eventually(known)
        assert outage["ended"] > last["expected_by"]


async def test_of_many_that_come_back_at_once_one_writes_the_outage(pool):
    await pool.execute("DELETE FROM utility.api_life")
    await pool.execute("DELETE FROM utility.api_outage")
    minute = timedelta(minutes=1)
    await pool.execute(
        "INSERT INTO utility.api_life VALUES (true, now() - interval '1 h', now() - interval '9 min', now() - interval '8 min')"
    )
    await pool.execute(
        "INSERT INTO utility.api_outage VALUES (now() - interval '92 days', now() - interval '91 days')"
    )
    await asyncio.gather(*(witness.note_life(pool, minute) for _ in range(16)))
    [outage] = await outages(pool)
    assert timedelta(minutes=9) <= outage["ended"] - outage["began"] < timedelta(minutes=10)
    found = await life(pool)
    assert found["expected_by"] - found["last_seen"] >= minute
