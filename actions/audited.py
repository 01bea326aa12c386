"""Which mutations stand in the audit trail, which of them wait for it, and what each is about.

Names of custom fields come in; tables and places of ids go out. A test sees to it that every mutation is here.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple
from uuid import UUID

from lictor.actions.identity import uuid_or_none


class Place(NamedTuple):
    """Where the id of a mutation's object stands: in a field of its input, or (None) in its answer, as `id`."""

    table: str
    field: str | None


_TABLES = {
    "action": "action_id",
    "agent": "agent_id",
    "agent_config": "agent_config_id",
    "auth_api_key": "key_id",
    "cloud_hook": "cloud_hook_id",
    "flow": "flow_id",
    "flow_group": "flow_group_id",
    "flow_run": "flow_run_id",
    "hook": "hook_id",
    "hook_delivery": "hook_delivery_id",
    "key_value": "key_value_id",
    "message": "message_id",
    "project": "project_id",
    "task_run": "task_run_id",
    "task_run_artifact": "task_run_artifact_id",
    "tenant": "tenant_id",
}
_MADE = {
    "action": "create_action",
    "agent": "register_agent",
    "agent_config": "create_agent_config",
    "auth_api_key": "create_api_key create_api_token",
    "auth_user": "update_user_settings",
    "cloud_hook": "create_cloud_hook",
    "flow": "create_flow create_flow_from_compressed_string",
    "flow_concurrency_limit": "update_flow_concurrency_limit",
    "flow_group_sla": "create_flow_group_sla",
    "flow_run": "create_flow_run",
    "flow_sla_config": "create_flow_sla_config",
    "hook": "create_agent_sla_failed_hook create_flow_run_state_changed_hook create_flow_sla_failed_hook",
    "key_value": "set_key_value",
    "project": "create_project",
    "secret": "set_secret delete_secret",
    "task_concurrency_limit": "update_task_concurrency_limit",
    "task_run": "get_or_create_task_run get_or_create_task_run_info",
    "task_run_artifact": "create_task_run_artifact",
    "task_tag_limit": "update_task_tag_limit",
    "tenant": "create_tenant",
}
_CHANGED = {
    "action": "delete_action test_action",
    "agent": "delete_agent",
    "agent_config": "delete_agent_config update_agent_config",
    "auth_api_key": "delete_api_key",
    "cloud_hook": "delete_cloud_hook set_cloud_hook_active set_cloud_hook_inactive test_cloud_hook",
    "flow": "archive_flow delete_flow disable_flow_heartbeat disable_flow_lazarus_process disable_flow_version_lock "
    "enable_flow_heartbeat enable_flow_lazarus_process enable_flow_version_lock register_edges register_tasks "
    "set_schedule_active set_schedule_inactive update_flow_project",
    "flow_group": "delete_flow_group delete_flow_group_schedule set_flow_group_default_parameters "
    "set_flow_group_description set_flow_group_labels set_flow_group_late_policy set_flow_group_run_config "
    "set_flow_group_schedule",
    "flow_run": "cancel_flow_run delete_flow_run set_flow_run_labels set_flow_run_name set_flow_run_states "
    "update_flow_run_heartbeat write_run_logs",
    "hook": "delete_hook",
    "hook_delivery": "retry_hook_delivery",
    "key_value": "delete_key_value",
    "message": "delete_message mark_message_as_read mark_message_as_unread",
    "project": "delete_project set_project_description set_project_name",
    "task_run": "set_task_run_name set_task_run_states update_task_run_heartbeat",
    "task_run_artifact": "delete_task_run_artifact update_task_run_artifact",
    "tenant": "delete_tenant get_runs_in_queue pause_tenant_work_queue refresh_token resume_tenant_work_queue "
    "set_retention_policy switch_tenant update_tenant_name update_tenant_settings update_tenant_slug",
}
PLACES: dict[str, Place] = {
    **{name: Place(table, None) for table, names in _MADE.items() for name in names.split()},
    **{name: Place(table, _TABLES[table]) for table, names in _CHANGED.items() for name in names.split()},
    "delete_api_token": Place("auth_api_key", "token_id"),
    "delete_flow_concurrency_limit": Place("flow_concurrency_limit", "limit_id"),
    "delete_task_concurrency_limit": Place("task_concurrency_limit", "limit_id"),
    "delete_task_tag_limit": Place("task_tag_limit", "limit_id"),
}
"""By mutation: what it is about."""
READ_BEFORE = frozenset(place.table for place in PLACES.values() if place.field is not None) - {
    "task_concurrency_limit"
}
"""Tables of which a row is looked at before it is changed. A task concurrency limit is a view's."""

QUERIES = frozenset((
    "api", "auth_info", "flow_concurrency", "get_task_run_info", "hello", "mapped_children", "preview_schedule",
    "reference_data", "secret_names", "secret_value", "task_concurrency", "task_tag_usage", "why_not_running",
))  # fmt: skip
"""Custom fields that change nothing. A field that is not here is recorded, so that no new one is forgotten."""

ALWAYS_MACHINES = frozenset((
    "get_or_create_task_run", "get_or_create_task_run_info", "get_runs_in_queue", "update_flow_run_heartbeat",
    "update_task_run_heartbeat", "write_run_logs",
))  # fmt: skip
"""What only agents and flow processes ask for: it stands in the history of runs, thousands of times a minute."""
RUNNERS = frozenset(("set_flow_run_states", "set_task_run_name", "set_task_run_states"))
"""What flow processes and people ask for; a Prefect client says that it is one (X-PREFECT-CORE-VERSION)."""
WAITS = frozenset((
    "create_api_key", "create_api_token", "create_tenant", "refresh_token", "set_retention_policy", "set_secret",
    "switch_tenant", "update_tenant_name", "update_tenant_settings", "update_tenant_slug",
))  # fmt: skip
"""With whatever deletes, what is not answered before its entry cannot be lost: keys, members, secrets, tenants."""
_WAITING_WORDS = (
    "delete_",
    "role",
    "member",
    "invitation",
    "user",
    "key",
    "token",
    "secret",
    "password",
    "session",
)
_WAITING_NOT = frozenset(("set_key_value", "update_user_settings"))


def is_recorded(mode: str, operation: str, core_version: str | None) -> bool:
    """Whether the setting LICTOR_AUDIT wants an entry for this mutation."""
    if mode == "off":
        return False
    if mode == "all":
        return True
    return operation not in ALWAYS_MACHINES and not (operation in RUNNERS and core_version is not None)


def waits(operation: str) -> bool:
    """Whether the mutation is not answered before its entry is in the database. New fields about keys, roles, members or
    sessions are among them by their names.
    """
    return operation in WAITS or (
        operation not in _WAITING_NOT and any(word in operation for word in _WAITING_WORDS)
    )


def object_of(
    operation: str, arguments: Mapping[str, Any], answer: Any = None
) -> tuple[str | None, UUID | None]:
    """Table and id of what a mutation is about, as far as arguments and answer tell; of several there is no id."""
    place = PLACES.get(operation)
    if place is None:
        return None, None
    if place.field is None:
        return place.table, uuid_or_none(_text(answer.get("id"))) if isinstance(answer, dict) else None
    given = arguments.get("input")
    if not isinstance(given, dict):
        return place.table, None
    for items in ("states", "logs"):
        if isinstance(given.get(items), list) and operation in (
            "set_flow_run_states",
            "set_task_run_states",
            "write_run_logs",
        ):
            ids = {item.get(place.field) for item in given[items] if isinstance(item, dict)}
            return place.table, uuid_or_none(_text(ids.pop())) if len(ids) == 1 else None
    return place.table, uuid_or_none(_text(given.get(place.field)))


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) else None if value is None else str(value)
