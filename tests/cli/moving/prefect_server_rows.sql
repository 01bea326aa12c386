-- name: registered
-- Two tenants, twelve flows in two versions, three tasks each; ids can be computed again. As the original leaves them:
-- tenant_id is NULL on tasks, edges and states (server.md 5.3 no. 5).
WITH tenant_row AS (
    INSERT INTO tenant (id, created, updated, name, slug, settings)
    SELECT md5('tenant ' || n)::uuid, now() - interval '900 days' + n * interval '1 day', now() - interval '900 days',
           'Team ' || n, CASE n WHEN 1 THEN 'default' ELSE 'team-' || n END, '{"work_queue": true}'
    FROM generate_series(1, 2) AS n
), project_row AS (
    INSERT INTO project (id, tenant_id, name, description, created, updated)
    SELECT md5('project ' || n)::uuid, md5('tenant ' || n)::uuid, 'ETL ' || n, E'tab\there, new\nline, back\\slash, Zürich',
           now() - interval '899 days', now() - interval '899 days'
    FROM generate_series(1, 2) AS n
), group_row AS (
    INSERT INTO flow_group (id, tenant_id, name, labels, schedule, settings, created, updated)
    SELECT md5('group ' || n)::uuid, md5('tenant ' || 1 + n % 2)::uuid, md5('group ' || n),
           CASE n % 3 WHEN 0 THEN '["gpu", "eu"]'::jsonb WHEN 1 THEN '[]' END,
           CASE WHEN n % 2 = 0 THEN '{"type": "Schedule", "clocks": [{"type": "CronClock", "cron": "0 6 * * *"}]}'::jsonb END,
           '{"heartbeat_enabled": true, "lazarus_enabled": true}', now() - interval '898 days', now() - interval '898 days'
    FROM generate_series(0, 11) AS n
), flow_row AS (
    INSERT INTO flow (id, tenant_id, name, project_id, flow_group_id, version, version_group_id, run_config, storage,
        environment, parameters, core_version, serialized_flow, archived, is_schedule_active, created, updated)
    SELECT md5(format('flow %s %s', n, version))::uuid, md5('tenant ' || 1 + n % 2)::uuid, 'flow ' || n,
           md5('project ' || 1 + n % 2)::uuid, md5('group ' || n)::uuid, version, md5('group ' || n),
           '{"type": "UniversalRun", "labels": ["eu"]}', '{"type": "Local"}', '{"labels": ["old"]}',
           '[{"name": "x", "slug": "x", "default": 1.50, "required": false}]', '0.14.22', '{"name": "flow", "big": 1e30}',
           version = 1, n % 2 = 0, now() - interval '897 days', now() - interval '897 days'
    FROM generate_series(0, 11) AS n, generate_series(1, 2) AS version
), task_row AS (
    INSERT INTO task (id, flow_id, name, slug, type, max_retries, retry_delay, tags, created, updated)
    SELECT md5(format('task %s %s %s', n, version, t))::uuid, md5(format('flow %s %s', n, version))::uuid, 'task ' || t,
           'task-' || t, 'prefect.tasks.core.function.FunctionTask', t, t * interval '1 day 90 seconds 5 milliseconds', '["db"]',
           now() - interval '897 days', now() - interval '897 days'
    FROM generate_series(0, 11) AS n, generate_series(1, 2) AS version, generate_series(1, 3) AS t
), edge_row AS (
    INSERT INTO edge (id, flow_id, upstream_task_id, downstream_task_id, key, mapped, created, updated)
    SELECT md5(format('edge %s %s %s', n, version, t))::uuid, md5(format('flow %s %s', n, version))::uuid,
           md5(format('task %s %s %s', n, version, t))::uuid, md5(format('task %s %s %s', n, version, t + 1))::uuid, 'x', t = 2,
           now() - interval '897 days', now() - interval '897 days'
    FROM generate_series(0, 11) AS n, generate_series(1, 2) AS version, generate_series(1, 2) AS t
), config_row AS (
    INSERT INTO agent_config (id, tenant_id, name) SELECT md5('config')::uuid, md5('tenant 1')::uuid, 'eu'
), agent_row AS (
    INSERT INTO agent (id, tenant_id, agent_config_id, name, type, core_version, labels)
    SELECT md5('agent ' || n)::uuid, md5('tenant 1')::uuid, md5('config')::uuid, 'agent ' || n, 'LocalAgent', '1.4.1', '["eu"]'
    FROM generate_series(1, 3) AS n
), hook_row AS (
    INSERT INTO cloud_hook (tenant_id, name, type, states, config)
    SELECT md5('tenant ' || n)::uuid, 'all', 'WEBHOOK', '["FAILED", "SUCCESS", "RUNNING", "SCHEDULED"]',
           '{"url": "http://localhost:1/hook"}'
    FROM generate_series(1, 2) AS n
)
INSERT INTO message (tenant_id, type, text, content)
SELECT md5('tenant 1')::uuid, 'CLOUD_HOOK', 'told', '{"type": "CLOUD_HOOK"}';

-- name: run
-- Every tenth run waits (half of these are due), every tenth is Running with a task run that waits for its retry, the
-- others have ended. They lie up to 100 days back.
INSERT INTO flow_run (id, tenant_id, flow_id, name, parameters, context, labels, run_config, scheduled_start_time,
    auto_scheduled, idempotency_key, agent_id, heartbeat, start_time, end_time, version, state, state_message,
    state_timestamp, state_start_time, serialized_state, created, updated, times_resurrected)
SELECT md5('run ' || n)::uuid, md5('tenant ' || 1 + n % 12 % 2)::uuid, md5(format('flow %s 2', n % 12))::uuid, 'run ' || n,
       jsonb_build_object('n', n), '{}', CASE n % 2 WHEN 0 THEN '[]'::jsonb ELSE '["eu"]' END, '{"type": "UniversalRun"}',
       at, kind = 'Scheduled', CASE WHEN n % 4 = 0 THEN 'key ' || n END,
       CASE WHEN kind <> 'Scheduled' AND n % 2 = 0 THEN md5('agent ' || 1 + n % 3)::uuid END,
       CASE WHEN kind <> 'Scheduled' THEN at END, CASE WHEN kind <> 'Scheduled' THEN at END,
       CASE WHEN kind IN ('Success', 'Failed') THEN at + interval '1 minute' END,
       CASE kind WHEN 'Scheduled' THEN 1 WHEN 'Running' THEN 3 ELSE 4 END, kind, E'Flow run is\t' || kind,
       CASE WHEN kind IN ('Success', 'Failed') THEN at + interval '1 minute' ELSE at END,
       CASE kind WHEN 'Scheduled' THEN at END,
       jsonb_build_object('type', kind, 'message', 'Zürich "' || n || E'"\n', '__version__', '1.4.1'), at, at,
       CASE n % 7 WHEN 0 THEN NULL ELSE 0 END
FROM (
    SELECT n, CASE n % 10 WHEN 0 THEN 'Scheduled' WHEN 1 THEN 'Running' WHEN 2 THEN 'Failed' ELSE 'Success' END AS kind,
           CASE n % 20 WHEN 10 THEN date_trunc('minute', now()) + interval '3 hours' + n * interval '1 second'
                       ELSE now() - (:runs::int - n) * interval '100 days' / :runs::int END AS at
    FROM generate_series(1, :runs::int) AS n
) AS made;

-- name: state
INSERT INTO flow_run_state (id, flow_run_id, "timestamp", state, version, message, start_time, serialized_state, created, updated)
SELECT md5(format('state %s %s', run.id, step.version))::uuid, run.id, CASE WHEN step.version = run.version THEN run.state_timestamp ELSE run.created END,
       step.state, step.version, CASE WHEN step.version = run.version THEN run.state_message ELSE 'was ' || step.state END,
       CASE step.version WHEN 1 THEN run.scheduled_start_time END,
       CASE WHEN step.version = run.version THEN run.serialized_state ELSE jsonb_build_object('type', step.state) END,
       run.created, run.created
FROM flow_run AS run
CROSS JOIN LATERAL (
    VALUES (1, 'Scheduled'), (2, 'Submitted'), (3, 'Running'), (4, run.state)
) AS step (version, state)
WHERE step.version <= run.version;

-- name: task_run
INSERT INTO task_run (id, tenant_id, flow_run_id, task_id, map_index, name, heartbeat, start_time, end_time, version, state,
    state_message, state_timestamp, state_start_time, serialized_state, created, updated)
SELECT md5(format('task run %s %s', run.id, task.id))::uuid, CASE task.slug WHEN 'task-1' THEN run.tenant_id END, run.id,
       task.id, -1, task.name, run.heartbeat, run.start_time, run.end_time,
       CASE WHEN run.version = 1 THEN 1 WHEN run.state = 'Running' AND task.slug = 'task-2' THEN 3 ELSE 2 END,
       CASE WHEN run.version = 1 THEN 'Pending' WHEN run.state = 'Running' AND task.slug = 'task-2' THEN 'Retrying'
            ELSE run.state END, 'told', run.created,
       CASE WHEN run.state = 'Running' AND task.slug = 'task-2' THEN now() + interval '1 hour' END, '{"type": "Pending"}',
       run.created, run.created
FROM flow_run AS run JOIN task ON task.flow_id = run.flow_id;

-- name: task_state
INSERT INTO task_run_state (id, tenant_id, task_run_id, "timestamp", state, version, message, start_time, serialized_state, created, updated)
SELECT md5(format('task state %s %s', run.id, step.number))::uuid, run.tenant_id, run.id, run.state_timestamp,
       CASE WHEN step.number = run.version THEN run.state WHEN step.number = 1 THEN 'Pending' ELSE 'Running' END, step.number,
       CASE WHEN step.number = run.version THEN run.state_message END,
       CASE WHEN step.number = run.version THEN run.state_start_time END, run.serialized_state, run.created, run.created
FROM task_run AS run CROSS JOIN LATERAL generate_series(1, run.version) AS step (number);

-- name: log
INSERT INTO log (flow_run_id, task_run_id, "timestamp", name, level, message, info, created, updated)
SELECT run.id, CASE n WHEN 3 THEN md5(format('task run %s %s', run.id, task.id))::uuid END, run.created + n * interval '1 second',
       'prefect.CloudFlowRunner', 'INFO', E'line ' || n || E'\t\\N \n\r of ' || run.name, '{"pid": 7}', run.created, run.created
FROM flow_run AS run CROSS JOIN generate_series(1, 3) AS n
JOIN task ON task.flow_id = run.flow_id AND task.slug = 'task-1';

-- name: artifact
INSERT INTO task_run_artifact (id, tenant_id, task_run_id, kind, data, created, updated)
SELECT md5('artifact ' || id)::uuid, tenant_id, id, 'markdown', '{"markdown": "# done"}', created, updated
FROM task_run WHERE tenant_id IS NOT NULL AND state = 'Success' AND version = 2;
