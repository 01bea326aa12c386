-- Neither table's rows change after they are written: no update becomes dearer (docs/decisions/0007).

-- A log from some level on: of a million lines a few hundred, which otherwise only reading all of them finds. It serves
-- WARNING, ERROR and CRITICAL, each with those above it; lines below, which are most, cost it nothing.
CREATE INDEX ix_log_flow_run_id_severe ON log (flow_run_id, "timestamp") WHERE level IN ('WARNING', 'ERROR', 'CRITICAL');

-- The newest artifacts of all runs.
CREATE INDEX ix_task_run_artifact_created ON task_run_artifact (created DESC, id DESC);
