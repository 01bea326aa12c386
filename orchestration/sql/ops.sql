-- What operators ask: is the database fit to be served from, how are the services doing, does anything break a rule.

-- name: revision
SELECT version_num FROM public.alembic_version;

-- name: leader
SELECT leader_id, term, held, extract(epoch FROM vacant_for)::float8 AS vacant_seconds
FROM ops.leader WHERE name = :name;

-- name: duties
SELECT
    name, extract(epoch FROM interval)::float8 AS interval_seconds, next_due,
    extract(epoch FROM lag)::float8 AS lag_seconds, last_success,
    extract(epoch FROM last_duration)::float8 AS duration_seconds, last_failure, last_error, running_since
FROM ops.duty ORDER BY name;

-- name: violations
SELECT invariant, tenant_id, object_type, id, detail
FROM ops.find_violations(now() - :back::interval)
LIMIT :most;

-- name: gauges
-- Numbers about live rows only, each found along an index made for the queue or the services; what might be many is
-- counted up to :most. :late is how far past its time a waiting run is late.
WITH due AS MATERIALIZED (
    SELECT state_start_time
    FROM flow_run
    WHERE state IN ('Scheduled', 'Paused', 'Queued', 'Resume', 'Retrying') AND state_start_time <= clock_timestamp()
    ORDER BY state_start_time
    LIMIT :most
),
under_way AS (
    SELECT state, count(*) AS runs
    FROM (
        SELECT state FROM flow_run WHERE state IN ('Submitted', 'Running', 'Cancelling') LIMIT :most
    ) AS live
    GROUP BY state
)
SELECT 'queue_due_runs' AS name, NULL AS label, count(*)::float8 AS value FROM due
UNION ALL
SELECT 'queue_late_runs', NULL, count(*) FROM due WHERE state_start_time < clock_timestamp() - :late::interval
UNION ALL
SELECT 'queue_oldest_seconds', NULL, coalesce(extract(epoch FROM clock_timestamp() - min(state_start_time)), 0) FROM due
UNION ALL
SELECT 'runs_under_way', possible.state, coalesce(under_way.runs, 0)
FROM unnest(ARRAY['Submitted', 'Running', 'Cancelling']) AS possible (state)
LEFT JOIN under_way ON under_way.state = possible.state
UNION ALL
SELECT 'waiting_task_runs', NULL, count(*) FROM (SELECT FROM utility.waiting_task_run LIMIT :most) AS waiting
UNION ALL
SELECT 'purge_backlog', NULL, count(*) FROM (SELECT FROM utility.purge LIMIT :most) AS deleted
UNION ALL
SELECT 'tenants_being_purged', NULL, count(*) FROM utility.tenant_deletion
UNION ALL
SELECT 'duty_interval_seconds', name, extract(epoch FROM interval) FROM ops.duty
UNION ALL
SELECT 'duty_lag_seconds', name, extract(epoch FROM lag) FROM ops.duty
UNION ALL
SELECT 'duty_last_success_timestamp_seconds', name, extract(epoch FROM last_success) FROM ops.duty
WHERE last_success IS NOT NULL
UNION ALL
SELECT 'duty_last_duration_seconds', name, extract(epoch FROM last_duration) FROM ops.duty WHERE last_duration IS NOT NULL
UNION ALL
SELECT 'duty_failing', name, (last_error IS NOT NULL)::int FROM ops.duty
UNION ALL
SELECT 'leader_held', name, held::int FROM ops.leader
UNION ALL
SELECT 'leader_term', name, term FROM ops.leader
UNION ALL
SELECT 'database_connections', NULL, count(*) FROM pg_stat_activity WHERE datname = current_database()
UNION ALL
SELECT 'database_connections_limit', NULL, current_setting('max_connections')::float8;

-- name: has_deliveries
SELECT to_regclass('public.hook_delivery') IS NOT NULL;

-- name: delivery_gauges
-- What is owed to hooks: an outbox that grows old is one that nobody empties.
WITH owed AS MATERIALIZED (
    SELECT next_attempt FROM hook_delivery WHERE status = 'Pending' ORDER BY next_attempt LIMIT :most
)
SELECT 'outbox_pending' AS name, NULL AS label, count(*)::float8 AS value FROM owed
UNION ALL
-- Since when the most overdue one could have been sent; what waits for its next attempt is not overdue.
SELECT 'outbox_age_seconds', NULL, greatest(0, coalesce(extract(epoch FROM clock_timestamp() - min(next_attempt)), 0))
FROM owed;
