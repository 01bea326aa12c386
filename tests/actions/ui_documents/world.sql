-- A filled Lictor, as the original UI meets it: every kind of row, every state, two tenants. Triggers are off while it is
-- made (session_replication_role), so every row is written in the shape that the triggers would have given it.
-- Ids say what they are: kind and number (world.py knows the kinds).

-- name: make_id
CREATE FUNCTION pg_temp.id(kind text, n bigint) RETURNS uuid LANGUAGE sql IMMUTABLE AS $$
    SELECT (lpad(to_hex(array_position(ARRAY[
        'tenant', 'project', 'flow_group', 'flow', 'task', 'flow_run', 'task_run', 'agent', 'message', 'cloud_hook',
        'task_run_artifact', 'agent_config'], kind)), 8, '0') || '-0000-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid
$$;

-- name: tenants
WITH made AS (
    INSERT INTO tenant (id, name, slug, created)
    VALUES (pg_temp.id('tenant', 1), 'Team', 'team', now() - interval '1 year'),
           (pg_temp.id('tenant', 2), 'Others', 'others', now() - interval '1 day')
)
INSERT INTO project (id, tenant_id, name, description)
SELECT pg_temp.id('project', n), pg_temp.id('tenant', CASE n WHEN 9 THEN 2 ELSE 1 END), name, 'Project ' || name
FROM (VALUES (1, 'proj'), (2, 'p2'), (3, 'pp'), (4, 'todelete'), (5, 'empty'), (9, 'foreign')) AS named (n, name);

-- name: flows
-- Of each group versions 1 to 3, of which 3 is the live one. Group 1 is scheduled by its group, even ones by their flow.
WITH numbered AS (
    SELECT g, coalesce((ARRAY['retry', 'map_local', 'oldmap', 'oldretry', 'child', 'mapflow'])[g], 'flow ' || g) AS name
    FROM generate_series(1, :groups::int) AS g
    UNION ALL VALUES (900, 'foreign flow')
),
made_group AS (
    INSERT INTO flow_group (id, tenant_id, name, description, labels, schedule, settings, default_parameters)
    SELECT
        pg_temp.id('flow_group', g), pg_temp.id('tenant', CASE g WHEN 900 THEN 2 ELSE 1 END), 'group-' || g,
        '# ' || name, CASE g WHEN 1 THEN '["etl", "prod"]'::jsonb END,
        CASE g WHEN 1 THEN jsonb_build_object('type', 'Schedule', 'clocks', jsonb_build_array(jsonb_build_object(
            'type', 'IntervalClock', 'interval', 3600000000, 'parameter_defaults', '{}'::jsonb))) END,
        '{"heartbeat_enabled": true, "lazarus_enabled": true, "version_locking_enabled": false}', '{"n": 3}'
    FROM numbered
)
INSERT INTO flow (
    id, created, tenant_id, project_id, flow_group_id, name, version, version_group_id, description, run_config, environment,
    storage, parameters, core_version, serialized_flow, schedule, is_schedule_active, archived, settings)
SELECT
    pg_temp.id('flow', g * 10 + v), now() - interval '40 days' + v * interval '1 day',
    pg_temp.id('tenant', CASE g WHEN 900 THEN 2 ELSE 1 END),
    pg_temp.id('project', CASE WHEN g = 900 THEN 9 WHEN g = 6 THEN 2 ELSE 1 END), pg_temp.id('flow_group', g), name, v,
    'group-' || g, 'About ' || name, '{"type": "UniversalRun", "labels": []}', NULL,
    jsonb_build_object('type', 'Local', 'flows', jsonb_build_object(name, '/flows/' || name || '.prefect'), 'secrets', '[]'::jsonb),
    '[{"name": "n", "slug": "n", "default": 3, "required": false, "type": "prefect.core.parameter.Parameter"}]', '1.4.1',
    jsonb_build_object('type', 'prefect.core.flow.Flow', 'name', name),
    CASE WHEN g % 2 = 0 THEN '{"clocks": [{"type": "CronClock", "cron": "0 * * * *"}], "type": "Schedule"}'::jsonb END,
    v = 3, v < 3, '{"heartbeat_enabled": true, "lazarus_enabled": true, "version_locking_enabled": false}'
FROM numbered, generate_series(1, 3) AS v;

-- name: tasks
WITH shape (t, name, slug, type, mapped) AS (
    VALUES (1, 'n', 'n', 'prefect.core.parameter.Parameter', false),
           (2, 'gen', 'gen-1', 'prefect.tasks.core.function.FunctionTask', false),
           (3, 'work', 'work-1', 'prefect.tasks.core.function.FunctionTask', true),
           (4, 'dep', 'dep-1', 'prefect.tasks.core.function.FunctionTask', false),
           (5, 'flaky', 'flaky-1', 'prefect.tasks.core.function.FunctionTask', false),
           (6, 'dep', 'dep-2', 'prefect.tasks.core.function.FunctionTask', true)
)
INSERT INTO task (
    id, tenant_id, flow_id, name, slug, type, max_retries, retry_delay, trigger, tags, auto_generated, mapped, is_root_task,
    is_terminal_task, is_reference_task)
SELECT
    pg_temp.id('task', g * 100 + v * 10 + t), flow.tenant_id, flow.id, shape.name, slug, type, CASE t WHEN 5 THEN 3 ELSE 0 END,
    CASE t WHEN 5 THEN interval '10 s' END, 'prefect.triggers.all_successful', '[]', t = 1, shape.mapped, t = 1, t IN (4, 6),
    t IN (4, 6)
FROM (SELECT generate_series(1, :groups::int) UNION VALUES (900)) AS numbered (g)
CROSS JOIN generate_series(1, 3) AS v
JOIN flow ON flow.id = pg_temp.id('flow', g * 10 + v)
CROSS JOIN shape;

-- name: edges
INSERT INTO edge (tenant_id, flow_id, upstream_task_id, downstream_task_id, key, mapped)
SELECT flow.tenant_id, flow.id, pg_temp.id('task', g * 100 + v * 10 + up), pg_temp.id('task', g * 100 + v * 10 + down), key, mapped
FROM (SELECT generate_series(1, :groups::int) UNION VALUES (900)) AS numbered (g)
CROSS JOIN generate_series(1, 3) AS v
JOIN flow ON flow.id = pg_temp.id('flow', g * 10 + v)
CROSS JOIN (
    VALUES (1, 2, 'n', false), (2, 3, 'x', true), (3, 4, 'xs', false), (2, 5, 'x', false), (3, 6, 'x', true), (5, 4, NULL, false)
) AS edge (up, down, key, mapped);

-- name: agents
WITH made_config AS (
    INSERT INTO agent_config (id, tenant_id, name, settings)
    VALUES (pg_temp.id('agent_config', 1), pg_temp.id('tenant', 1), 'config', '{"heartbeat": 5}')
)
INSERT INTO agent (id, tenant_id, agent_config_id, name, type, core_version, labels, last_queried)
VALUES
    (pg_temp.id('agent', 1), pg_temp.id('tenant', 1), pg_temp.id('agent_config', 1), 'healthy', 'LocalAgent', '1.4.1', '["etl", "prod"]', now()),
    (pg_temp.id('agent', 2), pg_temp.id('tenant', 1), NULL, 'stale', 'DockerAgent', '0.15.13', '[]', now() - interval '10 minutes'),
    (pg_temp.id('agent', 3), pg_temp.id('tenant', 1), NULL, 'unhealthy', 'KubernetesAgent', NULL, '["k8s"]', now() - interval '2 days'),
    (pg_temp.id('agent', 9), pg_temp.id('tenant', 2), NULL, 'foreign', 'ECSAgent', '1.4.1', '[]', now());

-- name: runs
-- Run r of :runs, the last one the newest, spread over 30 days. The last 17, of flow group 1, are in :states one by one.
WITH run AS (
    SELECT
        r, CASE WHEN r > :runs::int - 17 THEN 1 ELSE r % :groups::int + 1 END AS g,
        CASE WHEN r > :runs::int - 17 THEN 3 ELSE 1 + 3 * (r - 1) / :runs::int END AS v,
        now() - interval '1 minute' - (:runs::int - r) * least(interval '30 days' / :runs::int, interval '20 minutes') AS began,
        CASE WHEN r > :runs::int - 17 THEN (:states::text[])[r - :runs::int + 17]
             ELSE (ARRAY['Success', 'Success', 'Failed', 'Success', 'Success', 'Cancelled', 'Success', 'TimedOut'])[1 + r % 8] END AS state
    FROM generate_series(1, :runs::int) AS r
),
timed AS (
    SELECT
        *, state NOT IN ('Scheduled', 'Pending', 'Submitted', 'Queued') AS started,
        state IN ('Success', 'Failed', 'Cancelled', 'TimedOut', 'Finished', 'Looped', 'Cached', 'ClientFailed') AS ended,
        state IN ('Scheduled', 'Paused', 'Queued', 'Resume', 'Retrying') AS waiting
    FROM run
)
INSERT INTO flow_run (
    id, created, updated, tenant_id, flow_id, agent_id, name, parameters, context, labels, run_config, scheduled_start_time,
    auto_scheduled, heartbeat, start_time, end_time, version, state, state_message, state_timestamp, state_start_time,
    serialized_state)
SELECT
    pg_temp.id('flow_run', r), began, began + interval '50 s', pg_temp.id('tenant', 1), pg_temp.id('flow', g * 10 + v),
    CASE WHEN state IN ('Running', 'Cancelling') THEN pg_temp.id('agent', 1)
         WHEN started THEN pg_temp.id('agent', 1 + r % 3) END, CASE r WHEN :main_run::int THEN 'mock-7943' ELSE 'run-' || r END,
    jsonb_build_object('n', r % 7), '{}', CASE WHEN r % 2 = 0 THEN '["etl"]'::jsonb ELSE '[]' END, '{"type": "UniversalRun"}',
    began, r % 2 = 0, began, CASE WHEN started THEN began END,
    CASE WHEN ended THEN began + CASE WHEN r % 13 = 0 AND r < :runs::int - 30 THEN interval '5 hours'
                                      ELSE (1 + r % 40) * interval '1 s' END END, 4, state, 'A message of ' || state,
    began + interval '40 s', CASE WHEN waiting THEN began END,
    jsonb_strip_nulls(jsonb_build_object(
        'type', state, 'message', 'A message of ' || state, 'start_time', CASE WHEN waiting THEN began END))
FROM timed;

-- name: upcoming
-- Of each live flow :ahead runs every hour from now on, and two that are late; one run of the other tenant.
INSERT INTO flow_run (
    id, created, tenant_id, flow_id, name, labels, scheduled_start_time, auto_scheduled, version, state, state_message,
    state_timestamp, state_start_time, serialized_state)
SELECT
    pg_temp.id('flow_run', 10000000 + g * 1000 + k), now(), flow.tenant_id, flow.id, 'upcoming-' || g || '-' || k,
    CASE WHEN k % 2 = 0 THEN '["etl"]'::jsonb ELSE '[]' END, start, true, 1, 'Scheduled', 'Flow run scheduled.', now(), start,
    jsonb_build_object('type', 'Scheduled', 'message', 'Flow run scheduled.', 'start_time', start)
FROM (
    SELECT g, k FROM generate_series(1, :groups::int) AS g, generate_series(-1, :ahead::int) AS k UNION ALL VALUES (900, 1)
) AS numbered (g, k)
JOIN flow ON flow.id = pg_temp.id('flow', g * 10 + 3)
CROSS JOIN LATERAL (
    SELECT CASE WHEN k > 0 THEN now() + k * interval '1 hour' ELSE now() - (1 - k) * interval '5 minutes' END AS start
) AS moment;

-- name: task_runs
-- The last :detailed runs have all their task runs, of which those of mapped tasks have children (map_index from 0 on):
-- two, and :children in the main run. Older ones have their first two.
WITH run AS (
    SELECT r, flow_run.*, right(flow_id::text, 12) AS flow_hex
    FROM generate_series(1, :runs::int) AS r JOIN flow_run ON flow_run.id = pg_temp.id('flow_run', r)
),
place AS (
    SELECT run.*, t, map_index
    FROM run
    CROSS JOIN generate_series(1, CASE WHEN r > :runs::int - :detailed::int THEN 6 ELSE 2 END) AS t
    CROSS JOIN LATERAL generate_series(-1, CASE WHEN t NOT IN (3, 6) OR state = 'Scheduled' THEN -1
        WHEN r = :main_run::int THEN :children::int - 1 ELSE 1 END) AS map_index
),
decided AS (
    SELECT *, CASE
        WHEN state IN ('Success', 'Looped', 'Cached', 'Finished') THEN CASE WHEN t IN (3, 6) AND map_index < 0 THEN 'Mapped' ELSE 'Success' END
        WHEN state IN ('Failed', 'TimedOut', 'ClientFailed') THEN CASE
            WHEN t IN (1, 2) THEN 'Success' WHEN t IN (3, 6) AND map_index < 0 THEN 'Mapped' WHEN map_index = 1 THEN 'Failed'
            WHEN t = 5 THEN 'Failed' WHEN t = 4 THEN 'TriggerFailed' ELSE 'Success' END
        WHEN state IN ('Running', 'Cancelling', 'Paused', 'Retrying') THEN CASE
            WHEN t IN (1, 2) THEN 'Success' WHEN t = 3 AND map_index < 0 THEN 'Mapped' WHEN t = 3 AND map_index = 0 THEN 'Success'
            WHEN t = 3 THEN 'Running' WHEN t = 5 AND state = 'Paused' THEN 'Paused' WHEN t = 5 THEN 'Retrying' ELSE 'Pending' END
        WHEN state = 'Cancelled' THEN 'Cancelled'
        ELSE 'Pending' END AS task_state
    FROM place
)
INSERT INTO task_run (
    id, created, updated, tenant_id, flow_run_id, task_id, map_index, name, heartbeat, start_time, end_time, version, state,
    state_message, state_timestamp, state_start_time, serialized_state)
SELECT
    pg_temp.id('task_run', r * 100000::bigint + t * 10000 + map_index + 1), created, updated, tenant_id, id,
    pg_temp.id('task', (('x' || flow_hex)::bit(48)::bigint) * 10 + t), map_index,
    CASE WHEN t = 5 THEN 'flaky run ' || r END, CASE task_state WHEN 'Pending' THEN NULL ELSE created END,
    CASE task_state WHEN 'Pending' THEN NULL ELSE created + t * interval '1 s' END,
    CASE WHEN task_state IN ('Success', 'Failed', 'TriggerFailed', 'Cancelled') THEN created + (t + 1) * interval '1 s' END,
    3, task_state, 'A message of ' || task_state, created + (t + 1) * interval '1 s',
    CASE WHEN task_state IN ('Retrying', 'Paused') THEN now() + interval '1 minute' END,
    jsonb_build_object('type', task_state, 'message', 'A message of ' || task_state, 'cached_inputs', '{}'::jsonb)
FROM decided;

-- name: flow_run_states
INSERT INTO flow_run_state (tenant_id, flow_run_id, "timestamp", state, version, message, start_time, serialized_state)
SELECT
    tenant_id, id, created + step * interval '100 ms', passed.state, step, 'Step ' || step,
    CASE passed.state WHEN 'Scheduled' THEN scheduled_start_time END, jsonb_build_object('type', passed.state)
FROM flow_run
CROSS JOIN LATERAL (VALUES (1, 'Scheduled'), (2, 'Submitted'), (3, 'Running'), (4, flow_run.state)) AS passed (step, state)
WHERE step <= version AND (id > pg_temp.id('flow_run', :runs::int - :detailed::int) OR version = 1);

-- name: task_run_states
INSERT INTO task_run_state (tenant_id, task_run_id, "timestamp", state, version, message, serialized_state)
SELECT tenant_id, id, created + step * interval '100 ms', passed.state, step, 'Step ' || step, jsonb_build_object('type', passed.state)
FROM task_run
CROSS JOIN LATERAL (VALUES (1, 'Pending'), (2, 'Running'), (3, task_run.state)) AS passed (step, state)
WHERE flow_run_id > pg_temp.id('flow_run', :runs::int - :detailed::int);

-- name: logs
-- Three lines of each detailed run, :lines of the main one. Of five levels in turn; every third has a task run.
INSERT INTO log (tenant_id, flow_run_id, task_run_id, "timestamp", name, level, message, info)
SELECT
    tenant_id, id, CASE WHEN line % 3 = 0 THEN pg_temp.id('task_run', r * 100000::bigint + 50000) END,
    created + line * interval '10 ms', 'prefect.CloudFlowRunner',
    (ARRAY['DEBUG', 'INFO', 'WARNING', 'ERROR', 'CRITICAL'])[1 + line % 5], 'Line ' || line || ' of 100% work_done', '{}'
FROM generate_series(:runs::int - :detailed::int + 1, :runs::int) AS r
JOIN flow_run ON flow_run.id = pg_temp.id('flow_run', r)
CROSS JOIN LATERAL generate_series(1, CASE r WHEN :main_run::int THEN :lines::int ELSE 3 END) AS line;

-- name: users
-- The administrator, as every database that Lictor prepares has one.
INSERT INTO auth_user (username, settings) VALUES ('admin', '{"isDark": true}');

-- name: notes
WITH made_artifact AS (
    INSERT INTO task_run_artifact (id, tenant_id, task_run_id, kind, data)
    SELECT pg_temp.id('task_run_artifact', n), pg_temp.id('tenant', 1),
           pg_temp.id('task_run', :main_run::int * 100000::bigint + n * 10000), kind, data::jsonb
    FROM (VALUES (1, 'markdown', '{"markdown": "# Report"}'), (2, 'link', '{"link": "https://example.org/"}'), (5, 'table', '{"rows": [1]}'))
        AS given (n, kind, data)
),
made_hook AS (
    INSERT INTO cloud_hook (id, tenant_id, name, type, states, config, active, version_group_id)
    VALUES
        (pg_temp.id('cloud_hook', 1), pg_temp.id('tenant', 1), 'all failures', 'WEBHOOK', '["FAILED"]', '{"url": "http://127.0.0.1:1/"}', true, NULL),
        (pg_temp.id('cloud_hook', 2), pg_temp.id('tenant', 1), 'of one flow', 'SLACK_WEBHOOK', '["SUCCESS", "FAILED"]', '{"url": "http://127.0.0.1:1/"}', false, 'group-1')
)
INSERT INTO message (id, created, tenant_id, read, type, text, content)
SELECT pg_temp.id('message', n), now() - n * interval '1 hour', pg_temp.id('tenant', CASE WHEN n > 12 THEN 2 ELSE 1 END), n % 3 = 0, type,
       'Message ' || n, content::jsonb
FROM generate_series(1, 14) AS n
JOIN (VALUES
    (0, 'CLOUD_HOOK', '{"type": "CLOUD_HOOK", "event": {"id": "1", "state": {"state": "Failed"}, "flow": {"name": "retry"}}}'),
    (1, 'REQUIRES_APPROVAL', '{"task_run": {"id": "1", "task_id": "2"}}'),
    (2, 'MEMBERSHIP_INVITATION', '{"sender_user_name": "somebody"}'),
    (3, 'MESSAGE', '{"title": "A title", "message": "A text"}'),
    (4, 'WHATS_NEW', '{"title": "New", "body": "Much", "link": "https://example.org/"}')
) AS kind (k, type, content) ON k = n % 5;
