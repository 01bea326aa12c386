"""Which documents each page of the original UI sends, with which variables (ui-and-cloud.md A.2).

In: a `World`. Out: for each page the list of its operations as (file, name, variables), null where the UI sends null.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from tests.actions.ui_documents.world import World

Call = tuple[str, str, dict[str, Any]]


def ago(**span: float) -> str:
    """A moment before now as the UI writes it."""
    return (datetime.now(UTC) - timedelta(**span)).isoformat()


def in_file(file: str, *calls: str | tuple[str, dict[str, Any]]) -> list[Call]:
    """The calls of one file; a bare name is an operation without variables."""
    return [(file, call, {}) if isinstance(call, str) else (file, *call) for call in calls]


def shell(world: World) -> list[Call]:
    """What every page polls."""
    return in_file("shell", "Api", "Tenants", "Agents", "Projects", "Flows", "UnreadCount")


def _login(world: World) -> list[Call]:
    return in_file(
        "shell", "Hello", "Api", "Tenants", ("TenantBySlug", {"slug": "team"}), "ReferenceData", "Projects", "Flows",
        ("SideTasks", {"flow_id": world.flow()}),
    )  # fmt: skip


def _search(world: World) -> list[Call]:
    ids = (
        world.flow(),
        world.id("flow_group", 1),
        world.run("Failed"),
        world.id("project", 1),
        world.task(4),
        world.task_run("Failed", 4),
    )
    return in_file("shell", *[("SearchById", {"id": id}) for id in ids], ("SearchByName", {"text": "%r%"}))


def dashboard(world: World) -> list[Call]:
    """The overview tab: everything that one poll of it gathers."""
    every: dict[str, Any] = {"project_id": None}
    unread = {"where": {"read": {"_eq": False}}}
    return [
        *shell(world),
        *in_file(
            "dashboard",
            ("RunHistory", {**every, "since": ago(days=30), "limit": 60}),
            ("NextRuns", every),
            ("HoveredFlow", {"id": world.flow()}),
            ("StateCounts", {"project_id": world.id("project", 1), "since": ago(days=1)}),
            ("FailedFlows", {**every, "since": ago(days=1)}),
            ("UpcomingRuns", every),
            ("InProgress", {**every, "states": ["Running", "Cancelling"]}),
            ("InProgress", {**every, "states": ["Submitted"]}),
            ("Notifications", {**unread, "limit": 5, "offset": None, "order_by": [{"created": "desc"}]}),
            ("NotificationCount", unread),
        ),
    ]


def flows_tab(world: World) -> list[Call]:
    """The table of flows with the last runs of each."""
    where = {"_and": [{"archived": {"_eq": False}}, {"project_id": {"_eq": None}}]}
    given = {"project_id": None, "name": None, "id": None, "archived": False, "limit": 10, "offset": 0}
    return in_file(
        "dashboard",
        ("FlowTable", {**given, "order_by": [{"name": "asc"}]}),
        (
            "FlowTable",
            {**given, "name": "%retry%", "order_by": [{"project": {"name": "desc"}}, {"created": "desc"}]},
        ),
        ("FlowTableCount", {"where": where}),
        *[("LastRunsOfFlow", {"flow_id": world.flow(group)}) for group in range(1, 7)],
    )


def calendar(world: World) -> list[Call]:
    """The calendar of one day, of all flows and of one."""
    day = {"from": ago(hours=12), "until": ago(hours=-12)}
    return in_file(
        "dashboard",
        "CalendarFlows",
        ("CalendarRuns", {**day, "flow_id": None}),
        ("CalendarRuns", {**day, "flow_id": world.flow()}),
        ("CalendarScheduled", {**day, "flow_id": world.flow()}),
        ("CalendarRunning", {"from": ago(seconds=1)}),
        ("CalendarSpanning", {"from": ago(days=1)}),
    )


def flow(world: World) -> list[Call]:
    """The overview tab of a flow."""
    group = {"flow_group_id": world.id("flow_group", 1)}
    return in_file(
        "flow",
        ("RequestedFlow", {"id": world.flow()}),
        ("FlowGroup", {"id": world.id("flow_group", 1)}),
        ("LastRun", group),
        ("FlowHistory", {**group, "flow_id": None, "order_by": [{"scheduled_start_time": "desc"}]}),
        ("FlowCounts", {**group, "since": ago(days=7)}),
        ("FlowUpcoming", group),
        ("FlowErrors", {**group, "updated": {"_gte": ago(days=1)}}),
        ("FlowActivity", group),
    )


def flow_tabs(world: World) -> list[Call]:
    """The other tabs of a flow: tasks, runs, schematic, versions."""
    group = {"flow_group_id": world.id("flow_group", 1)}
    page = {"limit": 15, "offset": 0}
    return in_file(
        "flow",
        ("FlowTasks", {"flow_id": world.flow(), "name": None, "order_by": [{"name": "asc"}], **page}),
        (
            "FlowRunsTable",
            {
                **group,
                "name": "%run%",
                "states": None,
                **page,
                "order_by": [{"scheduled_start_time": "desc"}],
            },
        ),
        ("FlowRunsCount", {**group, "name": None, "states": None}),
        ("Schematic", {"id": world.flow()}),
        (
            "Versions",
            {"id": world.id("flow_group", 1), "version": None, **page, "order_by": [{"version": "desc"}]},
        ),
    )


def flow_run(world: World) -> list[Call]:
    """The overview tab of a flow run."""
    run = {"flow_run_id": world.run("Failed")}
    return in_file(
        "flow_run",
        ("FlowRun", {"id": world.run("Failed")}),
        ("Timeline", run),
        ("TimelineTasks", {"flow_id": world.flow()}),
        ("MappedRuns", {"run_0": world.task_run("Failed", 3), "run_1": world.task_run("Failed", 6)}),
        ("Activity", {**run, "state": None, "timestamp": None}),
        (
            "TaskRunsTable",
            {
                **run,
                "name": None,
                "states": None,
                "order_by": [{"start_time": "desc_nulls_last"}],
                "limit": 15,
                "offset": 0,
            },
        ),
        ("TaskRunsCount", {**run, "name": "%", "states": None}),
    )


def schematic(world: World) -> list[Call]:
    """The live schematic of a flow run."""
    return in_file(
        "flow_run",
        ("LiveSchematic", {"id": world.run("Running")}),
        ("MappedRuns", {"run_0": world.task_run("Running", 3), "run_1": world.task_run("Running", 6)}),
    )


def logs(world: World) -> list[Call]:
    """The logs of a flow run: the page, the one before it and the one after it."""
    run = {"id": world.run("Failed"), "log_id": None, "from": None, "until": None}
    levels = ["CRITICAL", "ERROR", "WARNING", "INFO"]
    return in_file(
        "flow_run",
        ("LogScope", {"id": world.run("Failed")}),
        ("Logs", {**run, "limit": 100, "offset": 0, "levels": levels, "search": None}),
        ("Logs", {**run, "limit": 100, "offset": 100, "levels": levels, "search": None}),
        ("Logs", {**run, "limit": 100, "offset": 0, "levels": None, "search": "%work%"}),
    )


def artifacts(world: World) -> list[Call]:
    """The artifacts of all task runs of a flow run."""
    ids = [world.task_run("Failed", task) for task in range(1, 7)]
    ids += [world.task_run("Failed", 3, index) for index in range(world.children)]
    return in_file(
        "flow_run",
        ("ArtifactTaskRuns", {"flow_run_id": world.run("Failed"), "limit": None, "offset": None}),
        ("Artifacts", {"task_run_ids": ids}),
    )


def restart(world: World) -> list[Call]:
    """What the UI asks before it restarts a run."""
    start = "{" + ",".join([world.task(3), world.task(5)]) + "}"
    return in_file(
        "flow_run",
        ("FailedTaskRuns", {"flow_run_id": world.run("Failed")}),
        ("DownstreamTasks", {"start_task_ids": start, "flow_run_id": world.run("Failed")}),
        ("UpstreamTasks", {"start_task_ids": start}),
    )


def task(world: World) -> list[Call]:
    """The page of a task."""
    given = {
        "id": world.task(5),
        "updated": ago(days=7),
        "order_by": [{"start_time": "desc_nulls_last"}],
        "limit": 15,
        "offset": None,
    }
    where = {
        "task_id": {"_eq": world.task(5)},
        "flow_run": {"state": {"_neq": "Scheduled"}},
        "updated": {"_gte": ago(days=7)},
    }
    return in_file(
        "task",
        ("Task", {"id": world.task(5)}),
        ("TaskRunsOfTask", given),
        ("TaskRunsOfTaskCount", {"where": where}),
        ("LastTaskRun", {"task_id": world.task(5)}),
    )


def task_run(world: World) -> list[Call]:
    """The page of a task run."""
    id = world.task_run("Failed", 5)
    run = {"flow_run_id": world.run("Failed")}
    return in_file(
        "task",
        ("TaskRun", {"id": id}),
        ("Dependencies", {**run, "up_0": world.task(2), "down_0": world.task(4), "indexes": [-1, 0]}),
        ("TaskRunStates", {"id": id, "limit": 10, "state": None}),
        ("TaskRunLogs", {"id": id, "limit": 100, "offset": 0, "levels": None, "search": None}),
        (
            "MappedSiblings",
            {
                **run,
                "task_id": world.task(3),
                "limit": 15,
                "offset": None,
                "order_by": [{"map_index": "asc"}],
            },
        ),
        ("LatestOfTasks", run),
    )


def agents(world: World) -> list[Call]:
    """The list of agents: one scan of what is scheduled for each card."""
    cards = [1, 2, 3]
    return [*in_file("shell", "Agents"), *in_file("agents", *["CardScheduled" for _ in cards]), *in_file("agents", *[("CardRecent", {"agent_id": world.id("agent", n)}) for n in cards])]  # fmt: skip


def agent(world: World) -> list[Call]:
    """The page of one agent."""
    given = {"agent_id": world.id("agent", 1)}
    return in_file(
        "agents",
        ("CardRecent", given),
        ("AgentInProgress", given),
        "CardScheduled",
        (
            "AgentRuns",
            {
                **given,
                "name": None,
                "limit": 15,
                "offset": 0,
                "order_by": [{"start_time": "desc_nulls_last"}],
            },
        ),
    )


def team(world: World) -> list[Call]:
    """The team pages and the message centre."""
    hooks = [{"version_group_id": {"_is_null": True}}, {"version_group_id": {"_eq": "group-1"}}]
    return in_file(
        "team",
        "TeamProjects",
        ("ProjectFlows", {"id": world.id("project", 1)}),
        "VersionGroups",
        "LatestOfGroups",
        ("FlowsOfVersionGroup", {"version_group_id": "group-1"}),
        ("CloudHooks", {"list": hooks}),
        ("CloudHooksOfGroup", {"version_group_id": "group-1"}),
        ("HookedFlows", {"ids": [{"version_group_id": {"_eq": "group-1"}}, {"id": {"_eq": world.flow(2)}}]}),
        "DataToClear",
        ("Messages", {"tenant_id": world.id("tenant", 1), "read": None, "limit": 25, "offset": 0}),
    )


def unused(world: World) -> list[Call]:
    """What forks of the UI ask."""
    return in_file(
        "unused",
        ("FlowRunStates", {"flow_run_id": world.run("Failed")}),
        ("AllTaskRunStates", {"task_run_id": world.task_run("Failed", 5)}),
        ("ArtifactCount", {"task_run_id": world.task_run("Failed", 1)}),
        ("TenantById", {"id": world.id("tenant", 1)}),
        "ProjectCount",
        ("Gantt", {"flow_run_id": world.run("Failed"), "direction": "asc"}),
    )


PAGES = {
    "login": _login,
    "search": _search,
    "dashboard": dashboard,
    "flows tab": flows_tab,
    "calendar": calendar,
    "flow": flow,
    "flow's tabs": flow_tabs,
    "flow run": flow_run,
    "schematic": schematic,
    "logs": logs,
    "artifacts": artifacts,
    "restart": restart,
    "task": task,
    "task run": task_run,
    "agents": agents,
    "agent": agent,
    "team": team,
    "unused": unused,
}
