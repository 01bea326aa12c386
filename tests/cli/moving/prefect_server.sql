-- A Prefect Server's tables as its newest revision leaves them, from the facts of contract server.md §1; only what an
-- import can meet: no triggers, no indexes but those that keep rows apart and those on `updated`.

CREATE TABLE alembic_version (version_num varchar(32) PRIMARY KEY);

CREATE TABLE tenant (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(), created timestamptz NOT NULL DEFAULT now(),
    updated timestamptz NOT NULL DEFAULT now(),
    name varchar(255) NOT NULL, slug varchar(255) NOT NULL UNIQUE, info jsonb, settings jsonb NOT NULL DEFAULT '{}');

CREATE TABLE template (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(), created timestamptz NOT NULL DEFAULT now(),
    updated timestamptz NOT NULL DEFAULT now(), tenant_id uuid REFERENCES tenant ON DELETE CASCADE);
CREATE INDEX ON template (updated);

CREATE TABLE project (LIKE template INCLUDING ALL, name varchar NOT NULL, description varchar, UNIQUE (tenant_id, name));

CREATE TABLE flow_group (
    LIKE template INCLUDING ALL, name varchar, description varchar, labels jsonb, schedule jsonb,
    settings jsonb NOT NULL DEFAULT '{}', default_parameters jsonb NOT NULL DEFAULT '{}', run_config jsonb);

CREATE TABLE flow (
    LIKE template INCLUDING ALL, name varchar NOT NULL, project_id uuid NOT NULL REFERENCES project ON DELETE CASCADE,
    flow_group_id uuid NOT NULL REFERENCES flow_group ON DELETE CASCADE, version integer, version_group_id varchar,
    description varchar, environment jsonb, run_config jsonb, storage jsonb, parameters jsonb DEFAULT '{}',
    core_version varchar, serialized_flow jsonb, schedule jsonb, is_schedule_active boolean NOT NULL DEFAULT false,
    archived boolean NOT NULL DEFAULT false, settings jsonb NOT NULL DEFAULT '{}');

CREATE TABLE task (
    LIKE template INCLUDING ALL, flow_id uuid NOT NULL REFERENCES flow ON DELETE CASCADE, name varchar, slug varchar,
    description varchar, type varchar, max_retries integer, retry_delay interval, trigger varchar, cache_key varchar,
    tags jsonb NOT NULL DEFAULT '[]', auto_generated boolean NOT NULL DEFAULT false, mapped boolean NOT NULL DEFAULT false,
    is_root_task boolean NOT NULL DEFAULT false, is_terminal_task boolean NOT NULL DEFAULT false,
    is_reference_task boolean NOT NULL DEFAULT false, UNIQUE (flow_id, slug));

CREATE TABLE edge (
    LIKE template INCLUDING ALL, flow_id uuid NOT NULL REFERENCES flow ON DELETE CASCADE,
    upstream_task_id uuid NOT NULL REFERENCES task ON DELETE CASCADE,
    downstream_task_id uuid NOT NULL REFERENCES task ON DELETE CASCADE, key varchar, mapped boolean NOT NULL DEFAULT false,
    CONSTRAINT edge_flow_id_task_ids_key UNIQUE (flow_id, downstream_task_id, upstream_task_id));

CREATE TABLE agent_config (LIKE template INCLUDING ALL, name varchar, settings jsonb NOT NULL DEFAULT '{}');

CREATE TABLE agent (
    LIKE template INCLUDING ALL, agent_config_id uuid REFERENCES agent_config ON DELETE SET NULL, name varchar,
    type varchar, core_version varchar, labels jsonb NOT NULL DEFAULT '[]', last_queried timestamptz DEFAULT now());

CREATE TABLE cloud_hook (
    LIKE template INCLUDING ALL, name varchar, type varchar NOT NULL, states jsonb, config jsonb NOT NULL DEFAULT '{}',
    active boolean NOT NULL DEFAULT true, version_group_id varchar);

CREATE TABLE message (
    LIKE template INCLUDING ALL, read boolean NOT NULL DEFAULT false, type varchar, text varchar,
    content jsonb NOT NULL DEFAULT '{}');

CREATE TABLE flow_run (
    LIKE template INCLUDING ALL, flow_id uuid NOT NULL REFERENCES flow ON DELETE CASCADE, name varchar,
    parameters jsonb DEFAULT '{}', context jsonb, labels jsonb NOT NULL DEFAULT '[]', run_config jsonb,
    scheduled_start_time timestamptz NOT NULL DEFAULT clock_timestamp(), auto_scheduled boolean NOT NULL DEFAULT false,
    idempotency_key varchar, agent_id uuid REFERENCES agent ON DELETE SET NULL, times_resurrected integer DEFAULT 0,
    heartbeat timestamptz, start_time timestamptz, end_time timestamptz, version integer NOT NULL DEFAULT 0, state varchar,
    state_message varchar, state_timestamp timestamptz, state_start_time timestamptz, state_result jsonb,
    serialized_state jsonb, CONSTRAINT ix_flow_run_idempotency_key_unique UNIQUE (idempotency_key, flow_id));

CREATE TABLE task_run (
    LIKE template INCLUDING ALL, flow_run_id uuid NOT NULL REFERENCES flow_run ON DELETE CASCADE,
    task_id uuid NOT NULL REFERENCES task ON DELETE CASCADE, map_index integer NOT NULL DEFAULT -1, name varchar,
    cache_key varchar, heartbeat timestamptz, start_time timestamptz, end_time timestamptz,
    version integer NOT NULL DEFAULT 0, state varchar, state_message varchar, state_timestamp timestamptz,
    state_start_time timestamptz, state_result jsonb, serialized_state jsonb, UNIQUE (flow_run_id, task_id, map_index));

CREATE TABLE flow_run_state (
    LIKE template INCLUDING ALL, flow_run_id uuid NOT NULL REFERENCES flow_run ON DELETE CASCADE,
    "timestamp" timestamptz NOT NULL DEFAULT clock_timestamp(), state varchar NOT NULL, version integer DEFAULT 1,
    message varchar, result jsonb, start_time timestamptz, serialized_state jsonb NOT NULL);

CREATE TABLE task_run_state (
    LIKE template INCLUDING ALL, task_run_id uuid NOT NULL REFERENCES task_run ON DELETE CASCADE,
    "timestamp" timestamptz NOT NULL DEFAULT clock_timestamp(), state varchar NOT NULL, version integer DEFAULT 1,
    message varchar, result jsonb, start_time timestamptz, serialized_state jsonb NOT NULL);

CREATE TABLE task_run_artifact (
    LIKE template INCLUDING ALL, task_run_id uuid NOT NULL REFERENCES task_run ON DELETE CASCADE, kind varchar NOT NULL,
    data jsonb NOT NULL DEFAULT '{}');

CREATE TABLE log (
    id uuid NOT NULL DEFAULT gen_random_uuid(), created timestamptz NOT NULL DEFAULT now(),
    updated timestamptz NOT NULL DEFAULT now(), tenant_id uuid REFERENCES tenant ON DELETE CASCADE,
    flow_run_id uuid REFERENCES flow_run ON DELETE CASCADE, task_run_id uuid REFERENCES task_run ON DELETE CASCADE,
    "timestamp" timestamptz NOT NULL DEFAULT now(), name varchar, level varchar, message varchar, info jsonb,
    is_loaded_from_archive boolean);
CREATE INDEX ON log (updated);

DROP TABLE template;
