"""Writes, changes and deletes artifacts inside a task. Input: {"project"}. Output: the run's id and the artifacts'."""

from prefect import Flow, task

from release import answer, client, create_link, create_markdown, execute, kind, register, update_markdown

made = {}


@task
def report():
    made["link"] = create_link("https://example.com/report")
    made["markdown"] = create_markdown("# Draft")
    update_markdown(made["markdown"], "# Report\n\n| ü | `x` |")
    made["deleted"] = create_link("https://example.com/mistake")
    client.delete_task_run_artifact(made["deleted"])


flow = Flow("reporting", tasks=[report])
run = client.create_flow_run(flow_id=register(flow))
answer(run=run, state=kind(execute(flow, run)), **made)
