-- States of flow runs and task runs. Each statement takes the states of any number of calls at once
-- (the combiner puts calls that wait at the same moment together) and answers every item by itself; a
-- call one of whose items is refused writes nothing. Rows are locked in the order of their ids, runs before
-- limits, so that calls that overlap wait for each other and never deadlock.

-- name: set_flow_run_states
-- items: [{call, item, id, version?, state, type, start_time?, agent_id?, number, type_before?} and what
-- orchestration/transitions.py says of the type]; `number` counts the items for the same run within the call,
-- `type_before` is the type of the one before. Only what is not plainly accepted comes back.
WITH item AS MATERIALIZED (
    SELECT *
    FROM jsonb_to_recordset(:items::jsonb) AS i (
        call integer, item integer, id uuid, version integer, state jsonb, type text, start_time timestamptz,
        agent_id uuid, number integer, type_before text, claimable_from text[], version_locked boolean,
        slot_held_in text[])
),
present AS MATERIALIZED (
    SELECT id, tenant_id, version, coalesce(state, 'Pending') AS state, agent_id, flow_id, labels, serialized_state
    FROM flow_run
    WHERE id IN (SELECT id FROM item)
    ORDER BY id
    FOR NO KEY UPDATE
),
judged AS MATERIALIZED (
    SELECT
        item.*, present.tenant_id, present.version + item.number AS new_version, present.labels,
        present.serialized_state AS state_before,
        present.state <> ALL (item.slot_held_in) AS takes_slot,
        CASE
            WHEN present.id IS NULL THEN 'not_found'
            WHEN item.claimable_from IS NOT NULL THEN CASE
                -- Submitting is a claim: of all who read the run at a version, one wins (3.6.6 step 2) …
                WHEN coalesce(item.type_before, present.state) = ANY (item.claimable_from)
                     AND coalesce(item.version, present.version + item.number - 1)
                         = present.version + item.number - 1 THEN 'accepted'
                -- … and may say so again when the answer got lost on its way.
                WHEN present.state = item.type AND present.agent_id = item.agent_id
                     AND present.version = item.version + 1 THEN 'repeated'
                ELSE 'already_submitted' END
            -- The run is as the caller read it.
            WHEN item.version = present.version + item.number - 1 THEN 'accepted'
            -- A lock is for the run to be started once; it does not look at who only asks again for a slot.
            WHEN item.version_locked
                 AND (item.version IS NOT NULL OR coalesce(item.type_before, present.state) = item.type)
                 AND NOT (present.state = 'Queued' AND item.version IS NOT DISTINCT FROM present.version - 1)
                 AND (SELECT flow_group.settings -> 'version_locking_enabled' = 'true'
                      FROM flow JOIN flow_group ON flow_group.id = flow.flow_group_id
                      WHERE flow.id = present.flow_id) THEN 'version_locked'
            -- The same state from the same version: a call that is sent again because its answer got lost.
            WHEN item.number = 1 AND item.version = present.version - 1 AND present.state = item.type
                 AND present.serialized_state = item.state THEN 'repeated'
            ELSE 'accepted'
        END AS outcome
    FROM item
    LEFT JOIN present ON present.id = item.id
),
possible AS MATERIALIZED (
    SELECT * FROM judged
    WHERE outcome = 'accepted'
      AND NOT EXISTS (
          SELECT FROM judged AS refused
          WHERE refused.call = judged.call AND refused.outcome NOT IN ('accepted', 'repeated'))
),
-- Without a limit on the run's labels there is nothing to ask.
without_slot AS MATERIALIZED (
    SELECT answer.*
    FROM (
        SELECT array_agg(id ORDER BY call, item) AS ids, array_agg(limit_id ORDER BY call, item) AS limit_ids
        FROM (
            SELECT DISTINCT ON (possible.id, place.id) possible.id, place.id AS limit_id, possible.call, possible.item
            FROM possible
            JOIN flow_concurrency_limit AS place
                ON place.tenant_id = possible.tenant_id AND possible.labels ? place.name
            WHERE possible.takes_slot
            ORDER BY possible.id, place.id, possible.call, possible.item
        ) AS pair
        HAVING count(*) > 0
    ) AS asking
    CROSS JOIN LATERAL utility.refuse_flow_run_slots(asking.ids, asking.limit_ids) AS answer
),
decided AS MATERIALIZED (
    SELECT
        possible.*, without_slot.limit_name, without_slot.limit_size,
        CASE WHEN without_slot.refused_id IS NULL OR possible.takes_slot IS NOT TRUE THEN 'accepted'
             -- An agent steps back, and the run keeps its place in the queue. A process is told to wait.
             WHEN possible.claimable_from IS NOT NULL THEN 'no_slot'
             ELSE 'queued' END AS decision
    FROM possible
    LEFT JOIN without_slot ON without_slot.refused_id = possible.id
),
accepted AS MATERIALIZED (
    SELECT
        call, item, id, tenant_id, new_version, agent_id,
        CASE WHEN decision = 'queued' THEN 'Queued' ELSE type END AS type,
        CASE WHEN decision = 'queued' THEN queued.start_time ELSE decided.start_time END AS start_time,
        CASE WHEN decision = 'queued' THEN utility.queued_state(state_before, queued.message, queued.start_time)
             ELSE state END AS state
    FROM decided
    -- The process asks again every 30 s (contract client.md 5.5). One that has died leaves the run to the queue.
    CROSS JOIN LATERAL (
        SELECT clock_timestamp() + interval '10 minutes' AS start_time,
               format('Queued: all %s slots of the label %s are taken.', limit_size, to_json(limit_name)) AS message
    ) AS queued
    WHERE NOT EXISTS (
        SELECT FROM decided AS refused WHERE refused.call = decided.call AND refused.decision = 'no_slot')
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
SELECT call, item, outcome, NULL AS limit_name, NULL AS limit_size FROM judged WHERE outcome <> 'accepted'
UNION ALL
SELECT call, item, decision, limit_name, limit_size FROM decided WHERE decision <> 'accepted';

-- name: set_task_run_states
-- items as above, without agent_id. Only what is not plainly accepted comes back.
WITH item AS MATERIALIZED (
    SELECT *
    FROM jsonb_to_recordset(:items::jsonb) AS i (
        call integer, item integer, id uuid, version integer, state jsonb, type text, start_time timestamptz,
        number integer, type_before text, claimable_from text[], version_locked boolean, slot_held_in text[],
        needs_running_flow_run boolean)
),
present AS MATERIALIZED (
    SELECT
        id, tenant_id, flow_run_id, task_id, version, coalesce(state, 'Pending') AS state, serialized_state,
        nullif(serialized_state -> 'cached_inputs', 'null') AS cached_inputs
    FROM task_run
    WHERE id IN (SELECT id FROM item)
    ORDER BY id
    FOR NO KEY UPDATE
),
judged AS MATERIALIZED (
    SELECT
        item.*, present.tenant_id, present.version + item.number AS new_version, present.cached_inputs,
        present.serialized_state AS state_before, present.task_id, flow_run.state AS flow_run_state,
        present.state <> ALL (item.slot_held_in) AS takes_slot,
        CASE
            WHEN present.id IS NULL THEN 'not_found'
            WHEN item.needs_running_flow_run AND flow_run.state IS DISTINCT FROM 'Running' THEN 'flow_run_not_running'
            WHEN item.claimable_from IS NOT NULL THEN CASE
                WHEN coalesce(item.type_before, present.state) = ANY (item.claimable_from)
                     AND coalesce(item.version, present.version + item.number - 1)
                         = present.version + item.number - 1 THEN 'accepted'
                -- Two agents that submit it say the same, hence no second answer here.
                ELSE 'already_submitted' END
            WHEN item.version = present.version + item.number - 1 THEN 'accepted'
            WHEN item.version_locked
                 AND (item.version IS NOT NULL OR coalesce(item.type_before, present.state) = item.type)
                 AND NOT (present.state = 'Queued' AND item.version IS NOT DISTINCT FROM present.version - 1)
                 AND (SELECT flow_group.settings -> 'version_locking_enabled' = 'true'
                      FROM flow JOIN flow_group ON flow_group.id = flow.flow_group_id
                      WHERE flow.id = flow_run.flow_id) THEN 'version_locked'
            WHEN item.number = 1 AND item.version = present.version - 1 AND present.state = item.type
                 AND present.serialized_state - 'cached_inputs' = item.state - 'cached_inputs' THEN 'repeated'
            ELSE 'accepted'
        END AS outcome
    FROM item
    LEFT JOIN present ON present.id = item.id
    LEFT JOIN flow_run ON flow_run.id = present.flow_run_id
),
possible AS MATERIALIZED (
    SELECT * FROM judged
    WHERE outcome = 'accepted'
      AND NOT EXISTS (
          SELECT FROM judged AS refused
          WHERE refused.call = judged.call AND refused.outcome NOT IN ('accepted', 'repeated'))
),
without_slot AS MATERIALIZED (
    SELECT answer.*
    FROM (
        SELECT array_agg(id ORDER BY call, item) AS ids, array_agg(limit_id ORDER BY call, item) AS limit_ids
        FROM (
            SELECT DISTINCT ON (possible.id, place.id) possible.id, place.id AS limit_id, possible.call, possible.item
            FROM possible
            JOIN task_tag_limit AS place
                ON place.tenant_id = possible.tenant_id
               -- The task's tags as its process knows them (contract client.md 4.1); a state made by hand has none.
               AND coalesce(
                   possible.state #> '{context,tags}', (SELECT tags FROM task WHERE task.id = possible.task_id)
               ) ? place.tag
            WHERE possible.takes_slot
            ORDER BY possible.id, place.id, possible.call, possible.item
        ) AS pair
        HAVING count(*) > 0
    ) AS asking
    CROSS JOIN LATERAL utility.take_task_run_slots(asking.ids, asking.limit_ids) AS answer
),
decided AS MATERIALIZED (
    SELECT
        possible.*, without_slot.limit_name, without_slot.limit_size,
        CASE WHEN without_slot.refused_id IS NULL OR possible.takes_slot IS NOT TRUE THEN 'accepted'
             ELSE 'queued' END AS decision
    FROM possible
    LEFT JOIN without_slot ON without_slot.refused_id = possible.id
),
accepted AS MATERIALIZED (
    SELECT
        call, item, id, tenant_id, new_version, cached_inputs,
        CASE WHEN decision = 'queued' THEN 'Queued' ELSE type END AS type,
        CASE WHEN decision = 'queued' THEN queued.start_time ELSE decided.start_time END AS start_time,
        CASE WHEN decision = 'queued' THEN utility.queued_state(state_before, queued.message, queued.start_time)
             ELSE state END AS state
    FROM decided
    -- As above; of a task run that nobody asks for any more the queue makes a new process of its flow run.
    CROSS JOIN LATERAL (
        SELECT clock_timestamp() + interval '10 minutes' AS start_time,
               format('Queued: all %s slots of the tag %s are taken.', limit_size, to_json(limit_name)) AS message
    ) AS queued
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
SELECT call, item, outcome, flow_run_state, NULL AS limit_name, NULL AS limit_size FROM judged WHERE outcome <> 'accepted'
UNION ALL
SELECT call, item, decision, flow_run_state, limit_name, limit_size FROM decided WHERE decision <> 'accepted';

-- name: lock_flow_run_state
-- The state of a run, held still for the rest of the transaction.
SELECT state FROM flow_run WHERE id = :flow_run_id FOR NO KEY UPDATE;
