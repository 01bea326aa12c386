-- What only grows: states and logs, range-partitioned by time so that retention drops partitions.
-- They carry no foreign keys: a check per row would cost more than the row. Triggers on whole
-- statements keep them whole instead (triggers.sql; docs/decisions/0002-history-tables.md).

CREATE SCHEMA history;
COMMENT ON SCHEMA history IS 'The partitions of log, flow_run_state and task_run_state; read them through their parents.';

CREATE TABLE flow_run_state (
    id uuid NOT NULL DEFAULT uuidv7(),
    created timestamptz NOT NULL DEFAULT now(),
    updated timestamptz NOT NULL DEFAULT now(),
    tenant_id uuid NOT NULL,
    flow_run_id uuid NOT NULL,
    "timestamp" timestamptz NOT NULL DEFAULT clock_timestamp(),
    state varchar NOT NULL,
    version integer DEFAULT 1,
    message varchar,
    result jsonb,
    start_time timestamptz,
    serialized_state jsonb NOT NULL,
    PRIMARY KEY (id, "timestamp")
) PARTITION BY RANGE ("timestamp");

CREATE TABLE task_run_state (
    id uuid NOT NULL DEFAULT uuidv7(),
    created timestamptz NOT NULL DEFAULT now(),
    updated timestamptz NOT NULL DEFAULT now(),
    tenant_id uuid NOT NULL,
    task_run_id uuid NOT NULL,
    "timestamp" timestamptz NOT NULL DEFAULT clock_timestamp(),
    state varchar NOT NULL,
    version integer DEFAULT 1,
    message varchar,
    result jsonb,
    start_time timestamptz,
    serialized_state jsonb NOT NULL,
    PRIMARY KEY (id, "timestamp")
) PARTITION BY RANGE ("timestamp");

CREATE TABLE log (
    id uuid NOT NULL DEFAULT uuidv7(),
    created timestamptz NOT NULL DEFAULT now(),
    updated timestamptz NOT NULL DEFAULT now(),
    tenant_id uuid NOT NULL,
    flow_run_id uuid,
    task_run_id uuid,
    "timestamp" timestamptz NOT NULL DEFAULT now(),
    name varchar,
    level varchar,
    message varchar,
    info jsonb,
    is_loaded_from_archive boolean,
    PRIMARY KEY (id, "timestamp")
) PARTITION BY RANGE ("timestamp");

-- Rows whose time no partition covers (a client's clock may be years off) are kept, not refused.
CREATE TABLE history.flow_run_state_default PARTITION OF flow_run_state DEFAULT;
CREATE TABLE history.task_run_state_default PARTITION OF task_run_state DEFAULT;
CREATE TABLE history.log_default PARTITION OF log DEFAULT;
