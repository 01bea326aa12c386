"""Cost does not grow with history (invariant 6): heartbeats write no index, the queue reads live rows only."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterator
from typing import Any

import asyncpg
import psycopg
import pytest

from lictor.orchestration import queries
from tests.migrations.builders import World

RUNS = 60
# Of the updates. A snapshot that the server's own ANALYZE holds keeps a page from being tidied for a moment, and one
# update then goes elsewhere; with an index on what is written none is HOT.
MOST = 0.9


@pytest.fixture
def world(migrated) -> Iterator[World]:
    """In a database of its own: what is counted here must not come from other tests."""
    with psycopg.connect(migrated, autocommit=True) as db:
        yield World(db)


@pytest.fixture
async def connection(migrated) -> AsyncIterator[asyncpg.Connection]:
    connection = await asyncpg.connect(migrated)
    yield connection
    await connection.close()


async def _updates(connection: asyncpg.Connection, table: str) -> tuple[int, int]:
    """(all, HOT) updates of a table so far."""
    await connection.execute("SELECT pg_stat_force_next_flush()")
    await connection.execute("SELECT pg_stat_clear_snapshot()")
    row = await connection.fetchrow(
        "SELECT n_tup_upd, n_tup_hot_upd FROM pg_stat_user_tables WHERE relid = $1::text::regclass", table
    )
    return row["n_tup_upd"], row["n_tup_hot_upd"]


@pytest.mark.parametrize("kind", ["flow_run", "task_run"])
async def test_heartbeats_are_hot_updates(world, connection, kind):
    runs = _running(world, kind)
    beat = queries.load(f"{kind}s").beat
    before = await _updates(connection, kind)
    for _ in range(5):
        for run in runs:
            await beat.execute(connection, ids=[run], caller_tenant_ids=[None])
    after = await _updates(connection, kind)
    assert after[0] - before[0] == 5 * RUNS
    assert after[1] - before[1] >= MOST * 5 * RUNS
    assert world.value(f"SELECT count(*) FROM {kind} WHERE heartbeat = updated") == RUNS


@pytest.mark.parametrize("kind", ["flow_run", "task_run"])
async def test_heartbeats_that_come_all_at_once_are_hot_updates(world, connection, kind):
    """Many calls may be answered by one statement. Its first rounds spread the rows over pages with room for all."""
    runs = _running(world, kind)
    beat = queries.load(f"{kind}s").beat
    rounds = []
    for _ in range(8):
        before = await _updates(connection, kind)
        await beat.execute(connection, ids=runs, caller_tenant_ids=[None] * len(runs))
        after = await _updates(connection, kind)
        rounds.append(after[1] - before[1])
    assert min(rounds[-3:]) >= MOST * RUNS, rounds


def _running(world: World, kind: str) -> list[Any]:
    """Runs that are Running, on pages which vacuum has tidied."""
    flow = world.flow(tasks=1)
    runs = [world.flow_run(flow) for _ in range(RUNS)]
    if kind == "task_run":
        runs = [world.task_runs(run)[0] for run in runs]
    world.insert_many(f"{kind}_state", [world.state(kind, run, "Running", 2) for run in runs])
    world.db.execute(f"VACUUM {kind}")
    return runs


async def test_an_agent_that_polls_is_a_hot_update(world, connection):
    agent = world.insert("agent", tenant_id=world.tenant, type="LocalAgent")
    world.db.execute("VACUUM agent")
    before = await _updates(connection, "agent")
    for _ in range(20):
        await _poll(connection, world, agent)
    after = await _updates(connection, "agent")
    assert after[0] - before[0] == 20
    assert after[1] - before[1] >= MOST * 20


@pytest.mark.parametrize("kind", ["flow_run", "task_run"])
def test_no_index_holds_what_a_heartbeat_writes(world, kind):
    indexed = world.rows(
        "SELECT attname FROM pg_index JOIN pg_attribute ON attrelid = indexrelid WHERE indrelid = %s::regclass",
        kind,
    )
    names = {name for (name,) in indexed}
    assert "id" in names
    assert not {"heartbeat", "updated"} & names


def test_no_index_of_task_run_names_its_state(world):
    """Neither as a key nor in a predicate, so that states are HOT updates (docs/decisions/0007-hot-updates.md)."""
    definitions = world.rows(
        "SELECT pg_get_indexdef(indexrelid) FROM pg_index WHERE indrelid = 'task_run'::regclass"
    )
    assert len(definitions) > 3
    assert [text for (text,) in definitions if "state" in text] == []


async def _poll(connection: asyncpg.Connection, world: World, agent: Any = None) -> list[Any]:
    statement = queries.load("queue").runs_in_queue
    return await connection.fetchval(statement.text, *await _values(connection, world, agent))


async def _values(connection: asyncpg.Connection, world: World, agent: Any) -> list[Any]:
    given = {
        "tenant_id": world.tenant,
        "before": await connection.fetchval("SELECT now()"),
        "labels": json.dumps([]),
        "limit": 25,
        "agent_id": agent,
        "caller_tenant_id": None,
    }
    return [given[name] for name in queries.load("queue").runs_in_queue.parameters]


async def test_the_queue_reads_its_index_and_no_history(world, connection):
    flow = world.flow()
    # A history of 5,000 finished runs, 1,000 that are not due, 30 that are.
    world.db.execute(
        """
        INSERT INTO flow_run (tenant_id, flow_id, version, state, state_start_time, serialized_state)
        SELECT %s, %s, 1,
               CASE WHEN n <= 5000 THEN 'Success' ELSE 'Scheduled' END,
               CASE WHEN n <= 6000 THEN now() + n * interval '1 hour' ELSE now() - n * interval '1 second' END,
               '{}'
        FROM generate_series(1, 6030) AS n
        """,
        (world.tenant, flow),
    )
    world.db.execute("VACUUM ANALYZE")
    oldest = world.rows(
        "SELECT id FROM flow_run WHERE state_start_time < now() ORDER BY state_start_time LIMIT 25"
    )
    assert await _poll(connection, world) == [id for (id,) in oldest]

    statement = queries.load("queue").runs_in_queue
    (explained,) = await connection.fetchrow(
        f"EXPLAIN (ANALYZE, FORMAT JSON) {statement.text}", *await _values(connection, world, None)
    )
    scans = [
        node for node in _nodes(json.loads(explained)[0]["Plan"]) if node.get("Relation Name") == "flow_run"
    ]
    queue_scans = [node for node in scans if node.get("Index Name") == "ix_flow_run_queue"]
    assert len(queue_scans) >= 3
    assert [node["Node Type"] for node in scans if node["Node Type"] == "Seq Scan"] == []
    # Rows touched follow the answer, not the history.
    touched = sum(
        (node["Actual Rows"] + node.get("Rows Removed by Filter", 0)) * node["Actual Loops"] for node in scans
    )
    assert touched < 100


async def test_the_queue_reads_only_live_rows_under_a_limit(world, connection):
    flow = world.flow()
    # A history of 5,000 finished runs, 10 under way, 30 that are due; all have the limited label.
    world.db.execute(
        """
        INSERT INTO flow_run (tenant_id, flow_id, labels, version, state, state_start_time, serialized_state)
        SELECT %s, %s, '["gpu"]', 1,
               CASE WHEN n <= 5000 THEN 'Success' WHEN n <= 5010 THEN 'Running' ELSE 'Scheduled' END,
               now() - n * interval '1 second', '{}'
        FROM generate_series(1, 5040) AS n
        """,
        (world.tenant, flow),
    )
    world.db.execute(
        "INSERT INTO flow_concurrency_limit (tenant_id, name, \"limit\") VALUES (%s, 'gpu', 13)",
        (world.tenant,),
    )
    world.db.execute("VACUUM ANALYZE")
    statement = queries.load("queue").runs_in_queue
    values = await _values(connection, world, None)
    values[list(statement.parameters).index("labels")] = '["gpu"]'
    assert len(await connection.fetchval(statement.text, *values)) == 3
    (explained,) = await connection.fetchrow(f"EXPLAIN (ANALYZE, FORMAT JSON) {statement.text}", *values)
    scans = [
        node for node in _nodes(json.loads(explained)[0]["Plan"]) if node.get("Relation Name") == "flow_run"
    ]
    assert {node["Index Name"] for node in scans if "Index Name" in node} >= {
        "ix_flow_run_live",
        "ix_flow_run_queue",
    }
    assert [node for node in scans if node["Node Type"] == "Seq Scan"] == []
    touched = sum(
        (node["Actual Rows"] + node.get("Rows Removed by Filter", 0)) * node["Actual Loops"] for node in scans
    )
    assert touched < 100


def _nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for child in plan.get("Plans", ()):
        yield from _nodes(child)


@pytest.mark.parametrize(
    ("name", "query"),
    [
        ("flow_run_state", "SELECT * FROM flow_run_state WHERE flow_run_id = %s ORDER BY version"),
        ("log", 'SELECT * FROM log WHERE flow_run_id = %s ORDER BY "timestamp"'),
    ],
)
def test_the_history_of_a_run_is_read_by_index(world, name, query):
    flow = world.flow()
    runs = [world.flow_run(flow) for _ in range(40)]
    for run in runs:
        rows = [
            world.state("flow_run", run, "Running", n)
            if name != "log"
            else {"tenant_id": world.tenant, "flow_run_id": run}
            for n in range(50)
        ]
        world.insert_many(name, rows)
    world.db.execute("VACUUM ANALYZE")
    ((explained,),) = world.rows(f"EXPLAIN (ANALYZE, FORMAT JSON) {query}", runs[0])
    scans = [node for node in _nodes(explained[0]["Plan"]) if node.get("Relation Name", "").startswith(name)]
    filled = [node for node in scans if node["Actual Rows"]]
    assert sum(node["Actual Rows"] for node in filled) == 50
    assert {node["Node Type"] for node in filled} <= {"Index Scan", "Bitmap Heap Scan"}


@pytest.mark.parametrize(
    ("index", "query"),
    [
        (
            "ix_flow_run_scheduled_start_time",
            "SELECT id FROM flow_run WHERE state <> 'Scheduled' AND scheduled_start_time >= now() - interval '30 days'"
            " ORDER BY scheduled_start_time DESC LIMIT 60",
        ),
        (
            "ix_flow_run_end_time",
            "SELECT DISTINCT ON (flow_id) id FROM flow_run WHERE start_time < now() - interval '1 hour'"
            " AND end_time > now() - interval '1 hour' ORDER BY flow_id",
        ),
    ],
    ids=["the latest runs", "runs that span a moment"],
)
def test_the_dashboard_reads_recent_runs_by_index(world, index, query):
    """What the UI asks of all flows at once touches the rows of its window, not the history."""
    world.db.execute(
        """
        INSERT INTO flow_run (
            tenant_id, flow_id, version, state, scheduled_start_time, start_time, end_time, serialized_state)
        SELECT %s, %s, 1, 'Success', began, began, began + interval '10 minutes', '{}'
        FROM generate_series(1, 5000) AS n CROSS JOIN LATERAL (SELECT now() - n * interval '5 minutes' AS began) AS moment
        """,
        (world.tenant, world.flow()),
    )
    world.db.execute("VACUUM ANALYZE flow_run")
    ((explained,),) = world.rows(f"EXPLAIN (ANALYZE, FORMAT JSON) {query}")
    scans = [node for node in _nodes(explained[0]["Plan"]) if node["Node Type"].endswith("Scan")]
    assert index in {node.get("Index Name") for node in scans}
    assert sum(node["Actual Rows"] + node.get("Rows Removed by Filter", 0) for node in scans) < 200


@pytest.mark.parametrize("levels", [("WARNING", "ERROR", "CRITICAL"), ("ERROR", "CRITICAL"), ("CRITICAL",)])
def test_the_severe_lines_of_a_long_log_are_read_alone(world, levels):
    """The UI's filter by level, with the levels as parameters whose values Postgres sees when it plans."""
    run = world.flow_run(world.flow())
    world.db.execute(
        """
        INSERT INTO log (tenant_id, flow_run_id, "timestamp", level)
        SELECT %s, %s, now() - n * interval '1 ms', CASE WHEN n %% 500 = 0 THEN 'ERROR' ELSE 'INFO' END
        FROM generate_series(1, 20000) AS n
        """,
        (world.tenant, run),
    )
    world.db.execute("VACUUM ANALYZE log")
    ((explained,),) = world.rows(
        "EXPLAIN (ANALYZE, FORMAT JSON) SELECT id FROM log WHERE tenant_id = %s AND flow_run_id = %s"
        ' AND level = ANY (%s::text[]::varchar[]) ORDER BY "timestamp" DESC, id DESC LIMIT 500',
        world.tenant,
        run,
        list(levels),
    )
    scans = [node for node in _nodes(explained[0]["Plan"]) if node["Node Type"].endswith("Scan")]
    assert sum(node["Actual Rows"] + node.get("Rows Removed by Filter", 0) for node in scans) <= 80


def test_the_newest_artifacts_are_read_by_index(world):
    run = world.flow_run(flow := world.flow(tasks=1))
    task_run = world.insert(
        "task_run", tenant_id=world.tenant, flow_run_id=run, task_id=world.tasks(flow)[0], map_index=0
    )
    world.db.execute(
        "INSERT INTO task_run_artifact (tenant_id, task_run_id, kind, created)"
        " SELECT %s, %s, 'link', now() - n * interval '1 s' FROM generate_series(1, 3000) AS n",
        (world.tenant, task_run),
    )
    world.db.execute("VACUUM ANALYZE task_run_artifact")
    ((explained,),) = world.rows(
        "EXPLAIN (ANALYZE, FORMAT JSON) SELECT * FROM task_run_artifact WHERE tenant_id = %s"
        " ORDER BY created DESC, id DESC LIMIT 20",
        world.tenant,
    )
    (scan,) = [node for node in _nodes(explained[0]["Plan"]) if node["Node Type"].endswith("Scan")]
    assert scan["Index Name"] == "ix_task_run_artifact_created"
    assert scan["Actual Rows"] == 20
