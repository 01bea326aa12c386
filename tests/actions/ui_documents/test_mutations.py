"""Every mutation that the original UI sends in Server mode: it validates, answers, and does what its name says.

None may be missing from the schema; what only Cloud had but the UI reaches in Server mode is among them.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from typing import Any

import pytest

from tests.actions.ui_documents import documents
from tests.actions.ui_documents.conftest import UI, ui_on_copy
from tests.actions.ui_documents.pages import ago
from tests.actions.ui_documents.world import World

WORLD = World()
GROUP = WORLD.id("flow_group", 2)


@dataclass(frozen=True)
class Case:
    """A mutation as the UI sends it; `then` is a statement that is true in the database afterwards."""

    name: str
    variables: dict[str, Any]
    answer: Any = None
    then: str | None = None
    label: str = ""


def _one(**more: Any) -> dict[str, Any]:
    return {"input": more}


DONE = {"success": True}
SERIALIZED = {
    "type": "prefect.core.flow.Flow", "name": "tutorial", "__version__": "1.4.1", "schedule": None, "environment": None,
    "storage": {"type": "Local", "flows": {}}, "run_config": {"type": "UniversalRun", "labels": []}, "parameters": [],
    "edges": [], "reference_tasks": [],
    "tasks": [{"type": "prefect.tasks.core.function.FunctionTask", "name": "say", "slug": "say-1", "tags": []}],
}  # fmt: skip

CASES = [
    Case("CreateFlow", _one(project_id=WORLD.id("project", 1), serialized_flow={**SERIALIZED, "name": "second"})),
    Case("CancelFlowRun", _one(flow_run_id=WORLD.run("Submitted")), {"state": "Cancelled"}, f"SELECT state = 'Cancelled' FROM flow_run WHERE id = '{WORLD.run('Submitted')}'"),
    Case("CancelFlowRun", _one(flow_run_id=WORLD.run("Success")), {"state": "Success"}, label="finished"),
    Case(
        "CreateCloudHook",
        _one(version_group_id="group-2", name="new hook", states=["FAILED", "Success"], config={"url": "http://127.0.0.1:1/"}, type="WEBHOOK"),
        None,
        "SELECT tenant_id = (SELECT id FROM tenant WHERE slug = 'team') AND active FROM cloud_hook WHERE name = 'new hook'",
    ),
    Case(
        "CreateFlowRun",
        {"context": None, "flow_id": WORLD.flow(2), "flow_run_name": "brave-tapir", "parameters": {"n": 5}, "scheduled_start_time": None,
         "run_config": {"type": "UniversalRun", "env": {"PREFECT__LOGGING__LEVEL": "DEBUG"}}, "labels": ["etl"]},
        None,
        "SELECT parameters = '{\"n\": 5}' AND state = 'Scheduled' AND labels = '[\"etl\"]' FROM flow_run WHERE name = 'brave-tapir'",
    ),
    Case(
        "CreateFlowRun",
        {"flow_id": WORLD.flow(2), "flow_run_name": "late-otter", "scheduled_start_time": ago(days=-3)},
        None,
        "SELECT scheduled_start_time > now() + interval '2 days' FROM flow_run WHERE name = 'late-otter'",
        label="scheduled",
    ),
    Case("QuickRun", {"flow_id": WORLD.flow(3)}, None, f"SELECT count(*) = 1 FROM flow_run WHERE flow_id = '{WORLD.flow(3)}' AND NOT auto_scheduled AND created > now() - interval '30 s'"),
    Case("CreateProject", _one(name="from UI", description=None, tenant_id=None), None, "SELECT tenant_id = (SELECT id FROM tenant WHERE slug = 'team') FROM project WHERE name = 'from UI'"),
    Case("DeleteAgent", {"agent_id": WORLD.id("agent", 3)}, DONE),
    Case("DeleteCloudHook", _one(cloud_hook_id=WORLD.id("cloud_hook", 1)), DONE),
    Case("DeleteFlow", _one(flow_id=WORLD.flow(6, 1)), DONE),
    Case("DeleteFlowGroup", _one(flow_group_id=WORLD.id("flow_group", 5)), DONE),
    Case("DeleteFlowGroupSchedule", _one(flow_group_id=WORLD.id("flow_group", 1)), DONE, f"SELECT schedule IS NULL FROM flow_group WHERE id = '{WORLD.id('flow_group', 1)}'"),
    Case("DeleteFlowRun", {"flow_run_id": WORLD.upcoming(1, -1)}, DONE),
    Case("DeleteMessage", _one(message_id=WORLD.id("message", 12)), DONE),
    Case("DeleteProject", {"project_id": WORLD.id("project", 4)}, DONE),
    *[
        Case(f"{verb}{what}", _one(flow_id=WORLD.flow(3)), DONE, f"SELECT bool_and(settings @> '{{\"{setting}\": {value}}}') FROM (SELECT settings FROM flow_group WHERE id = '{WORLD.id('flow_group', 3)}' UNION ALL SELECT settings FROM flow WHERE id = '{WORLD.flow(3)}') AS each_place")
        for what, setting in (("Heartbeat", "heartbeat_enabled"), ("Lazarus", "lazarus_enabled"))
        for verb, value in (("Disable", "false"), ("Enable", "true"))
    ],
    Case("MarkAsRead", _one(message_id=WORLD.id("message", 1)), DONE, f"SELECT read FROM message WHERE id = '{WORLD.id('message', 1)}'"),
    Case("MarkAsUnread", _one(message_id=WORLD.id("message", 3)), DONE, f"SELECT NOT read FROM message WHERE id = '{WORLD.id('message', 3)}'"),
    Case("ActivateCloudHook", _one(cloud_hook_id=WORLD.id("cloud_hook", 2)), DONE, f"SELECT active FROM cloud_hook WHERE id = '{WORLD.id('cloud_hook', 2)}'"),
    Case("DeactivateCloudHook", _one(cloud_hook_id=WORLD.id("cloud_hook", 2)), DONE, f"SELECT NOT active FROM cloud_hook WHERE id = '{WORLD.id('cloud_hook', 2)}'"),
    Case("SetDefaultParameters", {"flow_group_id": GROUP, "parameters": {"n": 11}}, DONE, f"SELECT default_parameters = '{{\"n\": 11}}' FROM flow_group WHERE id = '{GROUP}'"),
    Case("SetGroupDescription", {"flow_group_id": GROUP, "description": "# New"}, DONE, f"SELECT description = '# New' FROM flow_group WHERE id = '{GROUP}'"),
    Case("SetGroupLabels", {"flow_group_id": GROUP, "labels": ["b", "a"]}, DONE, f"SELECT labels @> '[\"a\", \"b\"]' FROM flow_group WHERE id = '{GROUP}'"),
    Case("SetGroupLabels", {"flow_group_id": GROUP, "labels": None}, DONE, f"SELECT labels IS NULL FROM flow_group WHERE id = '{GROUP}'", label="back to the flow's"),
    Case(
        "SetGroupSchedule",
        {"flow_group_id": GROUP, "timezone": "Europe/Berlin", "interval_clocks": [{"interval": 3600, "parameter_defaults": {"n": 1}}],
         "cron_clocks": [{"cron": "0 9 * * MON-FRI", "parameter_defaults": {}}]},
        DONE,
        f"SELECT jsonb_path_exists(schedule, '$.clocks[*] ? (@.interval == 3600000000)') AND jsonb_path_exists(schedule, '$.clocks[*] ? (@.cron == \"0 9 * * MON-FRI\")') FROM flow_group WHERE id = '{GROUP}'",
    ),
    Case("SetFlowRunLabels", {"flow_run_id": WORLD.run("Scheduled"), "labels": ["x", "a"]}, DONE, f"SELECT labels = '[\"a\", \"x\"]' FROM flow_run WHERE id = '{WORLD.run('Scheduled')}'"),
    Case("SetFlowRunName", {"flow_run_id": WORLD.run("Paused"), "name": "renamed"}, DONE, f"SELECT name = 'renamed' FROM flow_run WHERE id = '{WORLD.run('Paused')}'"),
    Case(
        "SetFlowRunStates",
        {"flow_run_id": WORLD.run("Queued"), "version": 4, "state": {"type": "Scheduled", "message": "Started by hand"}},
        None,
        f"SELECT state = 'Scheduled' AND version = 5 AND state_message = 'Started by hand' AND state_start_time <= now() FROM flow_run WHERE id = '{WORLD.run('Queued')}'",
    ),
    Case(
        "SetTaskRunStates",
        {"input": [{"task_run_id": WORLD.task_run("Paused", 5), "version": 3, "state": {"type": "Resume", "message": "Approved"}}]},
        None,
        f"SELECT state = 'Resume' AND version = 4 FROM task_run WHERE id = '{WORLD.task_run('Paused', 5)}'",
    ),
    Case("SetProjectTexts", {"project_id": WORLD.id("project", 3), "name": "pp renamed", "description": None}, None, f"SELECT name = 'pp renamed' AND description IS NULL FROM project WHERE id = '{WORLD.id('project', 3)}'"),
    Case("SetScheduleActive", {"flow_id": WORLD.flow(6)}, DONE, f"SELECT is_schedule_active FROM flow WHERE id = '{WORLD.flow(6)}'"),
    Case("SetScheduleInactive", {"flow_id": WORLD.flow(6)}, DONE, f"SELECT NOT is_schedule_active AND NOT EXISTS (SELECT FROM flow_run WHERE flow_id = '{WORLD.flow(6)}' AND state = 'Scheduled' AND auto_scheduled) FROM flow WHERE id = '{WORLD.flow(6)}'"),
    Case("SetTaskRunName", {"task_run_id": WORLD.task_run("Success", 4), "name": "my task run"}, DONE, f"SELECT name = 'my task run' FROM task_run WHERE id = '{WORLD.task_run('Success', 4)}'"),
    # Nobody listens there: the answer says so, and nothing is an error of the API.
    Case("TestCloudHook", _one(cloud_hook_id=WORLD.id("cloud_hook", 2), state_type="SUCCESS"), {"success": False}),
    Case("UpdateFlowProject", {"flow_id": WORLD.flow(2), "project_id": WORLD.id("project", 3)}, {"id": WORLD.flow(2)}, f"SELECT project_id = '{WORLD.id('project', 3)}' FROM flow WHERE id = '{WORLD.flow(2)}'"),
    Case("WriteRunLogs", {"logs": [{"flow_run_id": WORLD.run("Finished"), "task_run_id": None, "name": "somebody", "message": "by hand"}]}, DONE, "SELECT level = 'INFO' AND \"timestamp\" > now() - interval '1 minute' FROM log WHERE message = 'by hand'"),
    Case("UpdateUserSettings", {"settings": {"itemsPerPage": 25}}, DONE, "SELECT settings = '{\"isDark\": true, \"itemsPerPage\": 25}' FROM auth_user"),
    Case("UpdateUserSettings", {"settings": None}, DONE, "SELECT settings = '{\"isDark\": true}' FROM auth_user", label="nothing"),
]  # fmt: skip


@pytest.fixture
async def writer(postgres, filled) -> AsyncIterator[UI]:
    """A UI of this module; its cases touch rows of their own."""
    async with ui_on_copy(postgres, filled) as ui:
        ui.headers["X-Prefect-Tenant-ID"] = WORLD.id("tenant", 1)
        yield ui


@pytest.fixture
async def lists(postgres, filled) -> AsyncIterator[UI]:
    """Another one, for documents with many mutations."""
    async with ui_on_copy(postgres, filled) as ui:
        yield ui


def test_every_mutation_is_sent():
    sent = {case.name for case in CASES} | {
        "UpdateTenant",
        "UpdateTenantSettings",
        "PauseWorkQueue",
        "ResumeWorkQueue",
    }
    assert sent == set(documents.operations("mutations"))


@pytest.mark.parametrize("case", CASES, ids=lambda case: " ".join(filter(None, (case.name, case.label))))
async def test_mutation(writer: UI, case: Case):
    data = await writer.ask("mutations", case.name, **case.variables)
    for root in documents.roots("mutations", case.name):
        assert data[root] is not None
        if case.answer is not None:
            assert data[root].items() >= case.answer.items()
        elif "id" in data[root]:
            assert data[root]["id"]
        if data[root].get("success"):
            assert data[root].get("error") is None
    if case.then is not None:
        assert await writer.value(case.then) is True


def _gone(
    name: str, argument: str, id: str, file: str, query: str, root: str, *, wrapped: bool = True
) -> tuple[Any, ...]:
    variables = {"input": {argument: id}} if wrapped else {argument: id}
    return name, variables, (file, query), id, root


GONE = [
    _gone("DeleteFlow", "flow_id", WORLD.flow(6, 2), "dashboard", "HoveredFlow", "flow_by_pk"),
    _gone(
        "DeleteFlowGroup", "flow_group_id", WORLD.id("flow_group", 4), "flow", "FlowGroup", "flow_group_by_pk"
    ),
    _gone(
        "DeleteFlowRun",
        "flow_run_id",
        WORLD.id("flow_run", 7),
        "flow_run",
        "FlowRun",
        "flow_run_by_pk",
        wrapped=False,
    ),
    _gone(
        "DeleteProject",
        "project_id",
        WORLD.id("project", 5),
        "team",
        "ProjectFlows",
        "project_by_pk",
        wrapped=False,
    ),
]


@pytest.mark.parametrize(("name", "variables", "query", "id", "root"), GONE, ids=[name for name, *_ in GONE])
async def test_what_is_deleted_is_not_seen_again(writer: UI, name, variables, query, id, root):
    assert (await writer.ask(*query, id=id))[root] is not None
    first = await writer.ask("mutations", name, **variables)
    again = await writer.ask("mutations", name, **variables)
    assert [next(iter(data.values()))["success"] for data in (first, again)] == [True, False]
    assert (await writer.ask(*query, id=id))[root] is None


async def test_team_is_renamed_without_its_id(ui: UI):
    """The UI names the tenant in a header only (ui-and-cloud.md A.2.7)."""
    ui.headers["X-Prefect-Tenant-ID"] = WORLD.id("tenant", 2)
    data = await ui.ask("mutations", "UpdateTenant", name="Renamed", slug="renamed")
    assert data["update_tenant_name"]["id"] == data["update_tenant_slug"]["id"] == WORLD.id("tenant", 2)
    tenants = (await ui.ask("shell", "Tenants"))["tenant"]
    assert [(tenant["slug"], tenant["name"]) for tenant in tenants] == [
        ("renamed", "Renamed"),
        ("team", "Team"),
    ]


async def test_settings_of_the_team(ui: UI):
    ui.headers["X-Prefect-Tenant-ID"] = WORLD.id("tenant", 1)
    await ui.ask("mutations", "UpdateTenantSettings", settings={"teamNamed": True})
    (tenant,) = (await ui.ask("shell", "TenantBySlug", slug="team"))["tenant"]
    assert tenant["settings"]["teamNamed"] is True


async def test_the_work_queue_is_paused_and_resumed(ui: UI):
    for name, paused in (("PauseWorkQueue", True), ("ResumeWorkQueue", False)):
        await ui.ask("mutations", name, tenant_id=WORLD.id("tenant", 1))
        (tenant,) = (await ui.ask("shell", "TenantBySlug", slug="team"))["tenant"]
        assert bool(tenant["settings"].get("work_queue_paused")) is paused


PROJECT_WITHOUT_TENANT = [("null", "team"), (WORLD.id("tenant", 2), "others")]


@pytest.mark.parametrize(("header", "slug"), PROJECT_WITHOUT_TENANT, ids=["first tenant", "header"])
async def test_project_goes_to_the_tenant_of_the_header(ui: UI, header, slug):
    ui.headers["X-Prefect-Tenant-ID"] = header
    data = await ui.ask("mutations", "CreateProject", input={"name": "new", "description": "d"})
    owner = "SELECT slug FROM tenant JOIN project ON project.tenant_id = tenant.id WHERE project.id = $1"
    assert await ui.value(owner, data["create_project"]["id"]) == slug


async def test_tutorial_registers_and_runs(ui: UI):
    """create_flow with the document as a JSON variable, then Quick Run."""
    data = await ui.ask(
        "mutations", "CreateFlow", input={"project_id": WORLD.id("project", 1), "serialized_flow": SERIALIZED}
    )
    flow_id = data["create_flow"]["id"]
    run_id = (await ui.ask("mutations", "QuickRun", flow_id=flow_id))["create_flow_run"]["id"]
    run = (await ui.ask("flow_run", "FlowRun", id=run_id))["flow_run_by_pk"]
    assert (run["state"], run["version"], run["flow"]["name"]) == ("Scheduled", 1, "tutorial")
    assert [state["state"] for state in run["states"]] == ["Scheduled"]
    tasks = (await ui.ask("flow_run", "Timeline", flow_run_id=run_id))["task_run"]
    assert [(item["task"]["name"], item["state"]) for item in tasks] == [("say", "Pending")]


async def test_restart_from_failed(ui: UI):
    """The UI's sequence (A.2.4): which failed, what lies below, all back to Pending but mapped parents, run Scheduled."""
    run = WORLD.run("Failed")
    failed = (await ui.ask("flow_run", "FailedTaskRuns", flow_run_id=run))["task_run"]
    assert {item["state"] for item in failed} == {"Failed", "TriggerFailed"}
    start = "{" + ",".join(sorted({item["task_id"] for item in failed})) + "}"
    below = (await ui.ask("flow_run", "DownstreamTasks", start_task_ids=start, flow_run_id=run))[
        "utility_downstream_tasks"
    ]
    items = [
        {
            "task_run_id": item["id"],
            "version": item["version"],
            "state": {"type": "Pending", "message": "Restarted"},
        }
        for task in below
        for item in task["task"]["task_runs"]
        if not (item["map_index"] < 0 and task["task_id"] in (WORLD.task(3), WORLD.task(6)))
    ]
    data = await ui.ask("mutations", "SetTaskRunStates", input=items)
    assert [state["id"] for state in data["set_task_run_states"]["states"]] == [
        item["task_run_id"] for item in items
    ]
    state = {"type": "Scheduled", "message": "Restarted by hand"}
    data = await ui.ask("mutations", "SetFlowRunStates", flow_run_id=run, version=4, state=state)
    assert data["set_flow_run_states"]["states"][0]["status"] == "SUCCESS"
    count = "SELECT count(*) FROM task_run WHERE flow_run_id = $1 AND state = 'Pending' AND version = 4"
    # All children of both mapped tasks, and the two unmapped ones below them or failed.
    assert await ui.value(count, run) == len(items) == 2 * WORLD.children + 2
    assert (await ui.ask("flow_run", "FlowRun", id=run))["flow_run_by_pk"]["state"] == "Scheduled"


def _aliased(name: str, argument: str, values: list[str], payload: str) -> str:
    fields = " ".join(
        f'm{n}: {name}(input: {{ {argument}: "{value}" }}) {{ {payload} }}' for n, value in enumerate(values)
    )
    return f"mutation {{ {fields} }}"


ALIASED: list[tuple[str, str, list[str], str, Callable[[int], Any]]] = [
    ("cancel_flow_run", "flow_run_id", [WORLD.run("Running"), WORLD.run("Submitted"), WORLD.run("Paused"), WORLD.run("Failed")], "state",
     lambda n: {"state": ("Cancelling", "Cancelled", "Cancelled", "Failed")[n]}),
    ("delete_flow_run", "flow_run_id", [WORLD.id("flow_run", n) for n in (6, 7, 8, 9)], "success", lambda n: DONE),
    ("set_schedule_inactive", "flow_id", [WORLD.flow(group) for group in range(1, 6)], "success", lambda n: DONE),
    ("delete_message", "message_id", [WORLD.id("message", n) for n in (1, 2, 3)], "success", lambda n: DONE),
    ("mark_message_as_read", "message_id", [WORLD.id("message", n) for n in (4, 7, 8)], "success", lambda n: DONE),
    ("delete_project", "project_id", [WORLD.id("project", n) for n in (2, 3, 4)], "success", lambda n: DONE),
]  # fmt: skip


@pytest.mark.parametrize(
    ("name", "argument", "values", "payload", "expected"), ALIASED, ids=[name for name, *_ in ALIASED]
)
async def test_lists_of_one_mutation(lists: UI, name, argument, values, payload, expected):
    """Many aliases of one mutation in one document, each with an answer of its own (A.3)."""
    answer = (await lists.gateway.post(_aliased(name, argument, values, payload), path="/graphql")).json()
    assert "errors" not in answer, answer
    assert answer["data"] == {f"m{n}": expected(n) for n in range(len(values))}
