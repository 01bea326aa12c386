"""The section `scheduler` at tiny sizes: all its numbers, and its proofs, with processes that are really killed."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import asyncpg
import pytest

from bench import due_runs, report, restarts, scheduler, stack
from bench.due_runs import AGENTS
from bench.scheduler_world import frequent_schedule, make_flows
from lictor.orchestration.scheduling import schedule_flow_runs

pytestmark = pytest.mark.timeout(240)


@pytest.fixture(scope="module")
def lictor() -> Iterator[stack.Stack]:
    with stack.running() as running:
        yield running


def test_top_up(lictor: stack.Stack):
    # More flows than a batch holds: helpers are called.
    result = asyncio.run(scheduler.top_up(lictor, 210, workers=1, helpers=1))
    assert result["runs"] == 2_100
    assert result["per_second"] == pytest.approx(2_100 / result["seconds"])
    assert 0 < result["idle_seconds"] < result["seconds"]
    assert result["postgres_cpu_us"] > 0


def test_due_at_one_moment(lictor: stack.Stack, capsys):
    result = asyncio.run(due_runs.measure(lictor, 3 * AGENTS, lead=12))
    # Nothing was handed out early, nothing twice, nothing lost: measure() raises.
    assert result["prepared"]["runs"] == 3 * AGENTS
    assert 0 < result["first_seen"] <= result["last_seen"]
    assert result["blind_polls"] == 0
    assert set(result["polls"]) == {"before", "first second", "from 1 s on", "while taken"}
    due_runs.show(report.console(), result)
    assert "The first agent saw its runs" in capsys.readouterr().out


def test_no_duplicate_when_schedulers_are_killed(lictor: stack.Stack, capsys):
    result = asyncio.run(restarts.measure(lictor, seconds=10, flows=300))
    assert result["workers_killed"] >= 2
    assert result["runs"] >= 300 * restarts.MAX_RUNS
    assert (result["duplicates"], result["missing"], result["violations"]) == (0, 0, 0)
    restarts.show(report.console(), result)
    assert "restarted at random" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("harm", "told"),
    [
        (
            "INSERT INTO flow_run (tenant_id, flow_id, auto_scheduled, scheduled_start_time, parameters, labels)"
            " SELECT tenant_id, flow_id, true, scheduled_start_time, parameters, labels FROM flow_run LIMIT 1",
            "'duplicates': 1",
        ),
        (
            "DELETE FROM flow_run WHERE id = (SELECT id FROM flow_run ORDER BY scheduled_start_time OFFSET 5 LIMIT 1)",
            "'missing': 1",
        ),
    ],
)
def test_the_check_sees_what_is_wrong(lictor: stack.Stack, harm: str, told: str):
    async def harmed() -> None:
        connection = await asyncpg.connect(lictor.dsn)
        try:
            await make_flows(connection, [frequent_schedule(0)])
            await connection.execute("UPDATE flow SET is_schedule_active = true")
            await schedule_flow_runs(connection, now=datetime.now(UTC) + timedelta(minutes=1))
            assert await restarts.check(connection) == {"duplicates": 0, "missing": 0, "violations": 0}
            await connection.execute(harm)
            await restarts.check(connection)
        finally:
            await connection.close()

    with pytest.raises(RuntimeError, match=told):
        asyncio.run(harmed())
