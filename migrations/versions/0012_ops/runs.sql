-- Invariants of runs and their states: one function each, which returns what breaks it.
-- `since` bounds what is dear: history is searched from that time on, by the time that stands in the ids (uuidv7) of its
-- rows. Runs under way and waiting task runs are always looked at.

CREATE TYPE ops.violation AS (invariant text, tenant_id uuid, object_type text, id uuid, detail text);

CREATE FUNCTION ops.uuid_at(moment timestamptz) RETURNS uuid
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT (lpad(to_hex((CASE WHEN moment > 'epoch' THEN extract(epoch FROM moment) * 1000 ELSE 0 END)::bigint), 12, '0')
            || '70008000000000000000')::uuid
$$;
COMMENT ON FUNCTION ops.uuid_at IS 'The lowest uuidv7 of a moment: ids from there on were made since.';

CREATE FUNCTION ops.check_flow_run_versions(since timestamptz) RETURNS SETOF ops.violation
LANGUAGE sql STABLE AS $$
    SELECT 'flow_run_versions', flow_run.tenant_id, 'flow_run', flow_run.id,
           format('%s states, %s versions from %s to %s', known.states, known.versions, known.first, known.last)
    FROM flow_run
    CROSS JOIN LATERAL (
        SELECT count(*) AS states, count(DISTINCT version) AS versions, min(version) AS first, max(version) AS last
        FROM flow_run_state WHERE flow_run_state.flow_run_id = flow_run.id
    ) AS known
    WHERE flow_run.id IN (SELECT flow_run_id FROM flow_run_state WHERE id >= ops.uuid_at(since))
      -- Retention takes the first states of an old run; a run that is younger than `since` must have them all.
      AND (known.states <> known.versions OR known.last - known.first + 1 <> known.versions
           OR (known.first <> 1 AND flow_run.id >= ops.uuid_at(since)))
$$;
COMMENT ON FUNCTION ops.check_flow_run_versions IS 'The versions of a flow run''s states are 1..n without gap or fork.';

CREATE FUNCTION ops.check_task_run_versions(since timestamptz) RETURNS SETOF ops.violation
LANGUAGE sql STABLE AS $$
    SELECT 'task_run_versions', task_run.tenant_id, 'task_run', task_run.id,
           format('%s states, %s versions from %s to %s', known.states, known.versions, known.first, known.last)
    FROM task_run
    CROSS JOIN LATERAL (
        SELECT count(*) AS states, count(DISTINCT version) AS versions, min(version) AS first, max(version) AS last
        FROM task_run_state WHERE task_run_state.task_run_id = task_run.id
    ) AS known
    WHERE task_run.id IN (SELECT task_run_id FROM task_run_state WHERE id >= ops.uuid_at(since))
      AND (known.states <> known.versions OR known.last - known.first + 1 <> known.versions
           OR (known.first <> 1 AND task_run.id >= ops.uuid_at(since)))
$$;
COMMENT ON FUNCTION ops.check_task_run_versions IS 'The versions of a task run''s states are 1..n without gap or fork.';

CREATE FUNCTION ops.check_flow_run_state(since timestamptz) RETURNS SETOF ops.violation
LANGUAGE sql STABLE AS $$
    SELECT 'flow_run_state', flow_run.tenant_id, 'flow_run', flow_run.id,
           format('is %s at version %s; its newest state is %s at version %s',
                  flow_run.state, flow_run.version, newest.state, newest.version)
    FROM flow_run
    LEFT JOIN LATERAL (
        SELECT * FROM flow_run_state WHERE flow_run_state.flow_run_id = flow_run.id
        ORDER BY version DESC NULLS LAST, "timestamp" DESC LIMIT 1
    ) AS newest ON true
    WHERE (flow_run.state IN ('Submitted', 'Running', 'Cancelling')
           OR flow_run.id IN (SELECT flow_run_id FROM flow_run_state WHERE id >= ops.uuid_at(since)))
      AND (flow_run.version, flow_run.state, flow_run.state_timestamp, flow_run.state_message, flow_run.serialized_state)
          IS DISTINCT FROM
          (newest.version, newest.state, newest."timestamp", newest.message, newest.serialized_state)
$$;
COMMENT ON FUNCTION ops.check_flow_run_state IS 'The row of a flow run says what its newest state says.';

CREATE FUNCTION ops.check_task_run_state(since timestamptz) RETURNS SETOF ops.violation
LANGUAGE sql STABLE AS $$
    SELECT 'task_run_state', task_run.tenant_id, 'task_run', task_run.id,
           format('is %s at version %s; its newest state is %s at version %s',
                  task_run.state, task_run.version, newest.state, newest.version)
    FROM task_run
    LEFT JOIN LATERAL (
        SELECT * FROM task_run_state WHERE task_run_state.task_run_id = task_run.id
        ORDER BY version DESC NULLS LAST, "timestamp" DESC LIMIT 1
    ) AS newest ON true
    WHERE task_run.id IN (SELECT task_run_id FROM task_run_state WHERE id >= ops.uuid_at(since))
      AND (task_run.version, task_run.state, task_run.state_timestamp, task_run.state_message, task_run.serialized_state)
          IS DISTINCT FROM
          (newest.version, newest.state, newest."timestamp", newest.message, newest.serialized_state)
$$;
COMMENT ON FUNCTION ops.check_task_run_state IS 'The row of a task run says what its newest state says.';

CREATE FUNCTION ops.check_forgotten_flow_runs() RETURNS SETOF ops.violation
LANGUAGE sql STABLE AS $$
    -- Each way to the next check is an index of its own: the queue's, that of what is under way, that of states.
    SELECT 'forgotten_flow_runs', tenant_id, 'flow_run', id, format('%s without a time at which the queue looks at it', state)
    FROM flow_run
    WHERE state IN ('Scheduled', 'Paused', 'Queued', 'Resume', 'Retrying') AND state_start_time IS NULL
      -- Without a time, Paused means "until somebody resumes it".
      AND state <> 'Paused'
    UNION ALL
    SELECT 'forgotten_flow_runs', tenant_id, 'flow_run', id, format('%s without a heartbeat that could stop', state)
    FROM flow_run
    WHERE state IN ('Submitted', 'Running', 'Cancelling') AND heartbeat IS NULL
    UNION ALL
    SELECT 'forgotten_flow_runs', tenant_id, 'flow_run', id, format('%s: no service looks at such a run', coalesce(state, 'without a state'))
    FROM flow_run
    WHERE state IN ('Pending', 'ClientFailed') OR state IS NULL
$$;
COMMENT ON FUNCTION ops.check_forgotten_flow_runs IS 'Every flow run that has not ended waits for a time or a sign of life.';

CREATE FUNCTION ops.check_waiting_task_runs(since timestamptz) RETURNS SETOF ops.violation
LANGUAGE sql STABLE AS $$
    SELECT 'waiting_task_runs', waiting.tenant_id, 'task_run', waiting.task_run_id,
           format('waits for %s in the list; the task run is %s and waits for %s',
                  waiting.start_time, coalesce(task_run.state, 'gone'), task_run.state_start_time)
    FROM utility.waiting_task_run AS waiting
    LEFT JOIN task_run ON task_run.id = waiting.task_run_id
    WHERE (task_run.state IN ('Scheduled', 'Paused', 'Queued', 'Resume', 'Retrying')
           AND task_run.state_start_time = waiting.start_time
           AND task_run.flow_run_id = waiting.flow_run_id
           AND task_run.tenant_id = waiting.tenant_id) IS NOT TRUE
    UNION ALL
    SELECT 'waiting_task_runs', task_run.tenant_id, 'task_run', task_run.id,
           format('is %s until %s and not in the list', task_run.state, task_run.state_start_time)
    FROM task_run
    WHERE task_run.id IN (
          SELECT task_run_id FROM task_run_state
          WHERE id >= ops.uuid_at(since) AND state IN ('Scheduled', 'Paused', 'Queued', 'Resume', 'Retrying'))
      AND task_run.state IN ('Scheduled', 'Paused', 'Queued', 'Resume', 'Retrying')
      AND task_run.state_start_time IS NOT NULL
      AND NOT EXISTS (SELECT FROM utility.waiting_task_run AS waiting WHERE waiting.task_run_id = task_run.id)
$$;
COMMENT ON FUNCTION ops.check_waiting_task_runs IS 'The list of waiting task runs is what the task runs say.';

CREATE FUNCTION ops.check_missing_task_runs() RETURNS SETOF ops.violation
LANGUAGE sql STABLE AS $$
    SELECT 'missing_task_runs', flow_run.tenant_id, 'flow_run', flow_run.id,
           format('%s; no task run for the task %s', flow_run.state, missing.id)
    FROM flow_run
    CROSS JOIN LATERAL (
        SELECT task.id FROM task
        WHERE task.flow_id = flow_run.flow_id
          AND NOT EXISTS (
              SELECT FROM task_run
              WHERE task_run.flow_run_id = flow_run.id AND task_run.task_id = task.id AND task_run.map_index = -1)
        LIMIT 1
    ) AS missing
    WHERE flow_run.state IN ('Submitted', 'Running', 'Cancelling')
       -- They are made a minute ahead. Whoever hands the run out looks again, so that a minute behind harms nobody.
       OR (flow_run.state IN ('Scheduled', 'Paused', 'Queued', 'Resume', 'Retrying')
           AND flow_run.state_start_time < clock_timestamp() - interval '1 minute')
$$;
COMMENT ON FUNCTION ops.check_missing_task_runs IS 'A flow run that is due or under way has a task run for every task.';
