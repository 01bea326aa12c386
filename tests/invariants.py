"""What must hold at every moment, whatever has happened: asked of a database by tests of every kind.

In: an asyncpg connection. Out: a list of sentences, empty when all is well. Two sources: this directory's invariants.sql,
which knows nothing of the code under test, and the view for operators, `ops.invariant_violations`.
"""

from __future__ import annotations

from pathlib import Path

from lictor.orchestration.types import Executor

_OWN = Path(__file__).with_suffix(".sql").read_text()

# A flow run takes a slot by Submitted or Running and gives it back by any state but these; Cancelling may be set by hand
# on what never had one. Counted over the history, by the database's clock: the most that held one at one moment.
_MOST_HOLDERS = """
WITH moved AS (
    SELECT state."timestamp" AS at,
           (state.state IN ('Submitted', 'Running'))::int
           - coalesce((lag(state.state) OVER same_run IN ('Submitted', 'Running'))::int, 0) AS slots
    FROM flow_run_state AS state JOIN flow_run AS run ON run.id = state.flow_run_id
    WHERE run.labels ? $1
    WINDOW same_run AS (PARTITION BY state.flow_run_id ORDER BY state.version)
)
SELECT coalesce(max(held), 0) FROM (SELECT sum(slots) OVER (ORDER BY at, slots) AS held FROM moved) AS moment
"""


async def violations(executor: Executor) -> list[str]:
    """Everything that is wrong in the database; history is searched whole."""
    found = [f"{row['rule']}: {row['id']} {row['seen']}" for row in await executor.fetch(_OWN)]
    if await executor.fetchval("SELECT to_regprocedure('ops.find_violations(timestamptz)') IS NOT NULL"):
        rows = await executor.fetch("SELECT * FROM ops.find_violations('-infinity')")
        found += [f"ops.{row['invariant']}: {row['id']} {row['detail']}" for row in rows]
    return found


async def most_holders(executor: Executor, label: str) -> int:
    """How many flow runs with `label` were Submitted or Running at the worst moment of their history."""
    return await executor.fetchval(_MOST_HOLDERS, label)
