"""Every invariant of ops.invariant_violations: a sound world breaks none, and each way to break one is seen.

The violations are made behind the back of the constraints and triggers that forbid them, in transactions that are
rolled back.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from typing import Any, NamedTuple
from uuid import UUID

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict

from lictor.cli.embedded.postgres import PostgresServer
from tests.migrations.builders import World

ALL = "SELECT invariant, object_type, id, detail FROM ops.invariant_violations"
SLOT = "INSERT INTO utility.task_run_slot (limit_id, task_run_id, tenant_id) VALUES (%s, %s, %s)"


class Sound:
    """A world in which something of everything is under way, and nothing is wrong."""

    def __init__(self, world: World) -> None:
        self.world = world
        db = world.db
        self.flow = world.flow(tasks=2, version=1, is_schedule_active=True)
        self.old_flow = world.flow(group="other", tasks=1, version=1, archived=True)
        self.first_task, self.second_task = world.tasks(self.flow)
        self.running = self._run(["Scheduled", "Submitted", "Running"], labels=["gpu"])
        self.finished = self._run(["Scheduled", "Submitted", "Running", "Success"], labels=["gpu"])
        self.paused = self._run(["Scheduled", "Paused"])
        self.scheduled = world.flow_run(
            self.flow, auto_scheduled=True, idempotency_key="auto-scheduled:1", version=0
        )
        self._state(self.scheduled, "Scheduled", 1, start_time=world.value("SELECT now() + interval '1 day'"))
        self.retrying, self.task_run = world.task_runs(self.running)
        at = world.value("SELECT now() + interval '1 hour'")
        world.set_state("task_run", self.retrying, "Retrying", 2, start_time=at)
        world.set_state("task_run", self.task_run, "Running", 2)
        self.log = world.log(flow_run_id=self.running, task_run_id=self.task_run)
        self.artifact = world.insert(
            "task_run_artifact", tenant_id=world.tenant, task_run_id=self.task_run, kind="link"
        )
        self.label_limit = world.insert(
            "flow_concurrency_limit", tenant_id=world.tenant, name="gpu", limit=1, updated="2026-01-01"
        )
        self.tag_limit = world.insert(
            "task_tag_limit", tenant_id=world.tenant, tag="db", limit=1, updated="2026-01-01"
        )
        db.execute(SLOT, (self.tag_limit, self.task_run, world.tenant))
        config = world.insert("agent_config", tenant_id=world.tenant)
        self.agent = world.insert("agent", tenant_id=world.tenant, agent_config_id=config)
        db.execute("UPDATE flow_run SET agent_id = %s WHERE id = %s", (self.agent, self.running))
        self.edge = world.insert(
            "edge",
            tenant_id=world.tenant, flow_id=self.flow,
            upstream_task_id=self.first_task, downstream_task_id=self.second_task,
        )  # fmt: skip
        self.stranger = world.insert("tenant", name="Stranger", slug="stranger")
        self.nobody = world.value("SELECT gen_random_uuid()")

    def _run(self, states: list[str], **values: Any) -> UUID:
        run = self.world.flow_run(self.flow, **values)
        for version, state in enumerate(states, 1):
            self._state(run, state, version)
        return run

    def _state(self, run: UUID, state: str, version: int, start_time: Any = "2026-01-01") -> None:
        self.world.set_state(
            "flow_run", run, state, version, start_time=start_time if state == "Scheduled" else None
        )


class Break(NamedTuple):
    """`sql`, whose %(names)s are attributes of Sound, breaks `invariant`; the offender is the object `object`."""

    invariant: str
    object: str | None
    sql: str
    says: str = ""


COPY_STATE = """
    INSERT INTO {table}_state (tenant_id, {table}_id, state, version, serialized_state, "timestamp")
    SELECT tenant_id, {table}_id, state, version + {more}, serialized_state, "timestamp"
    FROM {table}_state WHERE {table}_id = %({run})s ORDER BY version DESC LIMIT 1;
"""
SECOND_HOLDER = """
    INSERT INTO flow_run_state (tenant_id, flow_run_id, state, version, serialized_state)
    VALUES (%(tenant)s, %(finished)s, 'Running', 5, '{}');
    UPDATE flow_run SET state = 'Running' WHERE id = %(finished)s;
"""
TENANT = "UPDATE {table} SET tenant_id = %(stranger)s WHERE id = %({object})s"

BREAKS = [
    Break("flow_run_versions", "running", COPY_STATE.format(table="flow_run", run="running", more=0), "4 states, 3 versions"),
    Break("flow_run_versions", "running", COPY_STATE.format(table="flow_run", run="running", more=2), "from 1 to 5"),
    Break("flow_run_versions", "finished", "DELETE FROM flow_run_state WHERE flow_run_id = %(finished)s AND version = 1", "from 2 to 4"),
    Break("task_run_versions", "task_run", COPY_STATE.format(table="task_run", run="task_run", more=0), "3 states, 2 versions"),
    Break("task_run_versions", "task_run", COPY_STATE.format(table="task_run", run="task_run", more=2), "from 1 to 4"),
    Break("flow_run_state", "finished", "UPDATE flow_run SET state = 'Failed' WHERE id = %(finished)s", "is Failed at version 4"),
    Break("flow_run_state", "running", "UPDATE flow_run SET version = 7 WHERE id = %(running)s", "version 7"),
    Break("flow_run_state", "running", "DELETE FROM flow_run_state WHERE flow_run_id = %(running)s", "its newest state is  at version"),
    Break("flow_run_state", "paused", "UPDATE flow_run SET serialized_state = '{}' WHERE id = %(paused)s"),
    Break("task_run_state", "task_run", "UPDATE task_run SET state = 'Success' WHERE id = %(task_run)s", "is Success at version 2"),
    Break("forgotten_flow_runs", "scheduled", "UPDATE flow_run SET state_start_time = NULL WHERE id = %(scheduled)s", "without a time"),
    Break("forgotten_flow_runs", "running", "UPDATE flow_run SET heartbeat = NULL WHERE id = %(running)s", "heartbeat"),
    Break("forgotten_flow_runs", "finished", "UPDATE flow_run SET state = 'Pending' WHERE id = %(finished)s", "no service"),
    Break("forgotten_flow_runs", "finished", "UPDATE flow_run SET state = NULL WHERE id = %(finished)s", "without a state"),
    Break("waiting_task_runs", "retrying", "DELETE FROM utility.waiting_task_run WHERE task_run_id = %(retrying)s", "not in the list"),
    Break("waiting_task_runs", "retrying", "UPDATE utility.waiting_task_run SET start_time = now()", "waits for"),
    Break("waiting_task_runs", "retrying", "UPDATE utility.waiting_task_run SET tenant_id = %(stranger)s"),
    Break("waiting_task_runs", "retrying", "DELETE FROM task_run WHERE id = %(retrying)s", "is gone"),
    Break("missing_task_runs", "running", "DELETE FROM task_run WHERE id = %(task_run)s", "no task run for the task"),
    Break("missing_task_runs", "scheduled", "UPDATE flow_run SET state_start_time = now() - interval '2 minutes' WHERE id = %(scheduled)s"),
    Break(
        "duplicate_schedule_keys", "scheduled",
        "ALTER TABLE flow_run DROP CONSTRAINT ix_flow_run_idempotency_key_unique;"
        "INSERT INTO flow_run (tenant_id, flow_id, auto_scheduled, idempotency_key, version, state, state_start_time)"
        " VALUES (%(tenant)s, %(flow)s, true, 'auto-scheduled:1', 1, 'Scheduled', now() + interval '1 day')",
        "2 runs",
    ),
    Break("runs_without_schedule", "scheduled", "UPDATE flow SET is_schedule_active = false WHERE id = %(flow)s", "not scheduled"),
    Break("runs_without_schedule", "scheduled", "UPDATE flow SET archived = true WHERE id = %(flow)s", "archived"),
    Break(
        "unarchived_flows", None,
        "DROP INDEX flow_one_unarchived_per_version_group;"
        "UPDATE flow SET archived = false, version_group_id = 'group', version = 2 WHERE id = %(old_flow)s",
        "2 unarchived versions",
    ),
    Break("flow_concurrency", "finished", SECOND_HOLDER, 'holder 2 of the limit "gpu" (1)'),
    Break(
        "task_concurrency", "retrying",
        "INSERT INTO utility.task_run_slot (limit_id, task_run_id, tenant_id) VALUES (%(tag_limit)s, %(retrying)s, %(tenant)s);"
        "INSERT INTO task_run_state (tenant_id, task_run_id, state, version, serialized_state)"
        " VALUES (%(tenant)s, %(retrying)s, 'Running', 3, '{}');"
        "UPDATE task_run SET state = 'Running' WHERE id = %(retrying)s",
        'holder 2 of the limit "db" (1)',
    ),
    Break("tenants", "flow", TENANT.format(table="flow", object="flow"), "its project"),
    Break("tenants", "flow", "UPDATE flow_group SET tenant_id = %(stranger)s", "its flow_group"),
    Break("tenants", "first_task", TENANT.format(table="task", object="first_task"), "its flow"),
    Break("tenants", "edge", TENANT.format(table="edge", object="edge"), "its flow"),
    Break("tenants", "agent", TENANT.format(table="agent", object="agent"), "its agent_config"),
    Break("tenants", "running", TENANT.format(table="flow_run", object="running"), "its flow "),
    Break("tenants", "running", TENANT.format(table="agent", object="agent"), "its agent "),
    Break("tenants", "task_run", TENANT.format(table="task_run", object="task_run"), "its flow_run"),
    Break("tenants", "artifact", TENANT.format(table="task_run_artifact", object="artifact"), "its task_run"),
    Break("tenants", None, "UPDATE flow_run_state SET tenant_id = %(stranger)s WHERE flow_run_id = %(running)s AND version = 3", "its flow_run"),
    Break("tenants", None, "UPDATE task_run_state SET tenant_id = %(stranger)s WHERE task_run_id = %(task_run)s AND version = 2", "its task_run"),
    Break("tenants", "log", TENANT.format(table="log", object="log"), "its flow_run"),
    Break("tenants", "task_run", "UPDATE utility.task_run_slot SET tenant_id = %(stranger)s", "its task_tag_limit"),
    Break("orphans", "task_run", "DELETE FROM flow_run WHERE id = %(running)s", "its flow run"),
    Break("orphans", "task_run", "DELETE FROM task WHERE id = %(second_task)s", "its task"),
    Break("orphans", None, "DELETE FROM flow_run WHERE id = %(paused)s", "its flow run"),
    Break("orphans", None, "DELETE FROM task_run WHERE id = %(task_run)s", "its task run"),
    Break("orphans", "log", "UPDATE log SET task_run_id = NULL, flow_run_id = %(nobody)s", "its flow run"),
    Break("orphans", "log", "UPDATE log SET flow_run_id = NULL, task_run_id = %(nobody)s", "its task run"),
    Break("tasks_of_other_flows", "task_run", "UPDATE task SET flow_id = %(old_flow)s, slug = 'other' WHERE id = %(second_task)s"),
    Break("duties", None, "INSERT INTO utility.duty (name, interval, next_due, term) VALUES ('x', '1 s', now(), 9)", "ordered in term 9; the clock's term is 0"),
    Break("duties", None, "INSERT INTO utility.duty (name, interval, next_due, started_dispatch) VALUES ('x', '1 s', now(), 1)", "order 0, begun 1"),
    Break("duties", None, "INSERT INTO utility.duty (name, interval, next_due, dispatch, succeeded_dispatch) VALUES ('x', '1 s', now(), 2, 2)", "begun 0, done 2"),
]  # fmt: skip


@pytest.fixture
def sound(world: World) -> Sound:
    return Sound(world)


def test_a_sound_world_breaks_nothing(sound: Sound) -> None:
    assert sound.world.rows(ALL) == []


def _names(sound: Sound) -> dict[str, Any]:
    return {**vars(sound), "world": None, "tenant": sound.world.tenant}


class Behind:
    """A transaction in which neither triggers nor foreign keys look."""

    def __init__(self, db: psycopg.Connection) -> None:
        self.db = db
        db.execute("SET LOCAL session_replication_role = replica")

    def rows(self, query: str, *parameters: Any) -> list[Any]:
        return self.db.execute(query, parameters).fetchall()

    def execute(self, sql: str, sound: Sound) -> None:
        # A client-side cursor takes several statements at once.
        psycopg.ClientCursor(self.db).execute(sql, _names(sound))


Enter = Callable[[], AbstractContextManager[Behind]]


@pytest.fixture
def behind(server: PostgresServer, shared: str) -> Enter:
    """Opens a transaction that may do anything and is rolled back."""

    @contextlib.contextmanager
    def enter() -> Iterator[Behind]:
        name = str(conninfo_to_dict(shared)["dbname"])
        with psycopg.connect(server.dsn(name, user="postgres")) as db, db.transaction(force_rollback=True):
            yield Behind(db)

    return enter


@pytest.mark.parametrize(
    "way", BREAKS, ids=[f"{number}-{way.invariant}" for number, way in enumerate(BREAKS)]
)
def test_each_violation_is_seen(sound: Sound, behind: Enter, way: Break) -> None:
    with behind() as there:
        there.execute(way.sql, sound)
        found = there.rows(f"{ALL} WHERE invariant = %s", way.invariant)
    matching = [
        (id, detail)
        for _, _, id, detail in found
        if way.says in detail and (way.object is None or id == getattr(sound, way.object))
    ]
    assert matching, found
    assert sound.world.rows(ALL) == []


def test_every_check_is_part_of_the_view_and_is_broken_above(sound: Sound) -> None:
    checks = {
        name.removeprefix("check_")
        for (name,) in sound.world.rows(
            "SELECT proname FROM pg_proc WHERE pronamespace = 'ops'::regnamespace AND proname LIKE 'check\\_%%'"
        )
    }
    assert checks == {way.invariant for way in BREAKS}
    text = sound.world.value("SELECT prosrc FROM pg_proc WHERE proname = 'find_violations'")
    assert all(f"ops.check_{name}(" in text for name in checks)


LOWERED = SECOND_HOLDER + "UPDATE flow_concurrency_limit SET updated = now() + interval '1 s'"
PURGED = "INSERT INTO utility.purge (id) VALUES (%(finished)s); DELETE FROM flow_run WHERE id = %(finished)s;"
REVIVED = "UPDATE flow_run SET version = 4 WHERE id = %(scheduled)s; UPDATE flow SET archived = true WHERE id = %(flow)s;"
OLD_ID = "'01900000-0000-7000-8000-000000000000'"
OLD = f"""
    UPDATE flow_run SET id = {OLD_ID} WHERE id = %(finished)s;
    UPDATE flow_run_state SET flow_run_id = {OLD_ID} WHERE flow_run_id = %(finished)s;
    DELETE FROM flow_run_state WHERE flow_run_id = {OLD_ID} AND version < 3;
"""
LEAVING = "INSERT INTO utility.tenant_deletion (tenant_id) VALUES (%(tenant)s); DELETE FROM task_run;"


@pytest.mark.parametrize(
    ("invariants", "sql"),
    [
        pytest.param("flow_concurrency", LOWERED, id="limit-lowered-below-its-holders"),
        pytest.param(
            "flow_concurrency",
            SECOND_HOLDER.replace("'Running'", "'Cancelling'"),
            id="cancelling-takes-no-slot",
        ),
        pytest.param("runs_without_schedule", REVIVED, id="revived-after-its-flow-was-archived"),
        pytest.param("orphans", PURGED, id="large-delete-not-purged-yet"),
        pytest.param("missing_task_runs orphans waiting_task_runs", LEAVING, id="rows-of-a-deleted-tenant"),
        pytest.param("flow_run_versions", OLD, id="first-states-gone-by-retention"),
    ],
)
def test_what_looks_wrong_and_is_not(sound: Sound, behind: Enter, invariants: str, sql: str) -> None:
    with behind() as there:
        there.execute(sql, sound)
        assert there.rows(f"{ALL} WHERE invariant = ANY (%s)", invariants.split()) == []


def test_history_before_the_bound_is_left_alone(sound: Sound, behind: Enter) -> None:
    query = "SELECT count(*) FROM ops.find_violations({}) WHERE invariant = 'flow_run_state'"
    bounds = {"'-infinity'": 1, "now() - interval '1 minute'": 1, "now() + interval '1 minute'": 0}
    with behind() as there:
        there.execute("UPDATE flow_run SET state = 'Failed' WHERE id = %(finished)s", sound)
        for since, seen in bounds.items():
            assert there.rows(query.format(since)) == [(seen,)]


def test_uuid_at_is_the_first_of_its_moment(sound: Sound) -> None:
    before, id, after = sound.world.rows(
        "SELECT ops.uuid_at(now() - interval '1 s'), uuidv7(), ops.uuid_at(clock_timestamp() + interval '1 s')"
    )[0]
    assert before < id < after
    assert before.version == 7


def test_a_single_invariant_is_asked_alone(sound: Sound) -> None:
    plan = "\n".join(
        line
        for (line,) in sound.world.rows(
            "EXPLAIN SELECT * FROM ops.invariant_violations WHERE invariant = 'unarchived_flows'"
        )
    )
    assert "on flow" in plan
    for table in ("flow_run", "task_run", "log", "utility.duty"):
        assert f" {table} " not in plan.replace(f"on {table}_", "")
