"""The tables of the Prefect 1.x database as data, transcribed from contract server.md 1.1 and 2.1; the last four are
those of ui-and-cloud.md B.3 that clients and the UI query.

`COLUMNS`: table -> lines "name type [!] [= default]", where ! means NOT NULL; the columns that every table has
(id, created, updated, and tenant_id but for GLOBAL) are added by `columns_of`. `RELATIONSHIPS`: the rows of 2.1.
"""

from dataclasses import dataclass

_STATE = """
    version integer ! = 0
    state varchar
    state_message varchar
    state_timestamp timestamptz
    state_start_time timestamptz
    state_result jsonb
    serialized_state jsonb
"""
_STATE_ROW = """
    timestamp timestamptz ! = clock_timestamp()
    state varchar !
    version integer = 1
    message varchar
    result jsonb
    start_time timestamptz
    serialized_state jsonb !
"""

COLUMNS = {
    "tenant": """
        name varchar(255) !
        slug varchar(255) !
        info jsonb
        settings jsonb ! = '{}'
    """,
    "project": """
        name varchar !
        description varchar
    """,
    "flow_group": """
        name varchar
        description varchar
        labels jsonb
        schedule jsonb
        settings jsonb ! = '{}'
        default_parameters jsonb ! = '{}'
        run_config jsonb
        late_policy varchar ! = run
        late_after_seconds integer ! = 900
    """,
    "flow": """
        name varchar !
        project_id uuid !
        flow_group_id uuid !
        version integer
        version_group_id varchar
        description varchar
        environment jsonb
        run_config jsonb
        storage jsonb
        parameters jsonb = '{}'
        core_version varchar
        serialized_flow jsonb
        schedule jsonb
        is_schedule_active boolean ! = false
        archived boolean ! = false
        settings jsonb ! = '{}'
        schedule_error varchar
    """,
    "task": """
        flow_id uuid !
        name varchar
        slug varchar
        description varchar
        type varchar
        max_retries integer
        retry_delay interval
        trigger varchar
        cache_key varchar
        tags jsonb ! = '[]'
        auto_generated boolean ! = false
        mapped boolean ! = false
        is_root_task boolean ! = false
        is_terminal_task boolean ! = false
        is_reference_task boolean ! = false
    """,
    "edge": """
        flow_id uuid !
        upstream_task_id uuid !
        downstream_task_id uuid !
        key varchar
        mapped boolean ! = false
    """,
    "flow_run": """
        flow_id uuid !
        name varchar
        parameters jsonb = '{}'
        context jsonb
        labels jsonb ! = '[]'
        run_config jsonb
        scheduled_start_time timestamptz ! = clock_timestamp()
        auto_scheduled boolean ! = false
        idempotency_key varchar
        agent_id uuid
        times_resurrected integer = 0
        heartbeat timestamptz
        start_time timestamptz
        end_time timestamptz
    """
    + _STATE,
    "task_run": """
        flow_run_id uuid !
        task_id uuid !
        map_index integer ! = -1
        name varchar
        cache_key varchar
        heartbeat timestamptz
        start_time timestamptz
        end_time timestamptz
    """
    + _STATE,
    "flow_run_state": "flow_run_id uuid !" + _STATE_ROW,
    "task_run_state": "task_run_id uuid !" + _STATE_ROW,
    "log": """
        flow_run_id uuid
        task_run_id uuid
        timestamp timestamptz ! = now()
        name varchar
        level varchar
        message varchar
        info jsonb
        is_loaded_from_archive boolean
    """,
    "cloud_hook": """
        name varchar
        type varchar !
        states jsonb
        config jsonb ! = '{}'
        active boolean ! = true
        version_group_id varchar
        signing_secret varchar = utility.new_signing_secret()
    """,
    # Lictor's own: docs/decisions/0016-outbox.md.
    "hook_delivery": """
        kind varchar !
        target_id uuid !
        subject_id uuid !
        event_id uuid !
        event jsonb !
        sequence bigint !
        status varchar ! = Pending
        next_attempt timestamptz ! = clock_timestamp()
        claimed_until timestamptz
        attempts integer ! = 0
        parts_sent integer ! = 0
        last_attempt timestamptz
        last_status integer
        last_error varchar
        finished timestamptz
    """,
    "message": """
        read boolean ! = false
        type varchar
        text varchar
        content jsonb ! = '{}'
    """,
    "agent_config": """
        name varchar
        settings jsonb ! = '{}'
        sla_min_healthy integer ! = 1
    """,
    # Cloud's: ui-and-cloud.md A.2.9 and B.4.
    "action": """
        name varchar
        action_type varchar !
        config jsonb !
        signing_secret varchar = utility.new_signing_secret()
    """,
    "hook": """
        action_id uuid !
        event_type varchar !
        event_tags jsonb ! = '{}'
    """,
    "flow_sla_config": """
        kind varchar !
        duration_seconds integer !
    """,
    "flow_group_sla": """
        flow_sla_config_id uuid !
        flow_group_id uuid !
    """,
    "agent": """
        agent_config_id uuid
        name varchar
        type varchar
        core_version varchar
        labels jsonb ! = '[]'
        last_queried timestamptz = now()
    """,
    "task_run_artifact": """
        task_run_id uuid !
        kind varchar !
        data jsonb ! = '{}'
    """,
    "auth_user": """
        username varchar(255) !
        email varchar(255)
        first_name varchar(255)
        last_name varchar(255)
        account_type varchar ! = USER
        settings jsonb ! = '{}'
        default_membership_id uuid
    """,
    "membership": """
        user_id uuid !
        role_id uuid ! = 00000000-0000-7000-8000-00000000a001
    """,
    "auth_role": """
        tenant_id uuid
        name varchar(255) !
        permissions text[] ! = {}
    """,
    "auth_api_key": """
        user_id uuid !
        created_by_id uuid
        default_tenant_id uuid
        name varchar(255) !
        expires_at timestamptz
        scope varchar
    """,
    "key_value": """
        key varchar(255) !
        value jsonb !
    """,
    # What Cloud had: ui-and-cloud.md B.3, 10 and 11.
    "flow_concurrency_limit": """
        name varchar !
        limit integer !
    """,
    "task_tag_limit": """
        tag varchar !
        limit integer !
    """,
    "task_concurrency_limit": """
        name varchar
        limit integer
    """,
    # Lictor's own.
    "retention_policy": """
        flow_runs_days integer
        states_days integer
        logs_days integer
        artifacts_days integer
        messages_days integer
    """,
    "audit_log": """
        timestamp timestamptz ! = clock_timestamp()
        tenant_id uuid
        user_id uuid
        api_key_id uuid
        role_id uuid
        address inet
        forwarded_for varchar(255)
        user_agent varchar(255)
        core_version varchar(64)
        request_id varchar(128)
        operation varchar(255) !
        object_table varchar(255)
        object_id uuid
        outcome varchar !
        code varchar(255)
        message varchar !
        info jsonb ! = '{}'
    """,
}
OPERATORS = {
    "ops.duty": "name interval next_due lag last_success last_duration last_failure last_error running_since "
    "orders_open leader",
    "ops.leader": "name leader_id term elected_at expires_at held vacant_for",
}
"""Views of how the services are doing, with their columns (docs/operations.md)."""

TRACKED = len(COLUMNS) + len({"utility.traversal"} | OPERATORS.keys())
"""How many tables and views the metadata name."""

VIEWS = {"task_concurrency_limit"}
"""Their columns have neither defaults nor NOT NULL."""

GLOBAL = {"tenant", "auth_user", "auth_api_key", "auth_role", "audit_log"}
# Their tenant is that of their flow or flow run: a trigger sees to it (docs/decisions/0018-set-wise-keys.md).
TENANT_OF_PARENT = {"edge", "task", "task_run"}
"""What belongs to no tenant."""


@dataclass(frozen=True)
class Column:
    type: str
    not_null: bool
    default: str | None


# Where Lictor differs from the contract on purpose: NOT NULL where the original had forgotten it …
STRICTER = {("flow_run", "times_resurrected")}
# … and ids that grow with time in the tables that grow with use.
TIME_ORDERED = {"flow_run", "task_run", "flow_run_state", "task_run_state", "log", "hook_delivery"}
TIME_ORDERED |= {"audit_log"}
TIME_ORDERED |= {"action", "hook", "flow_sla_config", "flow_group_sla"}

UNIQUE = {
    ("tenant_slug_key", "tenant", ("slug",)),
    ("project_tenant_id_name_key", "project", ("tenant_id", "name")),
    ("task_flow_id_slug_key", "task", ("flow_id", "slug")),
    ("edge_flow_id_task_ids_key", "edge", ("flow_id", "downstream_task_id", "upstream_task_id")),
    ("ix_flow_run_idempotency_key_unique", "flow_run", ("idempotency_key", "flow_id")),
    ("task_run_unique_identifier_key", "task_run", ("flow_run_id", "task_id", "map_index")),
    ("auth_user_username_key", "auth_user", ("username",)),
    ("membership_user_id_tenant_id_key", "membership", ("user_id", "tenant_id")),
    ("auth_role_tenant_id_name_key", "auth_role", ("tenant_id", "name")),
    ("key_value_tenant_id_key_key", "key_value", ("tenant_id", "key")),
    ("flow_concurrency_limit_tenant_id_name_key", "flow_concurrency_limit", ("tenant_id", "name")),
    ("task_tag_limit_tenant_id_tag_key", "task_tag_limit", ("tenant_id", "tag")),
    ("retention_policy_tenant_id_key", "retention_policy", ("tenant_id",)),
    ("hook_delivery_target_id_event_id_key", "hook_delivery", ("target_id", "event_id")),
    (
        "flow_group_sla_flow_sla_config_id_flow_group_id_key",
        "flow_group_sla",
        ("flow_sla_config_id", "flow_group_id"),
    ),
}
"""Constraints that clients name in `on_conflict` (1.2)."""

FOREIGN_KEYS = {
    ("flow", "project_id", "project", "CASCADE"),
    ("flow", "flow_group_id", "flow_group", "CASCADE"),
    ("task", "flow_id", "flow", "CASCADE"),
    ("edge", "flow_id", "flow", "CASCADE"),
    ("flow_run", "flow_id", "flow", "CASCADE"),
    ("edge", "upstream_task_id", "task", "CASCADE"),
    ("edge", "downstream_task_id", "task", "CASCADE"),
    ("task_run_artifact", "task_run_id", "task_run", "CASCADE"),
    ("flow_run", "agent_id", "agent", "SET NULL"),
    ("agent", "agent_config_id", "agent_config", "SET NULL"),
    ("auth_user", "default_membership_id", "membership", "SET NULL"),
    ("membership", "user_id", "auth_user", "CASCADE"),
    ("membership", "role_id", "auth_role", None),
    ("auth_role", "tenant_id", "tenant", "CASCADE"),
    ("auth_api_key", "user_id", "auth_user", "CASCADE"),
    ("auth_api_key", "created_by_id", "auth_user", "SET NULL"),
    ("auth_api_key", "default_tenant_id", "tenant", "SET NULL"),
    ("hook", "action_id", "action", "CASCADE"),
    ("flow_group_sla", "flow_sla_config_id", "flow_sla_config", "CASCADE"),
    ("flow_group_sla", "flow_group_id", "flow_group", "CASCADE"),
}
"""(from, column, to, on delete), beside the one from every tenant_id to tenant (1.2).

Triggers stand for the two of task_run (docs/decisions/0011-deletes.md).
"""

NEVER_CHANGED = {"audit_log"}
"""They have a timestamp in place of `created` and `updated`."""
HISTORY = {"flow_run_state", "task_run_state", "log"}
"""Partitioned; triggers do for them what foreign keys do for the others."""


def columns_of(table: str) -> dict[str, Column]:
    """Name -> column of `table`, the common ones included."""
    new_id = "uuidv7()" if table in TIME_ORDERED else "gen_random_uuid()"
    columns = {
        "id": Column("uuid", True, new_id),
        "created": Column("timestamptz", True, "now()"),
        "updated": Column("timestamptz", True, "now()"),
    }
    if table in NEVER_CHANGED:
        columns = {"id": columns["id"]}
    if table not in GLOBAL:
        columns["tenant_id"] = Column("uuid", True, None)
    for line in filter(str.strip, COLUMNS[table].splitlines()):
        declaration, _, default = line.partition("=")
        name, kind, *not_null = declaration.split()
        columns[name] = Column(kind, bool(not_null) or (table, name) in STRICTER, default.strip() or None)
    if table in VIEWS:
        return {name: Column(column.type, False, None) for name, column in columns.items()}
    return columns


# (table, name, kind, local column, remote table, remote column)
RELATIONSHIPS = {
    ("agent", "agent_config", "object", "agent_config_id", "agent_config", "id"),
    ("agent", "flow_runs", "array", "id", "flow_run", "agent_id"),
    ("agent_config", "agents", "array", "id", "agent", "agent_config_id"),
    ("edge", "flow", "object", "flow_id", "flow", "id"),
    ("edge", "upstream_task", "object", "upstream_task_id", "task", "id"),
    ("edge", "downstream_task", "object", "downstream_task_id", "task", "id"),
    ("flow", "flow_group", "object", "flow_group_id", "flow_group", "id"),
    ("flow", "project", "object", "project_id", "project", "id"),
    ("flow", "tenant", "object", "tenant_id", "tenant", "id"),
    ("flow", "edges", "array", "id", "edge", "flow_id"),
    ("flow", "tasks", "array", "id", "task", "flow_id"),
    ("flow", "flow_runs", "array", "id", "flow_run", "flow_id"),
    ("flow_group", "tenant", "object", "tenant_id", "tenant", "id"),
    ("flow_group", "flows", "array", "id", "flow", "flow_group_id"),
    ("flow_run", "agent", "object", "agent_id", "agent", "id"),
    ("flow_run", "flow", "object", "flow_id", "flow", "id"),
    ("flow_run", "tenant", "object", "tenant_id", "tenant", "id"),
    ("flow_run", "task_runs", "array", "id", "task_run", "flow_run_id"),
    ("flow_run", "states", "array", "id", "flow_run_state", "flow_run_id"),
    ("flow_run", "logs", "array", "id", "log", "flow_run_id"),
    ("flow_run_state", "flow_run", "object", "flow_run_id", "flow_run", "id"),
    ("project", "tenant", "object", "tenant_id", "tenant", "id"),
    ("project", "flows", "array", "id", "flow", "project_id"),
    ("task", "flow", "object", "flow_id", "flow", "id"),
    ("task", "task_runs", "array", "id", "task_run", "task_id"),
    ("task", "upstream_edges", "array", "id", "edge", "downstream_task_id"),
    ("task", "downstream_edges", "array", "id", "edge", "upstream_task_id"),
    ("task_run", "flow_run", "object", "flow_run_id", "flow_run", "id"),
    ("task_run", "task", "object", "task_id", "task", "id"),
    ("task_run", "tenant", "object", "tenant_id", "tenant", "id"),
    ("task_run", "states", "array", "id", "task_run_state", "task_run_id"),
    ("task_run", "logs", "array", "id", "log", "task_run_id"),
    ("task_run_artifact", "task_run", "object", "task_run_id", "task_run", "id"),
    ("task_run_state", "task_run", "object", "task_run_id", "task_run", "id"),
    ("tenant", "projects", "array", "id", "project", "tenant_id"),
    ("tenant", "flows", "array", "id", "flow", "tenant_id"),
    ("tenant", "flow_groups", "array", "id", "flow_group", "tenant_id"),
    ("utility.traversal", "task", "object", "task_id", "task", "id"),
}
# What Lictor offers beyond 2.1 (hasura/README.md).
ADDED_RELATIONSHIPS = {
    ("log", "flow_run", "object", "flow_run_id", "flow_run", "id"),
    ("log", "task_run", "object", "task_run_id", "task_run", "id"),
    ("task_run", "artifacts", "array", "id", "task_run_artifact", "task_run_id"),
    ("tenant", "memberships", "array", "id", "membership", "tenant_id"),
    ("auth_user", "default_membership", "object", "default_membership_id", "membership", "id"),
    ("auth_user", "memberships", "array", "id", "membership", "user_id"),
    ("membership", "tenant", "object", "tenant_id", "tenant", "id"),
    ("membership", "user", "object", "user_id", "auth_user", "id"),
    ("membership", "role_detail", "object", "role_id", "auth_role", "id"),
    ("auth_api_key", "created_by", "object", "created_by_id", "auth_user", "id"),
    ("auth_api_key", "user", "object", "user_id", "auth_user", "id"),
    ("hook_delivery", "cloud_hook", "object", "target_id", "cloud_hook", "id"),
    ("hook_delivery", "flow_run", "object", "subject_id", "flow_run", "id"),
    ("hook_delivery", "tenant", "object", "tenant_id", "tenant", "id"),
    ("hook_delivery", "hook", "object", "target_id", "hook", "id"),
    ("action", "hooks", "array", "id", "hook", "action_id"),
    ("action", "tenant", "object", "tenant_id", "tenant", "id"),
    ("hook", "action", "object", "action_id", "action", "id"),
    ("hook", "tenant", "object", "tenant_id", "tenant", "id"),
    ("flow_sla_config", "flow_groups", "array", "id", "flow_group_sla", "flow_sla_config_id"),
    ("flow_sla_config", "tenant", "object", "tenant_id", "tenant", "id"),
    ("flow_group_sla", "flow_group", "object", "flow_group_id", "flow_group", "id"),
    ("flow_group_sla", "flow_sla_config", "object", "flow_sla_config_id", "flow_sla_config", "id"),
    ("flow_group_sla", "tenant", "object", "tenant_id", "tenant", "id"),
}

RENAMED = {
    **{
        (table, "delete"): f"delete_{table}_rows"
        for table in (
            "action",
            "agent",
            "agent_config",
            "cloud_hook",
            "flow",
            "flow_group",
            "flow_run",
            "hook",
            "message",
            "project",
            "task_run_artifact",
            "tenant",
            "flow_concurrency_limit",
            "task_tag_limit",
            "task_concurrency_limit",
        )
    },
    **{
        (table, "update"): f"update_{table}_rows"
        for table in ("flow_concurrency_limit", "task_tag_limit", "task_concurrency_limit")
    },
    ("agent_config", "update"): "update_agent_config_rows",
    ("key_value", "delete"): "delete_key_value_rows",
    ("task_run_artifact", "update"): "update_task_run_artifact_rows",
}
"""(table, generated field) -> its name; without this the custom mutations of 2.3 could not exist."""
for _table, _root in {
    "auth_user": "user",
    "auth_api_key": "auth_api_key",
    "key_value": "key_value",
    "tenant": "tenant",
}.items():
    # These roots are functions': of what belongs to whoever asks (utility.own_…), of tenants that are not deleted.
    RENAMED[_table, "select"] = f"{_root}_rows"
    RENAMED[_table, "select_aggregate"] = f"{_root}_rows_aggregate"
