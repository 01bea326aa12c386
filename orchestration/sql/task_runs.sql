-- Task runs: found or made one by one, named, read.

-- name: get_or_create_task_runs
-- Find task runs by (flow run, task, map index) or make them, Pending at version 1 (contract server.md
-- 3.6.5). items: [{item, flow_run_id, task_id, map_index, caller_tenant_id?}]; of another tenant than that nothing
-- is found. Comes back with an id of NULL: `problem` says which parent is missing, or `lost_race` asks to look again.
WITH item AS MATERIALIZED (
    SELECT i.*, found.id, found.version, found.state, found.serialized_state
    FROM jsonb_to_recordset(:items::jsonb) AS i (
        item integer, flow_run_id uuid, task_id uuid, map_index integer, caller_tenant_id uuid)
    LEFT JOIN task_run AS found
        ON found.flow_run_id = i.flow_run_id AND found.task_id = i.task_id AND found.map_index = i.map_index
       AND found.tenant_id = coalesce(i.caller_tenant_id, found.tenant_id)
),
parent AS MATERIALIZED (
    SELECT item.item, item.map_index, flow_run.id AS flow_run_id, flow_run.tenant_id, task.id AS task_id, task.cache_key
    FROM item
    LEFT JOIN flow_run
        ON flow_run.id = item.flow_run_id AND flow_run.tenant_id = coalesce(item.caller_tenant_id, flow_run.tenant_id)
    LEFT JOIN task ON task.id = item.task_id AND task.flow_id = flow_run.flow_id
    WHERE item.id IS NULL
),
made AS (
    INSERT INTO task_run (
        tenant_id, flow_run_id, task_id, map_index, cache_key, version, state, state_message, state_timestamp,
        serialized_state)
    SELECT DISTINCT ON (flow_run_id, task_id, map_index)
        tenant_id, flow_run_id, task_id, map_index, cache_key, 1, 'Pending', 'Task run created', clock_timestamp(),
        '{"type": "Pending", "message": "Task run created"}'::jsonb
    FROM parent
    WHERE flow_run_id IS NOT NULL AND task_id IS NOT NULL
    ORDER BY flow_run_id, task_id, map_index
    ON CONFLICT ON CONSTRAINT task_run_unique_identifier_key DO NOTHING
    RETURNING id, tenant_id, flow_run_id, task_id, map_index, version, state, state_message, state_timestamp, serialized_state
),
first_state AS (
    INSERT INTO task_run_state (tenant_id, task_run_id, "timestamp", state, version, message, serialized_state)
    SELECT tenant_id, id, state_timestamp, state, version, state_message, serialized_state FROM made
)
SELECT
    item.item,
    coalesce(item.id, made.id) AS id,
    coalesce(item.version, made.version) AS version,
    coalesce(item.state, made.state) AS state,
    coalesce(item.serialized_state, made.serialized_state) AS serialized_state,
    CASE
        WHEN coalesce(item.id, made.id) IS NOT NULL THEN NULL
        WHEN parent.flow_run_id IS NULL THEN 'flow_run'
        WHEN parent.task_id IS NULL THEN 'task'
        ELSE 'lost_race'
    END AS problem
FROM item
LEFT JOIN parent ON parent.item = item.item
LEFT JOIN made
    ON made.flow_run_id = item.flow_run_id AND made.task_id = item.task_id AND made.map_index = item.map_index
ORDER BY item.item;

-- name: task_run_info
SELECT id, version, state, serialized_state FROM task_run
WHERE id = :task_run_id AND tenant_id = coalesce(:caller_tenant_id, tenant_id);

-- name: mapped_children
-- What the children of a mapped task run have come to (contract server.md 3.3); a child has none.
SELECT
    min(min_start_time) AS min_start_time,
    max(max_end_time) AS max_end_time,
    coalesce(jsonb_object_agg(state, children) FILTER (WHERE state IS NOT NULL), '{}') AS state_counts
FROM (
    SELECT child.state, count(*) AS children, min(child.start_time) AS min_start_time, max(child.end_time) AS max_end_time
    FROM task_run AS parent
    JOIN task_run AS child ON child.flow_run_id = parent.flow_run_id AND child.task_id = parent.task_id
    WHERE parent.id = :task_run_id AND parent.tenant_id = coalesce(:caller_tenant_id, parent.tenant_id)
      AND parent.map_index < 0 AND child.map_index >= 0
    GROUP BY child.state
) AS by_state;

-- name: set_task_run_name
UPDATE task_run SET name = :name
WHERE id = :task_run_id AND tenant_id = coalesce(:caller_tenant_id, tenant_id)
RETURNING id;

-- name: beat
UPDATE task_run SET heartbeat = now()
FROM unnest(:ids::uuid[], :caller_tenant_ids::uuid[]) AS beat (id, caller_tenant_id)
WHERE task_run.id = beat.id AND task_run.tenant_id = coalesce(beat.caller_tenant_id, task_run.tenant_id);
