-- States of flow runs and task runs. Each statement takes the states of any number of calls at once
-- (the combiner puts calls that wait at the same moment together) and answers every item by itself; a
-- call one of whose items is refused writes nothing. Rows are locked in the order of their ids, so
-- that calls that overlap wait for each other and never deadlock.

-- name: set_flow_run_states
-- items: [{call, item, id, version?, state, type, start_time?, agent_id?, number, type_before?}]; `number`
-- counts the items for the same run within the call, `type_before` is the type of the one before.
-- Only what is not plainly accepted comes back.
WITH item AS MATERIALIZED (
    SELECT *
    FROM jsonb_to_recordset(:items::jsonb) AS i (
        call integer, item integer, id uuid, version integer, state jsonb, type text, start_time timestamptz,
        agent_id uuid, number integer, type_before text)
),
present AS MATERIALIZED (
    SELECT id, tenant_id, version, state, agent_id
    FROM flow_run
    WHERE id IN (SELECT id FROM item)
    ORDER BY id
    FOR NO KEY UPDATE
),
judged AS MATERIALIZED (
    SELECT
        item.*, present.tenant_id, present.version + item.number AS new_version,
        CASE
            WHEN present.id IS NULL THEN 'not_found'
            WHEN item.type <> 'Submitted' THEN 'accepted'
            -- Submitting is a claim: of all who read the run at a version, one wins (3.6.6 step 2) …
            WHEN coalesce(item.type_before, present.state, 'Pending')
                     IN ('Pending', 'Scheduled', 'Paused', 'Queued', 'Resume', 'Retrying')
                 AND coalesce(item.version, present.version + item.number - 1)
                     = present.version + item.number - 1 THEN 'accepted'
            -- … and may say so again when the answer got lost on its way.
            WHEN present.state = 'Submitted' AND present.agent_id = item.agent_id
                 AND present.version = item.version + 1 THEN 'repeated'
            ELSE 'already_submitted'
        END AS outcome
    FROM item
    LEFT JOIN present ON present.id = item.id
),
accepted AS MATERIALIZED (
    SELECT * FROM judged
    WHERE outcome = 'accepted'
      AND NOT EXISTS (
          SELECT FROM judged AS refused
          WHERE refused.call = judged.call AND refused.outcome NOT IN ('accepted', 'repeated'))
),
claimed AS (
    UPDATE flow_run
    SET agent_id = accepted.agent_id
    FROM accepted
    JOIN agent ON agent.id = accepted.agent_id
    WHERE flow_run.id = accepted.id AND accepted.type = 'Submitted'
),
-- A cancelled run takes its unfinished task runs with it.
left_over AS MATERIALIZED (
    SELECT task_run.id, task_run.tenant_id, task_run.version, accepted.state
    FROM accepted
    JOIN task_run ON task_run.flow_run_id = accepted.id
    WHERE accepted.type = 'Cancelled'
      AND coalesce(task_run.state, 'Pending') NOT IN (
          'Finished', 'Looped', 'Success', 'Cached', 'Mapped', 'Skipped', 'Cancelled', 'Failed', 'TimedOut',
          'TriggerFailed', 'ValidationFailed')
    ORDER BY task_run.id
    FOR NO KEY UPDATE OF task_run
),
settled AS (
    INSERT INTO task_run_state (tenant_id, task_run_id, "timestamp", state, version, message, serialized_state)
    SELECT tenant_id, id, clock_timestamp(), 'Cancelled', version + 1, state ->> 'message', state
    FROM left_over
),
written AS (
    INSERT INTO flow_run_state (
        tenant_id, flow_run_id, "timestamp", state, version, message, start_time, serialized_state)
    SELECT
        accepted.tenant_id, accepted.id, clock_timestamp(), accepted.type, accepted.new_version,
        accepted.state ->> 'message', accepted.start_time, accepted.state
    FROM accepted
    ORDER BY accepted.call, accepted.item
)
SELECT call, item, outcome FROM judged WHERE outcome <> 'accepted';

-- name: set_task_run_states
-- items as above, without agent_id. Only what is not plainly accepted comes back.
WITH item AS MATERIALIZED (
    SELECT *
    FROM jsonb_to_recordset(:items::jsonb) AS i (
        call integer, item integer, id uuid, version integer, state jsonb, type text, start_time timestamptz,
        number integer, type_before text)
),
present AS MATERIALIZED (
    SELECT id, tenant_id, flow_run_id, version, state, nullif(serialized_state -> 'cached_inputs', 'null') AS cached_inputs
    FROM task_run
    WHERE id IN (SELECT id FROM item)
    ORDER BY id
    FOR NO KEY UPDATE
),
judged AS MATERIALIZED (
    SELECT
        item.*, present.tenant_id, present.version + item.number AS new_version, present.cached_inputs, flow_run.state AS flow_run_state,
        CASE
            WHEN present.id IS NULL THEN 'not_found'
            WHEN item.type IN ('Running', 'Cancelling') AND flow_run.state IS DISTINCT FROM 'Running' THEN 'flow_run_not_running'
            WHEN item.type <> 'Submitted' THEN 'accepted'
            WHEN coalesce(item.type_before, present.state, 'Pending')
                     IN ('Pending', 'Scheduled', 'Paused', 'Queued', 'Resume', 'Retrying')
                 AND coalesce(item.version, present.version + item.number - 1)
                     = present.version + item.number - 1 THEN 'accepted'
            ELSE 'already_submitted'
        END AS outcome
    FROM item
    LEFT JOIN present ON present.id = item.id
    LEFT JOIN flow_run ON flow_run.id = present.flow_run_id
),
accepted AS MATERIALIZED (
    SELECT * FROM judged
    WHERE outcome = 'accepted'
      AND NOT EXISTS (
          SELECT FROM judged AS refused WHERE refused.call = judged.call AND refused.outcome <> 'accepted')
),
written AS (
    INSERT INTO task_run_state (
        tenant_id, task_run_id, "timestamp", state, version, message, start_time, serialized_state)
    SELECT
        accepted.tenant_id, accepted.id, clock_timestamp(), accepted.type, accepted.new_version,
        accepted.state ->> 'message', accepted.start_time,
        -- Inputs once cached stay until new ones come (3.6.6 step 3).
        CASE WHEN coalesce(accepted.state -> 'cached_inputs', 'null') IN ('null', '{}')
                  AND accepted.cached_inputs <> '{}'
             THEN accepted.state || jsonb_build_object('cached_inputs', accepted.cached_inputs)
             ELSE accepted.state END
    FROM accepted
    ORDER BY accepted.call, accepted.item
)
SELECT call, item, outcome, flow_run_state FROM judged WHERE outcome <> 'accepted';

-- name: lock_flow_run_state
-- The state of a run, held still for the rest of the transaction.
SELECT state FROM flow_run WHERE id = :flow_run_id FOR NO KEY UPDATE;
