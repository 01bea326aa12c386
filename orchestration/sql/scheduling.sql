-- Scheduling: which flows need runs, and which runs need their task runs.

-- name: database_time
SELECT now();

-- name: claim_flows_to_top_up
-- Active, unarchived flows behind :after_id (in order of id) that have fewer than :max_runs scheduled runs ahead, or
-- whose error may be out of date.
-- Their rows stay locked until the transaction ends: whoever else schedules takes other flows, whoever changes the
-- flow or its group's schedule waits.
SELECT flow.id, coalesce(nullif(flow_group.schedule, 'null'), flow.schedule) AS schedule, flow.schedule_error
FROM flow
JOIN flow_group ON flow_group.id = flow.flow_group_id
WHERE flow.is_schedule_active AND NOT flow.archived AND flow.id > :after_id::uuid
  AND coalesce(nullif(flow_group.schedule, 'null'), nullif(flow.schedule, 'null')) IS NOT NULL
  AND (flow.schedule_error IS NOT NULL OR (
    SELECT count(*)
    FROM (
        SELECT FROM flow_run AS run
        WHERE run.flow_id = flow.id AND run.auto_scheduled AND run.state = 'Scheduled'
          AND run.scheduled_start_time > :now
        LIMIT :max_runs::bigint
    ) AS scheduled_ahead
  ) < :max_runs::bigint)
ORDER BY flow.id
LIMIT :batch_size::bigint
-- Not FOR UPDATE: making a run of the flow by hand must not wait.
FOR NO KEY UPDATE OF flow SKIP LOCKED
FOR SHARE OF flow_group SKIP LOCKED;

-- name: claim_flows
-- The same for given flows, however many runs they have ahead; waits for flows that others hold. A flow whose group
-- is just being changed is left to the next pass: waiting for it here could be a deadlock with a registration, which
-- locks the group first.
SELECT flow.id, coalesce(nullif(flow_group.schedule, 'null'), flow.schedule) AS schedule, flow.schedule_error
FROM flow
JOIN flow_group ON flow_group.id = flow.flow_group_id
WHERE flow.is_schedule_active AND NOT flow.archived AND flow.id = ANY (:flow_ids::uuid[])
  AND coalesce(nullif(flow_group.schedule, 'null'), nullif(flow.schedule, 'null')) IS NOT NULL
ORDER BY flow.id
FOR NO KEY UPDATE OF flow
FOR SHARE OF flow_group SKIP LOCKED;

-- name: runs_ahead
-- Of each claimed flow: how many scheduled runs are ahead, and the time of the last run ahead, in whatever state.
-- A statement of its own: the one that claims sees the runs as they were before it waited for the locks.
SELECT
    flow_run.flow_id,
    count(*) FILTER (WHERE flow_run.state = 'Scheduled') AS scheduled,
    max(flow_run.scheduled_start_time) AS last
FROM flow_run
WHERE flow_run.flow_id = ANY (:flow_ids::uuid[]) AND flow_run.auto_scheduled
  AND flow_run.scheduled_start_time > :now
GROUP BY flow_run.flow_id;

-- name: mark_schedule_errors
-- Write down what went wrong with each flow (NULL: nothing); returns those for which that is news.
UPDATE flow SET schedule_error = marked.error
FROM unnest(:flow_ids::uuid[], :errors::text[]) AS marked (id, error)
WHERE flow.id = marked.id AND flow.schedule_error IS DISTINCT FROM marked.error
RETURNING flow.id, flow.schedule_error;

-- name: due_without_task_runs
-- Up to :most auto-scheduled runs that come due within :within and have not got their task runs, soonest first.
SELECT run.id
FROM flow_run AS run
WHERE run.state IN ('Scheduled', 'Paused', 'Queued', 'Resume', 'Retrying')
  AND run.state_start_time <= now() + :within::interval
  AND run.auto_scheduled
  AND NOT EXISTS (SELECT FROM task_run WHERE task_run.flow_run_id = run.id)
  AND EXISTS (SELECT FROM task WHERE task.flow_id = run.flow_id)
ORDER BY run.state_start_time
LIMIT :most::bigint;

-- name: prepare_task_runs
-- Make the task runs of those of :flow_run_ids that still wait and still have none; returns of how many runs. Runs
-- that somebody else is just moving or preparing are left to them.
WITH waiting AS MATERIALIZED (
    SELECT run.id
    FROM flow_run AS run
    WHERE run.id = ANY (:flow_run_ids::uuid[])
      AND run.state IN ('Scheduled', 'Paused', 'Queued', 'Resume', 'Retrying')
      AND NOT EXISTS (SELECT FROM task_run WHERE task_run.flow_run_id = run.id)
    FOR NO KEY UPDATE OF run SKIP LOCKED
),
batch AS MATERIALIZED (
    SELECT coalesce(array_agg(id), '{}') AS ids FROM waiting
)
SELECT cardinality(ids) AS prepared, utility.create_task_runs(ids) FROM batch;
