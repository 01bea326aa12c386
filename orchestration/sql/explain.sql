-- Why a flow run is not running (orchestration/explain.py turns the facts into sentences).

-- name: facts
-- All that the answer is made of, as the database sees it in one moment; no row for an unknown run. Each of the lists
-- is short: limits and agents that have to do with this run, and the first few who hold a slot.
WITH run AS (
    SELECT
        run.id, run.tenant_id, run.name, coalesce(run.state, 'Pending') AS state, run.state_message, run.state_timestamp,
        run.state_start_time, run.scheduled_start_time, run.heartbeat, run.labels, run.agent_id, run.auto_scheduled,
        flow.archived, flow_group.settings
    FROM flow_run AS run
    JOIN flow ON flow.id = run.flow_id
    JOIN flow_group ON flow_group.id = flow.flow_group_id
    WHERE run.id = :flow_run_id AND run.tenant_id = coalesce(:tenant_id, run.tenant_id)
)
SELECT
    run.*, now() AS now, agent.name AS agent_name,
    EXISTS (
        SELECT FROM tenant WHERE id = run.tenant_id AND settings @> '{"work_queue_paused": true}') AS queue_paused,
    (SELECT coalesce(jsonb_agg(to_jsonb(place) ORDER BY place.name), '[]')
     FROM (
         SELECT limits.name, limits."limit", held.slots, held.holders
         FROM flow_concurrency_limit AS limits
         CROSS JOIN LATERAL (
             SELECT count(*) AS slots,
                    (array_agg(jsonb_build_object('id', holder.id, 'name', holder.name, 'state', holder.state)
                               ORDER BY holder.id))[1:5] AS holders
             FROM flow_run AS holder
             WHERE holder.tenant_id = run.tenant_id AND holder.state IN ('Submitted', 'Running', 'Cancelling')
               AND holder.labels ? limits.name AND holder.id <> run.id
         ) AS held
         WHERE limits.tenant_id = run.tenant_id AND run.labels ? limits.name AND held.slots >= limits."limit"
     ) AS place
    ) AS full_limits,
    (SELECT coalesce(jsonb_agg(to_jsonb(one) ORDER BY one.last_queried DESC), '[]')
     FROM (
         SELECT
             agent.id, agent.name, agent.type, agent.labels, agent.last_queried,
             agent.last_queried > now() - :alive_within::interval AS alive,
             run.labels <@ agent.labels AND (run.labels = '[]') = (agent.labels = '[]') AS serves,
             ARRAY(SELECT label FROM jsonb_array_elements_text(run.labels) AS label
                   WHERE NOT agent.labels ? label ORDER BY label) AS missing
         FROM agent
         WHERE agent.tenant_id = run.tenant_id
         -- Those that serve the run first, then those that lack least.
         ORDER BY
             (run.labels <@ agent.labels AND (run.labels = '[]') = (agent.labels = '[]')) DESC,
             agent.last_queried > now() - :alive_within::interval DESC NULLS LAST,
             (SELECT count(*) FROM jsonb_array_elements_text(run.labels) AS label WHERE NOT agent.labels ? label),
             agent.last_queried DESC NULLS LAST
         LIMIT 10
     ) AS one
    ) AS agents,
    (SELECT count(*)
     FROM (
         SELECT FROM flow_run AS other
         WHERE other.tenant_id = run.tenant_id
           AND other.state IN ('Scheduled', 'Paused', 'Queued', 'Resume', 'Retrying')
           AND hashtextextended(other.labels::text, 0) = hashtextextended(run.labels::text, 0)
           AND other.labels = run.labels AND other.state_start_time < run.state_start_time
         LIMIT 1000
     ) AS ahead
    ) AS ahead,
    (SELECT jsonb_build_object('count', count(*), 'first', min(waiting.start_time))
     FROM utility.waiting_task_run AS waiting WHERE waiting.flow_run_id = run.id AND run.state = 'Running') AS waiting_tasks
FROM run
LEFT JOIN agent ON agent.id = run.agent_id;
