-- States of flow runs and task runs. Each statement takes the states of any number of calls at once
-- (the combiner puts calls that wait at the same moment together) and answers every item by itself; a
-- call one of whose items is refused writes nothing. Rows are locked in the order of their ids, runs before
-- limits, so that calls that overlap wait for each other and never deadlock.
-- They are the hottest statements of all, and most often carry one state: every step of the plan costs some µs to set
-- up, whether it has rows or not. Hence what is seldom asked stands in functions, limits and version locks, and few steps
-- pass rows on (bench/README.md).

-- name: set_flow_run_states
-- items: [{call, item, id, caller_tenant_id?, version?, said, type, said_start_time?, starts_now, agent_id?, number, type_before?} and what
-- orchestration/transitions.py says of the type]; `number` counts the items for the same run within the call,
-- `type_before` is the type of the one before, `unsaid` names what was filled in for the caller. Of another tenant
-- than `caller_tenant_id` no run is found. Only what is not plainly accepted comes back.
WITH item AS MATERIALIZED (
    -- A host's clock may be wrong: "now" is the database's.
    SELECT
        i.*, CASE WHEN starts_now THEN said || jsonb_build_object('start_time', now()) ELSE said END AS state,
        CASE WHEN starts_now THEN now() ELSE said_start_time END AS start_time
    FROM jsonb_to_recordset(:items::jsonb) AS i (
        call integer, item integer, id uuid, caller_tenant_id uuid, version integer, said jsonb, type text,
        said_start_time timestamptz, starts_now boolean, agent_id uuid, number integer, type_before text,
        claimable_from jsonb, version_locked boolean, slot_held_in jsonb, unsaid text, given_up_in jsonb)
),
present AS MATERIALIZED (
    SELECT
        id, tenant_id, version, coalesce(state, 'Pending') AS state, agent_id, flow_id, labels, serialized_state,
        times_resurrected
    FROM flow_run
    WHERE id = ANY (ARRAY(SELECT id FROM item))
    ORDER BY id
    FOR NO KEY UPDATE
),
judged AS MATERIALIZED (
    SELECT
        item.call, item.item, item.id, item.caller_tenant_id, item.state, item.type, item.start_time, item.agent_id,
        item.claimable_from, present.tenant_id, present.version + item.number AS new_version, present.labels,
        present.serialized_state AS state_before,
        NOT item.slot_held_in ? present.state AS takes_slot,
        CASE
            WHEN present.id IS NULL OR present.tenant_id <> item.caller_tenant_id THEN 'not_found'
            WHEN item.claimable_from IS NOT NULL THEN CASE
                -- Submitting is a claim: of all who read the run at a version, one wins (3.6.6 step 2) …
                WHEN item.claimable_from ? coalesce(item.type_before, present.state)
                     AND coalesce(item.version, present.version + item.number - 1)
                         = present.version + item.number - 1 THEN 'accepted'
                -- … and may say so again when the answer got lost on its way.
                WHEN present.state = item.type AND present.agent_id = item.agent_id
                     AND present.version = item.version + 1 THEN 'repeated'
                ELSE 'already_submitted' END
            -- The run is as the caller read it.
            WHEN item.version = present.version + item.number - 1 THEN 'accepted'
            -- The answer to a process that has to wait got lost; one that has waited comes with the version of now.
            WHEN item.slot_held_in IS NOT NULL AND item.number = 1 AND present.state = 'Queued'
                 AND item.version = present.version - 1 THEN 'still_queued'
            -- A process that was given up ends its run, which waits for another one, or is in another one's hands:
            -- there a task is at work, and no process says that it has done all while one is.
            WHEN item.version IS NULL AND item.number = 1 AND item.given_up_in ? present.state
                 AND CASE WHEN present.state = 'Running' THEN
                              present.times_resurrected > 0
                              AND EXISTS (SELECT FROM task_run WHERE flow_run_id = present.id AND state = 'Running')
                          ELSE utility.recovered(present.serialized_state) END THEN 'given_up'
            -- A lock is for the run to be started once. A run that a service has moved on since the caller read it is
            -- locked, too.
            WHEN item.version_locked
                 AND (item.version IS NOT NULL OR coalesce(item.type_before, present.state) = item.type)
                 AND utility.flow_run_locked(
                     present.id, present.flow_id, present.serialized_state, item.version) THEN 'version_locked'
            -- The same state from the same version: a call that is sent again because its answer got lost.
            WHEN item.number = 1 AND item.version = present.version - 1 AND present.state = item.type
                 AND present.serialized_state - ARRAY[item.unsaid] = item.state - ARRAY[item.unsaid] THEN 'repeated'
            ELSE 'accepted'
        END AS outcome
    FROM item
    LEFT JOIN present ON present.id = item.id
),
slots AS MATERIALIZED (
    -- full: for each run that gets no slot the limit in its way. A process asks again every 30 s (contract client.md
    -- 5.5); one that has died leaves the run to the queue, `later`.
    SELECT
        utility.flow_runs_without_slot(array_agg(id), array_agg(tenant_id), array_agg(labels)) AS "full",
        clock_timestamp() + interval '10 minutes' AS later
    FROM (
        SELECT judged.id, judged.tenant_id, judged.labels
        FROM judged
        WHERE judged.takes_slot AND judged.outcome = 'accepted'
          AND judged.call <> ALL (ARRAY(
              SELECT call FROM judged WHERE outcome NOT IN ('accepted', 'repeated', 'still_queued')))
        ORDER BY judged.call, judged.item
    ) AS asking
),
decided AS MATERIALIZED (
    SELECT
        judged.*, slots."full" -> judged.id::text AS full_limit, slots.later,
        CASE WHEN judged.outcome <> 'accepted' THEN judged.outcome
             WHEN judged.call = ANY (ARRAY(
                 SELECT call FROM judged WHERE outcome NOT IN ('accepted', 'repeated', 'still_queued'))) THEN 'left_alone'
             WHEN judged.takes_slot IS NOT TRUE OR (slots."full" ? judged.id::text) IS NOT TRUE THEN 'accepted'
             -- An agent steps back, and the run keeps its place in the queue. A process is told to wait.
             WHEN judged.claimable_from IS NOT NULL THEN 'no_slot'
             ELSE 'queued' END AS decision
    FROM judged, slots
),
accepted AS MATERIALIZED (
    SELECT
        call, item, id, tenant_id, caller_tenant_id, new_version, agent_id,
        CASE WHEN decision = 'queued' THEN 'Queued' ELSE type END AS type,
        CASE WHEN decision = 'queued' THEN later ELSE start_time END AS start_time,
        CASE WHEN decision = 'queued' THEN utility.queued_state(
                 state_before,
                 format('Queued: all %s slots of the label %s are taken.', full_limit -> 'size', full_limit -> 'name'), later)
             ELSE state END AS state
    FROM decided
    WHERE decision IN ('accepted', 'queued')
      AND call <> ALL (ARRAY(SELECT call FROM decided WHERE decision = 'no_slot'))
),
claimed AS (
    UPDATE flow_run
    SET agent_id = accepted.agent_id
    FROM accepted
    JOIN agent
        ON agent.id = accepted.agent_id AND agent.tenant_id = coalesce(accepted.caller_tenant_id, agent.tenant_id)
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
SELECT call, item, decision AS outcome, full_limit ->> 'name' AS limit_name, full_limit ->> 'size' AS limit_size
FROM decided
WHERE decision NOT IN ('accepted', 'left_alone');

-- name: set_task_run_states
-- items as above, without agent_id. Only what is not plainly accepted comes back.
WITH item AS MATERIALIZED (
    -- A host's clock may be wrong: "now" is the database's.
    SELECT
        i.*, CASE WHEN starts_now THEN said || jsonb_build_object('start_time', now()) ELSE said END AS state,
        CASE WHEN starts_now THEN now() ELSE said_start_time END AS start_time
    FROM jsonb_to_recordset(:items::jsonb) AS i (
        call integer, item integer, id uuid, caller_tenant_id uuid, version integer, said jsonb, type text,
        said_start_time timestamptz, starts_now boolean, number integer, type_before text, claimable_from jsonb,
        version_locked boolean, slot_held_in jsonb, needs_running_flow_run boolean, unsaid text, given_up_in jsonb)
),
present AS MATERIALIZED (
    SELECT id, tenant_id, flow_run_id, task_id, version, coalesce(state, 'Pending') AS state, serialized_state
    FROM task_run
    WHERE id = ANY (ARRAY(SELECT id FROM item))
    ORDER BY id
    FOR NO KEY UPDATE
),
-- Asked with the task runs held: of a run that is cancelled at the same moment either this sees the cancellation, or
-- the cancellation, which waits for the task runs, sees what this has written.
flow_run_now AS MATERIALIZED (
    SELECT * FROM utility.flow_run_states_now(ARRAY(
        SELECT DISTINCT flow_run_id FROM present WHERE id IN (SELECT id FROM item WHERE needs_running_flow_run)))
),
judged AS MATERIALIZED (
    SELECT
        item.call, item.item, item.id, item.state, item.type, item.start_time, present.tenant_id, present.task_id,
        present.version + item.number AS new_version, present.serialized_state AS state_before,
        flow_run_now.state AS flow_run_state,
        NOT item.slot_held_in ? present.state AS takes_slot,
        CASE
            WHEN present.id IS NULL OR present.tenant_id <> item.caller_tenant_id THEN 'not_found'
            WHEN item.needs_running_flow_run AND flow_run_now.state IS DISTINCT FROM 'Running' THEN 'flow_run_not_running'
            WHEN item.claimable_from IS NOT NULL THEN CASE
                WHEN item.claimable_from ? coalesce(item.type_before, present.state)
                     AND coalesce(item.version, present.version + item.number - 1)
                         = present.version + item.number - 1 THEN 'accepted'
                -- Two agents that submit it say the same, hence no second answer here.
                ELSE 'already_submitted' END
            WHEN item.version = present.version + item.number - 1 THEN 'accepted'
            WHEN item.slot_held_in IS NOT NULL AND item.number = 1 AND present.state = 'Queued'
                 AND item.version = present.version - 1 THEN 'still_queued'
            WHEN item.version IS NULL AND item.number = 1 AND item.given_up_in ? present.state
                 AND utility.recovered(present.serialized_state) THEN 'given_up'
            WHEN item.version_locked
                 AND (item.version IS NOT NULL OR coalesce(item.type_before, present.state) = item.type)
                 AND utility.task_run_locked(
                     present.id, (SELECT flow_id FROM flow_run WHERE flow_run.id = present.flow_run_id),
                     present.serialized_state, item.version) THEN 'version_locked'
            WHEN item.number = 1 AND item.version = present.version - 1 AND present.state = item.type
                 AND present.serialized_state - ARRAY[item.unsaid, 'cached_inputs']
                     = item.state - ARRAY[item.unsaid, 'cached_inputs'] THEN 'repeated'
            ELSE 'accepted'
        END AS outcome
    FROM item
    LEFT JOIN present ON present.id = item.id
    LEFT JOIN flow_run_now ON flow_run_now.flow_run_id = present.flow_run_id
),
slots AS MATERIALIZED (
    -- As above; of a task run that nobody asks for any more the queue makes a new process of its flow run.
    SELECT
        utility.task_runs_without_slot(
            array_agg(id), array_agg(tenant_id), array_agg(task_id), array_agg(tags)) AS "full",
        clock_timestamp() + interval '10 minutes' AS later
    FROM (
        -- The task's tags as its process knows them (contract client.md 4.1).
        SELECT judged.id, judged.tenant_id, judged.task_id, judged.state #> '{context,tags}' AS tags
        FROM judged
        WHERE judged.takes_slot AND judged.outcome = 'accepted'
          AND judged.call <> ALL (ARRAY(
              SELECT call FROM judged WHERE outcome NOT IN ('accepted', 'repeated', 'still_queued')))
        ORDER BY judged.call, judged.item
    ) AS asking
),
decided AS MATERIALIZED (
    SELECT
        judged.*, slots."full" -> judged.id::text AS full_limit, slots.later,
        CASE WHEN judged.outcome <> 'accepted' THEN judged.outcome
             WHEN judged.call = ANY (ARRAY(
                 SELECT call FROM judged WHERE outcome NOT IN ('accepted', 'repeated', 'still_queued'))) THEN 'left_alone'
             WHEN judged.takes_slot AND slots."full" ? judged.id::text THEN 'queued'
             ELSE 'accepted' END AS decision
    FROM judged, slots
),
accepted AS (
    SELECT
        call, item, id, tenant_id, new_version, state_before -> 'cached_inputs' AS cached_inputs,
        CASE WHEN decision = 'queued' THEN 'Queued' ELSE type END AS type,
        CASE WHEN decision = 'queued' THEN later ELSE start_time END AS start_time,
        CASE WHEN decision = 'queued' THEN utility.queued_state(
                 state_before,
                 format('Queued: all %s slots of the tag %s are taken.', full_limit -> 'size', full_limit -> 'name'), later)
             ELSE state END AS state
    FROM decided
    WHERE decision IN ('accepted', 'queued')
),
written AS (
    INSERT INTO task_run_state (
        tenant_id, task_run_id, "timestamp", state, version, message, start_time, serialized_state)
    SELECT
        accepted.tenant_id, accepted.id, clock_timestamp(), accepted.type, accepted.new_version,
        accepted.state ->> 'message', accepted.start_time,
        -- Inputs once cached stay until new ones come (3.6.6 step 3).
        CASE WHEN coalesce(accepted.state -> 'cached_inputs', 'null') IN ('null', '{}')
                  AND coalesce(accepted.cached_inputs, 'null') NOT IN ('null', '{}')
             THEN accepted.state || jsonb_build_object('cached_inputs', accepted.cached_inputs)
             ELSE accepted.state END
    FROM accepted
    ORDER BY accepted.call, accepted.item
)
SELECT
    call, item, decision AS outcome, flow_run_state, full_limit ->> 'name' AS limit_name, full_limit ->> 'size' AS limit_size
FROM decided
WHERE decision NOT IN ('accepted', 'left_alone');

-- name: lock_flow_run_state
-- The state of a run, held still for the rest of the transaction.
SELECT state FROM flow_run
WHERE id = :flow_run_id AND tenant_id = coalesce(:caller_tenant_id, tenant_id)
FOR NO KEY UPDATE;
