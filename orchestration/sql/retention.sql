-- Retention (orchestration/retention.py). :defaults: days by kind, as JSON.

-- name: set_policy
-- Replaces the tenant's policy; nothing comes back for a tenant that does not exist.
INSERT INTO retention_policy AS policy (
    tenant_id, flow_runs_days, states_days, logs_days, artifacts_days, messages_days)
SELECT id, :flow_runs, :states, :logs, :artifacts, :messages
FROM tenant
WHERE id = :tenant_id AND NOT EXISTS (SELECT FROM utility.tenant_deletion WHERE tenant_id = tenant.id)
ON CONFLICT (tenant_id) DO UPDATE SET
    flow_runs_days = excluded.flow_runs_days, states_days = excluded.states_days, logs_days = excluded.logs_days,
    artifacts_days = excluded.artifacts_days, messages_days = excluded.messages_days
RETURNING tenant_id;

-- name: preview
SELECT tenant_id, slug, kind, cutoff, rows FROM utility.retention_preview(:defaults::jsonb, coalesce(:now::timestamptz, now()));

-- name: delete_flow_runs
-- Finished runs whose last state is older than their tenant's cutoff, oldest first, from :after on; returns how many,
-- and how far they reach. What hangs below them goes as after any delete (docs/decisions/0011-deletes.md).
WITH due AS MATERIALIZED (
    SELECT tenant_id, cutoff
    FROM utility.retention_cutoffs(:defaults::jsonb, coalesce(:now::timestamptz, now())) WHERE kind = 'flow_runs'
),
old AS MATERIALIZED (
    SELECT run.id, run.scheduled_start_time
    FROM flow_run AS run
    JOIN due ON due.tenant_id = run.tenant_id
    WHERE run.scheduled_start_time < (SELECT max(cutoff) FROM due)
      AND run.scheduled_start_time >= coalesce(:after::timestamptz, '-infinity')
      AND run.scheduled_start_time < due.cutoff AND run.state_timestamp < due.cutoff
      AND run.state IN (
          'Finished', 'Looped', 'Success', 'Cached', 'Mapped', 'Skipped', 'Cancelled', 'Failed', 'TimedOut',
          'TriggerFailed', 'ValidationFailed')
    ORDER BY run.scheduled_start_time
    LIMIT :batch_size::bigint
    FOR UPDATE OF run SKIP LOCKED
),
gone AS (
    DELETE FROM flow_run USING old WHERE flow_run.id = old.id
)
SELECT count(*) AS deleted, max(scheduled_start_time) AS reached FROM old;

-- name: delete_artifacts
WITH due AS MATERIALIZED (
    SELECT tenant_id, cutoff
    FROM utility.retention_cutoffs(:defaults::jsonb, coalesce(:now::timestamptz, now())) WHERE kind = 'artifacts'
),
old AS MATERIALIZED (
    SELECT artifact.id
    FROM task_run_artifact AS artifact
    JOIN due ON due.tenant_id = artifact.tenant_id AND artifact.created < due.cutoff
    LIMIT :batch_size::bigint
    FOR UPDATE OF artifact SKIP LOCKED
),
gone AS (
    DELETE FROM task_run_artifact USING old WHERE task_run_artifact.id = old.id
)
SELECT count(*) FROM old;

-- name: delete_messages
WITH due AS MATERIALIZED (
    SELECT tenant_id, cutoff
    FROM utility.retention_cutoffs(:defaults::jsonb, coalesce(:now::timestamptz, now())) WHERE kind = 'messages'
),
old AS MATERIALIZED (
    SELECT message.id
    FROM message
    JOIN due ON due.tenant_id = message.tenant_id AND message.created < due.cutoff
    LIMIT :batch_size::bigint
    FOR UPDATE OF message SKIP LOCKED
),
gone AS (
    DELETE FROM message USING old WHERE message.id = old.id
)
SELECT count(*) FROM old;

-- name: expired_partitions
-- Partitions all of whose time is before the cutoff of one tenant at least. `everybody`: of all tenants, so that the
-- partition can be dropped; else `tenants` are those whose rows are still in it.
SELECT
    part.parent, part.name, count(*) = (SELECT count(*) FROM tenant) AS everybody,
    array_agg(due.tenant_id) FILTER (WHERE cleaned.tenant_id IS NULL) AS tenants,
    pg_relation_size(format('history.%I', part.name)::regclass) / current_setting('block_size')::bigint AS pages
FROM utility.history_partition AS part
JOIN utility.retention_cutoffs(:defaults::jsonb, coalesce(:now::timestamptz, now())) AS due
    ON due.kind = CASE part.parent WHEN 'log' THEN 'logs' ELSE 'states' END AND due.cutoff >= part.until_time
LEFT JOIN utility.retention_cleaned AS cleaned
    ON cleaned.partition_name = part.name AND cleaned.tenant_id = due.tenant_id
GROUP BY part.parent, part.name, part.until_time
ORDER BY part.until_time, part.parent;

-- name: drop_partition
SELECT utility.drop_partition(:parent, :name);

-- name: delete_from_partition
SELECT utility.delete_from_partition(:name, :tenants::uuid[], :from_page, :pages);

-- name: mark_cleaned
INSERT INTO utility.retention_cleaned (partition_name, tenant_id)
SELECT :name, tenant.id FROM tenant WHERE id = ANY (:tenants::uuid[])
ON CONFLICT DO NOTHING;
