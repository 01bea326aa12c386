"""New flow runs get their task runs (contract server.md 1.4 A; auto-scheduled ones no later than they leave the schedule)."""

from __future__ import annotations

import pytest

TASK_RUNS = """
    SELECT slug, map_index, task_run.cache_key, task_run.tenant_id, version, state, state_message, serialized_state
    FROM task_run JOIN task ON task.id = task_id WHERE flow_run_id = %s ORDER BY slug
"""
STATES = """
    SELECT s.tenant_id, s.state, s.version, s.message, s.result, s.start_time, s.serialized_state,
           s."timestamp" = task_run.state_timestamp
    FROM task_run_state AS s JOIN task_run ON task_run.id = task_run_id WHERE flow_run_id = %s
"""
PENDING = {"type": "Pending", "message": "Task run created"}


def test_a_run_made_by_hand_has_its_task_runs_at_once(world):
    run = world.flow_run(world.flow(tasks=3))
    assert world.rows(TASK_RUNS, run) == [
        (f"task-{n}", -1, f"key-{n}", world.tenant, 1, "Pending", "Task run created", PENDING)
        for n in range(3)
    ]
    assert (
        world.rows(STATES, run)
        == [(world.tenant, "Pending", 1, "Task run created", None, None, PENDING, True)] * 3
    )


def test_the_run_itself_has_no_state_until_it_is_given_one(world):
    row = world.row("flow_run", world.flow_run(world.flow(tasks=1)))
    assert row.version == 0
    assert (row.state, row.state_message, row.state_timestamp, row.state_start_time) == (
        None,
        None,
        None,
        None,
    )
    assert (row.state_result, row.serialized_state, row.start_time, row.end_time) == (None, None, None, None)
    assert (row.times_resurrected, row.parameters, row.labels, row.auto_scheduled) == (0, {}, [], False)


def test_many_runs_in_one_statement(world):
    flows = [world.flow(tasks=2, group="a"), world.flow(tasks=0, group="b"), world.flow(tasks=5, group="c")]
    runs = world.insert_many("flow_run", [{"tenant_id": world.tenant, "flow_id": flow} for flow in flows * 2])
    assert [len(world.rows(TASK_RUNS, run)) for run in runs] == [2, 0, 5, 2, 0, 5]
    assert [len(world.rows(STATES, run)) for run in runs] == [2, 0, 5, 2, 0, 5]


def test_a_flow_of_a_thousand_tasks(world):
    run = world.flow_run(world.flow(tasks=1000))
    assert len(world.rows(TASK_RUNS, run)) == 1000
    assert {row[4:6] for row in world.rows(TASK_RUNS, run)} == {(1, "Pending")}


def test_the_conflict_branch_of_an_upsert_makes_none(world):
    flow = world.flow(tasks=2)
    run = world.flow_run(flow, idempotency_key="once")
    task = world.insert("task", tenant_id=world.tenant, flow_id=flow, slug="late")
    found = world.value(
        "INSERT INTO flow_run (tenant_id, flow_id, idempotency_key) VALUES (%s, %s, 'once') "
        "ON CONFLICT ON CONSTRAINT ix_flow_run_idempotency_key_unique "
        "DO UPDATE SET idempotency_key = excluded.idempotency_key RETURNING id",
        world.tenant,
        flow,
    )
    assert found == run
    assert world.value("SELECT count(*) FROM task_run WHERE task_id = %s", task) == 0


def test_a_null_idempotency_key_never_collides(world):
    flow = world.flow()
    assert world.flow_run(flow, idempotency_key=None) != world.flow_run(flow, idempotency_key=None)


def test_an_auto_scheduled_run_costs_one_row(world):
    run = world.flow_run(world.flow(tasks=3), auto_scheduled=True)
    world.set_state("flow_run", run, "Scheduled", 1)
    assert world.rows(TASK_RUNS, run) == []


def test_runs_of_both_kinds_in_one_statement(world):
    flow = world.flow(tasks=2)
    by_hand, scheduled = world.insert_many(
        "flow_run",
        [{"tenant_id": world.tenant, "flow_id": flow, "auto_scheduled": auto} for auto in (False, True)],
    )
    assert (len(world.rows(TASK_RUNS, by_hand)), len(world.rows(TASK_RUNS, scheduled))) == (2, 0)


@pytest.mark.parametrize("state", ["Submitted", "Running"])
def test_an_auto_scheduled_run_has_them_when_it_leaves_the_schedule(world, state):
    run = world.flow_run(world.flow(tasks=3), auto_scheduled=True)
    world.set_state("flow_run", run, "Scheduled", 1)
    world.set_state("flow_run", run, state, 2)
    assert [row[4:6] for row in world.rows(TASK_RUNS, run)] == [(1, "Pending")] * 3
    assert (
        world.rows(STATES, run)
        == [(world.tenant, "Pending", 1, "Task run created", None, None, PENDING, True)] * 3
    )
    world.set_state("flow_run", run, "Running", 3)
    assert len(world.rows(STATES, run)) == 3


@pytest.mark.parametrize("state", ["Scheduled", "Cancelled", "Failed", "Queued", "Retrying"])
def test_no_other_state_makes_them(world, state):
    run = world.flow_run(world.flow(tasks=3), auto_scheduled=True)
    world.set_state("flow_run", run, state, 1)
    assert world.rows(TASK_RUNS, run) == []


def test_several_auto_scheduled_runs_submitted_in_one_statement(world):
    flow = world.flow(tasks=3)
    runs = [world.flow_run(flow, auto_scheduled=True) for _ in range(3)]
    world.insert_many("flow_run_state", [world.state("flow_run", run, "Submitted", 1) for run in runs])
    assert [len(world.rows(TASK_RUNS, run)) for run in runs] == [3, 3, 3]


def test_create_task_runs_makes_what_is_missing_and_only_that(world):
    flow = world.flow(tasks=2)
    runs = [world.flow_run(flow, auto_scheduled=True) for _ in range(2)]
    world.db.execute("SELECT utility.create_task_runs(%s)", (runs,))
    made = [world.task_runs(run) for run in runs]
    assert [len(ids) for ids in made] == [2, 2]

    world.set_state("task_run", made[0][0], "Running", 2)
    world.insert("task", tenant_id=world.tenant, flow_id=flow, slug="task-9")
    world.db.execute("SELECT utility.create_task_runs(%s)", (runs,))
    again = [world.task_runs(run) for run in runs]
    assert [ids[:2] for ids in again] == made
    assert [len(ids) for ids in again] == [3, 3]
    assert world.row("task_run", made[0][0]).state == "Running"
    # Three first states for each run, and the one Running.
    assert world.value("SELECT count(*) FROM task_run_state") == 7


def test_create_task_runs_of_nothing(world):
    world.db.execute("SELECT utility.create_task_runs('{}')")
    world.db.execute("SELECT utility.create_task_runs(ARRAY[gen_random_uuid()])")
    assert world.value("SELECT count(*) FROM task_run") == 0


def test_task_runs_belong_to_the_tenant_of_their_run(world):
    other = world.insert("tenant", name="Other", slug="other")
    project = world.insert("project", tenant_id=other, name="Project")
    flow = world.flow(tasks=0, tenant_id=other, project_id=project)
    world.insert("task", tenant_id=other, flow_id=flow, slug="one")
    world.insert("flow_run", tenant_id=other, flow_id=flow)
    assert world.rows("SELECT tenant_id FROM task_run UNION SELECT tenant_id FROM task_run_state") == [
        (other,)
    ]
