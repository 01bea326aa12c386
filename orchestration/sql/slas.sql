-- Service-level agreements that are broken (docs/decisions/0017-automations.md). :now stands in for the clock in tests; NULL otherwise.

-- name: fail_flow_slas
-- Up to :most runs that are not finished and break an SLA that a hook waits for: written down once for a run and an
-- SLA, and what that owes with it. The runs are locked; those that somebody changes at this moment come next time.
WITH moment AS MATERIALIZED (SELECT coalesce(:now::timestamptz, clock_timestamp()) AS now),
sla AS MATERIALIZED (
    SELECT
        config.id, config.tenant_id, config.kind, config.duration_seconds, group_sla.flow_group_id,
        make_interval(secs => config.duration_seconds) AS patience, group_sla.created AS since
    FROM flow_sla_config AS config
    JOIN flow_group_sla AS group_sla ON group_sla.flow_sla_config_id = config.id
    WHERE EXISTS (
        SELECT FROM hook
        WHERE hook.tenant_id = config.tenant_id AND hook.event_type = 'FlowSLAFailedEvent'
          AND hook.event_tags -> 'flow_sla_config_id' ? config.id::text)
),
-- What an agent has, and what is due to get one; of no tenant that has no SLA.
live AS MATERIALIZED (
    SELECT run.id, run.flow_id
    FROM (SELECT DISTINCT tenant_id FROM sla) AS held
    JOIN flow_run AS run ON run.tenant_id = held.tenant_id
    WHERE run.state IN ('Submitted', 'Running', 'Cancelling')
    UNION ALL
    SELECT run.id, run.flow_id
    FROM moment
    JOIN flow_run AS run ON run.state_start_time <= moment.now
    WHERE run.state IN ('Scheduled', 'Paused', 'Queued', 'Resume', 'Retrying') AND EXISTS (SELECT FROM sla)
),
broken AS MATERIALIZED (
    SELECT run.id AS flow_run_id, sla.id AS flow_sla_config_id, sla.tenant_id, sla.kind, sla.duration_seconds
    FROM sla
    CROSS JOIN moment
    JOIN flow ON flow.flow_group_id = sla.flow_group_id
    JOIN live ON live.flow_id = flow.id
    JOIN flow_run AS run ON run.id = live.id
    CROSS JOIN LATERAL (
        SELECT
            min(state.version) FILTER (WHERE state.state IN ('Submitted', 'Running')) AS started_version,
            min(state."timestamp") FILTER (WHERE state.state IN ('Submitted', 'Running')) AS started,
            -- A run that had ended and was started again begins anew.
            coalesce(max(state.version) FILTER (WHERE state.state IN (
                'Finished', 'Looped', 'Success', 'Cached', 'Mapped', 'Failed', 'TimedOut', 'TriggerFailed',
                'ValidationFailed', 'Skipped', 'Cancelled')), -1) AS ended_version
        FROM flow_run_state AS state WHERE state.flow_run_id = run.id
    ) AS past
    CROSS JOIN LATERAL (
        SELECT
            -- Its scheduled start: the last one it was given before an agent took it; it cannot start before it exists.
            greatest(run.created, run.scheduled_start_time, max(state.start_time) FILTER (
                WHERE state.state = 'Scheduled' AND (past.started_version IS NULL OR state.version < past.started_version)
            )) + sla.patience AS must_start,
            min(state."timestamp") FILTER (WHERE state.state = 'Running' AND state.version > past.ended_version)
                + sla.patience AS must_finish
        FROM flow_run_state AS state WHERE state.flow_run_id = run.id
    ) AS due
    WHERE run.state IN ('Scheduled', 'Paused', 'Queued', 'Resume', 'Retrying', 'Submitted', 'Running', 'Cancelling')
      -- Cheap things first: most runs break nothing.
      AND CASE sla.kind WHEN 'SCHEDULED_NOT_STARTED' THEN run.scheduled_start_time ELSE run.start_time END + sla.patience <= moment.now
      AND NOT EXISTS (
          SELECT FROM utility.flow_sla_failure AS failure
          WHERE failure.flow_run_id = run.id AND failure.flow_sla_config_id = sla.id)
      AND CASE sla.kind
          WHEN 'SCHEDULED_NOT_STARTED' THEN
              due.must_start <= moment.now AND due.must_start > sla.since
              AND (past.started IS NULL OR past.started > due.must_start)
          ELSE due.must_finish <= moment.now AND due.must_finish > sla.since
          END
    LIMIT :most
    FOR SHARE OF run SKIP LOCKED
),
failed AS (
    INSERT INTO utility.flow_sla_failure (tenant_id, flow_run_id, flow_sla_config_id)
    SELECT tenant_id, flow_run_id, flow_sla_config_id FROM broken ORDER BY flow_run_id, flow_sla_config_id
    ON CONFLICT (flow_run_id, flow_sla_config_id) DO NOTHING
    RETURNING id, tenant_id, flow_run_id, flow_sla_config_id
),
owed AS (
    INSERT INTO hook_delivery (tenant_id, kind, target_id, subject_id, event_id, event)
    SELECT
        failed.tenant_id, 'automation', hook.id, failed.flow_run_id, failed.id,
        utility.flow_run_event(run.id) || jsonb_build_object(
            'id', failed.id, 'event_name', hook.event_type, 'state', run.state, 'state_message', run.state_message,
            'flow_sla_config_id', broken.flow_sla_config_id, 'kind', broken.kind,
            'duration_seconds', broken.duration_seconds)
    FROM failed
    JOIN broken USING (flow_run_id, flow_sla_config_id)
    JOIN flow_run AS run ON run.id = failed.flow_run_id
    JOIN hook ON hook.tenant_id = failed.tenant_id AND hook.event_type = 'FlowSLAFailedEvent'
        AND hook.event_tags -> 'flow_sla_config_id' ? failed.flow_sla_config_id::text
    ORDER BY failed.flow_run_id, failed.id
    RETURNING 1
)
SELECT count(*) AS broken, (SELECT count(*) FROM failed) AS failed,
       (SELECT pg_notify('lictor_hook_delivery', '') WHERE EXISTS (SELECT FROM owed)) AS notified
FROM broken;

-- name: fail_agent_slas
-- Outages of agents that have begun, told once each, and the end of those that are over. A config without agents has no
-- outage: it has not begun to be used. Nor one whose first agent has registered less than :window ago.
WITH moment AS MATERIALIZED (SELECT coalesce(:now::timestamptz, clock_timestamp()) AS now),
-- While no API was up nobody could ask: that time is no silence (docs/decisions/0015-recovery.md), nor is it a recovery.
witness AS MATERIALIZED (
    SELECT now - :window::interval AS lately, utility.api_uptime_start(:window::interval, now) AS since FROM moment
),
agents AS MATERIALIZED (
    SELECT
        config.id, config.tenant_id, config.sla_min_healthy, min(agent.created) <= witness.since AS is_used,
        count(*) FILTER (WHERE agent.last_queried > witness.lately) AS seen_lately,
        count(*) FILTER (WHERE agent.last_queried > witness.since) AS healthy,
        coalesce(jsonb_agg(agent.id ORDER BY agent.id) FILTER (WHERE agent.last_queried > witness.since), '[]') AS healthy_ids,
        coalesce(jsonb_agg(agent.id ORDER BY agent.id) FILTER (WHERE (agent.last_queried > witness.since) IS NOT TRUE), '[]')
            AS unhealthy_ids
    FROM agent_config AS config
    JOIN agent ON agent.agent_config_id = config.id
    CROSS JOIN witness
    WHERE EXISTS (SELECT FROM utility.agent_sla_failure AS failure WHERE failure.agent_config_id = config.id)
       OR EXISTS (
           SELECT FROM hook
           WHERE hook.tenant_id = config.tenant_id AND hook.event_type = 'AgentSLAFailedEvent'
             AND hook.event_tags -> 'agent_config_id' ? config.id::text)
    GROUP BY config.id, witness.since
),
recovered AS (
    DELETE FROM utility.agent_sla_failure AS failure USING agents
    WHERE failure.agent_config_id = agents.id AND agents.seen_lately >= agents.sla_min_healthy
    RETURNING failure.agent_config_id
),
failed AS (
    INSERT INTO utility.agent_sla_failure (tenant_id, agent_config_id)
    SELECT agents.tenant_id, agents.id
    FROM agents
    WHERE agents.healthy < agents.sla_min_healthy AND agents.is_used
      -- Without a hook it is nobody's; with one that comes during the outage, it is told then.
      AND EXISTS (
          SELECT FROM hook
          WHERE hook.tenant_id = agents.tenant_id AND hook.event_type = 'AgentSLAFailedEvent'
            AND hook.event_tags -> 'agent_config_id' ? agents.id::text)
    ORDER BY agents.id
    ON CONFLICT (agent_config_id) DO NOTHING
    RETURNING id, tenant_id, agent_config_id
),
owed AS (
    INSERT INTO hook_delivery (tenant_id, kind, target_id, subject_id, event_id, event)
    SELECT
        failed.tenant_id, 'automation', hook.id, failed.agent_config_id, failed.id,
        jsonb_build_object(
            'id', failed.id, 'event_name', hook.event_type, 'timestamp', now(), 'tenant_id', tenant.id,
            'tenant_slug', tenant.slug, 'agent_config_id', failed.agent_config_id,
            'sla_min_healthy', agents.sla_min_healthy, 'healthy_agent_ids', agents.healthy_ids,
            'unhealthy_agent_ids', agents.unhealthy_ids)
    FROM failed
    JOIN agents ON agents.id = failed.agent_config_id
    JOIN tenant ON tenant.id = failed.tenant_id
    JOIN hook ON hook.tenant_id = failed.tenant_id AND hook.event_type = 'AgentSLAFailedEvent'
        AND hook.event_tags -> 'agent_config_id' ? failed.agent_config_id::text
    ORDER BY failed.agent_config_id
    RETURNING 1
)
SELECT (SELECT count(*) FROM failed) AS failed, (SELECT count(*) FROM recovered) AS recovered,
       (SELECT pg_notify('lictor_hook_delivery', '') WHERE EXISTS (SELECT FROM owed)) AS notified;
