-- Logs of runs.

-- name: write_logs
-- Write lines given column by column; one that names an unknown run, or one of another tenant than its caller acts
-- for, keeps its whole call out.
-- Returns the calls that were kept out.
WITH line AS MATERIALIZED (
    SELECT line.*, flow_run.tenant_id
    FROM unnest(
        :calls::integer[], :flow_run_ids::uuid[], :task_run_ids::uuid[], :timestamps::timestamptz[], :names::text[],
        :levels::text[], :messages::text[], :infos::jsonb[], :caller_tenant_ids::uuid[]
    ) WITH ORDINALITY AS line (
        call, flow_run_id, task_run_id, "timestamp", name, level, message, info, caller_tenant_id, number)
    LEFT JOIN flow_run
        ON flow_run.id = line.flow_run_id AND flow_run.tenant_id = coalesce(line.caller_tenant_id, flow_run.tenant_id)
),
refused AS (
    SELECT DISTINCT call
    FROM line
    WHERE tenant_id IS NULL
       OR (task_run_id IS NOT NULL AND NOT EXISTS (
              SELECT FROM task_run
              WHERE task_run.id = line.task_run_id
                AND task_run.tenant_id = coalesce(line.caller_tenant_id, task_run.tenant_id)))
),
written AS (
    INSERT INTO log (tenant_id, flow_run_id, task_run_id, "timestamp", name, level, message, info)
    SELECT tenant_id, flow_run_id, task_run_id, coalesce("timestamp", now()), name, level, message, info
    FROM line
    WHERE call NOT IN (SELECT call FROM refused)
    -- Lines of one moment keep the order they came in: their ids are ordered.
    ORDER BY number
)
SELECT call FROM refused;
