-- What bench/operations.py makes before it calls: written with all triggers on, as the API would write it.

-- name: world
WITH made AS (INSERT INTO tenant (name, slug) VALUES ('operations', 'operations') RETURNING id)
INSERT INTO project (tenant_id, name) SELECT id, 'operations' FROM made RETURNING tenant_id, id AS project_id;

-- name: flow
-- A flow of :tasks tasks.
WITH made_group AS (
    INSERT INTO flow_group (tenant_id, name) VALUES (:tenant_id, :name::text) RETURNING id
),
made AS (
    INSERT INTO flow (tenant_id, project_id, flow_group_id, name, version, version_group_id, run_config)
    SELECT :tenant_id, :project_id, id, :name::text, 1, :name::text, '{"type": "LocalRun"}' FROM made_group
    RETURNING id
),
made_task AS (
    INSERT INTO task (tenant_id, flow_id, name, slug)
    SELECT :tenant_id, made.id, 'task', 'task-' || n FROM made, generate_series(1, :tasks::int) AS n
)
SELECT id FROM made;

-- name: scheduled_flows
-- :count flows of one task with a schedule that is not switched on.
WITH made_group AS (
    INSERT INTO flow_group (tenant_id, name)
    SELECT :tenant_id, :name::text || ' ' || n FROM generate_series(1, :count::int) AS n
    RETURNING id, name
),
made AS (
    INSERT INTO flow (tenant_id, project_id, flow_group_id, name, version, version_group_id, run_config, schedule)
    SELECT :tenant_id, :project_id, id, name, 1, name, '{"type": "LocalRun"}', :schedule::jsonb FROM made_group
    RETURNING id
),
made_task AS (
    INSERT INTO task (tenant_id, flow_id, name, slug) SELECT :tenant_id, id, 'task', 'task-1' FROM made
)
SELECT id FROM made;

-- name: flows_with_waiting_runs
-- :count flows of 100 tasks; each gets ten runs of the scheduler and one made by hand (bench/operations.py).
WITH made_group AS (
    INSERT INTO flow_group (tenant_id, name)
    SELECT :tenant_id, :name::text || ' ' || n FROM generate_series(1, :count::int) AS n
    RETURNING id, name
),
made AS (
    INSERT INTO flow (tenant_id, project_id, flow_group_id, name, version, version_group_id, run_config)
    SELECT :tenant_id, :project_id, id, name, 1, name, '{"type": "LocalRun"}' FROM made_group
    RETURNING id
),
made_task AS (
    INSERT INTO task (tenant_id, flow_id, name, slug)
    SELECT :tenant_id, made.id, 'task', 'task-' || n FROM made, generate_series(1, 100) AS n
)
SELECT id FROM made;

-- name: agent
INSERT INTO agent (tenant_id, type, labels) VALUES (:tenant_id, 'LocalAgent', '[]') RETURNING id;

-- name: running
UPDATE flow_run SET state = 'Running' WHERE id = ANY (:ids::uuid[]);

-- name: task_runs
SELECT id FROM task_run WHERE flow_run_id = :flow_run_id ORDER BY id;

-- name: used
-- What the gateway has sent since the statistics were reset: statements, and those that only begin or end transactions.
SELECT
    coalesce(sum(calls) FILTER (WHERE NOT frames), 0)::bigint AS statements,
    coalesce(sum(calls) FILTER (WHERE frames), 0)::bigint AS frames
FROM (
    SELECT calls, query ~* '^(begin|commit|rollback|savepoint|release)' AS frames
    FROM pg_stat_statements
    WHERE userid <> (SELECT usesysid FROM pg_user WHERE usename = current_user) AND toplevel
) AS statement;
