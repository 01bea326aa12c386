-- Invariants of schedules, limits, tenants and parents, and of the clock.

CREATE FUNCTION ops.check_duplicate_schedule_keys() RETURNS SETOF ops.violation
LANGUAGE sql STABLE AS $$
    SELECT 'duplicate_schedule_keys', flow_run.tenant_id, 'flow_run', min(flow_run.id::text)::uuid,
           format('%s runs of the flow group %s wait under the key %s',
                  count(*), flow.flow_group_id, flow_run.idempotency_key)
    FROM flow_run
    JOIN flow ON flow.id = flow_run.flow_id
    -- At version 1: what was revived or restarted is a run of its own kind.
    WHERE flow_run.auto_scheduled AND flow_run.state = 'Scheduled' AND flow_run.version = 1
      AND flow_run.idempotency_key IS NOT NULL
    GROUP BY flow_run.tenant_id, flow.flow_group_id, flow_run.idempotency_key
    HAVING count(*) > 1
$$;
COMMENT ON FUNCTION ops.check_duplicate_schedule_keys IS 'One scheduled run for each flow group, time and parameters.';

CREATE FUNCTION ops.check_runs_without_schedule() RETURNS SETOF ops.violation
LANGUAGE sql STABLE AS $$
    SELECT 'runs_without_schedule', flow_run.tenant_id, 'flow_run', flow_run.id,
           format('scheduled for %s; its flow %s is %s', flow_run.scheduled_start_time, flow.id,
                  CASE WHEN flow.archived THEN 'archived' ELSE 'not scheduled' END)
    FROM flow_run
    JOIN flow ON flow.id = flow_run.flow_id
    WHERE flow_run.auto_scheduled AND flow_run.state = 'Scheduled' AND flow_run.version = 1
      AND (flow.archived OR NOT flow.is_schedule_active)
$$;
COMMENT ON FUNCTION ops.check_runs_without_schedule IS 'Archiving a flow or pausing its schedule takes its scheduled runs with it.';

CREATE FUNCTION ops.check_unarchived_flows() RETURNS SETOF ops.violation
LANGUAGE sql STABLE AS $$
    SELECT 'unarchived_flows', tenant_id, 'flow', min(id::text)::uuid,
           format('%s unarchived versions in the version group %s', count(*), version_group_id)
    FROM flow
    WHERE NOT archived AND version_group_id IS NOT NULL
    GROUP BY tenant_id, version_group_id
    HAVING count(*) > 1
$$;
COMMENT ON FUNCTION ops.check_unarchived_flows IS 'One unarchived flow in each version group.';

-- Limits may be lowered below what is under way. So it is not the number of holders that breaks the rule, but a run that
-- took its slot while as many others as the limit allows held theirs, and hold them still. Whoever changes the labels of
-- a run under way is believed. Five seconds: a change of the limit is stamped before it waits for those who just take.
CREATE FUNCTION ops.check_flow_concurrency() RETURNS SETOF ops.violation
LANGUAGE sql STABLE AS $$
    WITH place AS (
        SELECT *
        FROM flow_concurrency_limit
        WHERE "limit" < (
            SELECT count(*) FROM flow_run
            WHERE flow_run.tenant_id = flow_concurrency_limit.tenant_id
              AND flow_run.state IN ('Submitted', 'Running') AND flow_run.labels ? flow_concurrency_limit.name)
    ),
    holder AS (
        SELECT place.*, flow_run.id AS flow_run_id, taken.at,
               row_number() OVER (PARTITION BY place.id ORDER BY taken.at, flow_run.id) AS number
        FROM place
        JOIN flow_run ON flow_run.tenant_id = place.tenant_id
                     AND flow_run.state IN ('Submitted', 'Running') AND flow_run.labels ? place.name
        CROSS JOIN LATERAL (
            SELECT min("timestamp") AS at
            FROM flow_run_state
            WHERE flow_run_state.flow_run_id = flow_run.id
              AND version > (
                  SELECT coalesce(max(version), 0) FROM flow_run_state AS other
                  WHERE other.flow_run_id = flow_run.id AND other.state NOT IN ('Submitted', 'Running'))
        ) AS taken
    )
    SELECT 'flow_concurrency', tenant_id, 'flow_run', flow_run_id,
           format('holder %s of the limit %s (%s)', number, to_json(name), "limit")
    FROM holder
    WHERE number > "limit" AND at > updated + interval '5 seconds'
$$;
COMMENT ON FUNCTION ops.check_flow_concurrency IS 'No more flow runs with a label are started than its limit allows.';

CREATE FUNCTION ops.check_task_concurrency() RETURNS SETOF ops.violation
LANGUAGE sql STABLE AS $$
    WITH holder AS (
        SELECT place.*, task_run.id AS task_run_id, taken.at,
               row_number() OVER (PARTITION BY place.id ORDER BY taken.at, task_run.id) AS number
        FROM task_tag_limit AS place
        JOIN utility.task_run_slot AS slot ON slot.limit_id = place.id
        JOIN task_run ON task_run.id = slot.task_run_id AND task_run.state = 'Running'
        CROSS JOIN LATERAL (
            SELECT min("timestamp") AS at
            FROM task_run_state
            WHERE task_run_state.task_run_id = task_run.id
              AND version > (
                  SELECT coalesce(max(version), 0) FROM task_run_state AS other
                  WHERE other.task_run_id = task_run.id AND other.state <> 'Running')
        ) AS taken
        WHERE place."limit" < (SELECT count(*) FROM utility.task_run_slot AS any_slot WHERE any_slot.limit_id = place.id)
    )
    SELECT 'task_concurrency', tenant_id, 'task_run', task_run_id,
           format('holder %s of the limit %s (%s)', number, to_json(tag), "limit")
    FROM holder
    WHERE number > "limit" AND at > updated + interval '5 seconds'
$$;
COMMENT ON FUNCTION ops.check_task_concurrency IS 'No more task runs with a tag are started than its limit allows.';

CREATE FUNCTION ops.check_tenants(since timestamptz) RETURNS SETOF ops.violation
LANGUAGE sql STABLE AS $$
    SELECT 'tenants', pair.tenant_id, pair.object_type, pair.id,
           format('belongs to another tenant than its %s (%s)', pair.parent, pair.parent_tenant_id)
    FROM (
        SELECT child.tenant_id, 'flow' AS object_type, child.id, 'project' AS parent, project.tenant_id AS parent_tenant_id
        FROM flow AS child JOIN project ON project.id = child.project_id
        UNION ALL
        SELECT child.tenant_id, 'flow', child.id, 'flow_group', flow_group.tenant_id
        FROM flow AS child JOIN flow_group ON flow_group.id = child.flow_group_id
        UNION ALL
        -- Tasks and edges of the flows that can still run.
        SELECT child.tenant_id, 'task', child.id, 'flow', flow.tenant_id
        FROM task AS child JOIN flow ON flow.id = child.flow_id WHERE NOT flow.archived
        UNION ALL
        SELECT child.tenant_id, 'edge', child.id, 'flow', flow.tenant_id
        FROM edge AS child JOIN flow ON flow.id = child.flow_id WHERE NOT flow.archived
        UNION ALL
        SELECT child.tenant_id, 'agent', child.id, 'agent_config', agent_config.tenant_id
        FROM agent AS child JOIN agent_config ON agent_config.id = child.agent_config_id
        UNION ALL
        SELECT child.tenant_id, 'flow_run', child.id, 'flow', flow.tenant_id
        FROM flow_run AS child JOIN flow ON flow.id = child.flow_id
        WHERE child.id >= ops.uuid_at(since)
           OR child.state IN ('Scheduled', 'Paused', 'Queued', 'Resume', 'Retrying')
           OR child.state IN ('Submitted', 'Running', 'Cancelling')
        UNION ALL
        SELECT child.tenant_id, 'flow_run', child.id, 'agent', agent.tenant_id
        FROM flow_run AS child JOIN agent ON agent.id = child.agent_id
        WHERE child.state IN ('Submitted', 'Running', 'Cancelling')
        UNION ALL
        SELECT child.tenant_id, 'task_run', child.id, 'flow_run', flow_run.tenant_id
        FROM task_run AS child JOIN flow_run ON flow_run.id = child.flow_run_id
        WHERE child.id >= ops.uuid_at(since)
        UNION ALL
        SELECT child.tenant_id, 'task_run_artifact', child.id, 'task_run', task_run.tenant_id
        FROM task_run JOIN task_run_artifact AS child ON child.task_run_id = task_run.id
        WHERE task_run.id >= ops.uuid_at(since)
        UNION ALL
        SELECT child.tenant_id, 'flow_run_state', child.id, 'flow_run', flow_run.tenant_id
        FROM flow_run_state AS child JOIN flow_run ON flow_run.id = child.flow_run_id
        WHERE child.id >= ops.uuid_at(since)
        UNION ALL
        SELECT child.tenant_id, 'task_run_state', child.id, 'task_run', task_run.tenant_id
        FROM task_run_state AS child JOIN task_run ON task_run.id = child.task_run_id
        WHERE child.id >= ops.uuid_at(since)
        UNION ALL
        SELECT child.tenant_id, 'log', child.id, 'flow_run', flow_run.tenant_id
        FROM log AS child JOIN flow_run ON flow_run.id = child.flow_run_id
        WHERE child.id >= ops.uuid_at(since)
        UNION ALL
        SELECT child.tenant_id, 'task_run_slot', child.task_run_id, 'task_tag_limit', place.tenant_id
        FROM utility.task_run_slot AS child JOIN task_tag_limit AS place ON place.id = child.limit_id
    ) AS pair
    WHERE pair.tenant_id <> pair.parent_tenant_id
$$;
COMMENT ON FUNCTION ops.check_tenants IS 'Whatever hangs below something belongs to the same tenant.';

CREATE FUNCTION ops.check_orphans(since timestamptz) RETURNS SETOF ops.violation
LANGUAGE sql STABLE AS $$
    SELECT 'orphans', orphan.tenant_id, orphan.object_type, orphan.id,
           format('its %s %s is gone', orphan.parent, orphan.parent_id)
    FROM (
        SELECT tenant_id, 'task_run' AS object_type, id, 'flow run' AS parent, flow_run_id AS parent_id
        FROM task_run
        WHERE id >= ops.uuid_at(since) AND NOT EXISTS (SELECT FROM flow_run WHERE flow_run.id = task_run.flow_run_id)
        UNION ALL
        SELECT tenant_id, 'task_run', id, 'task', task_id
        FROM task_run
        WHERE id >= ops.uuid_at(since) AND NOT EXISTS (SELECT FROM task WHERE task.id = task_run.task_id)
        UNION ALL
        SELECT tenant_id, 'flow_run_state', id, 'flow run', flow_run_id
        FROM flow_run_state
        WHERE id >= ops.uuid_at(since) AND NOT EXISTS (SELECT FROM flow_run WHERE flow_run.id = flow_run_state.flow_run_id)
        UNION ALL
        SELECT tenant_id, 'task_run_state', id, 'task run', task_run_id
        FROM task_run_state
        WHERE id >= ops.uuid_at(since) AND NOT EXISTS (SELECT FROM task_run WHERE task_run.id = task_run_state.task_run_id)
        UNION ALL
        SELECT tenant_id, 'log', id, 'flow run', flow_run_id
        FROM log
        WHERE id >= ops.uuid_at(since) AND flow_run_id IS NOT NULL
          AND NOT EXISTS (SELECT FROM flow_run WHERE flow_run.id = log.flow_run_id)
        UNION ALL
        SELECT tenant_id, 'log', id, 'task run', task_run_id
        FROM log
        WHERE id >= ops.uuid_at(since) AND task_run_id IS NOT NULL
          AND NOT EXISTS (SELECT FROM task_run WHERE task_run.id = log.task_run_id)
    ) AS orphan
    -- What a large delete has left is on its way out.
    WHERE NOT EXISTS (SELECT FROM utility.purge WHERE purge.id = orphan.parent_id)
$$;
COMMENT ON FUNCTION ops.check_orphans IS 'Task runs, states and logs have the run (or task) they belong to.';

CREATE FUNCTION ops.check_tasks_of_other_flows(since timestamptz) RETURNS SETOF ops.violation
LANGUAGE sql STABLE AS $$
    SELECT 'tasks_of_other_flows', task_run.tenant_id, 'task_run', task_run.id,
           format('its task is one of the flow %s, its run one of %s', task.flow_id, flow_run.flow_id)
    FROM task_run
    JOIN flow_run ON flow_run.id = task_run.flow_run_id
    JOIN task ON task.id = task_run.task_id
    WHERE task_run.id >= ops.uuid_at(since) AND task.flow_id <> flow_run.flow_id
$$;
COMMENT ON FUNCTION ops.check_tasks_of_other_flows IS 'A task run''s task is one of its flow run''s flow.';

CREATE FUNCTION ops.check_duties() RETURNS SETOF ops.violation
LANGUAGE sql STABLE AS $$
    SELECT 'duties', NULL::uuid, 'duty', NULL::uuid,
           format('%s was ordered in term %s; the clock''s term is %s', duty.name, duty.term, coalesce(leader.term, 0))
    FROM utility.duty
    LEFT JOIN utility.leader ON leader.name = 'clock'
    WHERE duty.term > coalesce(leader.term, 0)
    UNION ALL
    SELECT 'duties', NULL::uuid, 'duty', NULL::uuid,
           format('%s: order %s, begun %s, done %s', name, dispatch, started_dispatch, succeeded_dispatch)
    FROM utility.duty
    WHERE started_dispatch > dispatch OR succeeded_dispatch > started_dispatch
$$;
COMMENT ON FUNCTION ops.check_duties IS 'Duties are ordered by a leader of a term that was, begun once ordered, and done once begun.';
