-- Signs of life that an API process gathers and writes down every few seconds (the migration recovery).

-- name: note_life
SELECT utility.api_is_alive(:patience);

-- name: note_reads
-- Runners that have read their runs: ids, how often since the last time, and whether their release is known to read
-- regularly. In the order of the ids: two API processes may write down the same run.
INSERT INTO utility.runner_read AS known (flow_run_id, tenant_id, is_regular, running_since, reads, last_read)
SELECT
    flow_run.id, flow_run.tenant_id, seen.is_regular,
    CASE WHEN flow_run.state = 'Running' THEN flow_run.state_timestamp END, seen.reads, now()
FROM unnest(:ids::uuid[], :reads::integer[], :regular::boolean[]) AS seen (id, reads, is_regular)
JOIN flow_run ON flow_run.id = seen.id
ORDER BY flow_run.id
ON CONFLICT (flow_run_id) DO UPDATE
SET is_regular = excluded.is_regular,
    -- A run that is Running anew is counted anew.
    running_since = coalesce(excluded.running_since, known.running_since),
    reads = CASE WHEN excluded.running_since IS DISTINCT FROM known.running_since
                      AND excluded.running_since IS NOT NULL THEN excluded.reads
                 ELSE known.reads + excluded.reads END,
    longest_gap = CASE
        WHEN excluded.running_since IS DISTINCT FROM known.running_since
             AND excluded.running_since IS NOT NULL THEN '0'
        WHEN known.moved_on
             OR EXISTS (SELECT FROM utility.api_outage WHERE ended > known.last_read) THEN known.longest_gap
        ELSE greatest(known.longest_gap, excluded.last_read - known.last_read) END,
    last_read = greatest(known.last_read, excluded.last_read),
    moved_on = false;
