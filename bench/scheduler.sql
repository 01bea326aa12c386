-- What bench/scheduler.py, bench/due_runs.py and bench/restarts.py make and ask.

-- name: tenant
WITH made AS (INSERT INTO tenant (name, slug) VALUES ('bench', 'bench') RETURNING id)
INSERT INTO project (tenant_id, name) SELECT id, 'bench' FROM made RETURNING tenant_id, id AS project_id;

-- name: flows
-- One flow of one task for each of :schedules, numbered from 0 by their names; their schedules are off.
WITH made AS (
    INSERT INTO flow_group (tenant_id, name)
    SELECT :tenant_id, 'flow ' || n FROM generate_series(0, cardinality(:schedules::jsonb[]) - 1) AS n
    RETURNING id, name
),
made_flow AS (
    INSERT INTO flow (
        tenant_id, project_id, flow_group_id, name, version, version_group_id, schedule, is_schedule_active,
        run_config, storage, core_version)
    SELECT :tenant_id, :project_id, made.id, made.name, 1, made.name,
           (:schedules::jsonb[])[substr(made.name, 6)::int + 1], false,
           '{"type": "LocalRun", "labels": ["bench"]}', '{"type": "Local"}', '1.4.1'
    FROM made
    RETURNING id
)
INSERT INTO task (tenant_id, flow_id, name, slug) SELECT :tenant_id, id, 'only', 'only-1' FROM made_flow;

-- name: switch_on
-- Of the flows that are off, the next :count.
UPDATE flow SET is_schedule_active = true
WHERE id IN (SELECT id FROM flow WHERE NOT is_schedule_active ORDER BY name LIMIT :count::int FOR UPDATE);

-- name: next_flow_off
SELECT id FROM flow WHERE NOT is_schedule_active ORDER BY name DESC LIMIT 1;

-- name: runs
SELECT count(*) FROM flow_run;

-- name: flows_behind
-- Flows with an active schedule that have fewer than :max_runs scheduled runs ahead.
SELECT count(*)
FROM flow
WHERE is_schedule_active AND (
    SELECT count(*) FROM flow_run AS run
    WHERE run.flow_id = flow.id AND run.auto_scheduled AND run.state = 'Scheduled' AND run.scheduled_start_time > now()
) < :max_runs::int;

-- name: duplicates
-- Runs beyond the first of a flow group for one firing of one clock: what a clock gives are parameters and labels.
SELECT coalesce(sum(times - 1), 0)::int
FROM (
    SELECT count(*) AS times
    FROM flow_run JOIN flow ON flow.id = flow_run.flow_id
    WHERE flow_run.auto_scheduled
    GROUP BY flow.flow_group_id, flow_run.scheduled_start_time, flow_run.parameters, flow_run.labels
) AS firing;

-- name: firings
-- Of each flow, in order: the times of its runs and what they were given.
SELECT flow.name, flow.schedule, array_agg(run.scheduled_start_time ORDER BY run.scheduled_start_time) AS times
FROM flow JOIN flow_run AS run ON run.flow_id = flow.id
GROUP BY flow.id;

-- name: violations
SELECT count(*) FROM ops.invariant_violations;

-- name: due_runs
-- :count scheduled runs that are all due at :due, spread over :zones agents, each of which serves three sets of
-- labels. Triggers are off: each row as the triggers would have left it.
WITH numbered AS (
    SELECT id, tenant_id, row_number() OVER (ORDER BY id) - 1 AS number, count(*) OVER () AS flows
    FROM flow WHERE tenant_id = :tenant_id
),
run AS (
    INSERT INTO flow_run (
        tenant_id, flow_id, name, context, labels, run_config, scheduled_start_time, auto_scheduled, idempotency_key,
        version, state, state_message, state_timestamp, state_start_time, serialized_state)
    SELECT
        tenant_id, id, 'due-' || n, '{}',
        CASE n / :zones::int % 3
            WHEN 0 THEN jsonb_build_array('zone-' || n % :zones)
            WHEN 1 THEN jsonb_build_array('big', 'zone-' || n % :zones)
            ELSE jsonb_build_array('gpu', 'zone-' || n % :zones) END,
        '{"type": "LocalRun"}', :due::timestamptz, true, 'due-' || n, 1, 'Scheduled', 'Flow run scheduled.', now(), :due,
        jsonb_build_object('type', 'Scheduled', 'message', 'Flow run scheduled.', 'start_time', :due)
    FROM generate_series(0, :count::int - 1) AS n
    JOIN numbered ON numbered.number = n % numbered.flows
    RETURNING id, tenant_id, version, state, state_message, state_timestamp, state_start_time, serialized_state
)
INSERT INTO flow_run_state (tenant_id, flow_run_id, "timestamp", state, version, message, start_time, serialized_state)
SELECT tenant_id, id, state_timestamp, state, version, state_message, state_start_time, serialized_state FROM run;

-- name: prepared
SELECT count(*) FROM task_run;
