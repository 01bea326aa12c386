-- Neither column changes with a heartbeat: scheduled_start_time never does after the insert, end_time only together with
-- the state, which other indexes of flow_run name already. HOT updates stay what they were (docs/decisions/0007).

-- The run history of the dashboard: the latest runs of all flows, whatever their state.
CREATE INDEX ix_flow_run_scheduled_start_time ON flow_run (scheduled_start_time DESC);

-- The calendar: runs that span a moment. Those that ended after it are few when the moment is recent.
CREATE INDEX ix_flow_run_end_time ON flow_run (end_time) WHERE end_time IS NOT NULL;
