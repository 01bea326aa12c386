-- What bench/work_queue.py fills the database with. Triggers are off (session_replication_role), so every row is
-- written in the shape that the triggers would have given it.

-- name: world
WITH made_tenant AS (
    INSERT INTO tenant (name, slug) VALUES ('queue', 'queue') RETURNING id
),
made_project AS (
    INSERT INTO project (tenant_id, name) SELECT id, 'bench' FROM made_tenant RETURNING id, tenant_id
),
made_group AS (
    INSERT INTO flow_group (tenant_id, name)
    SELECT id, 'flow ' || n FROM made_tenant, generate_series(1, 100) AS n
    RETURNING id, tenant_id, name
),
made_flow AS (
    INSERT INTO flow (tenant_id, project_id, flow_group_id, name, version, version_group_id, storage, core_version)
    SELECT made_group.tenant_id, made_project.id, made_group.id, made_group.name, 1, made_group.name,
           '{"type": "Local"}', '1.4.1'
    FROM made_group, made_project
    RETURNING id, tenant_id
),
made_task AS (
    INSERT INTO task (tenant_id, flow_id, name, slug) SELECT tenant_id, id, 'only', 'only-1' FROM made_flow
)
SELECT tenant_id, id AS project_id FROM made_project;

-- name: finished
-- Runs of the last 30 days, each with one task run: 85 % Success, 10 % Failed, 5 % Cancelled.
WITH numbered_flow AS (
    SELECT flow.id AS flow_id, flow.tenant_id, task.id AS task_id, row_number() OVER (ORDER BY flow.id) - 1 AS number
    FROM flow JOIN task ON task.flow_id = flow.id
    WHERE flow.tenant_id = :tenant_id
),
run AS (
    SELECT
        numbered_flow.*, uuidv7() AS id, n, now() - n * (interval '30 days' / :count::int) - interval '1 minute' AS began,
        CASE WHEN n % 20 < 17 THEN 'Success' WHEN n % 20 < 19 THEN 'Failed' ELSE 'Cancelled' END AS state
    FROM generate_series(1, :count::int) AS n
    JOIN numbered_flow ON numbered_flow.number = n % 100
),
made AS (
    INSERT INTO flow_run (
        id, created, tenant_id, flow_id, name, labels, run_config, scheduled_start_time, auto_scheduled, start_time,
        end_time, version, state, state_message, state_timestamp, serialized_state)
    SELECT
        id, began, tenant_id, flow_id, 'finished-' || n, jsonb_build_array('team-' || n % 50),
        '{"type": "LocalRun"}', began, true, began, began + interval '30 s', 4, state, 'All done.',
        began + interval '30 s', jsonb_build_object('type', state, 'message', 'All done.')
    FROM run
)
INSERT INTO task_run (
    created, tenant_id, flow_run_id, task_id, start_time, end_time, version, state, state_message, state_timestamp,
    serialized_state)
SELECT
    began, tenant_id, id, task_id, began, began + interval '29 s', 3, state, 'Done.', began + interval '29 s',
    jsonb_build_object('type', state, 'message', 'Done.')
FROM run;

-- name: waiting
-- Runs that are due, number :first to :last: of ten, nine have the labels of other agents (50 sets) and are older.
INSERT INTO flow_run (
    tenant_id, flow_id, name, labels, run_config, scheduled_start_time, auto_scheduled, version, state, state_message,
    state_timestamp, state_start_time, serialized_state)
SELECT
    tenant_id, id, 'waiting-' || n,
    CASE WHEN n % 10 = 0 THEN '["bench"]' ELSE jsonb_build_array('team-' || n % 50, 'zone') END,
    '{"type": "LocalRun"}', due, true, 1, 'Scheduled', 'Flow run scheduled.', now(), due,
    jsonb_build_object('type', 'Scheduled', 'message', 'Flow run scheduled.', 'start_time', due)
FROM generate_series(:first::int, :last::int) AS n
JOIN (
    SELECT *, row_number() OVER (ORDER BY id) - 1 AS number FROM flow WHERE tenant_id = :tenant_id
) AS flow ON flow.number = n % 100
CROSS JOIN LATERAL (
    SELECT now() - interval '1 s' - CASE WHEN n % 10 = 0 THEN n * interval '1 ms' ELSE interval '1 h' END AS due
) AS moment;

-- name: many_label_sets
-- The same number of waiting runs with 2,000 different sets of labels, foreign as before.
UPDATE flow_run SET labels = jsonb_build_array('team-' || abs(hashtext(name)) % 2000, 'zone')
WHERE tenant_id = :tenant_id AND state = 'Scheduled' AND labels <> '["bench"]';

-- name: counts
SELECT count(*) AS waiting, count(DISTINCT labels) AS label_sets
FROM flow_run
WHERE tenant_id = :tenant_id AND state = 'Scheduled';

-- name: limit
-- At most 20 runs of the agent's label at once, five of which are under way.
WITH made AS (
    INSERT INTO flow_concurrency_limit (tenant_id, name, "limit") VALUES (:tenant_id, 'bench', 20)
)
INSERT INTO flow_run (
    tenant_id, flow_id, name, labels, run_config, auto_scheduled, version, state, state_message, state_timestamp,
    start_time, serialized_state)
SELECT
    tenant_id, id, 'under-way', '["bench"]', '{"type": "LocalRun"}', true, 2, 'Running', 'Running flow.', now(), now(),
    '{"type": "Running", "message": "Running flow."}'
FROM (SELECT * FROM flow WHERE tenant_id = :tenant_id LIMIT 5) AS flow;

-- name: no_limit
WITH gone AS (
    DELETE FROM flow_concurrency_limit
)
DELETE FROM flow_run WHERE state = 'Running';
