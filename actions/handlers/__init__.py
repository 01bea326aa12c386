"""The custom fields of the GraphQL API, one function each; importing this package registers all of them.

A handler decodes nothing (lictor.actions.registry does) and decides nothing (lictor.orchestration does):
it carries values from the one to the other.
"""

from lictor.actions.handlers import (
    about,
    accounts,
    agent_configs,
    agents,
    artifacts,
    automations,
    cloud_hooks,
    explain,
    flow_groups,
    flow_runs,
    flows,
    key_values,
    late_runs,
    limits,
    logs,
    messages,
    projects,
    retention,
    schedules,
    secrets,
    task_runs,
    teams,
    tenants,
    work_queue,
)

__all__ = [
    "about",
    "accounts",
    "agent_configs",
    "agents",
    "artifacts",
    "automations",
    "cloud_hooks",
    "explain",
    "flow_groups",
    "flow_runs",
    "flows",
    "key_values",
    "late_runs",
    "limits",
    "logs",
    "messages",
    "projects",
    "retention",
    "schedules",
    "secrets",
    "task_runs",
    "teams",
    "tenants",
    "work_queue",
]
