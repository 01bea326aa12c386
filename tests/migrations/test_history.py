"""States and logs without foreign keys are as whole as with them: no orphan comes in, none stays behind."""

from __future__ import annotations

from uuid import uuid4

import psycopg
import pytest

from tests.migrations.racing import held_back

HISTORY = ("flow_run_state", "task_run_state", "log")
COUNTS = "SELECT " + ", ".join(f"(SELECT count(*) FROM {table})" for table in (*HISTORY, "task_run_artifact"))


@pytest.fixture
def busy(world):
    """Two flows with two runs each, every run with states, logs and artifacts; as (flows, runs)."""
    flows = [world.flow(tasks=2, group=group) for group in "ab"]
    runs = [world.flow_run(flow) for flow in flows for _ in range(2)]
    for run in runs:
        world.set_state("flow_run", run, "Running", 1)
        world.log(flow_run_id=run)
        for task_run in world.task_runs(run):
            world.set_state("task_run", task_run, "Running", 2)
            world.log(flow_run_id=run, task_run_id=task_run)
            world.log(task_run_id=task_run)
            world.insert("task_run_artifact", tenant_id=world.tenant, task_run_id=task_run, kind="link")
    # Of each run: one state, four states of task runs, five log lines, two artifacts.
    assert world.rows(COUNTS) == [(4, 16, 20, 8)]
    return flows, runs


def _delete(world, table, *ids) -> None:
    world.db.execute(f"DELETE FROM {table} WHERE id = ANY (%s)", (list(ids),))


def test_deleting_flow_runs(world, busy):
    _, runs = busy
    _delete(world, "flow_run", runs[0])
    assert world.rows(COUNTS) == [(3, 12, 15, 6)]
    _delete(world, "flow_run", *runs[1:3])
    assert world.rows(COUNTS) == [(1, 4, 5, 2)]
    assert world.rows("SELECT DISTINCT flow_run_id FROM flow_run_state") == [(runs[3],)]


def test_deleting_a_task_run(world, busy):
    _, runs = busy
    _delete(world, "task_run", world.task_runs(runs[0])[0])
    assert world.rows(COUNTS) == [(4, 14, 18, 7)]


def test_deleting_a_task(world, busy):
    flows, _ = busy
    _delete(world, "task", world.tasks(flows[0])[0])
    assert world.rows(COUNTS) == [(4, 12, 16, 6)]


def test_deleting_a_flow(world, busy):
    flows, _ = busy
    _delete(world, "flow", flows[0])
    assert world.rows(COUNTS) == [(2, 8, 10, 4)]
    assert world.value("SELECT count(*) FROM flow_group") == 2
    assert world.value("SELECT count(*) FROM project") == 1
    _delete(world, "flow", flows[1])
    assert world.rows(COUNTS) == [(0, 0, 0, 0)]


def test_deleting_a_flow_group_takes_its_flows(world, busy):
    flows, _ = busy
    _delete(world, "flow_group", world.row("flow", flows[0]).flow_group_id)
    assert world.rows(COUNTS) == [(2, 8, 10, 4)]
    assert world.row("flow", flows[0]) is None


@pytest.mark.parametrize("table", ["project", "tenant"])
def test_deleting_what_owns_everything(world, busy, table):
    _delete(world, table, getattr(world, table))
    assert world.rows(COUNTS) == [(0, 0, 0, 0)]
    for name in ("flow", "task", "edge", "flow_run", "task_run"):
        assert world.value(f"SELECT count(*) FROM {name}") == 0
    assert world.value("SELECT count(*) FROM flow_group") == (0 if table == "tenant" else 2)


def test_deleting_an_agent_or_its_config_keeps_what_points_at_them(world):
    config = world.insert("agent_config", tenant_id=world.tenant)
    agent = world.insert("agent", tenant_id=world.tenant, agent_config_id=config)
    run = world.flow_run(world.flow(), agent_id=agent)
    _delete(world, "agent_config", config)
    assert world.row("agent", agent).agent_config_id is None
    _delete(world, "agent", agent)
    assert world.row("flow_run", run).agent_id is None


def test_a_deletion_rolled_back_keeps_the_history(world, busy):
    _, runs = busy
    with world.db.transaction(force_rollback=True):
        _delete(world, "flow_run", *runs)
        assert world.rows(COUNTS) == [(0, 0, 0, 0)]
    assert world.rows(COUNTS) == [(4, 16, 20, 8)]


# Orphans -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("table", "column"),
    [
        ("flow_run_state", "flow_run_id"),
        ("task_run_state", "task_run_id"),
        ("log", "flow_run_id"),
        ("log", "task_run_id"),
    ],
)
def test_an_orphan_is_refused_with_the_error_of_a_foreign_key(world, busy, table, column):
    before = world.rows(COUNTS)
    good = world.value(f"SELECT {column} FROM {table} WHERE {column} IS NOT NULL LIMIT 1")
    row = {"tenant_id": world.tenant}
    if table != "log":
        row |= {"state": "Failed", "serialized_state": {}, "version": 99}
    with pytest.raises(psycopg.errors.ForeignKeyViolation) as caught:
        # One orphan spoils the statement, wherever it stands.
        world.insert_many(table, [row | {column: good}, row | {column: uuid4()}, row | {column: good}])
    assert caught.value.diag.constraint_name == f"{table}_{column}_fkey"
    assert caught.value.diag.table_name == table
    assert f'insert on table "{table}" violates foreign key constraint' in str(caught.value)
    assert world.rows(COUNTS) == before
    assert world.value("SELECT count(*) FROM flow_run WHERE version = 99") == 0


def test_a_log_line_may_name_no_run(world):
    assert world.row("log", world.log()).flow_run_id is None


RACES = [
    pytest.param("flow_run", "flow_run_state", id="flow run state"),
    pytest.param("task_run", "task_run_state", id="task run state"),
    pytest.param("flow_run", "log", id="log of a flow run"),
    pytest.param("task_run", "log", id="log of a task run"),
]


def _insert(kind: str, table: str, version: int) -> str:
    """An INSERT with the parameters tenant, run."""
    if table == "log":
        return f"INSERT INTO log (tenant_id, {kind}_id, message) VALUES (%s, %s, 'a line')"
    return (
        f"INSERT INTO {table} (tenant_id, {kind}_id, state, version, serialized_state) "
        f"VALUES (%s, %s, 'Running', {version}, '{{}}')"
    )


@pytest.mark.parametrize("version", [9, 0], ids=["wins", "does not win"])
@pytest.mark.parametrize(("kind", "table"), RACES)
def test_a_row_that_comes_while_its_run_is_being_deleted_is_refused(
    world, connect, busy, kind, table, version
):
    run = world.value(f"SELECT id FROM {kind} LIMIT 1")
    deleter, writer = connect(), connect()
    with held_back(deleter, world.db, writer, _insert(kind, table, version), world.tenant, run) as written:
        deleter.execute(f"DELETE FROM {kind} WHERE id = %s", (run,))
    with pytest.raises(psycopg.errors.ForeignKeyViolation):
        written.result()
    assert world.value(f"SELECT count(*) FROM {table} WHERE {kind}_id = %s", run) == 0


@pytest.mark.parametrize("version", [9, 0], ids=["wins", "does not win"])
@pytest.mark.parametrize(("kind", "table"), RACES)
def test_a_run_that_is_deleted_while_a_row_comes_takes_it_along(world, connect, busy, kind, table, version):
    run = world.value(f"SELECT id FROM {kind} LIMIT 1")
    writer, deleter = connect(), connect()
    with held_back(writer, world.db, deleter, f"DELETE FROM {kind} WHERE id = %s", run) as deleted:
        writer.execute(_insert(kind, table, version), (world.tenant, run))
    assert deleted.result() == 1
    assert world.value(f"SELECT count(*) FROM {table} WHERE {kind}_id = %s", run) == 0


def test_writing_logs_stops_nobody_but_a_deleter(world, connect, busy):
    """Log lines hold their run only against deletion: heartbeats and states of it go on."""
    _, (run, *_) = busy
    task_run = world.task_runs(run)[0]
    writer, other = connect(), connect()
    with writer.transaction():
        writer.execute(
            "INSERT INTO log (tenant_id, flow_run_id, task_run_id) VALUES (%s, %s, %s)",
            (world.tenant, run, task_run),
        )
        other.execute("SET lock_timeout = '2s'")
        other.execute("UPDATE flow_run SET heartbeat = now() WHERE id = %s", (run,))
        for kind, id in (("flow_run", run), ("task_run", task_run)):
            other.execute(_insert(kind, f"{kind}_state", 9), (world.tenant, id))
        with pytest.raises(psycopg.errors.LockNotAvailable):
            other.execute("DELETE FROM flow_run WHERE id = %s", (run,))
    assert world.row("flow_run", run).version == 9
    assert world.row("task_run", task_run).version == 9


def test_an_open_log_transaction_does_not_hold_up_other_log_writers(world, connect, busy):
    _, (run, *_) = busy
    first, second = connect(), connect()
    second.execute("SET lock_timeout = '2s'")
    with first.transaction():
        for connection in (first, second):
            connection.execute(
                "INSERT INTO log (tenant_id, flow_run_id) VALUES (%s, %s)", (world.tenant, run)
            )
    assert world.value("SELECT count(*) FROM log WHERE flow_run_id = %s", run) == 5
