"""Flow groups, their settings and the projects of flows, through their actions (contract server.md 3.6.1, 3.6.3)."""

from __future__ import annotations

import asyncio
import dataclasses
import itertools
import json
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

import asyncpg
import pytest

from lictor.actions.registry import ActionError, call_action
from lictor.orchestration import flows
from lictor.orchestration.errors import OrchestrationError
from lictor.orchestration.scheduling import schedule_flow_runs
from tests.actions.handlers.test_flows import HOURLY, document, scheduled
from tests.orchestration.builders import make_flow, make_tenant


@pytest.fixture
async def flow_id(call, project_id) -> str:
    """A registered flow with an hourly schedule that is on."""
    return (await call("create_flow", serialized_flow=document(schedule=HOURLY), project_id=project_id))["id"]


@pytest.fixture
async def group_id(pool, flow_id) -> str:
    return await pool.fetchval("SELECT flow_group_id::text FROM flow WHERE id = $1", flow_id)


async def group(pool, group_id: str) -> dict[str, Any]:
    """The group's row, its JSON columns read."""
    row = dict(await pool.fetchrow("SELECT * FROM flow_group WHERE id = $1", group_id))
    columns = ("labels", "schedule", "settings", "default_parameters", "run_config")
    return row | {name: row[name] and json.loads(row[name]) for name in columns}


@pytest.mark.parametrize(
    ("mutation", "input", "column", "stored"),
    [
        ("set_flow_group_default_parameters", {"parameters": {"a": [1], "b": None}}, "default_parameters", {"a": [1], "b": None}),
        ("set_flow_group_default_parameters", {"parameters": '{"c": 2}'}, "default_parameters", {"c": 2}),
        ("set_flow_group_default_parameters", {"parameters": {}}, "default_parameters", {}),
        ("set_flow_group_description", {"description": "# What it does"}, "description", "# What it does"),
        ("set_flow_group_description", {"description": ""}, "description", ""),
        ("set_flow_group_description", {"description": None}, "description", None),
        ("set_flow_group_labels", {"labels": ["b", "a", "b"]}, "labels", ["a", "b"]),
        ("set_flow_group_labels", {"labels": []}, "labels", []),
        ("set_flow_group_labels", {"labels": None}, "labels", None),
        ("set_flow_group_run_config", {"run_config": {"type": "LocalRun", "labels": ["x"]}}, "run_config", {"type": "LocalRun", "labels": ["x"]}),
        ("set_flow_group_run_config", {"run_config": None}, "run_config", None),
    ],
)  # fmt: skip
async def test_what_a_group_says_is_set_and_cleared(pool, call, group_id, mutation, input, column, stored):
    await pool.execute(
        "UPDATE flow_group SET labels = '[\"old\"]', description = 'old', run_config = '{\"type\": \"old\"}',"
        " default_parameters = '{\"old\": 1}'"
    )
    before = await group(pool, group_id)
    for _ in range(2):
        assert await call(mutation, flow_group_id=group_id, **input) == {"success": True, "error": None}
        changed = {"updated": (now := await group(pool, group_id))["updated"], column: stored}
        assert now == before | changed
    # SQL NULL, not a JSON null: the one means "as the flow says".
    assert await pool.fetchval(f"SELECT {column} IS NULL FROM flow_group") is (stored is None)
    assert not (await call(mutation, flow_group_id=str(uuid4()), **input))["success"]


async def test_runs_follow_what_their_group_says(pool, call, flow_id, group_id):
    await call("set_flow_group_default_parameters", flow_group_id=group_id, parameters={"x": 1})
    await call(
        "set_flow_group_run_config", flow_group_id=group_id, run_config={"type": "LocalRun", "labels": ["c"]}
    )
    configured = (await call("create_flow_run", flow_id=flow_id))["id"]
    await call("set_flow_group_labels", flow_group_id=group_id, labels=[])
    labelled = (await call("create_flow_run", flow_id=flow_id))["id"]
    rows = await pool.fetch(
        "SELECT parameters, labels, run_config ->> 'type' AS type FROM flow_run WHERE id = ANY($1) ORDER BY id",
        [configured, labelled],
    )
    assert [(json.loads(r["parameters"]), json.loads(r["labels"]), r["type"]) for r in rows] == [
        ({"x": 1}, ["c"], "LocalRun"),
        ({"x": 1}, [], "LocalRun"),
    ]


async def test_a_group_schedule_is_stored_as_clients_write_it(pool, call, group_id):
    before = datetime.now(ZoneInfo("Asia/Kolkata")).replace(tzinfo=None)
    await call(
        "set_flow_group_schedule",
        flow_group_id=group_id,
        cron_clocks=[{"cron": "0 6 * * 1-5", "parameter_defaults": {"a": 1}}, {"cron": "@daily"}],
        interval_clocks=[{"interval": 90, "parameter_defaults": '{"b": 2}'}, {"interval": 60, "parameter_defaults": {}}],
        timezone="Asia/Kolkata",
    )  # fmt: skip
    stored = (await group(pool, group_id))["schedule"]
    start = stored["clocks"][0]["start_date"]
    assert stored == {
        "type": "Schedule",
        "clocks": [
            {"type": "CronClock", "cron": "0 6 * * 1-5", "parameter_defaults": {"a": 1}, "start_date": start},
            {"type": "CronClock", "cron": "@daily", "start_date": start},
            {"type": "IntervalClock", "interval": 90_000_000, "parameter_defaults": {"b": 2}, "start_date": start},
            {"type": "IntervalClock", "interval": 60_000_000, "start_date": start},
        ],
    }  # fmt: skip
    assert start.keys() == {"dt", "tz"}
    assert start["tz"] == "Asia/Kolkata"
    assert timedelta(0) <= datetime.fromisoformat(start["dt"]) - before < timedelta(minutes=1)


@pytest.mark.parametrize("clocks", [{}, {"cron_clocks": None, "interval_clocks": None}, {"cron_clocks": []}])
async def test_a_schedule_without_clocks_is_one(pool, call, group_id, clocks):
    assert (await call("set_flow_group_schedule", flow_group_id=group_id, timezone=None, **clocks))["success"]
    assert (await group(pool, group_id))["schedule"] == {"type": "Schedule", "clocks": []}


async def test_without_a_zone_clocks_have_no_beginning(pool, call, group_id):
    await call("set_flow_group_schedule", flow_group_id=group_id, cron_clocks=[{"cron": "* * * * *"}])
    assert (await group(pool, group_id))["schedule"]["clocks"] == [
        {"type": "CronClock", "cron": "* * * * *", "start_date": None}
    ]


@pytest.mark.parametrize(
    ("input", "words"),
    [
        ({"cron_clocks": [{"cron": "* * * * *"}, {"cron": "every day"}]}, "Invalid clock cron_clocks[1]: cron: "),
        ({"cron_clocks": [{"cron": ""}]}, "Invalid clock cron_clocks[0]: cron: "),
        ({"cron_clocks": [{"cron": "61 * * * *"}]}, "Invalid clock cron_clocks[0]: cron: "),
        ({"interval_clocks": [{"interval": 59}]}, "Invalid clock interval_clocks[0]: interval: at least 60 seconds"),
        ({"interval_clocks": [{"interval": -60}]}, "Invalid clock interval_clocks[0]"),
        ({"interval_clocks": [{"interval": 3600, "parameter_defaults": [1]}]}, "interval_clocks[0].parameter_defaults must be a JSON object"),
        ({"interval_clocks": [{"interval": 3600, "parameter_defaults": "{"}]}, "Could not parse JSON"),
        ({"interval_clocks": [{"interval": 3600, "parameter_defaults": {"a": "\0"}}]}, "parameter_defaults holds a NUL"),
        ({"timezone": "Mars/Olympus"}, "Invalid timezone 'Mars/Olympus'"),
        ({"timezone": ""}, "Invalid timezone ''"),
        ({"timezone": "../../etc/passwd"}, "Invalid timezone"),
        ({"timezone": "a\0b"}, "Invalid timezone"),
        ({"interval_clocks": [{"interval": 1.5}]}, "interval"),
        ({"cron_clocks": [{}]}, "cron_clocks[0]"),
    ],
)  # fmt: skip
async def test_a_clock_that_cannot_run_is_told_and_nothing_changes(
    pool, call, flow_id, group_id, input, words
):
    before = await group(pool, group_id)
    with pytest.raises((OrchestrationError, ActionError)) as refused:
        await call("set_flow_group_schedule", flow_group_id=group_id, **input)
    assert words in str(refused.value)
    assert await group(pool, group_id) == before
    assert await scheduled(pool, flow_id) == 10


async def test_the_group_schedule_takes_the_place_of_the_flows_and_gives_it_back(
    pool, call, flow_id, group_id
):
    by_hand = (await call("create_flow_run", flow_id=flow_id))["id"]
    assert await scheduled(pool, flow_id) == 10
    assert (await call("set_flow_group_schedule", flow_group_id=group_id, interval_clocks=[{"interval": 60}]))["success"]  # fmt: skip
    # The runs of the schedule before are gone; new ones come with the scheduler.
    assert [str(row["id"]) for row in await pool.fetch("SELECT id FROM flow_run")] == [by_hand]
    assert len(await schedule_flow_runs_now(pool)) == 10
    starts = await pool.fetch("SELECT scheduled_start_time FROM flow_run WHERE auto_scheduled ORDER BY 1")
    assert starts[9][0] - starts[0][0] == timedelta(minutes=9)
    for _ in range(2):
        assert (await call("delete_flow_group_schedule", flow_group_id=group_id))["success"]
        assert await scheduled(pool, flow_id) == 0
        assert await pool.fetchval("SELECT schedule IS NULL FROM flow_group")
    assert len(await schedule_flow_runs_now(pool)) == 10
    starts = await pool.fetch("SELECT scheduled_start_time FROM flow_run WHERE auto_scheduled ORDER BY 1")
    assert starts[9][0] - starts[0][0] == timedelta(hours=9)
    for mutation in ("set_flow_group_schedule", "delete_flow_group_schedule"):
        assert not (await call(mutation, flow_group_id=str(uuid4())))["success"]


async def schedule_flow_runs_now(pool: asyncpg.Pool) -> list[Any]:
    async with pool.acquire() as connection:
        return await schedule_flow_runs(connection)


async def test_no_run_of_the_old_schedule_is_left_by_a_scheduler_at_work(pool, call, flow_id, group_id):
    """Whatever a scheduler makes while the schedule changes is of the new schedule, or is gone."""
    for interval in (3600, 7200) * 4:
        await asyncio.gather(
            *(schedule_flow_runs_now(pool) for _ in range(3)),
            call("set_flow_group_schedule", flow_group_id=group_id, interval_clocks=[{"interval": interval}]),
        )
        await schedule_flow_runs_now(pool)
        starts = await pool.fetch("SELECT scheduled_start_time FROM flow_run ORDER BY 1")
        gaps = {b[0] - a[0] for a, b in itertools.pairwise(starts)}
        assert (len(starts), gaps) == (10, {timedelta(seconds=interval)})


async def flow_settings(pool) -> list[dict[str, Any]]:
    return [json.loads(row[0]) for row in await pool.fetch("SELECT settings FROM flow ORDER BY version")]


@pytest.mark.parametrize(
    ("mutation", "settings"),
    [
        ("disable_flow_heartbeat", {"heartbeat_enabled": False, "disable_heartbeat": True}),
        ("enable_flow_heartbeat", {"heartbeat_enabled": True, "disable_heartbeat": False}),
        ("disable_flow_lazarus_process", {"lazarus_enabled": False}),
        ("enable_flow_lazarus_process", {"lazarus_enabled": True}),
        ("enable_flow_version_lock", {"version_locking_enabled": True}),
        ("disable_flow_version_lock", {"version_locking_enabled": False}),
    ],
)
async def test_a_setting_reaches_the_group_and_all_its_versions(pool, call, project_id, flow_id, group_id, mutation, settings):  # fmt: skip
    second = (await call("create_flow", serialized_flow=document(), project_id=project_id))["id"]
    other = str(await make_flow(pool))
    await pool.execute('UPDATE flow_group SET settings = settings || \'{"idempotency_key": "k", "mine": 1}\'')
    before = (await group(pool, group_id))["settings"]
    for _ in range(2):
        assert (await call(mutation, flow_id=second))["success"]
        assert (await group(pool, group_id))["settings"] == before | settings
    versions = await pool.fetch("SELECT settings FROM flow WHERE flow_group_id = $1", group_id)
    assert len(versions) == 2
    assert all(json.loads(row[0]).items() >= settings.items() for row in versions)
    assert json.loads(await pool.fetchval("SELECT settings FROM flow WHERE id = $1", other)) == {}
    third = (await call("create_flow", serialized_flow=document(), project_id=project_id))["id"]
    stored = json.loads(await pool.fetchval("SELECT settings FROM flow WHERE id = $1", third))
    assert stored.items() >= settings.items()
    assert "idempotency_key" not in stored
    with pytest.raises(OrchestrationError, match="Invalid flow ID"):
        await call(mutation, flow_id=str(uuid4()))


async def test_settings_changed_at_once_are_all_kept(pool, call, project_id, flow_id):
    """Toggles of both kinds while new versions are registered: nothing is lost, no version is left behind."""
    await asyncio.gather(
        call("disable_flow_heartbeat", flow_id=flow_id),
        *(call("create_flow", serialized_flow=document(), project_id=project_id) for _ in range(4)),
        call("disable_flow_lazarus_process", flow_id=flow_id),
    )
    wanted = {"heartbeat_enabled": False, "disable_heartbeat": True, "lazarus_enabled": False}
    stored = await flow_settings(pool)
    assert len(stored) == 5
    assert all(settings.items() >= wanted.items() for settings in stored), stored


async def test_deleting_a_group_takes_its_flows_and_leaves_the_others(
    pool, call, project_id, flow_id, group_id
):
    await call("create_flow", serialized_flow=document(), project_id=project_id)
    await call("create_flow_run", version_group_id=(await group(pool, group_id))["name"])
    other = await make_flow(pool)
    assert (await call("delete_flow_group", flow_group_id=group_id))["success"]
    assert [row["id"] for row in await pool.fetch("SELECT id FROM flow")] == [other]
    assert await pool.fetchval("SELECT count(*) FROM flow_run") == 0
    assert await pool.fetchval("SELECT count(*) FROM project WHERE id = $1", project_id) == 1
    assert not (await call("delete_flow_group", flow_group_id=group_id))["success"]


async def test_a_flow_moves_to_a_project_of_its_tenant(pool, call, tenant_id, project_id, flow_id):
    other = (await call("create_project", name="other", tenant_id=str(tenant_id)))["id"]
    for _ in range(2):
        assert await call("update_flow_project", flow_id=flow_id, project_id=other) == {"id": flow_id}
        assert str(await pool.fetchval("SELECT project_id FROM flow")) == other
    foreign_tenant = await make_tenant(pool)
    foreign = (await call("create_project", name="p", tenant_id=str(foreign_tenant)))["id"]
    for ids in ((flow_id, foreign), (flow_id, str(uuid4())), (str(uuid4()), other)):
        with pytest.raises(OrchestrationError, match="Invalid flow or project ID"):
            await call("update_flow_project", flow_id=ids[0], project_id=ids[1])
    assert str(await pool.fetchval("SELECT project_id FROM flow")) == other


async def test_a_project_is_renamed_and_described(pool, call, tenant_id, project_id):
    async def stored() -> tuple[str, str | None]:
        return tuple(await pool.fetchrow("SELECT name, description FROM project WHERE id = $1", project_id))

    for _ in range(2):
        assert await call("set_project_name", project_id=project_id, name="new") == {"id": project_id}
    assert await call("set_project_description", project_id=project_id, description="d") == {"id": project_id}
    assert await stored() == ("new", "d")
    with pytest.raises(ActionError, match="description is missing"):
        await call("set_project_description", project_id=project_id)
    await call("set_project_description", project_id=project_id, description=None)
    assert await stored() == ("new", None)
    await call("create_project", name="taken", tenant_id=str(tenant_id))
    with pytest.raises(asyncpg.UniqueViolationError):
        await call("set_project_name", project_id=project_id, name="taken")
    with pytest.raises(OrchestrationError, match="name has 2,001 bytes; the limit is 2,000"):
        await call("set_project_name", project_id=project_id, name="x" * 2001)
    for mutation, input in (
        ("set_project_name", {"name": "x"}),
        ("set_project_description", {"description": "x"}),
    ):
        with pytest.raises(OrchestrationError, match="Update failed"):
            await call(mutation, project_id=str(uuid4()), **input)
    assert await stored() == ("new", None)


async def test_a_caller_of_another_tenant_finds_nothing(pool, caller, project_id, flow_id, group_id):
    stranger = dataclasses.replace(caller, tenant_id=await make_tenant(pool))

    # What belongs to it: the rows, and the runs of the schedule.
    async def everything() -> list[Any]:
        return [
            await pool.fetch(f"SELECT * FROM {table} ORDER BY id")
            for table in ("project", "flow_group", "flow", "flow_run")
        ]

    before = await everything()
    for mutation, input in {
        "set_flow_group_default_parameters": {"flow_group_id": group_id, "parameters": {"a": 1}},
        "set_flow_group_description": {"flow_group_id": group_id, "description": "x"},
        "set_flow_group_labels": {"flow_group_id": group_id, "labels": ["x"]},
        "set_flow_group_run_config": {"flow_group_id": group_id, "run_config": {"type": "LocalRun"}},
        "set_flow_group_schedule": {"flow_group_id": group_id, "cron_clocks": [{"cron": "* * * * *"}]},
        "delete_flow_group_schedule": {"flow_group_id": group_id},
        "delete_flow_group": {"flow_group_id": group_id},
        "archive_flow": {"flow_id": flow_id},
        "delete_flow": {"flow_id": flow_id},
        "set_schedule_active": {"flow_id": flow_id},
        "set_schedule_inactive": {"flow_id": flow_id},
        "delete_project": {"project_id": project_id},
    }.items():
        assert not (await call_action(mutation, {"input": input}, stranger))["success"], mutation
    for mutation, input in {
        "disable_flow_heartbeat": {"flow_id": flow_id},
        "disable_flow_lazarus_process": {"flow_id": flow_id},
        "enable_flow_version_lock": {"flow_id": flow_id},
        "update_flow_project": {"flow_id": flow_id, "project_id": project_id},
        "set_project_name": {"project_id": project_id, "name": "x"},
        "set_project_description": {"project_id": project_id, "description": "x"},
        "create_flow": {"project_id": project_id, "serialized_flow": document()},
        "register_tasks": {"flow_id": flow_id, "serialized_tasks": [{"slug": "new"}]},
        "register_edges": {"flow_id": flow_id, "serialized_edges": []},
    }.items():
        with pytest.raises(OrchestrationError, match=r"Invalid|Update failed"):
            await call_action(mutation, {"input": input}, stranger)
    assert await everything() == before


TOGGLES = [
    ("disable_flow_heartbeat", "heartbeat_enabled", False),
    ("disable_flow_lazarus_process", "lazarus_enabled", False),
    ("enable_flow_version_lock", "version_locking_enabled", True),
]


@pytest.mark.parametrize(("mutation", "setting", "value"), TOGGLES, ids=[name for name, *_ in TOGGLES])
async def test_a_version_that_is_just_being_registered_gets_the_setting(
    pool, call, project_id, flow_id, mutation, setting, value
):
    async with pool.acquire() as registering, registering.transaction():
        await flows.create_flow(registering, document(), project_id)
        toggled = asyncio.create_task(call(mutation, flow_id=flow_id))
        waits = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
        while not await pool.fetchval(waits):
            assert not toggled.done()
            await asyncio.sleep(0.01)
    assert (await toggled)["success"]
    assert [settings[setting] for settings in await flow_settings(pool)] == [value, value]
