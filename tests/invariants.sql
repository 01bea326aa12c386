-- What must hold at every moment, asked of the plain tables: a second opinion beside ops.invariant_violations.
-- Each row that comes back is a violation: its rule, the id of the object, what was seen.

SELECT 'versions' AS rule, run.id::text, format('%s states, versions %s', count(*), array_agg(state.version ORDER BY state.version)) AS seen
FROM flow_run AS run JOIN flow_run_state AS state ON state.flow_run_id = run.id
GROUP BY run.id HAVING (min(state.version), max(state.version), count(DISTINCT state.version)) IS DISTINCT FROM (1, count(*)::int, count(*))
UNION ALL
SELECT 'versions', run.id::text, format('task run: versions %s', array_agg(state.version ORDER BY state.version))
FROM task_run AS run JOIN task_run_state AS state ON state.task_run_id = run.id
GROUP BY run.id HAVING (min(state.version), max(state.version), count(DISTINCT state.version)) IS DISTINCT FROM (1, count(*)::int, count(*))
UNION ALL
SELECT 'newest state', run.id::text, format('is %s at %s, newest state %s at %s', run.state, run.version, newest.state, newest.version)
FROM flow_run AS run LEFT JOIN LATERAL (
    SELECT version, state FROM flow_run_state WHERE flow_run_id = run.id ORDER BY version DESC LIMIT 1) AS newest ON true
WHERE (run.version, run.state) IS DISTINCT FROM (newest.version, newest.state)
UNION ALL
SELECT 'newest state', run.id::text, format('task run: is %s at %s, newest state %s at %s', run.state, run.version, newest.state, newest.version)
FROM task_run AS run LEFT JOIN LATERAL (
    SELECT version, state FROM task_run_state WHERE task_run_id = run.id ORDER BY version DESC LIMIT 1) AS newest ON true
WHERE (run.version, run.state) IS DISTINCT FROM (newest.version, newest.state)
UNION ALL
SELECT 'one run for each time', min(run.id::text), format('%s runs of flow %s for %s', count(*), flow_id, scheduled_start_time)
FROM flow_run AS run WHERE auto_scheduled
GROUP BY flow_id, scheduled_start_time, parameters HAVING count(*) > 1
UNION ALL
SELECT 'no run forgotten', run.id::text, format('%s without a time', state)
FROM flow_run AS run
WHERE (state IN ('Scheduled', 'Queued', 'Resume', 'Retrying') AND state_start_time IS NULL)
   OR (state IN ('Submitted', 'Running', 'Cancelling') AND heartbeat IS NULL)
UNION ALL
SELECT 'schedule', run.id::text, 'waits under a schedule that is off'
FROM flow_run AS run JOIN flow ON flow.id = run.flow_id
WHERE run.auto_scheduled AND run.state = 'Scheduled' AND run.version = 1 AND (flow.archived OR NOT flow.is_schedule_active)
UNION ALL
SELECT 'archived', run.id::text, 'waits though its flow is archived'
FROM flow_run AS run JOIN flow ON flow.id = run.flow_id
WHERE flow.archived AND run.state = 'Scheduled' AND run.version = 1
UNION ALL
SELECT 'task runs', run.id::text, format('is %s; %s of %s tasks have a task run', run.state, count(task_run.id), count(*))
FROM flow_run AS run JOIN task ON task.flow_id = run.flow_id
LEFT JOIN task_run ON task_run.flow_run_id = run.id AND task_run.task_id = task.id AND task_run.map_index = -1
WHERE run.state IN ('Submitted', 'Running', 'Cancelling')
GROUP BY run.id HAVING count(task_run.id) < count(*)
UNION ALL
SELECT 'orphans', state.id::text, 'a state without its flow run'
FROM flow_run_state AS state
WHERE NOT EXISTS (SELECT FROM flow_run WHERE id = state.flow_run_id)
  AND NOT EXISTS (SELECT FROM utility.purge WHERE id = state.flow_run_id)
  AND NOT EXISTS (SELECT FROM utility.tenant_deletion AS deletion WHERE deletion.tenant_id = state.tenant_id)
UNION ALL
SELECT 'orphans', log.id::text, 'a line without its flow run'
FROM log
WHERE flow_run_id IS NOT NULL AND NOT EXISTS (SELECT FROM flow_run WHERE id = log.flow_run_id)
  AND NOT EXISTS (SELECT FROM utility.purge WHERE id = log.flow_run_id)
  AND NOT EXISTS (SELECT FROM utility.tenant_deletion AS deletion WHERE deletion.tenant_id = log.tenant_id)
