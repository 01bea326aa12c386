-- Indexes. Those that the queue, the services and the dashboard need hold live rows only, so that
-- their cost does not grow with history. No index holds `updated` or `heartbeat`: a heartbeat must
-- stay a HOT update; and none on task_run names a column of its state, so that its states are, too.

CREATE INDEX ix_agent_agent_config_id ON agent (agent_config_id);
CREATE INDEX ix_agent_config_tenant_id ON agent_config (tenant_id);
CREATE INDEX ix_message_tenant_id ON message (tenant_id);
CREATE INDEX ix_cloud_hook_tenant_id ON cloud_hook (tenant_id) WHERE active;

CREATE INDEX ix_project_name ON project USING gin (name gin_trgm_ops);

CREATE INDEX ix_flow_flow_group_id ON flow (flow_group_id);
CREATE INDEX ix_flow_project_id_name ON flow (project_id, name);
CREATE INDEX ix_flow_name ON flow USING gin (name gin_trgm_ops);
CREATE INDEX ix_flow_schedule_active ON flow (id) WHERE is_schedule_active AND NOT archived;

CREATE INDEX ix_task_tenant_id ON task (tenant_id);
CREATE INDEX ix_task_name ON task USING gin (name gin_trgm_ops);
CREATE INDEX ix_edge_tenant_id ON edge (tenant_id);
CREATE INDEX ix_edge_upstream_task_id ON edge (upstream_task_id);
CREATE INDEX ix_edge_downstream_task_id ON edge (downstream_task_id);

CREATE INDEX ix_flow_run_flow_id_scheduled_start_time_for_hasura ON flow_run (flow_id, scheduled_start_time DESC);
-- What lists of runs are sorted by: in a GraphQL `desc` NULLs come first, in `desc_nulls_last` they do not.
CREATE INDEX ix_flow_run_created ON flow_run (created DESC);
CREATE INDEX ix_flow_run_start_time ON flow_run (start_time);
CREATE INDEX ix_flow_run_start_time_nulls_last ON flow_run (start_time DESC NULLS LAST);
CREATE INDEX ix_flow_run_state_scheduled_start_time ON flow_run (state, scheduled_start_time DESC);
CREATE INDEX ix_flow_run_name ON flow_run USING gin (name gin_trgm_ops);
CREATE INDEX ix_flow_run_agent_id ON flow_run (agent_id) WHERE agent_id IS NOT NULL;

-- The queue: within a tenant, one stretch per set of labels, oldest first (orchestration/sql/queue.sql).
CREATE INDEX ix_flow_run_queue ON flow_run (tenant_id, hashtextextended(labels::text, 0), state_start_time)
    WHERE state IN ('Scheduled', 'Paused', 'Queued', 'Resume', 'Retrying');
CREATE INDEX ix_flow_run_due ON flow_run (state_start_time)
    WHERE state IN ('Scheduled', 'Paused', 'Queued', 'Resume', 'Retrying');
CREATE INDEX ix_flow_run_live ON flow_run (tenant_id, state)
    WHERE state IN ('Submitted', 'Running', 'Cancelling');
CREATE INDEX ix_flow_run_auto_scheduled ON flow_run (flow_id, scheduled_start_time)
    WHERE auto_scheduled AND state = 'Scheduled';

CREATE INDEX ix_task_run_task_id ON task_run (task_id);
CREATE INDEX ix_task_run_name_trgm ON task_run USING gin (name gin_trgm_ops) WHERE name IS NOT NULL;
CREATE INDEX ix_task_run_cache_key ON task_run (cache_key) WHERE cache_key IS NOT NULL;
CREATE INDEX ix_task_run_artifact_task_run_id ON task_run_artifact (task_run_id);
CREATE INDEX ix_task_run_artifact_tenant_id ON task_run_artifact (tenant_id);

CREATE INDEX ix_flow_run_state_flow_run_id ON flow_run_state (flow_run_id, version);
CREATE INDEX ix_task_run_state_task_run_id ON task_run_state (task_run_id, version);
CREATE INDEX ix_log_flow_run_id ON log (flow_run_id, "timestamp");
CREATE INDEX ix_log_task_run_id ON log (task_run_id, "timestamp") WHERE task_run_id IS NOT NULL;

SELECT utility.ensure_partitions(now() - interval '1 month', now() + interval '3 months');
