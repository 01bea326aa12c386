"""Runs a flow and reads it back by every way the release has. Input: {"project"}.

Output: `info` by the client's methods, `printed` by its commands, `views` by prefect.backend (since 0.15).
"""

import pendulum
from prefect.engine.results import LocalResult

from flows import squares
from release import HOME, RELEASE, answer, client, command, execute, given, kind, register

PROJECT = given["project"]


def by_methods(run):
    info = client.get_flow_run_info(run)
    by_slug = {task_run.task_slug: task_run for task_run in info.task_runs}
    square = client.get_task_run_info(flow_run_id=run, task_id=by_slug["square-1"].task_id, map_index=2)
    return {
        "name": info.name,
        "flow": info.flow_id,
        "version": info.version,
        "parameters": dict(info.parameters),
        "state": kind(info.state),
        "states": {slug: kind(task_run.state) for slug, task_run in by_slug.items()},
        "square": [kind(square.state), square.version, kind(client.get_task_run_state(square.id))],
    }


def by_views(flow_id, run):
    from prefect.backend import FlowRunView, FlowView, TaskRunView
    from prefect.backend.tenant import TenantView

    flow = FlowView.from_flow_id(flow_id) if RELEASE < (1,) else FlowView.from_id(flow_id)
    named = FlowView.from_flow_name("viewed", project_name=PROJECT)
    group = FlowView.from_flow_group_id(
        client.graphql(
            "query($id: uuid!) { flow_by_pk(id: $id) { flow_group_id } }", variables={"id": flow_id}
        ).data.flow_by_pk.flow_group_id
    )
    view = FlowRunView.from_flow_run_id(run, load_static_tasks=True)
    squared = view.get_task_run(task_slug="square-1")
    one = TaskRunView.from_task_slug("square-1", run, map_index=3)
    return {
        "flows": [flow.flow_id, named.flow_id, group.flow_id],
        "flow": [flow.name, flow.project_name, flow.core_version, flow.archived],
        "deserialised": sorted(task.slug or task.name for task in flow.flow.tasks),
        "run": [view.flow_run_id, view.name, kind(view.state), dict(view.parameters)],
        "states": [kind(state) for state in view.states],
        "logs": [log.message for log in view.get_logs()],
        "task_runs": sorted(
            [task_run.task_slug, task_run.map_index] for task_run in view.get_all_task_runs()
        ),
        "mapped": [child.get_result() for child in squared.iter_mapped()],
        "total": view.get_task_run(task_slug="total-1").get_result(),
        "one": [one.map_index, one.get_result(), kind(one.state)],
        "tenant": TenantView.from_current_tenant().slug,
    }


flow = squares("viewed")
flow.result = LocalResult(dir=HOME)
flow_id = register(flow)
run = client.create_flow_run(flow_id=flow_id, parameters={"n": 5}, run_name="the viewed run")
# Before it runs: a view asks for the lines up to the run's last change.
client.write_run_logs(
    [
        {"flow_run_id": run, "timestamp": pendulum.now("UTC").isoformat(), "name": "prefect", "level": "INFO",
         "message": "a line of the viewed run"}
    ]
)  # fmt: skip
execute(flow, run)
answer(
    flow=flow_id,
    run=run,
    info=by_methods(run),
    printed={
        "flows": command("get", "flows", "--project", PROJECT),
        "projects": command("get", "projects", "--name", PROJECT),
        "flow-runs": command("get", "flow-runs", "--flow", "viewed", "--project", PROJECT),
        "tasks": command("get", "tasks", "--flow-name", "viewed", "--project", PROJECT),
        "logs": command("get", "logs", "--id", run),
        "describe flows": command("describe", "flows", "--name", "viewed", "--project", PROJECT),
        "describe tasks": command("describe", "tasks", "--name", "viewed", "--project", PROJECT),
        "describe flow-runs": command(
            "describe", "flow-runs", "--name", "the viewed run", "--flow-name", "viewed"
        ),
    },
    views=by_views(flow_id, run) if RELEASE >= (0, 15) else None,
)
