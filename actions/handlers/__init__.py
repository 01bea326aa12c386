"""The custom fields of the GraphQL API, one function each; importing this package registers all of them.

A handler decodes nothing (lictor.actions.registry does) and decides nothing (lictor.orchestration does):
it carries values from the one to the other.
"""

from lictor.actions.handlers import (
    about,
    accounts,
    agents,
    artifacts,
    flow_runs,
    flows,
    key_values,
    logs,
    secrets,
    task_runs,
    teams,
    work_queue,
)

__all__ = [
    "about",
    "accounts",
    "agents",
    "artifacts",
    "flow_runs",
    "flows",
    "key_values",
    "logs",
    "secrets",
    "task_runs",
    "teams",
    "work_queue",
]
