-- The work queue (contract server.md 3.6.4 get_runs_in_queue).

-- name: runs_in_queue
-- Runs of a tenant that are due and whose labels an agent serves: all of the run's labels among the
-- agent's, or both without labels. Labels are judged before anything is counted, so that runs nobody
-- serves never stand in the way of others; each set of labels is one stretch of ix_flow_run_queue, hence
-- the cost follows the number of different sets, not the number of waiting runs.
-- Also notes that the agent has asked, and makes the task runs of scheduled runs that are handed out.
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
waiting AS (
    SELECT run.id, run.state_start_time AS due, run.auto_scheduled
    FROM label_set
    CROSS JOIN LATERAL (
        SELECT id, state_start_time, auto_scheduled
        FROM flow_run
        WHERE tenant_id = :tenant_id AND state IN ('Scheduled', 'Paused', 'Queued', 'Resume', 'Retrying')
          AND hashtextextended(labels::text, 0) = label_set.hash AND labels = label_set.labels
          AND state_start_time <= :before
        ORDER BY state_start_time
        LIMIT :limit
    ) AS run
    WHERE label_set.labels <@ :labels::jsonb AND (label_set.labels = '[]') = (:labels::jsonb = '[]')
),
-- A run that is Running with a task whose retry has come due wants a process again.
continuing AS (
    SELECT run.id, min(task.start_time) AS due, false AS auto_scheduled
    FROM utility.waiting_task_run AS task
    JOIN flow_run AS run ON run.id = task.flow_run_id
    WHERE task.tenant_id = :tenant_id AND task.start_time <= :before
      AND run.state = 'Running'
      AND run.labels <@ :labels::jsonb AND (run.labels = '[]') = (:labels::jsonb = '[]')
    GROUP BY run.id
    ORDER BY 2
    LIMIT :limit
),
handed_out AS MATERIALIZED (
    SELECT * FROM (SELECT * FROM waiting UNION ALL SELECT * FROM continuing) AS due_run
    -- Asked once: while the tenant's queue is paused, none of the above is read (ui-and-cloud.md B.3, row 20).
    WHERE NOT EXISTS (
        SELECT FROM tenant WHERE id = :tenant_id AND settings @> '{"work_queue_paused": true}')
      AND NOT EXISTS (SELECT FROM utility.tenant_deletion WHERE tenant_id = :tenant_id)
    ORDER BY due, id
    LIMIT :limit
),
seen AS (
    UPDATE agent SET last_queried = now() WHERE id = :agent_id
)
SELECT
    coalesce(array_agg(id ORDER BY due, id), '{}') AS flow_run_ids,
    array_agg(id) FILTER (
        WHERE auto_scheduled AND NOT EXISTS (SELECT FROM task_run WHERE task_run.flow_run_id = handed_out.id)
    ) AS without_task_runs
FROM handed_out;

-- name: create_task_runs
SELECT utility.create_task_runs(:flow_run_ids::uuid[]);
