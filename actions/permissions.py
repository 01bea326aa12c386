"""Which permission each custom field needs (contract ui-and-cloud.md B.1).

The one table that says it: handlers are reached past it only by `registry.call_action`. Whoever calls without
authentication may do everything. What a caller may *see* is the business of the metadata's row filters (identity.py).
"""

from __future__ import annotations

NEEDS: dict[str, str | None] = {
    # Who asks, and what everybody may know
    "api": None,
    "auth_info": None,
    "hello": None,
    "preview_schedule": None,
    "reference_data": None,
    "refresh_token": None,
    "switch_tenant": None,
    "update_user_settings": None,
    # Tenants. Who may found one is asked of their role in the tenant they act in.
    "create_tenant": "create:tenant",
    "delete_tenant": "delete:tenant",
    "pause_tenant_work_queue": "update:tenant",
    "resume_tenant_work_queue": "update:tenant",
    "set_retention_policy": "update:tenant",
    "update_tenant_name": "update:tenant",
    "update_tenant_settings": "update:tenant",
    "update_tenant_slug": "update:tenant",
    # Keys. Those of service accounts need more; the handlers look.
    "create_api_key": "create:api-key",
    "create_api_token": "create:api-key",
    "delete_api_key": "delete:api-key",
    "delete_api_token": "delete:api-key",
    # Projects
    "create_project": "create:project",
    "delete_project": "delete:project",
    "set_project_description": "update:project",
    "set_project_name": "update:project",
    # Flows
    "archive_flow": "update:flow",
    "create_flow": "create:flow",
    "create_flow_from_compressed_string": "create:flow",
    "delete_flow": "delete:flow",
    "delete_flow_group": "delete:flow",
    "delete_flow_group_schedule": "update:flow",
    "disable_flow_heartbeat": "update:flow",
    "disable_flow_lazarus_process": "update:flow",
    "disable_flow_version_lock": "update:flow",
    "enable_flow_heartbeat": "update:flow",
    "enable_flow_lazarus_process": "update:flow",
    "enable_flow_version_lock": "update:flow",
    "register_edges": "create:flow",
    "register_tasks": "create:flow",
    "set_flow_group_default_parameters": "update:flow",
    "set_flow_group_description": "update:flow",
    "set_flow_group_labels": "update:flow",
    "set_flow_group_late_policy": "update:flow",
    "set_flow_group_run_config": "update:flow",
    "set_flow_group_schedule": "update:flow",
    "update_flow_project": "update:flow",
    # A schedule makes runs, and takes them away.
    "set_schedule_active": "create:run",
    "set_schedule_inactive": "delete:run",
    # Runs
    "cancel_flow_run": "update:run",
    "create_flow_run": "create:run",
    "create_task_run_artifact": "update:run",
    "delete_flow_run": "delete:run",
    "delete_task_run_artifact": "update:run",
    "get_or_create_task_run": "update:run",
    "get_or_create_task_run_info": "update:run",
    "get_runs_in_queue": "read:run",
    "get_task_run_info": "read:run",
    "mapped_children": "read:run",
    "set_flow_run_labels": "update:run",
    "set_flow_run_name": "update:run",
    "set_flow_run_states": "update:run",
    "set_task_run_name": "update:run",
    "set_task_run_states": "update:run",
    "update_flow_run_heartbeat": "update:run",
    "update_task_run_artifact": "update:run",
    "update_task_run_heartbeat": "update:run",
    "why_not_running": "read:run",
    "write_run_logs": "create:log",
    # Agents
    "create_agent_config": "create:agent",
    "delete_agent": "delete:agent",
    "delete_agent_config": "delete:agent",
    "register_agent": "create:agent",
    "update_agent_config": "update:agent",
    # Hooks and automations
    "create_action": "create:hook",
    "create_agent_sla_failed_hook": "create:hook",
    "create_flow_run_state_changed_hook": "create:hook",
    "create_flow_sla_failed_hook": "create:hook",
    "delete_action": "delete:hook",
    "delete_hook": "delete:hook",
    "retry_hook_delivery": "update:hook",
    "test_action": "update:hook",
    "create_cloud_hook": "create:cloud-hook",
    "delete_cloud_hook": "delete:cloud-hook",
    "set_cloud_hook_active": "update:cloud-hook",
    "set_cloud_hook_inactive": "update:cloud-hook",
    "test_cloud_hook": "update:cloud-hook",
    "create_flow_group_sla": "create:flow-sla",
    "create_flow_sla_config": "create:flow-sla",
    # Limits
    "delete_flow_concurrency_limit": "delete:concurrency-limit",
    "delete_task_concurrency_limit": "delete:concurrency-limit",
    "delete_task_tag_limit": "delete:concurrency-limit",
    "flow_concurrency": "read:concurrency-limit",
    "task_concurrency": "read:concurrency-limit",
    "task_tag_usage": "read:concurrency-limit",
    "update_flow_concurrency_limit": "update:concurrency-limit",
    "update_task_concurrency_limit": "update:concurrency-limit",
    "update_task_tag_limit": "update:concurrency-limit",
    # Key-value pairs and secrets: setting one that is new is making it.
    "delete_key_value": "delete:key-value",
    "set_key_value": "update:key-value",
    "delete_secret": "delete:secret",
    "secret_names": "read:secret",
    "secret_value": "read:secret-value",
    "set_secret": "update:secret",
    # What somebody is told
    "delete_message": "delete:message",
    "mark_message_as_read": "update:message",
    "mark_message_as_unread": "update:message",
}
"""By custom field; None: whoever has a key."""


def refusal(name: str, permission: str) -> str:
    """What a caller without `permission` is told of the field `name`."""
    return (
        f"{name} needs the permission {permission}, which your role in this tenant does not have. "
        "An administrator of the tenant can give you one that has it."
    )
