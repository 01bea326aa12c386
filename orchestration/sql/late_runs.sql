-- What becomes of scheduled runs that are late (flow_group.late_policy).

-- name: set_late_policy
UPDATE flow_group
SET late_policy = :policy, late_after_seconds = coalesce(:late_after_seconds, late_after_seconds)
WHERE id = :flow_group_id AND tenant_id = coalesce(:tenant_id, tenant_id)
RETURNING id;

-- name: skip_late_runs
-- Skip up to :batch_size late runs of groups whose policy is not to run them; returns how many. Only runs that have
-- waited in the queue since the scheduler made them: who sets a run back to Scheduled, by hand or to revive it, wants
-- it to run. The rows are locked, so that no agent submits a run that is being skipped; what an agent is just
-- submitting is left alone.
WITH late AS MATERIALIZED (
    SELECT run.id, run.tenant_id, run.version, flow_group.late_policy, flow_group.late_after_seconds
    FROM flow_group
    JOIN flow ON flow.flow_group_id = flow_group.id
    JOIN flow_run AS run ON run.flow_id = flow.id
    WHERE flow_group.late_policy <> 'run'
      AND run.auto_scheduled AND run.state = 'Scheduled' AND run.version = 1
      AND run.scheduled_start_time <= coalesce(:now::timestamptz, now()) - make_interval(secs => flow_group.late_after_seconds)
      AND (flow_group.late_policy = 'skip' OR EXISTS (
          -- A later run of the same clock is due as well, or has been.
          SELECT FROM flow_run AS newer
          WHERE newer.flow_id = run.flow_id AND newer.auto_scheduled
            AND newer.scheduled_start_time > run.scheduled_start_time AND newer.scheduled_start_time <= coalesce(:now::timestamptz, now())
            AND newer.parameters IS NOT DISTINCT FROM run.parameters AND newer.labels = run.labels))
    ORDER BY run.id
    LIMIT :batch_size::bigint
    FOR NO KEY UPDATE OF run SKIP LOCKED
),
written AS (
    INSERT INTO flow_run_state (tenant_id, flow_run_id, "timestamp", state, version, message, serialized_state)
    SELECT
        tenant_id, late.id, clock_timestamp(), 'Skipped', version + 1, said.message,
        jsonb_build_object('type', 'Skipped', 'message', said.message)
    FROM late
    CROSS JOIN LATERAL (
        SELECT format(
            'Skipped: nobody had started the run %s seconds after its time (late policy "%s" of its flow group).',
            late_after_seconds, late_policy) AS message
    ) AS said
)
SELECT count(*) FROM late;
