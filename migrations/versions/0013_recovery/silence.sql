-- Which runs have given no sign of life for too long. One place for the evidence: the statements of
-- orchestration/sql/recovery.sql look here first to find runs, and again, with the runs locked, to act.
-- cutoff: how long a run may send no heartbeat; read_cutoff: how long its runner may not read it (NULL: for ever).
-- Both count the time in which the API was up. at: now.

CREATE FUNCTION utility.plain_time(moment timestamptz) RETURNS text
LANGUAGE sql STABLE AS $$
    SELECT to_char(moment AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS')
$$;

CREATE FUNCTION utility.silent_flow_runs(cutoff interval, read_cutoff interval, at timestamptz)
RETURNS TABLE (id uuid, reason text)
LANGUAGE sql STABLE AS $$
    WITH moment AS MATERIALIZED (
        SELECT
            utility.api_uptime_start(cutoff, at) AS beat, utility.api_uptime_start(read_cutoff, at) AS read,
            -- Of a runner that has been seen once or twice too little is known.
            utility.api_uptime_start(4 * read_cutoff, at) AS first_reads
    ),
    sign AS (
        SELECT
            run.id, run.state, run.state_timestamp, seen.last_read, seen.reads, seen.longest_gap,
            greatest(seen.last_read, run.state_timestamp) AS last_seen,
            seen.running_since = run.state_timestamp AS is_the_one_seen,
            -- Nothing beats for a run that no process has taken up, but what is left of one killed before.
            CASE WHEN run.state = 'Submitted' THEN coalesce(run.state_timestamp, run.heartbeat, run.created)
                 ELSE coalesce(run.heartbeat, run.state_timestamp, run.created) END AS last_beat,
            coalesce(seen.is_regular OR seen.reads >= 3, false) AS reads_regularly,
            -- A task that started the run and waits for it (StartFlowRun) reads it as well, every 10 s; its key for
            -- the run is the id of a task run or flow run. What it reads is no sign of life.
            run.state = 'Running' AND seen.running_since = run.state_timestamp
                AND seen.last_read > moment.beat
                AND seen.last_read - seen.running_since >= seen.reads * interval '13 seconds'
                AND (run.idempotency_key ~ '^[0-9a-f]{8}-[0-9a-f]{4}-') IS NOT TRUE AS lives_without_beats
        FROM moment
        CROSS JOIN flow_run AS run
        LEFT JOIN utility.runner_read AS seen ON seen.flow_run_id = run.id
        WHERE run.state IN ('Submitted', 'Running', 'Cancelling')
    )
    SELECT
        sign.id,
        CASE
            WHEN last_beat <= moment.beat AND state = 'Submitted' THEN
                format('No process has taken it up since it was submitted at %s UTC.', utility.plain_time(last_beat))
            WHEN last_beat <= moment.beat THEN
                format('Its last heartbeat came at %s UTC.', utility.plain_time(last_beat))
            ELSE format('Heartbeats still come, but its process, which reads its run every few seconds while it lives,'
                        ' was last seen at %s UTC.', utility.plain_time(last_seen))
        END
    FROM sign, moment
    WHERE (last_beat <= moment.beat AND lives_without_beats IS NOT TRUE)
       OR (state <> 'Submitted' AND reads_regularly AND last_seen <= moment.read
           AND CASE
               -- A runner that is told to cancel stops reading.
               WHEN state = 'Cancelling' THEN true
               -- One that was slow before, such as by a task that holds Python's lock, may be so again.
               WHEN is_the_one_seen AND reads >= 3 THEN
                   3 * longest_gap <= read_cutoff OR last_seen <= utility.api_uptime_start(3 * longest_gap, at)
               ELSE last_seen <= moment.first_reads
           END)
$$;
COMMENT ON FUNCTION utility.silent_flow_runs IS 'Submitted, Running and Cancelling flow runs whose process seems dead, and why.';

CREATE FUNCTION utility.lost_flow_runs(cutoff interval, read_cutoff interval, at timestamptz)
RETURNS TABLE (id uuid, reason text)
LANGUAGE sql STABLE AS $$
    SELECT run.id, silent.reason
    FROM utility.silent_flow_runs(cutoff, read_cutoff, at) AS silent
    JOIN flow_run AS run ON run.id = silent.id
    JOIN flow ON flow.id = run.flow_id
    JOIN flow_group ON flow_group.id = flow.flow_group_id
    -- LIMIT: never a scan of all task runs.
    LEFT JOIN LATERAL (
        SELECT true AS found
        FROM task_run
        WHERE task_run.flow_run_id = silent.id
          -- What waits is the queue's, what runs the zombie killer's.
          AND (task_run.state IN ('Scheduled', 'Paused', 'Queued', 'Resume', 'Retrying', 'Running', 'Cancelling')
               -- An agent has just taken the run up again, to go on with this one.
               OR (task_run.state = 'Submitted'
                   AND task_run.state_timestamp > utility.api_uptime_start(cutoff, at)))
        LIMIT 1
    ) AS busy ON true
    WHERE run.state IN ('Submitted', 'Running') AND busy.found IS NULL
      AND NOT flow_group.settings @> '{"heartbeat_enabled": false}'
      AND NOT flow_group.settings @> '{"lazarus_enabled": false}'
$$;
COMMENT ON FUNCTION utility.lost_flow_runs IS 'Flow runs for Lazarus (contract server.md 4.1).';

CREATE FUNCTION utility.zombie_task_runs(cutoff interval, read_cutoff interval, at timestamptz)
RETURNS TABLE (id uuid, flow_run_id uuid, flow_run_state text, reason text)
LANGUAGE sql STABLE AS $$
    SELECT task_run.id, dead.id, run.state, dead.reason
    FROM (
        SELECT silent.id, silent.reason FROM utility.silent_flow_runs(cutoff, read_cutoff, at) AS silent
        UNION ALL
        -- Runs that ended otherwise while their process was at work. Heartbeats of those prove nothing.
        SELECT seen.flow_run_id, format('Its flow run is %s, and no process reads that any more.', ended.state)
        FROM utility.runner_read AS seen
        JOIN flow_run AS ended ON ended.id = seen.flow_run_id
        WHERE (ended.state IN ('Submitted', 'Running', 'Cancelling')) IS NOT TRUE
          AND greatest(seen.last_read, ended.state_timestamp) <= utility.api_uptime_start(cutoff, at)
    ) AS dead
    JOIN flow_run AS run ON run.id = dead.id
    JOIN flow ON flow.id = run.flow_id
    JOIN flow_group ON flow_group.id = flow.flow_group_id
    -- OFFSET: never a join with all task runs.
    CROSS JOIN LATERAL (
        SELECT one.id FROM task_run AS one
        WHERE one.flow_run_id = dead.id AND one.state IN ('Running', 'Cancelling')
          -- Whoever has started it lately lives, though his reads may not be written down yet.
          AND coalesce(one.state_timestamp, one.created) <= utility.api_uptime_start(cutoff, at)
        OFFSET 0
    ) AS task_run
    WHERE NOT flow_group.settings @> '{"heartbeat_enabled": false}'
$$;
COMMENT ON FUNCTION utility.zombie_task_runs IS 'Task runs for the zombie killer (contract server.md 4.1).';

CREATE FUNCTION utility.zombie_flow_runs(cutoff interval, read_cutoff interval, at timestamptz)
RETURNS TABLE (id uuid, reason text)
LANGUAGE sql STABLE AS $$
    SELECT run.id, silent.reason
    FROM utility.silent_flow_runs(cutoff, read_cutoff, at) AS silent
    JOIN flow_run AS run ON run.id = silent.id
    JOIN flow ON flow.id = run.flow_id
    JOIN flow_group ON flow_group.id = flow.flow_group_id
    WHERE run.state = 'Cancelling' AND NOT flow_group.settings @> '{"heartbeat_enabled": false}'
$$;
COMMENT ON FUNCTION utility.zombie_flow_runs IS 'Flow runs for the zombie killer (contract server.md 4.1).';
