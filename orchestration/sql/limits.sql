-- Concurrency limits: of flow runs by label, of task runs by tag (contract ui-and-cloud.md B.3, 10 and 11). How slots
-- are taken stands with the states (states.sql) and in migration 0007.

-- name: update_flow_concurrency_limit
INSERT INTO flow_concurrency_limit (tenant_id, name, "limit") VALUES (:tenant_id, :name, :limit)
ON CONFLICT ON CONSTRAINT flow_concurrency_limit_tenant_id_name_key DO UPDATE SET "limit" = excluded."limit"
RETURNING id;

-- name: delete_flow_concurrency_limit
DELETE FROM flow_concurrency_limit WHERE id = :limit_id AND tenant_id = coalesce(:tenant_id, tenant_id) RETURNING id;

-- name: flow_concurrency
-- Runs that hold a slot, by label; asked for as the labels come.
SELECT asked.label, coalesce(live.usage, 0) AS usage
FROM unnest(:labels::text[]) WITH ORDINALITY AS asked (label, number)
CROSS JOIN LATERAL (
    SELECT count(*) AS usage
    FROM flow_run
    WHERE tenant_id = :tenant_id AND state IN ('Submitted', 'Running', 'Cancelling') AND labels ? asked.label
) AS live
ORDER BY asked.number;

-- name: flow_concurrency_labels
SELECT array_agg(name ORDER BY name) FROM flow_concurrency_limit WHERE tenant_id = :tenant_id;

-- name: update_task_tag_limit
-- Task runs that are Running when the limit comes hold slots of it.
WITH tag_limit AS (
    INSERT INTO task_tag_limit (tenant_id, tag, "limit") VALUES (:tenant_id, :tag, :limit)
    ON CONFLICT ON CONSTRAINT task_tag_limit_tenant_id_tag_key DO UPDATE SET "limit" = excluded."limit"
    RETURNING id, tenant_id, tag, created = now() AS is_new
),
holding AS (
    INSERT INTO utility.task_run_slot (limit_id, task_run_id, tenant_id)
    SELECT tag_limit.id, task_run.id, tag_limit.tenant_id
    FROM tag_limit
    JOIN flow_run ON flow_run.tenant_id = tag_limit.tenant_id AND flow_run.state IN ('Submitted', 'Running', 'Cancelling')
    JOIN task_run ON task_run.flow_run_id = flow_run.id AND task_run.state IN ('Running', 'Cancelling')
    WHERE tag_limit.is_new
      AND coalesce(task_run.serialized_state #> '{context,tags}', (SELECT tags FROM task WHERE task.id = task_run.task_id))
          ? tag_limit.tag
)
SELECT id FROM tag_limit;

-- name: delete_task_tag_limit
DELETE FROM task_tag_limit WHERE id = :limit_id AND tenant_id = coalesce(:tenant_id, tenant_id) RETURNING id;

-- name: task_concurrency
SELECT asked.name, coalesce(held.usage, 0) AS usage
FROM unnest(:tags::text[]) WITH ORDINALITY AS asked (name, number)
CROSS JOIN LATERAL (
    SELECT count(*) AS usage
    FROM task_tag_limit AS place
    JOIN utility.task_run_slot AS slot ON slot.limit_id = place.id
    WHERE place.tenant_id = :tenant_id AND place.tag = asked.name AND utility.is_under_way(slot.task_run_id)
) AS held
ORDER BY asked.number;

-- name: task_concurrency_tags
SELECT array_agg(tag ORDER BY tag) FROM task_tag_limit WHERE tenant_id = :tenant_id;
