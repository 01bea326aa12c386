-- The work queue (contract server.md 3.6.4 get_runs_in_queue).

-- name: runs_in_queue
-- Runs of a tenant that are due and whose labels an agent serves: all of the run's labels among the
-- agent's, or both without labels. Labels are judged before anything is counted, so that runs nobody
-- serves never stand in the way of others; each set of labels is one stretch of ix_flow_run_queue, hence
-- the cost follows the number of different sets, not the number of waiting runs.
-- Where labels are limited, at most the free slots are handed out, to the runs that have waited longest; the runs of a
-- label without a free slot stand in nobody's way. Also notes that the agent has asked.
WITH RECURSIVE label_set AS (
    (SELECT hashtextextended(labels::text, 0) AS hash, labels
     FROM flow_run
     WHERE tenant_id = :tenant_id AND state IN ('Scheduled', 'Paused', 'Queued', 'Resume', 'Retrying')
     ORDER BY hashtextextended(labels::text, 0)
     LIMIT 1)
    UNION ALL
    SELECT following.*
    FROM label_set
    CROSS JOIN LATERAL (
        SELECT hashtextextended(labels::text, 0) AS hash, labels
        FROM flow_run
        WHERE tenant_id = :tenant_id AND state IN ('Scheduled', 'Paused', 'Queued', 'Resume', 'Retrying')
          AND hashtextextended(labels::text, 0) > label_set.hash
        ORDER BY hashtextextended(labels::text, 0)
        LIMIT 1
    ) AS following
),
limited AS MATERIALIZED (
    SELECT place.name, place."limit" - held.slots AS free
    FROM flow_concurrency_limit AS place
    CROSS JOIN LATERAL (
        SELECT count(*) AS slots
        FROM flow_run
        WHERE tenant_id = :tenant_id AND state IN ('Submitted', 'Running', 'Cancelling') AND labels ? place.name
    ) AS held
    WHERE place.tenant_id = :tenant_id AND :labels::jsonb ? place.name
),
waiting AS MATERIALIZED (
    SELECT run.id, run.state_start_time AS due, run.auto_scheduled, run.state, label_set.labels
    FROM label_set
    CROSS JOIN LATERAL (
        SELECT id, state_start_time, auto_scheduled, state
        FROM flow_run
        WHERE tenant_id = :tenant_id AND state IN ('Scheduled', 'Paused', 'Queued', 'Resume', 'Retrying')
          AND hashtextextended(labels::text, 0) = label_set.hash AND labels = label_set.labels
          AND state_start_time <= coalesce(:before::timestamptz, now())
        ORDER BY state_start_time
        LIMIT :limit
    ) AS run
    WHERE label_set.labels <@ :labels::jsonb AND (label_set.labels = '[]') = (:labels::jsonb = '[]')
      AND NOT EXISTS (SELECT FROM limited WHERE free <= 0 AND label_set.labels ? limited.name)
),
-- Whoever has waited longest stands first for each of its labels: one run at least is handed out.
beyond_limit AS (
    SELECT id
    FROM (
        SELECT waiting.id, limited.free, row_number() OVER (PARTITION BY limited.name ORDER BY due, waiting.id) AS place
        FROM limited
        JOIN waiting ON waiting.labels ? limited.name
    ) AS placed
    WHERE place > free
),
-- A run that is Running with a task whose retry has come due wants a process again.
continuing AS (
    SELECT run.id, min(task.start_time) AS due, false AS auto_scheduled, run.state
    FROM utility.waiting_task_run AS task
    JOIN flow_run AS run ON run.id = task.flow_run_id
    WHERE task.tenant_id = :tenant_id AND task.start_time <= coalesce(:before::timestamptz, now())
      AND run.state = 'Running'
      AND run.labels <@ :labels::jsonb AND (run.labels = '[]') = (:labels::jsonb = '[]')
    GROUP BY run.id
    ORDER BY 2
    LIMIT :limit
),
handed_out AS MATERIALIZED (
    SELECT *
    FROM (
        SELECT id, due, auto_scheduled, state FROM waiting WHERE id NOT IN (SELECT id FROM beyond_limit)
        UNION ALL
        SELECT * FROM continuing
    ) AS due_run
    -- Asked once: while the tenant's queue is paused, none of the above is read (ui-and-cloud.md B.3, row 20).
    WHERE NOT EXISTS (
        SELECT FROM tenant WHERE id = :tenant_id AND settings @> '{"work_queue_paused": true}')
      AND NOT EXISTS (SELECT FROM utility.tenant_deletion WHERE tenant_id = :tenant_id)
    ORDER BY due, id
    LIMIT :limit
),
seen AS (
    UPDATE agent SET last_queried = now()
    WHERE id = :agent_id AND tenant_id = coalesce(:caller_tenant_id, tenant_id)
)
SELECT
    coalesce(array_agg(id ORDER BY due, id), '{}') AS flow_run_ids,
    array_agg(id) FILTER (
        WHERE auto_scheduled AND NOT EXISTS (SELECT FROM task_run WHERE task_run.flow_run_id = handed_out.id)
    ) AS without_task_runs,
    array_agg(id) FILTER (WHERE state = 'Queued') AS queued
FROM handed_out;

-- name: create_task_runs
SELECT utility.create_task_runs(:flow_run_ids::uuid[]);

-- name: schedule_queued
-- Runs whose process asked for a slot and has not come back: an agent takes only what is Scheduled (client.md 7.2).
-- They keep their place in the queue.
WITH left_behind AS MATERIALIZED (
    SELECT id, tenant_id, version, state_start_time
    FROM flow_run
    WHERE id = ANY (:flow_run_ids::uuid[]) AND state = 'Queued' AND state_start_time <= coalesce(:before::timestamptz, now())
    ORDER BY id
    FOR NO KEY UPDATE
)
INSERT INTO flow_run_state (
    tenant_id, flow_run_id, "timestamp", state, version, message, start_time, serialized_state)
SELECT
    tenant_id, id, clock_timestamp(), 'Scheduled', version + 1, message.text, state_start_time,
    jsonb_build_object('type', 'Scheduled', 'message', message.text, 'start_time', state_start_time)
FROM left_behind
CROSS JOIN (SELECT 'A slot is free, and the process that waited for it has not asked again.' AS text) AS message;
