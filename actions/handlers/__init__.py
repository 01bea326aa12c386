"""The custom fields of the GraphQL API, one function each; importing this package registers all of them.

A handler decodes nothing (lictor.actions.registry does) and decides nothing (lictor.orchestration does):
it carries values from the one to the other.
"""

from lictor.actions.handlers import about, agents, artifacts, flow_runs, flows, logs, task_runs, teams

__all__ = ["about", "agents", "artifacts", "flow_runs", "flows", "logs", "task_runs", "teams"]
