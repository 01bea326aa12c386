-- The rows of deleted tenants, taken away batch by batch: states go with their runs (triggers), hence the order
-- logs, task runs, flow runs, edges, tasks, flows, and at last the tenant with all that is left (cascade).

-- name: claim_deleted_tenant
-- A deleted tenant nobody else is purging at this moment: :tenant_id, or when that is NULL, the first.
SELECT tenant_id
FROM utility.tenant_deletion
WHERE tenant_id = coalesce(:tenant_id, tenant_id) AND tenant_id <> ALL (:but_not::uuid[])
ORDER BY requested, tenant_id
LIMIT 1
FOR UPDATE SKIP LOCKED;

-- name: archive_flows
UPDATE flow SET archived = true, is_schedule_active = false WHERE tenant_id = :tenant_id AND NOT archived;

-- name: claim_flow_runs
-- Locked before what hangs under them, as whoever sets states does.
SELECT run.id
FROM flow
CROSS JOIN LATERAL (
    SELECT id FROM flow_run WHERE flow_run.flow_id = flow.id LIMIT :batch_size FOR UPDATE SKIP LOCKED
) AS run
WHERE flow.tenant_id = :tenant_id
LIMIT :batch_size;

-- name: delete_logs
WITH gone AS (
    DELETE FROM log
    WHERE (id, "timestamp") IN (
        SELECT id, "timestamp" FROM log WHERE flow_run_id = ANY (:flow_run_ids::uuid[]) LIMIT :batch_size)
    RETURNING 1
)
SELECT count(*) FROM gone;

-- name: delete_task_runs
WITH gone AS (
    DELETE FROM task_run
    WHERE id IN (
        SELECT id FROM task_run WHERE flow_run_id = ANY (:flow_run_ids::uuid[])
        ORDER BY id LIMIT :batch_size FOR UPDATE)
    RETURNING 1
)
SELECT count(*) FROM gone;

-- name: delete_flow_runs
WITH gone AS (DELETE FROM flow_run WHERE id = ANY (:flow_run_ids::uuid[]) RETURNING 1)
SELECT count(*) FROM gone;

-- name: delete_edges
WITH gone AS (
    DELETE FROM edge WHERE id IN (SELECT id FROM edge WHERE tenant_id = :tenant_id LIMIT :batch_size) RETURNING 1
)
SELECT count(*) FROM gone;

-- name: delete_tasks
WITH gone AS (
    DELETE FROM task WHERE id IN (SELECT id FROM task WHERE tenant_id = :tenant_id LIMIT :batch_size) RETURNING 1
)
SELECT count(*) FROM gone;

-- name: delete_flows
WITH gone AS (
    DELETE FROM flow WHERE id IN (SELECT id FROM flow WHERE tenant_id = :tenant_id LIMIT :batch_size) RETURNING 1
)
SELECT count(*) FROM gone;

-- name: delete_messages
WITH gone AS (
    DELETE FROM message WHERE id IN (SELECT id FROM message WHERE tenant_id = :tenant_id LIMIT :batch_size) RETURNING 1
)
SELECT count(*) FROM gone;

-- name: delete_hook_deliveries
WITH gone AS (
    DELETE FROM hook_delivery
    WHERE id IN (
        SELECT id FROM hook_delivery WHERE tenant_id = :tenant_id
        ORDER BY created LIMIT :batch_size FOR UPDATE SKIP LOCKED)
    RETURNING 1
)
SELECT count(*) FROM gone;

-- name: delete_tenant_row
DELETE FROM tenant WHERE id = :tenant_id;
