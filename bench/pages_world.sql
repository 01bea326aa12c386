-- What bench/pages_world.py fills the database with. Triggers are off (session_replication_role), so every row is
-- written in the shape that the triggers would have given it. Ids say what they are: kind and number.

-- name: make_id
CREATE FUNCTION pg_temp.id(kind int, n bigint) RETURNS uuid LANGUAGE sql IMMUTABLE AS $$
    SELECT (lpad(to_hex(kind), 8, '0') || '-0000-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid
$$;

-- name: make_number
CREATE FUNCTION pg_temp.number(id uuid) RETURNS bigint LANGUAGE sql IMMUTABLE AS $$
    SELECT ('x' || right(id::text, 12))::bit(48)::bigint
$$;

-- name: flows
-- Flow groups 1 to :groups, each with one flow of the same number. The last three are the wide one, the mapped one and
-- the one that seldom runs; every second other one has a schedule.
WITH made_tenant AS (
    INSERT INTO tenant (id, name, slug) VALUES (pg_temp.id(1, 1), 'Pages', 'pages')
),
made_project AS (
    INSERT INTO project (id, tenant_id, name)
    SELECT pg_temp.id(2, n), pg_temp.id(1, 1), 'project ' || n FROM generate_series(1, 5) AS n
),
numbered AS (
    SELECT g, CASE :groups::int - g WHEN 0 THEN 'seldom' WHEN 1 THEN 'fan out' WHEN 2 THEN 'two thousand' ELSE 'daily load ' || g END AS name
    FROM generate_series(1, :groups::int) AS g
),
made_group AS (
    INSERT INTO flow_group (id, tenant_id, name) SELECT pg_temp.id(3, g), pg_temp.id(1, 1), 'group-' || g FROM numbered
)
INSERT INTO flow (
    id, tenant_id, project_id, flow_group_id, name, version, version_group_id, storage, run_config, core_version, schedule,
    is_schedule_active)
SELECT
    pg_temp.id(4, g), pg_temp.id(1, 1), pg_temp.id(2, 1 + g % 5), pg_temp.id(3, g), name, 1, 'group-' || g,
    '{"type": "Local"}', '{"type": "LocalRun"}', '1.4.1',
    CASE WHEN g % 2 = 0 THEN '{"type": "Schedule", "clocks": [{"type": "CronClock", "cron": "0 * * * *"}]}'::jsonb END, g % 2 = 0
FROM numbered;

-- name: tasks
-- Four tasks in a row; in the wide flow :nodes, each after one or two of those about twenty before it. The second task
-- of the mapped flow is mapped.
WITH made_task AS (
    INSERT INTO task (id, tenant_id, flow_id, name, slug, type, mapped)
    SELECT
        pg_temp.id(5, g * 10000 + t), pg_temp.id(1, 1), pg_temp.id(4, g), 'task ' || t, 'task-' || t,
        'prefect.tasks.core.function.FunctionTask', g = :groups::int - 1 AND t = 2
    FROM generate_series(1, :groups::int) AS g,
        generate_series(1, CASE WHEN g = :groups::int - 2 THEN :nodes::int ELSE 4 END) AS t
)
INSERT INTO edge (tenant_id, flow_id, upstream_task_id, downstream_task_id, mapped)
SELECT DISTINCT
    pg_temp.id(1, 1), pg_temp.id(4, g), pg_temp.id(5, g * 10000 + upstream), pg_temp.id(5, g * 10000 + t),
    g = :groups::int - 1 AND t = 2
FROM generate_series(1, :groups::int) AS g,
    generate_series(2, CASE WHEN g = :groups::int - 2 THEN :nodes::int ELSE 4 END) AS t,
    LATERAL (
        SELECT CASE WHEN g = :groups::int - 2 THEN back ELSE t - 1 END AS upstream
        FROM (VALUES (t - 20 - t % 3), (t - 20 - t * 7 % 13)) AS earlier (back)
    ) AS before
WHERE upstream > 0;

-- name: runs
-- Runs of the last 30 days, the newest with the highest number: 85 % Success, 10 % Failed, 5 % Cancelled. The flow that
-- seldom runs has the five oldest; the wide and the mapped one have :special each.
INSERT INTO flow_run (
    id, created, tenant_id, flow_id, name, labels, parameters, run_config, scheduled_start_time, auto_scheduled, start_time,
    end_time, version, state, state_message, state_timestamp, serialized_state)
SELECT
    pg_temp.id(6, n), began, pg_temp.id(1, 1),
    pg_temp.id(4, CASE
        WHEN n <= 5 THEN :groups::int
        WHEN n % every = 11 % every THEN :groups::int - 1
        WHEN n % every = 7 % every THEN :groups::int - 2
        ELSE 1 + n % (:groups::int - 3) END),
    'run-' || md5(n::text), jsonb_build_array('team-' || n % 20), '{"day": "today"}', '{"type": "LocalRun"}', began,
    n % 2 = 0, began, began + length, 4, state, 'All done.', began + length,
    jsonb_build_object('type', state, 'message', 'All done.')
FROM generate_series(1, :runs::int) AS n,
    LATERAL (
        SELECT
            now() - (:runs::int + 1 - n) * (interval '30 days' / :runs::int) - interval '2 minutes' AS began,
            (20 + n % 40) * interval '1 s' AS length, :runs::int / :special::int AS every,
            CASE WHEN n % 20 < 17 THEN 'Success' WHEN n % 20 < 19 THEN 'Failed' ELSE 'Cancelled' END AS state
    ) AS made;

-- name: live_runs
-- :live runs that are under way (the first one of the wide flow), a fifth of them only handed out; ten runs ahead of each
-- flow with a schedule, and five that are late.
INSERT INTO flow_run (
    id, tenant_id, flow_id, name, labels, run_config, scheduled_start_time, start_time, version, state, state_message,
    state_timestamp, state_start_time, auto_scheduled, serialized_state)
SELECT
    pg_temp.id(6, 1000000000 + n), pg_temp.id(1, 1),
    pg_temp.id(4, CASE n WHEN 1 THEN :groups::int - 2 ELSE 1 + n % (:groups::int - 3) END), 'live-' || n, '["team-1"]'::jsonb,
    '{"type": "LocalRun"}'::jsonb, now() - n * interval '10 s',
    CASE WHEN n % 5 > 0 THEN now() - n * interval '10 s' END, 3, state, state, now(), NULL::timestamptz, false,
    jsonb_build_object('type', state, 'message', state)
FROM generate_series(1, :live::int) AS n, LATERAL (SELECT CASE n % 5 WHEN 0 THEN 'Submitted' ELSE 'Running' END AS state) AS given
UNION ALL
SELECT
    pg_temp.id(6, 2000000000 + g * 100 + n), pg_temp.id(1, 1), pg_temp.id(4, g), 'ahead-' || g || '-' || n, '["team-1"]',
    '{"type": "LocalRun"}', due, NULL, 1, 'Scheduled', 'Flow run scheduled.', now(), due, true,
    jsonb_build_object('type', 'Scheduled', 'message', 'Flow run scheduled.', 'start_time', due)
FROM generate_series(2, :groups::int, 2) AS g, generate_series(1, 10) AS n,
    LATERAL (SELECT date_trunc('hour', now()) + n * interval '1 hour' - CASE WHEN g <= 10 AND n = 1 THEN interval '2 hours' ELSE '0' END AS due) AS given;

-- name: task_runs
-- One for each task of each run, and :children of each mapped one. Of the runs under way half of the tasks are done.
INSERT INTO task_run (
    id, created, tenant_id, flow_run_id, task_id, map_index, start_time, end_time, version, state, state_message, state_timestamp,
    serialized_state)
SELECT
    uuidv7(run.scheduled_start_time - now()), run.scheduled_start_time, run.tenant_id, run.id, task.id, map_index,
    CASE WHEN made.state <> 'Pending' THEN began END, CASE WHEN made.state NOT IN ('Pending', 'Running', 'Mapped') THEN began + interval '5 s' END,
    CASE made.state WHEN 'Pending' THEN 0 ELSE 2 END, made.state, 'The task is ' || made.state || '.', began,
    jsonb_build_object('type', made.state, 'message', made.state)
FROM flow_run AS run
JOIN task ON task.flow_id = run.flow_id,
    LATERAL (SELECT pg_temp.number(task.id) % 10000 AS position) AS place,
    LATERAL generate_series(-1, CASE WHEN task.mapped THEN :children::int - 1 ELSE -1 END) AS map_index,
    LATERAL (
        SELECT
            coalesce(run.start_time, run.scheduled_start_time)
            + (position % 100 * 0.2 + greatest(map_index, 0) % 100 * 0.05) * interval '1 s' AS began,
            CASE
                WHEN run.end_time IS NULL AND position > :nodes::int / 2 + 20 THEN 'Pending'
                WHEN run.end_time IS NULL AND position > :nodes::int / 2 THEN 'Running'
                WHEN run.state = 'Failed' AND position = 3 THEN 'Failed'
                WHEN task.mapped AND map_index = -1 THEN 'Mapped'
                ELSE 'Success' END AS state
    ) AS made
WHERE run.state NOT IN ('Scheduled', 'Submitted')
ORDER BY run.id, task.id, map_index;

-- name: flow_run_states
INSERT INTO flow_run_state (id, tenant_id, flow_run_id, "timestamp", state, version, message, serialized_state)
SELECT
    uuidv7(at - now()), run.tenant_id, run.id, at, made.state, made.version, made.state,
    jsonb_build_object('type', made.state, 'message', made.state)
FROM flow_run AS run,
    LATERAL (
        VALUES (1, 'Scheduled', run.scheduled_start_time), (2, 'Submitted', run.start_time - interval '1 s'),
               (3, 'Running', run.start_time), (4, run.state, run.end_time)
    ) AS made (version, state, at)
WHERE at IS NOT NULL AND (made.version = 1 OR run.state <> 'Scheduled')
ORDER BY run.id, made.version;

-- name: task_run_states
INSERT INTO task_run_state (id, tenant_id, task_run_id, "timestamp", state, version, message, serialized_state)
SELECT
    uuidv7(at - now()), run.tenant_id, run.id, at, made.state, made.version, made.state,
    jsonb_build_object('type', made.state, 'message', made.state)
FROM task_run AS run,
    LATERAL (VALUES (1, 'Running', run.start_time), (2, run.state, run.end_time)) AS made (version, state, at)
WHERE at IS NOT NULL
ORDER BY run.id, made.version;

-- name: logs
-- :lines of each finished run from number :first to :last, one task run's after the other's; of a thousand, one is an
-- ERROR, ten are a WARNING, a hundred DEBUG.
INSERT INTO log (id, tenant_id, flow_run_id, task_run_id, "timestamp", name, level, message)
SELECT
    uuidv7(at - now()), run.tenant_id, run.id, tasks.ids[1 + line * cardinality(tasks.ids) / (:lines::int + 1)], at,
    'prefect.TaskRunner',
    CASE WHEN line % 1000 = 500 THEN 'ERROR' WHEN line % 100 = 50 THEN 'WARNING' WHEN line % 10 = 5 THEN 'DEBUG' ELSE 'INFO' END,
    'Line ' || line || ': ' || repeat(md5(line::text) || ' ', 1 + line % 3)
FROM (SELECT * FROM flow_run WHERE id BETWEEN pg_temp.id(6, :first::int) AND pg_temp.id(6, :last::int) ORDER BY id) AS run,
    LATERAL (
        SELECT array_agg(one.id) AS ids
        FROM (SELECT id FROM task_run WHERE flow_run_id = run.id ORDER BY id LIMIT 20) AS one
    ) AS tasks,
    LATERAL (
        SELECT line, run.start_time + line * ((run.end_time - run.start_time) / :lines::int) AS at
        FROM generate_series(1, :lines::int) AS line
    ) AS lines;

-- name: notes
-- Agents, notifications, and artifacts of the newest task runs.
WITH made_agent AS (
    INSERT INTO agent (tenant_id, name, type, labels, last_queried)
    SELECT pg_temp.id(1, 1), 'agent ' || n, 'LocalAgent', jsonb_build_array('team-' || n), now() - n * interval '20 s'
    FROM generate_series(1, 20) AS n
),
made_message AS (
    INSERT INTO message (tenant_id, read, type, text, created)
    SELECT pg_temp.id(1, 1), n > 10, 'REQUEST_ACTION', 'Notification ' || n, now() - n * interval '1 hour'
    FROM generate_series(1, :messages::int) AS n
)
INSERT INTO task_run_artifact (tenant_id, task_run_id, kind, data, created)
SELECT tenant_id, id, 'markdown', jsonb_build_object('markdown', '# Result of ' || id), start_time
FROM task_run
WHERE end_time IS NOT NULL
ORDER BY id DESC
LIMIT :artifacts::int;

-- name: beside
-- What goes on while dashboards are open: a run that is under way ends, and another one begins.
WITH ended AS (
    UPDATE flow_run
    SET state = 'Success', end_time = now(), version = version + 1, state_timestamp = now()
    WHERE id = (
        SELECT id FROM flow_run WHERE state = 'Running' AND name <> 'live-1' ORDER BY start_time LIMIT 1)
    RETURNING tenant_id, flow_id, name
)
INSERT INTO flow_run (tenant_id, flow_id, name, state, start_time, version, state_timestamp, serialized_state)
SELECT tenant_id, flow_id, 'next-' || name, 'Running', now(), 3, now(), '{"type": "Running"}' FROM ended;
