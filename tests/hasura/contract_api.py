"""The custom GraphQL API as data, transcribed from contract server.md 3.2-3.4 as far as Lictor has built it, and what
only Cloud had from ui-and-cloud.md B.3.

Field lists are the contract's own text: "name: type, name: type".
"""

# 3.3. Query field -> (arguments, result type)
QUERIES = {
    "hello": ("", "String"),
    "api": ("", "api_info"),
    "reference_data": ("", "reference_data"),
    "mapped_children": ("task_run_id: UUID!", "mapped_children_payload"),
    "get_task_run_info": ("task_run_id: UUID!", "task_run_info_payload"),
    "auth_info": ("", "auth_info"),
    "secret_names": ("", "[String!]"),
    "secret_value": ("name: String!", "JSON"),
    # Cloud's: ui-and-cloud.md B.3, 10 and 11.
    "flow_concurrency": ("labels: [String!]", "[flow_concurrency_payload!]"),
    "task_concurrency": ("names: [String!]", "[task_concurrency_payload!]"),
    "task_tag_usage": ("tags: [String!]", "[task_tag_usage_payload!]"),
    # Lictor's own.
    "why_not_running": ("flow_run_id: UUID!", "why_not_running_payload"),
    "preview_schedule": ("schedule: JSON!, count: Int, after: DateTime", "preview_schedule_payload"),
}

# 3.4. Payload type -> mutations; each takes the single argument `input: <name>_input!`
MUTATIONS = {
    "success_payload": """
        archive_flow delete_agent delete_agent_config delete_cloud_hook delete_message delete_tenant mark_message_as_read
        mark_message_as_unread set_cloud_hook_active set_cloud_hook_inactive test_cloud_hook update_agent_config
        retry_hook_delivery delete_action test_action delete_hook
        delete_flow delete_flow_run delete_project delete_task_run_artifact register_edges register_tasks
        delete_flow_group delete_flow_group_schedule disable_flow_heartbeat disable_flow_lazarus_process
        enable_flow_heartbeat enable_flow_lazarus_process set_flow_group_default_parameters set_flow_group_description
        set_flow_group_labels set_flow_group_run_config set_flow_group_schedule
        set_flow_run_labels set_flow_run_name set_schedule_active set_schedule_inactive set_task_run_name
        update_flow_run_heartbeat update_task_run_artifact update_task_run_heartbeat write_run_logs
        delete_api_key delete_api_token delete_key_value set_secret delete_secret pause_tenant_work_queue resume_tenant_work_queue
        delete_flow_concurrency_limit delete_task_concurrency_limit delete_task_tag_limit
        disable_flow_version_lock enable_flow_version_lock set_flow_group_late_policy
        set_retention_policy
    """,
    "limit_id_payload": "update_flow_concurrency_limit update_task_concurrency_limit update_task_tag_limit",
    "flow_id_payload": "create_flow create_flow_from_compressed_string update_flow_project",
    "flow_run_id_payload": "create_flow_run",
    "task_run_id_payload": "get_or_create_task_run",
    "get_or_create_task_run_info_payload": "get_or_create_task_run_info",
    "runs_in_queue_payload": "get_runs_in_queue",
    "set_flow_run_states_payload": "set_flow_run_states",
    "set_task_run_states_payload": "set_task_run_states",
    "cancel_flow_run_payload": "cancel_flow_run",
    "project_id_payload": "create_project set_project_name set_project_description",
    "tenant_id_payload": "create_tenant update_tenant_name update_tenant_slug update_tenant_settings",
    "agent_id_payload": "register_agent",
    "api_key_payload": "create_api_key",
    # B.3, 1: an id; other pages of the UI read `success` of what they save.
    "user_settings_payload": "update_user_settings",
    "api_token_payload": "create_api_token",
    "access_token_payload": "refresh_token switch_tenant",
    "key_value_id_payload": "set_key_value",
    "agent_config_id_payload": "create_agent_config",
    "cloud_hook_id_payload": "create_cloud_hook",
    # Cloud's: ui-and-cloud.md B.4.
    "action_id_payload": "create_action",
    "hook_id_payload": "create_flow_run_state_changed_hook create_flow_sla_failed_hook create_agent_sla_failed_hook",
    "flow_sla_config_id_payload": "create_flow_sla_config",
    "flow_group_sla_id_payload": "create_flow_group_sla",
    "task_run_artifact_id_payload": "create_task_run_artifact",
}
PAYLOAD_OF = {mutation: payload for payload, names in MUTATIONS.items() for mutation in names.split()}

_INPUTS = {
    "archive_flow delete_flow set_schedule_active set_schedule_inactive": "flow_id: UUID!",
    "enable_flow_heartbeat disable_flow_heartbeat": "flow_id: UUID!",
    "enable_flow_lazarus_process disable_flow_lazarus_process": "flow_id: UUID!",
    "delete_flow_group delete_flow_group_schedule": "flow_group_id: UUID!",
    "update_flow_project": "flow_id: UUID!, project_id: UUID!",
    "set_flow_group_default_parameters": "flow_group_id: UUID!, parameters: JSON!",
    "set_flow_group_description": "flow_group_id: UUID!, description: String",
    "set_flow_group_labels": "flow_group_id: UUID!, labels: [String!]",
    "set_flow_group_run_config": "flow_group_id: UUID!, run_config: JSON",
    "set_flow_group_schedule": "flow_group_id: UUID!, cron_clocks: [cron_clock_input!], "
    # `schedule` is Lictor's own: clocks that the other fields cannot say.
    "interval_clocks: [interval_clock_input!], timezone: String, schedule: JSON",
    "cron_clock": "cron: String!, parameter_defaults: JSON",
    "interval_clock": "interval: Int!, parameter_defaults: JSON",
    "set_project_name": "project_id: UUID!, name: String!",
    "set_project_description": "project_id: UUID!, description: String",
    "cancel_flow_run delete_flow_run update_flow_run_heartbeat": "flow_run_id: UUID!",
    "update_task_run_heartbeat": "task_run_id: UUID!",
    "delete_project": "project_id: UUID!",
    "delete_task_run_artifact": "task_run_artifact_id: UUID!",
    "create_flow": "serialized_flow: JSON!, project_id: UUID!, version_group_id: String, "
    "set_schedule_active: Boolean, description: String, idempotency_key: String",
    "create_flow_from_compressed_string": "serialized_flow: String!, project_id: UUID!, version_group_id: String, "
    "set_schedule_active: Boolean, description: String, idempotency_key: String",
    "register_tasks": "serialized_tasks: JSON!, flow_id: UUID!",
    "register_edges": "serialized_edges: JSON!, flow_id: UUID!",
    "create_flow_run": "flow_id: UUID, parameters: JSON, labels: [String!], run_config: JSON, context: JSON, "
    "scheduled_start_time: DateTime, idempotency_key: String, flow_run_name: String, version_group_id: String",
    "set_flow_run_labels": "flow_run_id: UUID!, labels: [String!]!",
    "set_flow_run_name": "flow_run_id: UUID!, name: String!",
    "set_task_run_name": "task_run_id: UUID!, name: String!",
    "get_or_create_task_run get_or_create_task_run_info": "flow_run_id: UUID!, task_id: UUID!, map_index: Int",
    # Agents before 1.0 with a token send null.
    "get_runs_in_queue": "tenant_id: UUID, before: DateTime, labels: [String!]",
    "set_flow_run_states": "states: [set_flow_run_state_input!]!",
    "set_flow_run_state": "flow_run_id: UUID!, version: Int, state: JSON!",
    "set_task_run_states": "states: [set_task_run_state_input!]!",
    "set_task_run_state": "task_run_id: UUID!, version: Int, state: JSON!, flow_run_version: Int",
    "write_run_logs": "logs: [write_run_log_input!]!",
    "write_run_log": "flow_run_id: UUID!, task_run_id: UUID, timestamp: DateTime, message: String, name: String, "
    "level: log_level, info: JSON",
    # tenant_id is UUID! in the contract, but the original UI leaves it out (ui-and-cloud.md A.2.7).
    "create_project": "tenant_id: UUID, name: String!, description: String",
    "update_tenant_name": "tenant_id: UUID, name: String!",
    "update_tenant_slug": "tenant_id: UUID, slug: String!",
    "update_tenant_settings": "tenant_id: UUID, settings: JSON",
    "create_agent_config": "tenant_id: UUID, name: String, settings: JSON, sla_min_healthy: Int",
    "create_cloud_hook": "tenant_id: UUID, type: cloud_hook_type!, name: String, version_group_id: String, "
    "states: [String!]!, config: JSON",
    "update_agent_config": "agent_config_id: UUID!, name: String, settings: JSON, sla_min_healthy: Int",
    "delete_agent": "agent_id: UUID!",
    "delete_agent_config": "agent_config_id: UUID!",
    "delete_cloud_hook set_cloud_hook_active set_cloud_hook_inactive": "cloud_hook_id: UUID!",
    "test_cloud_hook": "cloud_hook_id: UUID!, flow_run_id: UUID, state_type: test_cloud_hook_state_type",
    "retry_hook_delivery": "hook_delivery_id: UUID!",
    "create_action": "tenant_id: UUID, name: String, config: JSON!",
    "delete_action test_action": "action_id: UUID!",
    "create_flow_run_state_changed_hook": "action_id: UUID!, states: [String!]!, flow_group_ids: [UUID!]",
    "create_flow_sla_config": "tenant_id: UUID, kind: flow_sla_kind!, duration_seconds: Int!",
    "create_flow_group_sla": "flow_sla_config_id: UUID!, flow_group_id: UUID!",
    "create_flow_sla_failed_hook": "action_id: UUID!, sla_config_ids: [UUID!]!",
    "create_agent_sla_failed_hook": "action_id: UUID!, agent_config_ids: [UUID!]!",
    "delete_hook": "hook_id: UUID!",
    "delete_message mark_message_as_read mark_message_as_unread": "message_id: UUID!",
    "delete_tenant": "confirm: Boolean!, tenant_id: UUID!",
    "create_tenant": "name: String!, slug: String!",
    "register_agent": "tenant_id: UUID, labels: [String!], agent_config_id: UUID, type: String!, name: String",
    "create_task_run_artifact": "task_run_id: UUID!, kind: String!, data: JSON!, tenant_id: UUID",
    "update_task_run_artifact": "task_run_artifact_id: UUID!, data: JSON!",
    "create_api_key": "user_id: UUID!, name: String!, expires_at: DateTime, default_tenant_id: UUID",
    "delete_api_key": "key_id: UUID!",
    "update_user_settings": "settings: JSON",
    # What clients before 1.0 used instead: ui-and-cloud.md B.3, 1 and 8.
    "create_api_token": "name: String!, scope: api_token_scope!, expires_at: DateTime",
    "delete_api_token": "token_id: UUID!",
    "switch_tenant": "tenant_id: UUID!",
    "refresh_token": "access_token: String!",
    "set_key_value": "key: String!, value: JSON!",
    "delete_key_value": "key_value_id: UUID!",
    "set_secret": "name: String!, value: JSON!",
    "delete_secret": "name: String!",
    "pause_tenant_work_queue resume_tenant_work_queue": "tenant_id: UUID!",
    # Cloud's: ui-and-cloud.md B.3, 10 to 12.
    "update_flow_concurrency_limit": "label: String!, limit: Int!",
    "update_task_tag_limit": "tag: String!, limit: Int!",
    "update_task_concurrency_limit": "name: String!, limit: Int!",
    "delete_flow_concurrency_limit delete_task_concurrency_limit delete_task_tag_limit": "limit_id: UUID!",
    "disable_flow_version_lock enable_flow_version_lock": "flow_id: UUID!",
    # Lictor's own.
    "set_retention_policy": (
        "tenant_id: UUID!, flow_runs_days: Int, states_days: Int, logs_days: Int, artifacts_days: Int, "
        "messages_days: Int"
    ),
    "set_flow_group_late_policy": "flow_group_id: UUID!, policy: String!, late_after_seconds: Int",
}
INPUTS = {f"{name}_input": fields for names, fields in _INPUTS.items() for name in names.split()}

_ID_PAYLOADS = (
    "flow flow_run task_run project tenant agent agent_config cloud_hook task_run_artifact key_value limit"
    " action hook flow_sla_config flow_group_sla"
)
PAYLOADS = {
    "success_payload": "success: Boolean, error: String",
    **{f"{name}_id_payload": "id: UUID" for name in _ID_PAYLOADS.split()},
    "get_or_create_task_run_info_payload": "id: UUID, version: Int, state: String, serialized_state: JSON",
    "task_run_info_payload": "id: UUID, version: Int, state: String, serialized_state: JSON",
    "runs_in_queue_payload": "flow_run_ids: [String!]",
    "set_flow_run_states_payload": "states: [set_flow_run_state_payload!]",
    "set_task_run_states_payload": "states: [set_task_run_state_payload!]",
    "set_flow_run_state_payload": "id: UUID, status: String, message: String",
    "set_task_run_state_payload": "id: UUID, status: String, message: String",
    "cancel_flow_run_payload": "state: String",
    "auth_info": "tenant_id: UUID, user_id: UUID, role_id: UUID, permissions: [String!], api_token_scope: String",
    "api_key_payload": "id: UUID, key: String",
    "user_settings_payload": "id: UUID, success: Boolean, error: String",
    "api_token_payload": "id: UUID, token: String",
    "access_token_payload": "access_token: String, refresh_token: String, expires_at: DateTime",
    "flow_concurrency_payload": "label: String, usage: Int",
    "task_concurrency_payload": "name: String, usage: Int",
    "task_tag_usage_payload": "tag: String, usage: Int",
    "why_not_running_payload": (
        "flow_run_id: UUID!, state: String!, since: DateTime, summary: String!, reasons: [why_not_running_reason!]!"
    ),
    "preview_schedule_payload": "times: [preview_schedule_time!]!, error: preview_schedule_error",
    "preview_schedule_time": "start: DateTime!, parameter_defaults: JSON, labels: [String!]",
    "preview_schedule_error": "field: String, message: String!",
    "why_not_running_reason": "code: String!, message: String!, remedy: String, until: DateTime, details: JSON",
    "mapped_children_payload": "min_start_time: DateTime, max_end_time: DateTime, state_counts: JSON",
    "reference_data": "state_hierarchy: JSON!, state_info: JSON!",
    "api_info": "backend: String, mode: String, version: String, core_version: String, release_timestamp: String",
}

ENUMS = {
    "log_level": ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"),
    "api_token_scope": ("USER", "TENANT", "RUNNER"),
    "flow_sla_kind": ("SCHEDULED_NOT_STARTED", "STARTED_NOT_FINISHED"),
    "cloud_hook_type": ("PAGERDUTY", "SLACK_WEBHOOK", "TWILIO", "WEBHOOK", "PREFECT_MESSAGE"),
    "test_cloud_hook_state_type": ("SCHEDULED", "SUBMITTED", "SUCCESS", "RUNNING", "FAILED"),
}
SCALARS = {"UUID", "DateTime", "JSON"}


def fields(text: str) -> dict[str, str]:
    """Name -> type of a field list."""
    return dict(part.split(": ") for part in text.split(", ")) if text else {}
