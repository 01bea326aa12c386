"""Clock, Valkey and worker processes together: duties get done, whatever happens to the messages."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from typing import Any

import asyncpg
import dramatiq
import pytest
import redis

from lictor.cli.embedded.valkey import ValkeyServer
from lictor.orchestration.tenants import delete_tenant
from lictor.settings import Settings
from lictor.workers.broker import NAMESPACE, make_broker
from lictor.workers.duties import DUTIES, QUEUE, duty_message
from tests.orchestration.builders import make_flow, make_many
from tests.workers.conftest import Processes, eventually

pytestmark = pytest.mark.timeout(90)

HOURLY = {"type": "Schedule", "clocks": [{"type": "IntervalClock", "interval": 3600 * 10**6}]}


async def make_scheduled(connections: asyncpg.Pool, **flow: Any):
    return await make_flow(connections, **{"schedule": HOURLY, "is_schedule_active": True, **flow})


async def duty(connections: asyncpg.Pool, name: str) -> asyncpg.Record:
    return await connections.fetchrow("SELECT * FROM utility.duty WHERE name = $1", name)


def run_count(connections: asyncpg.Pool, expected: int):
    async def reached() -> bool:
        return await connections.fetchval("SELECT count(*) FROM flow_run") == expected

    return reached


async def test_every_duty_is_done_and_written_down(processes: Processes, connections: asyncpg.Pool):
    soon = (datetime.now(UTC) - timedelta(minutes=59, seconds=30)).isoformat()
    clock = {**HOURLY["clocks"][0], "start_date": {"dt": soon, "tz": "UTC"}}
    await make_scheduled(connections, schedule={**HOURLY, "clocks": [clock]}, tasks=3)
    dropped = await connections.fetch(
        "SELECT inhrelid::regclass::text AS name FROM pg_inherits"
        " WHERE inhparent = 'log'::regclass ORDER BY inhrelid DESC LIMIT 1"
    )
    await connections.execute(f"DROP TABLE {dropped[0]['name']}")
    processes.clock()
    worker = processes.worker()
    await eventually(run_count(connections, 10), "ten runs")

    async def prepared() -> bool:
        return await connections.fetchval("SELECT count(*) FROM task_run") == 3

    await eventually(prepared, "task runs of the run that is due in 30 s")

    async def restored() -> bool:
        return await connections.fetchval("SELECT to_regclass($1) IS NOT NULL", dropped[0]["name"])

    await eventually(restored, "the partition that was missing")

    async def all_done() -> bool:
        return await connections.fetchval(
            "SELECT count(*) = $1 FROM utility.duty WHERE last_succeeded IS NOT NULL AND last_error IS NULL"
            " AND last_duration > interval '0'", len(DUTIES)
        )  # fmt: skip

    await eventually(all_done, "all duties are written down as done")
    seen = await connections.fetch("SELECT * FROM ops.duty")
    assert {row["name"] for row in seen} == {duty.name for duty in DUTIES}
    assert all(row["leader"] is not None and row["lag"] < timedelta(minutes=1) for row in seen)
    worker.signal(signal.SIGTERM)
    assert worker.popen.wait(20) == 0
    # Dramatiq's lines too, those of its main process among them.
    lines = [json.loads(line) for line in worker.log.splitlines()]
    assert any("ready for action" in line["event"] and line["logger"] for line in lines)
    assert any("is booting up" in line["event"] for line in lines)
    assert {duty.name for duty in DUTIES} <= {line.get("duty") for line in lines}


async def test_a_deleted_tenant_is_purged_by_a_worker(processes: Processes, connections: asyncpg.Pool):
    flow_id = await make_scheduled(connections)
    tenant_id = await connections.fetchval("SELECT tenant_id FROM flow WHERE id = $1", flow_id)
    processes.clock()
    processes.worker()
    await eventually(run_count(connections, 10), "ten runs")
    assert await delete_tenant(connections, tenant_id)

    async def gone() -> bool:
        return await connections.fetchval("SELECT count(*) FROM tenant") == 0

    await eventually(gone, "the tenant with all that is its")
    assert await connections.fetchval("SELECT count(*) FROM flow_run_state") == 0


async def test_redis_may_lose_everything(
    processes: Processes, connections: asyncpg.Pool, valkey: ValkeyServer
):
    processes.clock(LICTOR_CLOCK_PATIENCE="1")
    processes.worker()
    store = redis.Redis.from_url(valkey.url)
    for number in range(1, 9):
        await make_scheduled(connections)
        store.flushall()
        await eventually(run_count(connections, number * 10), f"runs of {number} flows")
        store.flushall()
    valkey.stop()
    await make_scheduled(connections)
    valkey.start()
    await eventually(run_count(connections, 90), "runs after a restart of the server")


async def test_an_order_that_was_lost_is_given_again_long_before_the_next_is_due(
    processes: Processes, connections: asyncpg.Pool, valkey: ValkeyServer
):
    await make_scheduled(connections)
    processes.clock(LICTOR_SCHEDULER_INTERVAL="86400", LICTOR_CLOCK_PATIENCE="1")

    async def queued() -> bool:
        # Not just any: the clock gives orders for all duties, one after the other.
        messages = redis.Redis.from_url(valkey.url).hvals(f"{NAMESPACE}:{QUEUE}.msgs")
        return any(json.loads(message)["actor_name"] == "schedule_flow_runs" for message in messages)

    await eventually(queued, "the order in the queue")
    redis.Redis.from_url(valkey.url).flushall()
    processes.worker()
    await eventually(run_count(connections, 10), "ten runs")
    assert (await duty(connections, "schedule_flow_runs"))["dispatch"] >= 2


async def test_a_worker_that_is_killed_at_work_delays_its_duty_only(
    processes: Processes, connections: asyncpg.Pool
):
    held = await make_scheduled(connections)
    processes.clock()
    worker = processes.worker()
    await eventually(run_count(connections, 10), "ten runs")
    async with connections.acquire() as other, other.transaction():
        # Hold up the insertion of runs, so that the worker dies in the middle of it.
        await other.execute("LOCK TABLE flow_run IN SHARE MODE")
        await make_scheduled(connections)

        async def waits() -> bool:
            return await connections.fetchval(
                "SELECT count(*) > 0 FROM pg_stat_activity"
                " WHERE datname = current_database() AND wait_event_type = 'Lock'"
            )

        await eventually(waits, "the worker waits for the table")
        processes.end_group(worker)
    processes.worker()
    await eventually(run_count(connections, 20), "the runs of the second flow")
    assert await connections.fetchval("SELECT count(*) FROM flow_run WHERE flow_id = $1", held) == 10
    assert await connections.fetchval("SELECT count(*) FROM flow_run_state") == 20


async def test_helpers_join_a_scheduler_that_has_much_to_do(processes: Processes, connections: asyncpg.Pool):
    await make_many(connections, 450)
    processes.worker()
    processes.worker()
    async with connections.acquire() as other, other.transaction():
        # Nobody gets beyond the first flows, so whoever works shows.
        await other.execute("LOCK TABLE flow_run IN SHARE MODE")
        processes.clock()

        async def several_wait() -> bool:
            return await connections.fetchval(
                "SELECT count(*) >= 3 FROM pg_stat_activity WHERE datname = current_database()"
                " AND application_name = 'lictor worker' AND wait_event_type = 'Lock'"
            )

        await eventually(several_wait, "the worker with the order and two helpers")
    await eventually(run_count(connections, 4500), "all runs")
    assert (
        await connections.fetchval("SELECT count(DISTINCT (flow_id, idempotency_key)) FROM flow_run") == 4500
    )


async def test_orders_that_are_old_or_done_are_void(
    processes: Processes, connections: asyncpg.Pool, valkey: ValkeyServer
):
    """A message that comes late or twice does nothing; one without a number does the work."""
    await connections.execute(
        "INSERT INTO utility.duty (name, interval, next_due, dispatch, succeeded_dispatch, started_dispatch)"
        " VALUES ('schedule_flow_runs', '1 day', now() + interval '1 day', 7, 6, 6)"
    )
    await make_scheduled(connections)
    broker = make_broker(Settings(redis_url=valkey.url))
    [scheduler] = [duty for duty in DUTIES if duty.name == "schedule_flow_runs"]
    for number in (5, 6, 8):
        broker.enqueue(duty_message(scheduler, number))
    worker = processes.worker()

    async def dropped() -> bool:
        return worker.log.count("order_void") == 3

    await eventually(dropped, "three void orders")
    assert await connections.fetchval("SELECT count(*) FROM flow_run") == 0
    broker.enqueue(duty_message(scheduler, 7))
    await eventually(run_count(connections, 10), "order 7 is done")

    async def done() -> bool:
        return (await duty(connections, "schedule_flow_runs"))["succeeded_dispatch"] == 7

    await eventually(done, "order 7 is written down")
    await make_scheduled(connections)
    broker.enqueue(dramatiq.Message(QUEUE, "schedule_flow_runs", (), {}, {}))
    await eventually(run_count(connections, 20), "an order without a number is done")
    broker.client.close()


async def test_what_a_duty_fails_with_is_written_down_until_it_succeeds(
    processes: Processes, connections: asyncpg.Pool
):
    await connections.execute("ALTER TABLE task_run RENAME TO away")
    processes.clock()
    processes.worker()

    async def failed() -> str | None:
        row = await duty(connections, "prepare_due_task_runs")
        return row and row["last_error"]

    error = await eventually(failed, "the error")
    assert error.startswith("UndefinedTableError")
    await connections.execute("ALTER TABLE away RENAME TO task_run")

    async def healed() -> bool:
        row = await duty(connections, "prepare_due_task_runs")
        return row["last_error"] is None and row["last_succeeded"] > row["last_failed"]

    await eventually(healed, "success after the failure")


def test_the_clock_knows_the_actors_by_name_only_and_they_exist():
    # In a process of its own: importing the module sets up the log of the process.
    program = """
import json
from lictor.workers.main import broker
print(json.dumps([
    {name: actor.queue_name for name, actor in broker.actors.items()},
    [type(middleware).__name__ for middleware in broker.middleware],
]))
"""
    said = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=60
    )
    queues, middleware = json.loads(said.stdout.splitlines()[-1])
    assert {duty.actor for duty in DUTIES} <= queues.keys()
    assert set(queues.values()) == {QUEUE}
    assert "Prometheus" not in middleware
