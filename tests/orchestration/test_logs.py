"""write_logs: calls that share a statement are each written whole or not at all (contract server.md 3.6.7)."""

from __future__ import annotations

from uuid import UUID, uuid4

from lictor.orchestration.flow_runs import NewFlowRun, create_flow_runs
from lictor.orchestration.logs import LogLine, write_logs
from tests.orchestration.builders import make_flow


def line(message: str, run: UUID, task_run: UUID | None = None) -> LogLine:
    return LogLine(run, task_run, None, None, "INFO", message)


async def test_each_call_is_written_whole_or_not_at_all(pool):
    flow_id = await make_flow(pool, tasks=1)
    async with pool.acquire() as connection:
        [made] = await create_flow_runs(connection, [NewFlowRun(flow_id=flow_id)])
        run = made.unwrap()
        task_run = await connection.fetchval("SELECT id FROM task_run")
        calls = [
            [line("a1", run), line("a2", run, task_run)],
            [line("b1", run), line("b2", uuid4())],
            [],
            [line("c1", run)],
            [line("d1", run, uuid4())],
            [line("e1", run), line("e2", run)],
        ]
        written = await write_logs(connection, calls)
    assert written == [True, False, True, True, False, True]
    rows = await pool.fetch("SELECT message, level, tenant_id, task_run_id FROM log ORDER BY id")
    assert [row["message"] for row in rows] == ["a1", "a2", "c1", "e1", "e2"]
    assert {row["level"] for row in rows} == {"INFO"}
    assert {row["tenant_id"] for row in rows} == {await pool.fetchval("SELECT tenant_id FROM flow")}
    assert [row["task_run_id"] for row in rows] == [None, task_run, None, None, None]
