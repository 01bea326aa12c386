-- Runs whose process is gone (contract server.md 4.1 Lazarus, Zombie killer). A batch is one short transaction of
-- three statements: claim flow runs (those that others hold are left to them), hold their task runs still, and act:
-- this last statement looks at the evidence again, which nobody can change any more. Flow runs are locked before task
-- runs, as everywhere (states.sql). What the evidence is stands in the migration recovery (utility.silent_flow_runs).

-- name: claim_lost_flow_runs
SELECT flow_run.id
FROM utility.lost_flow_runs(:cutoff, :read_cutoff, coalesce(:now, now())) AS lost
JOIN flow_run ON flow_run.id = lost.id
WHERE flow_run.id > :after::uuid AND flow_run.state IN ('Submitted', 'Running')
ORDER BY flow_run.id
LIMIT :batch_size::bigint
FOR NO KEY UPDATE OF flow_run SKIP LOCKED;

-- name: claim_flow_runs_of_zombies
SELECT flow_run.id
FROM flow_run
WHERE flow_run.id > :after::uuid
  AND flow_run.id IN (
      SELECT flow_run_id FROM utility.zombie_task_runs(:cutoff, :read_cutoff, coalesce(:now, now())))
ORDER BY flow_run.id
LIMIT :batch_size::bigint
FOR NO KEY UPDATE SKIP LOCKED;

-- name: claim_zombie_flow_runs
SELECT flow_run.id
FROM utility.zombie_flow_runs(:cutoff, :read_cutoff, coalesce(:now, now())) AS zombie
JOIN flow_run ON flow_run.id = zombie.id
WHERE flow_run.id > :after::uuid AND flow_run.state = 'Cancelling'
ORDER BY flow_run.id
LIMIT :batch_size::bigint
FOR NO KEY UPDATE OF flow_run SKIP LOCKED;

-- name: hold_task_runs
SELECT count(*)
FROM (SELECT FROM task_run WHERE flow_run_id = ANY (:flow_run_ids::uuid[]) ORDER BY id FOR NO KEY UPDATE) AS held;

-- name: revive_flow_runs
-- Back to the queue, or Failed when it was tried :limit times. `recovered_by` marks the state, so that a process that
-- lives after all is told (states.sql).
WITH lost AS MATERIALIZED (
    SELECT
        run.id, run.tenant_id, run.version, run.times_resurrected < :limit::integer AS is_revived, found.reason,
        clock_timestamp() AS moment,
        CASE WHEN run.times_resurrected < :limit::integer THEN 'Rescheduled by a Lazarus process.'
             ELSE format('A Lazarus process has tried %s times to bring this run back, without success, and marks it as failed.',
                         run.times_resurrected) END AS message,
        CASE WHEN run.times_resurrected < :limit::integer
             THEN format(' This is attempt %s.', run.times_resurrected + 1) ELSE '' END AS attempt
    FROM utility.lost_flow_runs(:cutoff, :read_cutoff, coalesce(:now, now())) AS found
    JOIN flow_run AS run ON run.id = found.id
    WHERE run.id = ANY (:flow_run_ids::uuid[])
),
counted AS (
    UPDATE flow_run SET times_resurrected = flow_run.times_resurrected + 1
    FROM lost
    WHERE flow_run.id = lost.id AND lost.is_revived
),
moved_on AS (
    UPDATE utility.runner_read SET moved_on = true FROM lost WHERE flow_run_id = lost.id
),
written AS (
    INSERT INTO flow_run_state (
        tenant_id, flow_run_id, "timestamp", state, version, message, start_time, serialized_state)
    SELECT
        tenant_id, id, moment, CASE WHEN is_revived THEN 'Scheduled' ELSE 'Failed' END, version + 1, message,
        CASE WHEN is_revived THEN moment END,
        jsonb_build_object('message', message, 'context', jsonb_build_object('recovered_by', 'Lazarus'))
            || CASE WHEN is_revived THEN jsonb_build_object('type', 'Scheduled', 'start_time', moment)
                    ELSE '{"type": "Failed"}' END
    FROM lost
    ORDER BY id
),
told AS (
    INSERT INTO log (tenant_id, flow_run_id, "timestamp", name, level, message)
    SELECT
        tenant_id, id, moment, 'prefect-server.Lazarus.FlowRun', CASE WHEN is_revived THEN 'INFO' ELSE 'ERROR' END,
        format('%s%s %s', message, attempt, reason)
    FROM lost
    ORDER BY id
)
SELECT id FROM lost;

-- name: settle_zombie_task_runs
-- Retrying while the task has retries left and its flow run goes on, otherwise Failed.
WITH zombie AS MATERIALIZED (
    SELECT
        run.id, run.tenant_id, run.flow_run_id, run.version, run.state, found.reason, clock_timestamp() AS moment,
        coalesce(run.name, task.name) AS name, tried.retries, task.max_retries,
        coalesce(task.retry_delay, '0') AS retry_delay,
        run.state = 'Running' AND found.flow_run_state = 'Running'
            AND tried.retries < coalesce(task.max_retries, 0) AS is_retried,
        coalesce(nullif(run.serialized_state -> 'cached_inputs', 'null'), '{}') AS cached_inputs
    FROM utility.zombie_task_runs(:cutoff, :read_cutoff, coalesce(:now, now())) AS found
    JOIN task_run AS run ON run.id = found.id
    JOIN task ON task.id = run.task_id
    CROSS JOIN LATERAL (
        SELECT count(*) AS retries FROM task_run_state WHERE task_run_id = run.id AND state = 'Retrying'
    ) AS tried
    WHERE found.flow_run_id = ANY (:flow_run_ids::uuid[])
),
verdict AS MATERIALIZED (
    SELECT
        zombie.*, CASE WHEN is_retried THEN moment + retry_delay END AS start_time,
        CASE WHEN is_retried THEN
                 format('No heartbeat detected from the remote task; retrying the run. This will be retry %s of %s.',
                        retries + 1, max_retries)
             ELSE format('No heartbeat detected from the remote task; marking the task run %s (%s) as failed.', id, name)
        END AS message
    FROM zombie
),
moved_on AS (
    UPDATE utility.runner_read SET moved_on = true FROM verdict WHERE runner_read.flow_run_id = verdict.flow_run_id
),
written AS (
    INSERT INTO task_run_state (
        tenant_id, task_run_id, "timestamp", state, version, message, start_time, serialized_state)
    SELECT
        tenant_id, id, moment, CASE WHEN is_retried THEN 'Retrying' ELSE 'Failed' END, version + 1, message, start_time,
        jsonb_build_object(
            'message', message, 'cached_inputs', cached_inputs,
            'context', jsonb_build_object('recovered_by', 'ZombieKiller'))
            || CASE WHEN is_retried
                    THEN jsonb_build_object('type', 'Retrying', 'run_count', retries + 1, 'start_time', start_time)
                    ELSE '{"type": "Failed"}' END
    FROM verdict
    ORDER BY id
),
told AS (
    INSERT INTO log (tenant_id, flow_run_id, task_run_id, "timestamp", name, level, message)
    SELECT
        tenant_id, flow_run_id, id, moment, 'prefect-server.ZombieKiller.TaskRun', 'ERROR',
        format('%s %s', message, reason)
    FROM verdict
    ORDER BY id
)
SELECT id FROM verdict;

-- name: settle_zombie_flow_runs
-- Runs that were told to cancel and whose process has gone: Failed, and with them what their process has left.
WITH zombie AS MATERIALIZED (
    SELECT
        run.id, run.tenant_id, run.version, found.reason, clock_timestamp() AS moment,
        'No heartbeat detected from the flow run; marking the run as failed.' AS message
    FROM utility.zombie_flow_runs(:cutoff, :read_cutoff, coalesce(:now, now())) AS found
    JOIN flow_run AS run ON run.id = found.id
    WHERE run.id = ANY (:flow_run_ids::uuid[])
),
left_over AS (
    INSERT INTO task_run_state (tenant_id, task_run_id, "timestamp", state, version, message, serialized_state)
    SELECT
        task_run.tenant_id, task_run.id, moment, 'Cancelled', task_run.version + 1, told.message,
        jsonb_build_object(
            'type', 'Cancelled', 'message', told.message, 'context', jsonb_build_object('recovered_by', 'ZombieKiller'))
    FROM zombie
    CROSS JOIN (VALUES ('The flow run was being cancelled, and its process has gone.')) AS told (message)
    CROSS JOIN LATERAL (
        SELECT * FROM task_run AS one
        WHERE one.flow_run_id = zombie.id
          AND coalesce(one.state, 'Pending') NOT IN (
              'Finished', 'Looped', 'Success', 'Cached', 'Mapped', 'Skipped', 'Cancelled', 'Failed', 'TimedOut',
              'TriggerFailed', 'ValidationFailed')
        OFFSET 0
    ) AS task_run
    ORDER BY task_run.id
),
written AS (
    INSERT INTO flow_run_state (tenant_id, flow_run_id, "timestamp", state, version, message, serialized_state)
    SELECT
        tenant_id, id, moment, 'Failed', version + 1, message,
        jsonb_build_object(
            'type', 'Failed', 'message', message, 'context', jsonb_build_object('recovered_by', 'ZombieKiller'))
    FROM zombie
    ORDER BY id
),
told AS (
    INSERT INTO log (tenant_id, flow_run_id, "timestamp", name, level, message)
    SELECT
        tenant_id, id, moment, 'prefect-server.ZombieKiller.FlowRun', 'ERROR', format('%s %s', message, reason)
    FROM zombie
    ORDER BY id
)
SELECT id FROM zombie;

-- name: forget_runners
-- Of runs that are not under way, once their process is silent and has left no task run Running. One that is still
-- there, or comes, is written down again when it next reads.
DELETE FROM utility.runner_read
WHERE flow_run_id IN (
    SELECT seen.flow_run_id
    FROM utility.runner_read AS seen
    LEFT JOIN flow_run AS run ON run.id = seen.flow_run_id
    WHERE run.id IS NULL
       OR ((run.state IN ('Submitted', 'Running', 'Cancelling')) IS NOT TRUE
           AND greatest(seen.last_read, run.state_timestamp)
               <= utility.api_uptime_start(:cutoff, coalesce(:now::timestamptz, now()))
           AND NOT EXISTS (
               SELECT FROM utility.zombie_task_runs(:cutoff, :read_cutoff, coalesce(:now, now())) AS zombie
               WHERE zombie.flow_run_id = seen.flow_run_id))
    LIMIT :batch_size::bigint
    FOR UPDATE OF seen SKIP LOCKED
)
RETURNING flow_run_id;
