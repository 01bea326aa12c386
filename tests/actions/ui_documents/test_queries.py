"""Every page of the original UI, asked as it asks: batched, with nulls and its own type names (ui-and-cloud.md A)."""

from __future__ import annotations

from collections import Counter

import pytest

from tests.actions.ui_documents import documents
from tests.actions.ui_documents.conftest import UI
from tests.actions.ui_documents.pages import PAGES, ago
from tests.actions.ui_documents.world import STATES, World

WORLD = World()
CALLS = [call for page in PAGES.values() for call in page(WORLD)]
ASKED = {(file, name): variables for file, name, variables in CALLS}
RUN = {"flow_run_id": WORLD.run("Failed")}


def test_every_document_belongs_to_a_page():
    written = {(file, name) for file in documents.files() for name in documents.operations(file)}
    assert written - {("mutations", name) for name in documents.operations("mutations")} == set(ASKED)


@pytest.mark.parametrize("page", PAGES)
async def test_page(reader: UI, page):
    calls = PAGES[page](reader.world)
    for call, answer in zip(calls, await reader.batch(calls), strict=True):
        assert "errors" not in answer, (call, answer)
        if call[1] != "SearchById":
            empty = [key for key, value in answer["data"].items() if value in (None, [], {})]
            assert empty == [], (call, answer)


def _sizes(data: dict) -> dict[str, int]:
    """How many rows each root has, counted or listed."""
    sizes = {}
    for key, value in data.items():
        if isinstance(value, list):
            sizes[key] = len(value)
        elif isinstance(value, dict) and "aggregate" in value:
            sizes[key] = value["aggregate"]["count"]
    return sizes


NULLABLE = [call for call in ASKED if documents.filters(*call) and call[1] != "SearchById"]


@pytest.mark.parametrize("left_out", [False, True], ids=["null", "left out"])
@pytest.mark.parametrize("call", NULLABLE, ids=[name for _, name in NULLABLE])
async def test_a_null_filters_nothing(reader: UI, call, left_out):
    """A comparison with null, or with a variable that is left out, means no filter (ui-and-cloud.md A.0.2, E 2)."""
    free = documents.filters(*call)
    given = ASKED[call]
    kept = {key: value for key, value in given.items() if key not in free}
    nulled = kept if left_out else {**kept, **dict.fromkeys(free)}
    filtered = _sizes(await reader.ask(*call, **given))
    everything = _sizes(await reader.ask(*call, **nulled))
    assert all(everything[key] >= size for key, size in filtered.items())


NULL_OPERATORS = ("_eq", "_neq", "_gt", "_gte", "_lt", "_lte", "_in", "_nin", "_ilike", "_like", "_is_null")


@pytest.mark.parametrize("operator", NULL_OPERATORS)
async def test_each_operator_collapses_a_null(reader: UI, operator):
    document = (
        "query($where: flow_run_bool_exp) { flow_run_aggregate(where: $where) { aggregate { count } } }"
    )
    answer = (await reader.gateway.post(document, {"where": {"name": {operator: None}}})).json()
    assert answer["data"]["flow_run_aggregate"]["aggregate"]["count"] == await reader.value(
        "SELECT count(*) FROM flow_run"
    )


async def test_counts_by_state(reader: UI):
    since = ago(days=1)
    project = WORLD.id("project", 1)
    data = await reader.ask("dashboard", "StateCounts", project_id=project, since=since)
    rows = await reader.database.fetch(
        "SELECT state, count(*) FROM flow_run JOIN flow ON flow.id = flow_id"
        " WHERE project_id = $1 AND scheduled_start_time >= $2::text::timestamptz GROUP BY state", project, since
    )  # fmt: skip
    expected = dict(rows)
    counted = {state: value["aggregate"]["count"] for state, value in data.items()}
    assert counted == {state: expected.get(state, 0) for state in counted}
    assert counted["Failed"] > 1
    assert counted["Scheduled"] == WORLD.ahead * 5 + 2 * 5 + 1
    assert sum(count > 0 for count in counted.values()) == len(STATES) - 1  # Cached is no tile of the UI


async def test_history_and_what_comes_next(reader: UI):
    history = (await reader.ask("dashboard", "RunHistory", project_id=None, since=None, limit=60))["flow_run"]
    newest = [WORLD.id("flow_run", r) for r in range(WORLD.runs, 0, -1) if r != WORLD.run_number("Scheduled")]
    assert [run["id"] for run in history] == newest[:60]
    upcoming = (await reader.ask("dashboard", "UpcomingRuns", project_id=WORLD.id("project", 1)))["flow_run"]
    groups = (1, 2, 3, 4, 5)
    late = {WORLD.upcoming(group, hours) for group in groups for hours in (-1, 0)} | {WORLD.run("Scheduled")}
    due = {WORLD.upcoming(group, hours) for group in groups for hours in range(1, WORLD.ahead + 1)}
    assert {run["id"] for run in upcoming[: len(late)]} == late
    assert {run["id"] for run in upcoming[len(late) :]} == due
    # Runs of one moment stand in the order of their flows' names.
    keys = [(run["scheduled_start_time"], run["flow"]["name"]) for run in upcoming]
    assert keys == sorted(keys)


async def test_flows_whose_runs_failed(reader: UI):
    since = ago(days=1)
    runs = (await reader.ask("dashboard", "FailedFlows", project_id=None, since=since))["flow_run"]
    rows = await reader.database.fetch(
        "SELECT DISTINCT ON (flow_id) id FROM flow_run WHERE state = 'Failed' AND scheduled_start_time >= $1::text::timestamptz"
        " ORDER BY flow_id, scheduled_start_time DESC", since
    )  # fmt: skip
    assert [run["id"] for run in runs] == [str(row["id"]) for row in rows]
    assert len(runs) > 2


async def test_flow_group(reader: UI):
    group = (await reader.ask("flow", "FlowGroup", id=WORLD.id("flow_group", 1)))["flow_group_by_pk"]
    assert [(flow["version"], flow["archived"]) for flow in group["flows"]] == [
        (3, False),
        (2, True),
        (1, True),
    ]
    assert {flow["project"]["name"] for flow in group["flows"]} == {"proj"}
    # Microseconds: the UI divides them by 1e6 (A.2.3).
    assert group["schedule"]["clocks"][0]["interval"] == 3_600_000_000
    assert group["settings"]["heartbeat_enabled"] is True
    assert group["labels"] == ["etl", "prod"]
    assert group["__typename"] == "flow_group"
    assert {flow["__typename"] for flow in group["flows"]} == {"flow"}


async def test_timeline_with_mapped_children(reader: UI):
    runs = (await reader.ask("flow_run", "Timeline", **RUN))["task_run"]
    states = {run["task_id"]: run["state"] for run in runs}
    outcome = ["Success", "Success", "Mapped", "TriggerFailed", "Failed", "Mapped"]
    assert states == {WORLD.task(n): state for n, state in enumerate(outcome, 1)}
    assert {len(run["states"]) for run in runs} == {3}
    mapped = await reader.ask(
        "flow_run", "MappedRuns", run_0=WORLD.task_run("Failed", 3), run_1=WORLD.task_run("Failed", 4)
    )
    children = mapped["mapped_run_0"]
    assert children["state_counts"] == {"Success": WORLD.children - 1, "Failed": 1}
    first, last = await reader.database.fetchrow(
        "SELECT min(start_time), max(end_time) FROM task_run WHERE flow_run_id = $1 AND task_id = $2 AND map_index >= 0",
        RUN["flow_run_id"], WORLD.task(3),
    )  # fmt: skip
    assert (children["min_start_time"], children["max_end_time"]) == (first.isoformat(), last.isoformat())
    assert mapped["mapped_run_1"]["state_counts"] == {}


async def test_live_schematic(reader: UI):
    run = (await reader.ask("flow_run", "LiveSchematic", id=WORLD.run("Running")))["flow_run_by_pk"]
    edges = {
        (edge["upstream_task"]["id"], edge["downstream_task"]["id"], edge["mapped"])
        for item in run["task_runs"]
        for edge in item["task"]["upstream_edges"]
    }
    shape = [(1, 2, False), (2, 3, True), (3, 4, False), (2, 5, False), (3, 6, True), (5, 4, False)]
    assert edges == {(WORLD.task(up), WORLD.task(down), mapped) for up, down, mapped in shape}
    assert Counter(item["state"] for item in run["task_runs"]) == {
        "Success": 2,
        "Mapped": 1,
        "Retrying": 1,
        "Pending": 2,
    }


LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")


async def test_pages_of_logs(reader: UI):
    given = {"id": WORLD.run("Failed"), "log_id": None, "from": None, "until": None, "search": None}
    pages = [
        (await reader.ask("flow_run", "Logs", **given, levels=None, limit=100, offset=offset))[
            "flow_run_by_pk"
        ]["logs"]
        for offset in (0, 100, 200)
    ]
    lines = [line["message"] for page in pages for line in page]
    assert lines == [f"Line {n} of 100% work_done" for n in range(WORLD.lines, 0, -1)]
    errors = (
        await reader.ask("flow_run", "Logs", **given, levels=["ERROR", "CRITICAL"], limit=1000, offset=0)
    )["flow_run_by_pk"]["logs"]
    assert [line["level"] for line in errors] == [
        LEVELS[n % 5] for n in range(WORLD.lines, 0, -1) if n % 5 > 2
    ]


SEARCHES = [("%line 25 of%", 1), (r"%100\% work\_done", 250), ("%LINE 1_ OF%", 10), ("%nowhere%", 0)]


@pytest.mark.parametrize(("pattern", "found"), SEARCHES)
async def test_search_in_logs(reader: UI, pattern, found):
    given = {
        "id": WORLD.run("Failed"),
        "log_id": None,
        "from": None,
        "until": None,
        "levels": None,
        "offset": 0,
    }
    run = (await reader.ask("flow_run", "Logs", **given, limit=None, search=pattern))["flow_run_by_pk"]
    assert len(run["logs"]) == found


async def test_walks_along_the_edges(reader: UI):
    start = "{" + ",".join([WORLD.task(3), WORLD.task(5)]) + "}"
    down = (await reader.ask("flow_run", "DownstreamTasks", start_task_ids=start, **RUN))[
        "utility_downstream_tasks"
    ]
    assert {item["task_id"]: item["depth"] for item in down} == {
        WORLD.task(3): 0,
        WORLD.task(5): 0,
        WORLD.task(4): 1,
        WORLD.task(6): 1,
    }
    assert {item["__typename"] for item in down} == {"utility_traversal"}
    runs = {item["task_id"]: len(item["task"]["task_runs"]) for item in down}
    assert runs == {
        WORLD.task(3): WORLD.children + 1,
        WORLD.task(6): WORLD.children + 1,
        WORLD.task(4): 1,
        WORLD.task(5): 1,
    }
    up = (await reader.ask("flow_run", "UpstreamTasks", start_task_ids=start))["utility_upstream_tasks"]
    assert {item["task_id"]: item["depth"] for item in up} == {
        WORLD.task(3): 0,
        WORLD.task(5): 0,
        WORLD.task(2): 1,
        WORLD.task(1): 2,
    }


FOUND = [
    ("flow", WORLD.flow(), {"flow"}),
    ("flow group", WORLD.id("flow_group", 1), {"flow"}),
    ("archived flow", WORLD.flow(1, 1), set()),
    ("flow run", WORLD.run("Failed"), {"flow_run"}),
    ("project", WORLD.id("project", 1), {"project"}),
    ("task", WORLD.task(4), {"task"}),
    ("task run", WORLD.task_run("Failed", 4), {"task_run"}),
    ("nothing", WORLD.id("agent", 77), set()),
]


@pytest.mark.parametrize(("what", "id", "roots"), FOUND, ids=[what for what, *_ in FOUND])
async def test_search_by_id(reader: UI, what, id, roots):
    data = await reader.ask("shell", "SearchById", id=id)
    assert {root for root, rows in data.items() if rows} == roots
    # The UI tells results apart by their type names.
    assert all(rows[0]["__typename"] == root for root, rows in data.items() if rows)


async def test_search_by_name(reader: UI):
    data = await reader.ask("shell", "SearchByName", text="%RETRY%")
    assert {flow["name"] for flow in data["flow"]} == {"retry", "oldretry"}
    data = await reader.ask("shell", "SearchByName", text="%run-1%")
    assert len(data["flow_run"]) == 5


async def test_projects_of_a_team(reader: UI):
    projects = (await reader.ask("team", "TeamProjects"))["project"]
    counts = {
        p["name"]: (
            p["active_flow_count"]["aggregate"]["count"],
            p["archived_flow_count"]["aggregate"]["count"],
        )
        for p in projects
    }
    assert counts == {
        "proj": (5, 10),
        "p2": (1, 2),
        "pp": (0, 0),
        "todelete": (0, 0),
        "empty": (0, 0),
        "foreign": (1, 2),
    }


async def test_messages(reader: UI):
    unread = {"_and": [{"tenant_id": {"_eq": WORLD.id("tenant", 1)}}, {"read": {"_eq": False}}]}
    data = await reader.ask("dashboard", "NotificationCount", where=unread)
    assert data["message_aggregate"]["aggregate"]["count"] == 8
    page = await reader.ask(
        "team", "Messages", tenant_id=WORLD.id("tenant", 1), read=True, limit=25, offset=1
    )
    assert [message["text"] for message in page["message"]] == ["Message 6", "Message 9", "Message 12"]
    assert page["message"][0]["content"]["task_run"] == {"id": "1", "task_id": "2"}


async def test_artifacts_of_very_many_task_runs(reader: UI):
    """The UI names every task run of a mapped run (A.2.4): 10,000 ids in one list."""
    ids = [WORLD.id("task_run", n) for n in range(10_000)] + [
        WORLD.task_run("Failed", n) for n in range(1, 7)
    ]
    found = (await reader.ask("flow_run", "Artifacts", task_run_ids=ids))["task_run_artifact"]
    assert {item["kind"]: item["data"] for item in found} == {
        "markdown": {"markdown": "# Report"}, "link": {"link": "https://example.org/"}, "table": {"rows": [1]},
    }  # fmt: skip
    assert (await reader.ask("flow_run", "Artifacts", task_run_ids=[]))["task_run_artifact"] == []


async def test_login(reader: UI):
    """What the UI asks before it has a tenant, in objects of their own (its second client does not batch)."""
    answers = {}
    for name, variables in (("Hello", {}), ("Api", {}), ("Tenants", {}), ("ReferenceData", {})):
        body = documents.item("shell", name, variables)
        response = await reader.gateway.client.post("/graphql", json=body, headers=documents.HEADERS)
        assert response.status_code == 200
        answers |= response.json()["data"]
    assert answers["hello"] == "👋"
    assert answers["api"].items() >= {"backend": "SERVER", "mode": "normal", "__typename": "api_info"}.items()
    assert [tenant["slug"] for tenant in answers["tenant"]] == ["others", "team"]
    assert set(answers["reference_data"]["state_hierarchy"]) >= set(STATES)
    assert answers["reference_data"]["state_info"]["Failed"] == {"color": "#eb0000"}


async def test_a_bad_document_fails_alone(reader: UI):
    """Ten operations in one body, one of which asks for a field that does not exist (E 1)."""
    calls = PAGES["dashboard"](WORLD)[:10]
    body = [documents.item(*call) for call in calls]
    body[4] = {"operationName": None, "variables": {}, "query": "{ flow { no_such_field } }"}
    answers = (await reader.gateway.client.post("/graphql", json=body, headers=documents.HEADERS)).json()
    assert [index for index, answer in enumerate(answers) if "errors" in answer] == [4]
