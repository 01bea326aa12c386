-- Flow runs and task runs: one row each, holding the present state. Free space on every page
-- (fillfactor) lets heartbeats be HOT updates; vacuum comes early because rows change often.

CREATE TABLE flow_run (
    id uuid PRIMARY KEY DEFAULT uuidv7(),
    created timestamptz NOT NULL DEFAULT now(),
    updated timestamptz NOT NULL DEFAULT now(),
    tenant_id uuid NOT NULL CONSTRAINT flow_run_tenant_id_fkey REFERENCES tenant ON DELETE CASCADE,
    flow_id uuid NOT NULL CONSTRAINT flow_run_flow_id_fkey REFERENCES flow ON DELETE CASCADE,
    agent_id uuid CONSTRAINT flow_run_agent_id_fkey REFERENCES agent ON DELETE SET NULL,
    name varchar,
    parameters jsonb DEFAULT '{}',
    context jsonb,
    labels jsonb NOT NULL DEFAULT '[]',
    run_config jsonb,
    scheduled_start_time timestamptz NOT NULL DEFAULT clock_timestamp(),
    auto_scheduled boolean NOT NULL DEFAULT false,
    idempotency_key varchar,
    times_resurrected integer NOT NULL DEFAULT 0,
    heartbeat timestamptz,
    start_time timestamptz,
    end_time timestamptz,
    version integer NOT NULL DEFAULT 0,
    state varchar,
    state_message varchar,
    state_timestamp timestamptz,
    state_start_time timestamptz,
    state_result jsonb,
    serialized_state jsonb,
    CONSTRAINT ix_flow_run_idempotency_key_unique UNIQUE (idempotency_key, flow_id)
) WITH (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.02, autovacuum_analyze_scale_factor = 0.02);

CREATE TABLE task_run (
    id uuid PRIMARY KEY DEFAULT uuidv7(),
    created timestamptz NOT NULL DEFAULT now(),
    updated timestamptz NOT NULL DEFAULT now(),
    tenant_id uuid NOT NULL CONSTRAINT task_run_tenant_id_fkey REFERENCES tenant ON DELETE CASCADE,
    flow_run_id uuid NOT NULL CONSTRAINT task_run_flow_run_id_fkey REFERENCES flow_run ON DELETE CASCADE,
    task_id uuid NOT NULL CONSTRAINT task_run_task_id_fkey REFERENCES task ON DELETE CASCADE,
    map_index integer NOT NULL DEFAULT -1,
    name varchar,
    cache_key varchar,
    heartbeat timestamptz,
    start_time timestamptz,
    end_time timestamptz,
    version integer NOT NULL DEFAULT 0,
    state varchar,
    state_message varchar,
    state_timestamp timestamptz,
    state_start_time timestamptz,
    state_result jsonb,
    serialized_state jsonb,
    CONSTRAINT task_run_unique_identifier_key UNIQUE (flow_run_id, task_id, map_index)
) WITH (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.02, autovacuum_analyze_scale_factor = 0.02);
COMMENT ON COLUMN task_run.map_index IS '-1: not a child of a mapped task.';

CREATE TABLE task_run_artifact (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    created timestamptz NOT NULL DEFAULT now(),
    updated timestamptz NOT NULL DEFAULT now(),
    tenant_id uuid NOT NULL CONSTRAINT task_run_artifact_tenant_id_fkey REFERENCES tenant ON DELETE CASCADE,
    task_run_id uuid NOT NULL CONSTRAINT task_run_artifact_task_run_id_fkey REFERENCES task_run ON DELETE CASCADE,
    kind varchar NOT NULL,
    data jsonb NOT NULL DEFAULT '{}'
);

-- Task runs that wait for a time (retries, mostly), kept by the state trigger. An index on task_run would
-- make every state change rewrite all of that table's index entries: no update of a column that an index
-- or its predicate names can be HOT (docs/decisions/0007-hot-updates.md).
CREATE TABLE utility.waiting_task_run (
    task_run_id uuid PRIMARY KEY REFERENCES task_run ON DELETE CASCADE,
    flow_run_id uuid NOT NULL,
    tenant_id uuid NOT NULL,
    start_time timestamptz NOT NULL
);
CREATE INDEX ix_waiting_task_run_tenant_id_start_time ON utility.waiting_task_run (tenant_id, start_time);
