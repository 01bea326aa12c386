"""Registers a project, a flow twice alike and once changed, one without compression, and one twice by command.

Input: {"project"}. Output: the ids, what the client holds the changed flow to be, and what the commands printed.
"""

from pathlib import Path

from flows import add, squares
from release import HOME, RELEASE, answer, client, command, given, register

FILE = Path(HOME) / "typed.py"
FILE.write_text(
    "from prefect import Flow, task\n\n@task\ndef say():\n    pass\n\nwith Flow('typed') as flow:\n    say()\n"
)


def register_by_command():
    if RELEASE < (0, 14):
        return command(
            "register", "flow", "--file", str(FILE), "--name", "typed", "--project", given["project"]
        )
    return command("register", "--project", given["project"], "--path", str(FILE))


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
    printed=[register_by_command() for _ in range(2)],
    tasks={
        flow.slugs[task]: [task.name, any(edge.mapped for edge in flow.edges_to(task))] for task in flow.tasks
    },
    edges=sorted(
        [flow.slugs[edge.upstream_task], flow.slugs[edge.downstream_task], edge.key, edge.mapped]
        for edge in flow.edges
    ),
    parameters=[[parameter.name, parameter.default] for parameter in flow.parameters()],
)
