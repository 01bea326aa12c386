"""Runs a mapped flow in this process. Input: {"project"}. Output: the run's id, and what the client holds of it."""

from flows import squares
from release import answer, client, execute, kind, register

flow = squares("mapped")
run = client.create_flow_run(flow_id=register(flow), parameters={"n": 6})
state = execute(flow, run, flow.tasks)
results = {flow.slugs[task]: state.result[task] for task in flow.tasks}
answer(
    run=run,
    state=kind(state),
    states={slug: kind(result) for slug, result in results.items()},
    children=[kind(child) for child in results["square-1"].map_states],
    total=results["total-1"].result,
)
