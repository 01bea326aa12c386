"""Registration and the life of a flow through its actions (contract server.md 3.6.2 and 3.6.3)."""

from __future__ import annotations

import asyncio
import base64
import gzip
import json
from typing import Any
from uuid import uuid4

import pytest

from lictor.actions.registry import ActionError
from lictor.orchestration.errors import OrchestrationError

HOURLY = {"type": "Schedule", "clocks": [{"type": "IntervalClock", "interval": 3_600_000_000,
          "start_date": {"dt": "2026-01-01T00:00:00", "tz": "UTC"}, "end_date": None,
          "parameter_defaults": None, "labels": None}]}  # fmt: skip


def document(name: str = "flow", tasks: int = 3, **more: Any) -> dict[str, Any]:
    return {
        "name": name,
        "__version__": "1.4.1",
        "tasks": [
            {"slug": f"t-{n}", "name": f"t {n}", "tags": ["x"], "max_retries": 2, "retry_delay": 1.5,
             "trigger": {"fn": "prefect.triggers.all_successful", "kwargs": {}}, "cache_key": "key"}
            for n in range(tasks)
        ],
        "edges": [
            {"upstream_task": {"slug": f"t-{n}"}, "downstream_task": {"slug": f"t-{n + 1}"}, "mapped": n == 0}
            for n in range(tasks - 1)
        ],
        "parameters": [],
        **more,
    }  # fmt: skip


def packed(value: Any) -> str:
    return base64.b64encode(gzip.compress(json.dumps(value).encode())).decode()


async def test_a_flow_is_stored_with_tasks_and_edges(pool, call, project_id, tenant_id):
    flow_id = (
        await call(
            "create_flow_from_compressed_string", serialized_flow=packed(document()), project_id=project_id
        )
    )["id"]
    flow = await pool.fetchrow("SELECT * FROM flow WHERE id = $1", flow_id)
    assert (flow["name"], flow["version"], flow["core_version"], flow["archived"]) == (
        "flow",
        1,
        "1.4.1",
        False,
    )
    assert flow["tenant_id"] == tenant_id
    assert json.loads(flow["serialized_flow"]) == document()
    assert json.loads(flow["settings"])["heartbeat_enabled"] is True
    tasks = await pool.fetch("SELECT * FROM task WHERE flow_id = $1 ORDER BY slug", flow_id)
    assert [(t["slug"], t["mapped"], t["max_retries"], t["retry_delay"].total_seconds()) for t in tasks] == [
        ("t-0", False, 2, 1.5), ("t-1", True, 2, 1.5), ("t-2", False, 2, 1.5),
    ]  # fmt: skip
    assert {t["trigger"] for t in tasks} == {"prefect.triggers.all_successful"}
    assert (
        await pool.fetchval(
            "SELECT count(*) FROM edge WHERE flow_id = $1 AND tenant_id = $2", flow_id, tenant_id
        )
        == 2
    )


async def test_versions_follow_each_other_and_only_the_newest_lives(pool, call, project_id):
    ids = [
        (await call("create_flow", serialized_flow=document(), project_id=project_id))["id"] for _ in range(3)
    ]
    rows = await pool.fetch("SELECT id::text, version, archived FROM flow ORDER BY version")
    assert [tuple(row) for row in rows] == [(ids[0], 1, True), (ids[1], 2, True), (ids[2], 3, False)]
    assert await pool.fetchval("SELECT count(DISTINCT flow_group_id) FROM flow") == 1


async def test_the_same_name_in_another_project_is_another_group(pool, call, project_id, tenant_id):
    other = (await call("create_project", name="other", tenant_id=str(tenant_id)))["id"]
    for project in (project_id, other):
        await call("create_flow", serialized_flow=document(), project_id=project)
    assert await pool.fetchval("SELECT count(*) FROM flow WHERE version = 1 AND NOT archived") == 2


async def test_a_version_group_of_another_tenant_is_left_alone(pool, call, project_id):
    from tests.orchestration.builders import make_tenant

    foreign = await make_tenant(pool)
    foreign_project = (await call("create_project", name="p", tenant_id=str(foreign)))["id"]
    for project in (foreign_project, project_id):
        await call("create_flow", serialized_flow=document(), project_id=project, version_group_id="shared")
    assert (
        await pool.fetchval("SELECT count(*) FROM flow WHERE version_group_id = 'shared' AND NOT archived")
        == 2
    )


async def test_many_registrations_at_once_make_versions_without_gaps(pool, call, project_id):
    await asyncio.gather(
        *(call("create_flow", serialized_flow=document(), project_id=project_id) for _ in range(8))
    )
    rows = await pool.fetch("SELECT version, archived FROM flow ORDER BY version")
    assert [row["version"] for row in rows] == list(range(1, 9))
    assert [row["archived"] for row in rows] == [True] * 7 + [False]
    assert await pool.fetchval("SELECT count(*) FROM flow_group") == 1


async def test_only_the_key_of_the_registration_before_finds_it(call, project_id):
    async def register(key: str | None) -> str:
        return (
            await call("create_flow", serialized_flow=document(), project_id=project_id, idempotency_key=key)
        )["id"]

    foo = await register("foo")
    assert await register("foo") == foo
    bar = await register("bar")
    assert len({foo, bar, await register("foo"), await register(None)}) == 4


async def test_batches_may_be_empty_and_may_repeat(pool, call, project_id):
    whole = document(tasks=4)
    bare = {key: value for key, value in whole.items() if key not in {"tasks", "edges"}}
    flow_id = (
        await call("create_flow", serialized_flow=bare, project_id=project_id, set_schedule_active=False)
    )["id"]
    for tasks in (whole["tasks"][:2], whole["tasks"][2:], whole["tasks"], []):
        await call("register_tasks", flow_id=flow_id, serialized_tasks=tasks)
    for edges in (whole["edges"], [], whole["edges"]):
        await call("register_edges", flow_id=flow_id, serialized_edges=edges)
    assert await pool.fetchval("SELECT count(*) FROM task WHERE tenant_id IS NOT NULL") == 4
    assert await pool.fetchval("SELECT count(*) FROM edge") == 3
    stored = json.loads(await pool.fetchval("SELECT serialized_flow FROM flow"))
    assert [task["slug"] for task in stored["tasks"]] == ["t-0", "t-1", "t-2", "t-3"]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"name": 7}, "serialized_flow.name"),
        ({"tasks": [{"name": "no slug"}]}, "serialized_flow.tasks[0]: Object missing required field `slug`"),
        (
            {"edges": [{"upstream_task": {"slug": "t-0"}}]},
            "serialized_flow.edges[0]: Object missing required field `downstream_task`",
        ),
        (
            {"edges": [{"upstream_task": "t-0", "downstream_task": "nowhere"}]},
            "Edges reference tasks that do not exist: nowhere.",
        ),
        ({"description": "a\0b"}, "serialized_flow holds a NUL"),
        (
            {"tasks": [{"slug": "a"}, {"slug": "b", "max_retries": 2**31}]},
            "serialized_flow.tasks[1].max_retries",
        ),
        ({"tasks": [{"slug": "a", "id": "nonsense"}]}, "serialized_flow.tasks[0].id"),
        ({"tasks": [{"slug": "a", "retry_delay": 1e300}]}, "serialized_flow.tasks[0].retry_delay"),
        ({"tasks": [{"slug": "a", "retry_delay": "soon"}]}, "retry_delay"),
        ({"tasks": [{"slug": "a", "retry_delay": "99999999999 years"}]}, "retry_delay"),
        ({"schedule": {"clocks": 3}}, "serialized_flow.schedule.clocks"),
    ],
)
async def test_a_bad_document_is_told_by_field_and_leaves_nothing(pool, call, project_id, change, words):
    with pytest.raises(OrchestrationError) as refused:
        await call(
            "create_flow",
            serialized_flow={**document(), **change},
            project_id=project_id,
            idempotency_key="k",
        )
    assert words in str(refused.value)
    for table in ("flow", "flow_group", "task", "edge"):
        assert await pool.fetchval(f"SELECT count(*) FROM {table}") == 0
    # The key was not kept either: the mended flow registers under it.
    await call("create_flow", serialized_flow=document(), project_id=project_id, idempotency_key="k")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "no base64!",
        base64.b64encode(b"no gzip").decode(),
        base64.b64encode(gzip.compress(b"no json", mtime=0)).decode(),
    ],
)
async def test_what_does_not_unpack_is_told(call, project_id, text):
    with pytest.raises(OrchestrationError, match="Unable to decompress serialized_flow"):
        await call("create_flow_from_compressed_string", serialized_flow=text, project_id=project_id)


@pytest.mark.parametrize(("version", "taken"), [("0.6.0", False), ("0.5", False), ("0", False), ("0.6.1", True), ("0.13.19+3.gab", True), ("1.4.1", True), ("local", True), (None, True)])  # fmt: skip
async def test_flows_of_clients_too_old_are_refused(pool, call, project_id, version, taken):
    serialized = {**document(), "__version__": version}
    if taken:
        await call("create_flow", serialized_flow=serialized, project_id=project_id)
        assert await pool.fetchval("SELECT core_version FROM flow") == version
        return
    with pytest.raises(
        OrchestrationError, match=r"require new flows to be built with Prefect 0\.6\.1 or later"
    ):
        await call("create_flow", serialized_flow=serialized, project_id=project_id)
    assert await pool.fetchval("SELECT count(*) FROM flow_group") == 0


async def test_an_unknown_project_is_told(call):
    with pytest.raises(OrchestrationError, match="Invalid project"):
        await call("create_flow", serialized_flow=document(), project_id=str(uuid4()))
    with pytest.raises(ActionError, match="Could not parse UUID: nonsense"):
        await call("create_flow", serialized_flow=document(), project_id="nonsense")


async def scheduled(pool, flow_id: str) -> int:
    return await pool.fetchval(
        "SELECT count(*) FROM flow_run WHERE flow_id = $1 AND auto_scheduled AND state = 'Scheduled'", flow_id
    )


async def test_a_schedule_goes_on_and_off(pool, call, project_id):
    flow_id = (await call("create_flow", serialized_flow=document(schedule=HOURLY), project_id=project_id))[
        "id"
    ]
    assert await scheduled(pool, flow_id) == 10
    starts = await pool.fetch("SELECT scheduled_start_time FROM flow_run ORDER BY 1")
    assert (await call("set_schedule_active", flow_id=flow_id))["success"]
    assert await scheduled(pool, flow_id) == 10
    assert (await call("set_schedule_inactive", flow_id=flow_id))["success"]
    assert await scheduled(pool, flow_id) == 0
    assert (await call("set_schedule_active", flow_id=flow_id))["success"]
    assert await pool.fetch("SELECT scheduled_start_time FROM flow_run ORDER BY 1") == starts


async def test_without_a_schedule_there_is_nothing_to_switch_on(call, project_id):
    flow_id = (await call("create_flow", serialized_flow=document(), project_id=project_id))["id"]
    assert not (await call("set_schedule_active", flow_id=flow_id))["success"]
    assert not (await call("set_schedule_active", flow_id=str(uuid4())))["success"]


async def test_required_parameters_need_a_value_in_every_clock(pool, call, project_id):
    needy = document(
        schedule=HOURLY, parameters=[{"name": "p", "slug": "p", "required": True, "default": None}]
    )
    flow_id = (await call("create_flow", serialized_flow=needy, project_id=project_id))["id"]
    assert not await pool.fetchval("SELECT is_schedule_active FROM flow")
    with pytest.raises(OrchestrationError, match="required parameters"):
        await call("set_schedule_active", flow_id=flow_id)
    await pool.execute("""UPDATE flow_group SET default_parameters = '{"p": 1}'""")
    assert (await call("set_schedule_active", flow_id=flow_id))["success"]


async def test_archiving_ends_what_waits(pool, call, project_id):
    flow_id = (await call("create_flow", serialized_flow=document(schedule=HOURLY), project_id=project_id))[
        "id"
    ]
    by_hand = (await call("create_flow_run", flow_id=flow_id))["id"]
    assert (await call("archive_flow", flow_id=flow_id))["success"]
    assert (await call("archive_flow", flow_id=flow_id))["success"]
    run = await pool.fetchrow("SELECT id::text, state, state_message FROM flow_run")
    assert (run["id"], run["state"]) == (by_hand, "Cancelled")
    assert "archived" in run["state_message"]
    assert await pool.fetchval("SELECT count(*) FROM task_run WHERE state = 'Cancelled'") == 3
    assert not (await call("archive_flow", flow_id=str(uuid4())))["success"]


async def test_deleting_a_flow_takes_its_history_and_leaves_its_group(pool, call, project_id):
    flow_id = (await call("create_flow", serialized_flow=document(), project_id=project_id))["id"]
    run_id = (await call("create_flow_run", flow_id=flow_id))["id"]
    await call("write_run_logs", logs=[{"flow_run_id": run_id, "message": "m"}])
    assert (await call("delete_flow", flow_id=flow_id))["success"]
    assert not (await call("delete_flow", flow_id=flow_id))["success"]
    for table in ("flow", "task", "edge", "flow_run", "task_run", "flow_run_state", "task_run_state", "log"):
        assert await pool.fetchval(f"SELECT count(*) FROM {table}") == 0
    assert await pool.fetchval("SELECT count(*) FROM flow_group") == 1


@pytest.mark.parametrize(
    ("task", "words"),
    [
        ({"id": "nonsense"}, "serialized_tasks[1].id"),
        ({"max_retries": -(2**31) - 1}, "serialized_tasks[1].max_retries"),
        ({"retry_delay": "soon"}, "retry_delay"),
        ({"tags": "x"}, "serialized_tasks[1].tags"),
        ({"slug": None}, "serialized_tasks[1].slug"),
    ],
)
async def test_a_bad_task_is_told_by_field_and_none_is_added(pool, call, project_id, task, words):
    flow_id = (await call("create_flow", serialized_flow=document(tasks=0), project_id=project_id))["id"]
    with pytest.raises(OrchestrationError) as refused:
        await call(
            "register_tasks", flow_id=flow_id, serialized_tasks=[{"slug": "good"}, {"slug": "bad", **task}]
        )
    assert words in str(refused.value)
    assert await pool.fetchval("SELECT count(*) FROM task") == 0
    assert json.loads(await pool.fetchval("SELECT serialized_flow FROM flow"))["tasks"] == []


DELAYS = [(90, 90), (1.5, 1.5), ("0:05:00", 300), ("1 day 10 minutes", 87_000), ("PT90S", 90), (None, None)]


@pytest.mark.parametrize(("delay", "seconds"), DELAYS)
async def test_delays_are_seconds_or_the_text_of_a_duration(pool, call, project_id, delay, seconds):
    tasks = [{"slug": "a", "retry_delay": delay, "id": str(uuid4())}]
    await call("create_flow", serialized_flow=document(tasks=0) | {"tasks": tasks}, project_id=project_id)
    row = await pool.fetchrow("SELECT id::text, retry_delay FROM task")
    assert row["id"] == tasks[0]["id"]
    assert (row["retry_delay"] and row["retry_delay"].total_seconds()) == seconds


def clocks(*defaults: dict[str, Any] | None) -> list[dict[str, Any]]:
    return [
        {"interval": 3600 + n, "parameter_defaults": given, "type": "IntervalClock"}
        for n, given in enumerate(defaults)
    ]


EFFECTIVE = [
    # The flow's clocks, the group's, the group's default parameters, whether the schedule can go on.
    ([{"p": 1}], None, {}, True),
    ([{"p": 1}, {}], None, {}, False),
    ([{"p": 1}, None], None, {}, False),
    ([None], None, {"p": None}, True),
    # The group's schedule is the one that runs: it decides, whatever the flow's says.
    ([None], [{"p": 1}], {}, True),
    ([{"p": 1}], [{"q": 1}], {}, False),
    ([{"p": 1}], [{"p": 1}, {"q": 1}], {}, False),
    (None, [{"p": 1}], {}, True),
    (None, [{"q": 1}], {}, False),
    (None, [{"q": 1}], {"p": 0}, True),
]


@pytest.mark.parametrize(("own", "group", "defaults", "works"), EFFECTIVE)
async def test_required_parameters_are_those_of_the_schedule_that_runs(
    pool, call, project_id, own, group, defaults, works
):
    schedule = own and {
        "type": "Schedule",
        "clocks": [{**clock, "interval": clock["interval"] * 1_000_000} for clock in clocks(*own)],
    }
    needy = document(schedule=schedule, parameters=[{"name": "p", "slug": "p", "required": True}])
    flow_id = (
        await call("create_flow", serialized_flow=needy, project_id=project_id, set_schedule_active=False)
    )["id"]
    group_id = await pool.fetchval("SELECT id::text FROM flow_group")
    if group:
        given = [{key: clock[key] for key in ("interval", "parameter_defaults")} for clock in clocks(*group)]
        await call("set_flow_group_schedule", flow_group_id=group_id, interval_clocks=given)
    await call("set_flow_group_default_parameters", flow_group_id=group_id, parameters=defaults)
    if works:
        assert (await call("set_schedule_active", flow_id=flow_id))["success"]
        assert await scheduled(pool, flow_id) == 10
        assert await pool.fetchval("SELECT bool_and(parameters ? 'p') FROM flow_run")
    else:
        with pytest.raises(OrchestrationError, match=r"required parameters .*: p\."):
            await call("set_schedule_active", flow_id=flow_id)
        assert await pool.fetchval("SELECT is_schedule_active FROM flow") is False
        assert await scheduled(pool, flow_id) == 0
