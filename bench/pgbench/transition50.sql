\set first random(1, :runs - 50)
-- The same for 50 runs in one statement.
WITH run AS (
    SELECT id, tenant_id, version FROM bench_run JOIN task_run USING (id)
    WHERE number >= :first AND number < :first + 50 ORDER BY id FOR UPDATE OF task_run
), written AS (
    INSERT INTO bench_state (tenant_id, task_run_id, state, version, serialized_state)
    SELECT tenant_id, id, 'Success', version + 1, '{"type": "Success", "message": "m"}' FROM run
)
UPDATE task_run
SET version = run.version + 1, state = 'Success', state_timestamp = now(), serialized_state = '{"type": "Success", "message": "m"}'
FROM run WHERE task_run.id = run.id;
