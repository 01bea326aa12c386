-- Flow runs: making, naming, labelling, deleting.

-- name: create_flow_runs
-- Make any number of flow runs, each Scheduled at version 1, by the rules of contract server.md 3.6.4.
-- requests: [{request, flow_id | version_group_id, tenant_id?, parameters?, labels?, run_config?, context?,
-- name, scheduled_start_time?, idempotency_key?, auto_scheduled?}]. One row per request comes back: the id
-- of the run and whether it is new, or why there is none. A request that fails leaves the others alone.
WITH request AS MATERIALIZED (
    SELECT r.*, uuidv7() AS new_id
    FROM jsonb_to_recordset(:requests::jsonb) AS r (
        request integer, flow_id uuid, version_group_id text, tenant_id uuid, parameters jsonb, labels jsonb,
        run_config jsonb, context jsonb, name text, scheduled_start_time timestamptz, idempotency_key text,
        auto_scheduled boolean)
),
resolved AS MATERIALIZED (
    SELECT
        request.request, request.new_id, request.name, request.idempotency_key, request.context,
        coalesce(request.scheduled_start_time, now()) AS scheduled_start_time,
        coalesce(request.auto_scheduled, false) AS auto_scheduled,
        flow.id AS flow_id, flow.tenant_id,
        (request.flow_id IS NULL) AS by_group,
        coalesce(request.run_config, flow_group.run_config, flow.run_config) AS run_config,
        -- The first that is set, even if empty; a run config without labels ends the search with none.
        CASE
            WHEN request.labels IS NOT NULL THEN request.labels
            WHEN request.run_config IS NOT NULL THEN request.run_config -> 'labels'
            WHEN flow_group.labels IS NOT NULL THEN flow_group.labels
            WHEN flow_group.run_config IS NOT NULL THEN flow_group.run_config -> 'labels'
            WHEN flow.run_config IS NOT NULL THEN flow.run_config -> 'labels'
            ELSE flow.environment -> 'labels'
        END AS labels,
        declared.defaults
            || coalesce(nullif(flow_group.default_parameters, 'null'), '{}')
            || coalesce(request.parameters, '{}') AS parameters,
        declared.required,
        existing.id AS existing_id
    FROM request
    LEFT JOIN LATERAL (
        (SELECT f.* FROM flow AS f
         WHERE f.id = request.flow_id AND (request.tenant_id IS NULL OR f.tenant_id = request.tenant_id))
        UNION ALL
        (SELECT f.* FROM flow AS f
         WHERE request.flow_id IS NULL AND f.version_group_id = request.version_group_id AND NOT f.archived
           AND (request.tenant_id IS NULL OR f.tenant_id = request.tenant_id)
         ORDER BY f.version DESC
         LIMIT 1)
    ) AS flow ON true
    LEFT JOIN flow_group ON flow_group.id = flow.flow_group_id
    LEFT JOIN LATERAL (
        SELECT
            coalesce(jsonb_object_agg(p ->> 'name', p -> 'default')
                FILTER (WHERE jsonb_typeof(p -> 'default') <> 'null'), '{}') AS defaults,
            array_agg(p ->> 'name') FILTER (WHERE p -> 'required' = 'true') AS required
        FROM jsonb_array_elements(
            CASE jsonb_typeof(flow.parameters) WHEN 'array' THEN flow.parameters ELSE '[]' END) AS p
    ) AS declared ON true
    LEFT JOIN LATERAL (
        -- LIMIT keeps it one look into the index, however many runs there are.
        SELECT run.id FROM flow_run AS run
        WHERE run.flow_id = flow.id AND run.idempotency_key = request.idempotency_key
        LIMIT 1
    ) AS existing ON true
),
-- Whoever archives a flow cancels the runs that wait, and must not miss one that is just being made: it waits for these
-- locks, which the foreign key would take later anyway; who comes after it sees here that the flow is archived, or gone.
held AS MATERIALIZED (
    SELECT id, archived FROM flow
    WHERE id IN (SELECT flow_id FROM resolved WHERE existing_id IS NULL)
    ORDER BY id
    FOR KEY SHARE
),
checked AS MATERIALIZED (
    SELECT
        resolved.*,
        CASE
            WHEN existing_id IS NOT NULL THEN 'existing'
            WHEN held.id IS NULL AND by_group THEN 'no_unarchived_flow'
            WHEN held.id IS NULL THEN 'flow_not_found'
            WHEN held.archived THEN 'flow_archived'
            WHEN NOT parameters ?& coalesce(required, '{}') THEN 'parameters_missing'
            ELSE 'created'
        END AS outcome
    FROM resolved
    LEFT JOIN held ON held.id = resolved.flow_id
),
-- Two requests of one call may carry the same key; the first makes the run, both get its id.
chosen AS (
    SELECT DISTINCT ON (flow_id, coalesce(idempotency_key, new_id::text)) *
    FROM checked
    WHERE outcome = 'created'
    ORDER BY flow_id, coalesce(idempotency_key, new_id::text), request
),
inserted AS (
    INSERT INTO flow_run (
        id, tenant_id, flow_id, name, parameters, context, labels, run_config, scheduled_start_time,
        auto_scheduled, idempotency_key, version, state, state_message, state_timestamp, state_start_time,
        serialized_state)
    SELECT
        new_id, tenant_id, flow_id, name, parameters, coalesce(context, '{}'), label_list.labels, run_config,
        scheduled_start_time, auto_scheduled, idempotency_key, 1, 'Scheduled', 'Flow run scheduled.', now(),
        scheduled_start_time,
        jsonb_build_object(
            'type', 'Scheduled', 'message', 'Flow run scheduled.', 'start_time', scheduled_start_time)
    FROM chosen
    CROSS JOIN LATERAL (
        SELECT coalesce(jsonb_agg(label ORDER BY label), '[]') AS labels
        FROM (
            SELECT DISTINCT label COLLATE "C" AS label
            FROM jsonb_array_elements_text(
                CASE jsonb_typeof(chosen.labels) WHEN 'array' THEN chosen.labels ELSE '[]' END) AS label
        ) AS distinct_label
    ) AS label_list
    ORDER BY flow_id, idempotency_key
    -- A run that another call made a moment ago: touch only the key, to learn its id.
    ON CONFLICT ON CONSTRAINT ix_flow_run_idempotency_key_unique
        DO UPDATE SET idempotency_key = excluded.idempotency_key
    RETURNING id, tenant_id, flow_id, idempotency_key, scheduled_start_time, serialized_state, state_timestamp
),
first_state AS (
    INSERT INTO flow_run_state (
        tenant_id, flow_run_id, "timestamp", state, version, message, start_time, serialized_state)
    SELECT
        tenant_id, id, state_timestamp, 'Scheduled', 1, 'Flow run scheduled.', scheduled_start_time,
        serialized_state
    FROM inserted
    -- Of those inserted, the ones this statement made, not those it found.
    WHERE id IN (SELECT new_id FROM chosen)
)
SELECT
    checked.request,
    coalesce(checked.existing_id, inserted.id) AS id,
    CASE WHEN checked.outcome = 'created' AND inserted.id <> checked.new_id THEN 'existing'
         ELSE checked.outcome END AS outcome,
    CASE WHEN checked.outcome = 'parameters_missing' THEN
        ARRAY(SELECT needed FROM unnest(checked.required) AS needed
              WHERE NOT checked.parameters ? needed ORDER BY needed)
    END AS missing
FROM checked
LEFT JOIN inserted
    ON checked.outcome = 'created'
   AND inserted.flow_id = checked.flow_id
   AND (inserted.id = checked.new_id OR inserted.idempotency_key = checked.idempotency_key)
ORDER BY checked.request;

-- name: set_flow_run_name
UPDATE flow_run SET name = :name
WHERE id = :flow_run_id AND tenant_id = coalesce(:tenant_id, tenant_id)
RETURNING id;

-- name: set_flow_run_labels
UPDATE flow_run SET labels = :labels::jsonb
WHERE id = :flow_run_id AND tenant_id = coalesce(:tenant_id, tenant_id)
RETURNING id;

-- name: delete_flow_run
-- Task runs, states, logs and artifacts go with it (trigger delete_history; docs/decisions/0011-deletes.md).
DELETE FROM flow_run WHERE id = :flow_run_id AND tenant_id = coalesce(:tenant_id, tenant_id) RETURNING id;

-- name: beat
-- Touches no indexed column, so it is a HOT update: no index entry is written.
UPDATE flow_run SET heartbeat = now()
FROM unnest(:ids::uuid[], :caller_tenant_ids::uuid[]) AS beat (id, caller_tenant_id)
WHERE flow_run.id = beat.id AND flow_run.tenant_id = coalesce(beat.caller_tenant_id, flow_run.tenant_id);
