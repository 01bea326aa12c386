"""What the database itself refuses (invariant 2: rules live where they cannot be bypassed)."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest
from psycopg import errors


def test_one_unarchived_flow_per_version_group(world):
    first = world.flow(group="g", version=1)
    with pytest.raises(errors.UniqueViolation) as caught:
        world.flow(group="g", version=2)
    assert caught.value.diag.constraint_name == "flow_one_unarchived_per_version_group"
    world.flow(group="other", version=1)
    world.flow(group="g", version=3, archived=True)
    world.db.execute("UPDATE flow SET archived = true WHERE id = %s", (first,))
    second = world.flow(group="g", version=2)
    with pytest.raises(errors.UniqueViolation):
        world.db.execute("UPDATE flow SET archived = false WHERE id = %s", (first,))
    assert world.rows("SELECT id FROM flow WHERE version_group_id = 'g' AND NOT archived") == [(second,)]


def test_groups_of_two_tenants_may_have_one_name(world):
    other = world.insert("tenant", name="Other", slug="other")
    project = world.insert("project", tenant_id=other, name="Project")
    world.flow(group="g", version=1)
    world.flow(group="g", version=1, tenant_id=other, project_id=project)
    assert world.value("SELECT count(*) FROM flow_group WHERE name = 'g'") == 2


def test_a_version_number_is_given_once(world):
    world.flow(group="g", version=1, archived=True)
    with pytest.raises(errors.UniqueViolation) as caught:
        world.flow(group="g", version=1, archived=True)
    assert caught.value.diag.constraint_name == "flow_version_key"


@pytest.mark.parametrize(
    ("table", "values", "constraint"),
    [
        ("tenant", {"name": "x", "slug": "taken"}, "tenant_slug_key"),
        ("project", {"name": "taken"}, "project_tenant_id_name_key"),
        ("flow_group", {"name": "taken"}, "flow_group_tenant_id_name_key"),
    ],
)
def test_names_are_unique(world, table, values, constraint):
    values = values if table == "tenant" else {**values, "tenant_id": world.tenant}
    world.insert(table, **values)
    with pytest.raises(errors.UniqueViolation) as caught:
        world.insert(table, **values)
    assert caught.value.diag.constraint_name == constraint


def test_tasks_edges_and_task_runs_are_unique(world):
    flow = world.flow(tasks=2)
    up, down = world.tasks(flow)
    run = world.flow_run(flow)
    edge = {"tenant_id": world.tenant, "flow_id": flow, "upstream_task_id": up, "downstream_task_id": down}
    world.insert("edge", **edge)
    task_run = {"tenant_id": world.tenant, "flow_run_id": run, "task_id": up, "map_index": 0}
    world.insert("task_run", **task_run)
    for table, values, constraint in (
        ("edge", {**edge, "key": "another"}, "edge_flow_id_task_ids_key"),
        ("task_run", task_run, "task_run_unique_identifier_key"),
        ("task", {"tenant_id": world.tenant, "flow_id": flow, "slug": "task-0"}, "task_flow_id_slug_key"),
    ):
        with pytest.raises(errors.UniqueViolation) as caught:
            world.insert(table, **values)
        assert caught.value.diag.constraint_name == constraint


@pytest.mark.parametrize("key", ["same", None])
def test_idempotency_keys_are_unique_within_a_flow(world, key):
    flows = world.flow(group="a"), world.flow(group="b")
    for flow in flows:
        world.flow_run(flow, idempotency_key=key)
    if key is None:
        world.flow_run(flows[0], idempotency_key=key)
        return
    with pytest.raises(errors.UniqueViolation) as caught:
        world.flow_run(flows[0], idempotency_key=key)
    assert caught.value.diag.constraint_name == "ix_flow_run_idempotency_key_unique"


IDENTITY = {"type": "LocalAgent", "name": "agent", "core_version": "1.4.1", "labels": ["a", "b"]}


@pytest.mark.parametrize(
    "missing", [(), ("name",), ("core_version",), ("name", "core_version"), ("type", "name")]
)
def test_an_agent_is_registered_once_even_if_parts_of_its_identity_are_null(world, missing):
    agent = {"tenant_id": world.tenant} | IDENTITY | dict.fromkeys(missing)
    world.insert("agent", **agent)
    with pytest.raises(errors.UniqueViolation) as caught:
        world.insert("agent", **agent)
    assert caught.value.diag.constraint_name == "agent_identity_key"


@pytest.mark.parametrize(
    "other",
    [
        {"name": None},
        {"core_version": "0.15.13"},
        {"type": "DockerAgent"},
        {"labels": []},
        {"labels": ["a"]},
        {"labels": [f"label-{n}" for n in range(2000)]},
    ],
)
def test_agents_that_differ_are_two(world, other):
    world.insert("agent", tenant_id=world.tenant, **IDENTITY)
    world.insert("agent", tenant_id=world.tenant, **IDENTITY | other)
    assert world.value("SELECT count(*) FROM agent") == 2


def test_of_many_agents_that_register_at_once_one_row_remains(world, connect):
    connections = [connect() for _ in range(4)]
    statement = "INSERT INTO agent (tenant_id, type, name, labels) VALUES (%s, 'LocalAgent', NULL, '[]') ON CONFLICT DO NOTHING"
    with ThreadPoolExecutor(max_workers=4) as threads:
        inserted = list(
            threads.map(lambda one: one.execute(statement, (world.tenant,)).rowcount, connections)
        )
    assert sorted(inserted) == [0, 0, 0, 1]


# Of the roles those that every tenant has.
OF_NO_TENANT = {"tenant", "auth_user", "auth_api_key", "auth_role", "alembic_version"}


def test_every_row_belongs_to_a_tenant(world):
    tenant_columns = world.rows(
        """
        SELECT relname, attnotnull FROM pg_class
        LEFT JOIN pg_attribute ON attrelid = pg_class.oid AND attname = 'tenant_id'
        WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p')
        """
    )
    assert {table for table, not_null in tenant_columns if not not_null} == OF_NO_TENANT
    assert len(tenant_columns) > 15


def test_updated_is_kept_by_a_trigger_in_every_table(world):
    without = world.rows(
        """
        SELECT oid::regclass FROM pg_class
        WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p') AND relname <> 'alembic_version'
          AND NOT EXISTS (
              SELECT FROM pg_trigger WHERE tgrelid = pg_class.oid AND tgname = 'update_timestamp' AND tgenabled = 'O')
        """
    )
    assert without == []
    before = world.row("project", world.project)
    world.db.execute("UPDATE project SET description = 'x' WHERE id = %s", (world.project,))
    after = world.row("project", world.project)
    assert after.updated > before.updated
    assert after.created == before.created


def test_ids_of_growing_tables_are_uuid_7_and_in_the_order_of_time(world):
    flow = world.flow()
    runs = [world.flow_run(flow) for _ in range(50)]
    assert {run.version for run in runs} == {7}
    assert {run.variant for run in runs} == {"specified in RFC 4122"}
    milliseconds = [run.int >> 80 for run in runs]
    assert milliseconds == sorted(milliseconds)
    assert len(set(runs)) == 50
    (now,) = world.db.execute("SELECT extract(epoch FROM clock_timestamp()) * 1000").fetchone() or (0,)
    assert abs(milliseconds[-1] - float(now)) < 60_000


@pytest.mark.parametrize("table", ["flow", "project", "task_run", "flow_run"])
def test_a_row_without_its_parent_is_refused(world, table):
    columns = {"flow": "project_id", "project": "tenant_id", "task_run": "flow_run_id", "flow_run": "flow_id"}
    flow = world.flow(tasks=1)
    run = world.flow_run(flow)
    unknown = "00000000-0000-4000-8000-000000000000"
    values = {
        "flow": {"name": "x", "flow_group_id": world.row("flow", flow).flow_group_id},
        "project": {"name": "x"},
        "task_run": {"task_id": world.tasks(flow)[0], "map_index": 5},
        "flow_run": {},
    }[table]
    if table != "project":
        values["tenant_id"] = world.tenant
    with pytest.raises(psycopg.errors.ForeignKeyViolation) as caught:
        world.insert(table, **values, **{columns[table]: unknown})
    assert caught.value.diag.constraint_name == f"{table}_{columns[table]}_fkey"
    assert world.row("flow_run", run) is not None


@pytest.mark.parametrize(
    ("table", "values"),
    [
        ("project", {"name": "new"}),
        ("flow_group", {"name": "new"}),
        ("agent", {"type": "LocalAgent"}),
        ("agent_config", {"name": "new"}),
        ("cloud_hook", {"type": "WEBHOOK"}),
        ("message", {"type": "MESSAGE"}),
    ],
)
def test_a_deleted_tenant_takes_nothing_new(world, table, values):
    other = world.insert("tenant", name="Other", slug="other")
    world.db.execute("INSERT INTO utility.tenant_deletion VALUES (%s)", (world.tenant,))
    with pytest.raises(errors.ForeignKeyViolation) as caught:
        world.insert(table, tenant_id=world.tenant, **values)
    assert caught.value.diag.constraint_name == f"{table}_tenant_id_fkey"
    assert world.insert(table, tenant_id=other, **values)


def test_a_deleted_tenant_takes_no_new_flow(world):
    world.flow(group="g", version=1)
    world.db.execute("INSERT INTO utility.tenant_deletion VALUES (%s)", (world.tenant,))
    with pytest.raises(errors.ForeignKeyViolation) as caught:
        world.db.execute(
            "INSERT INTO flow (tenant_id, project_id, flow_group_id, name)"
            " SELECT tenant_id, project_id, flow_group_id, name FROM flow"
        )
    assert caught.value.diag.constraint_name == "flow_tenant_id_fkey"
    world.db.execute("DELETE FROM tenant WHERE id = %s", (world.tenant,))
    assert world.value("SELECT count(*) FROM utility.tenant_deletion") == 0


UNKNOWN = "00000000-0000-4000-8000-000000000000"


@pytest.mark.parametrize("whose", ["nobody", "other"])
@pytest.mark.parametrize(
    ("table", "columns"),
    [
        ("task", "flow_id, slug"),
        ("edge", "flow_id, upstream_task_id, downstream_task_id"),
        ("task_run", "flow_run_id, task_id, map_index"),
    ],
)
def test_what_stands_below_a_flow_has_its_tenant(world, table, columns, whose):
    other = world.insert("tenant", name="Other", slug="other")
    flow = world.flow(tasks=3)
    run = world.flow_run(flow)
    one, two, three = world.tasks(flow)
    rows = {
        "task": [(flow, "new-1"), (flow, "new-2")],
        "edge": [(flow, one, two), (flow, two, three)],
        "task_run": [(run, one, 1), (run, one, 2)],
    }[table]
    tenants = [world.tenant, UNKNOWN if whose == "nobody" else other]
    statement = f"INSERT INTO {table} (tenant_id, {columns}) VALUES " + ", ".join(
        f"({', '.join(['%s'] * (1 + len(rows[0])))})" for _ in rows
    )
    before = world.value(f"SELECT count(*) FROM {table}")
    # One row of two is enough: nothing is written.
    with pytest.raises(errors.ForeignKeyViolation, match=f"{table}_tenant_id_fkey") as caught:
        world.db.execute(
            statement, [value for tenant, row in zip(tenants, rows, strict=True) for value in (tenant, *row)]
        )
    assert (caught.value.diag.table_name, caught.value.diag.constraint_name) == (
        table,
        f"{table}_tenant_id_fkey",
    )
    assert world.value(f"SELECT count(*) FROM {table}") == before
    world.db.execute(statement, [value for row in rows for value in (world.tenant, *row)])
    with pytest.raises(errors.RestrictViolation):
        world.db.execute(f"UPDATE {table} SET tenant_id = %s", (other,))
    world.db.execute(f"UPDATE {table} SET tenant_id = tenant_id")


@pytest.mark.parametrize("table", ["flow", "flow_run"])
def test_a_parent_stays_with_its_tenant(world, table):
    other = world.insert("tenant", name="Other", slug="other")
    world.flow_run(world.flow(tasks=1))
    with pytest.raises(errors.RestrictViolation):
        world.db.execute(f"UPDATE {table} SET tenant_id = %s", (other,))


@pytest.mark.parametrize("table", ["task", "edge"])
def test_what_stands_below_a_flow_stays_there(world, table):
    flow, another = world.flow(group="a", tasks=2), world.flow(group="b")
    up, down = world.tasks(flow)
    world.insert("edge", tenant_id=world.tenant, flow_id=flow, upstream_task_id=up, downstream_task_id=down)
    with pytest.raises(errors.RestrictViolation):
        world.db.execute(f"UPDATE {table} SET flow_id = %s", (another,))


@pytest.mark.parametrize("runs", [1, 30])
def test_a_tenant_takes_all_below_its_flows_with_it(world, runs):
    flow = world.flow(tasks=2)
    up, down = world.tasks(flow)
    world.insert("edge", tenant_id=world.tenant, flow_id=flow, upstream_task_id=up, downstream_task_id=down)
    for _ in range(runs):
        world.flow_run(flow)
    assert world.value("SELECT count(*) FROM task_run") == 2 * runs
    world.db.execute("DELETE FROM tenant WHERE id = %s", (world.tenant,))
    # Many are left to the purge.
    world.db.execute("SELECT utility.purge_deleted(100000)")
    for table in ("flow", "flow_run", "task", "edge", "task_run", "task_run_state"):
        assert world.value(f"SELECT count(*) FROM {table}") == 0
