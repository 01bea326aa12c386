"""Registers a project, a flow twice alike and once changed, and one without compression.

Input: {"project"}. Output: the ids, and what the client holds the changed flow to be.
"""

from flows import add, squares
from release import answer, client, given, register

projects = [client.create_project(given["project"], "made by a test") for _ in range(2)]
flow = squares("registered")
first = register(flow, labels=["blue", "red"], idempotency_key="one")
again = register(flow, labels=["blue", "red"], idempotency_key="one")
with flow:
    add(1, 2)
changed = register(flow, labels=["blue", "red"], idempotency_key="two")
plain = squares("plain")
plain.storage = flow.storage
answer(
    projects=projects,
    first=first,
    again=again,
    changed=changed,
    plain=client.register(plain, given["project"], compressed=False, no_url=True),
    tasks={
        flow.slugs[task]: [task.name, any(edge.mapped for edge in flow.edges_to(task))] for task in flow.tasks
    },
    edges=sorted(
        [flow.slugs[edge.upstream_task], flow.slugs[edge.downstream_task], edge.key, edge.mapped]
        for edge in flow.edges
    ),
    parameters=[[parameter.name, parameter.default] for parameter in flow.parameters()],
)
