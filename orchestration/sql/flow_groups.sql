-- Flow groups: what all versions of a flow share. Everything that changes a group locks its row first, and only then
-- touches its flows or their runs: the order in which registrations and the scheduler lock.

-- name: set_default_parameters
UPDATE flow_group SET default_parameters = :parameters::jsonb
WHERE id = :flow_group_id AND tenant_id = coalesce(:tenant_id, tenant_id)
RETURNING id;

-- name: set_description
UPDATE flow_group SET description = :description
WHERE id = :flow_group_id AND tenant_id = coalesce(:tenant_id, tenant_id)
RETURNING id;

-- name: set_labels
-- SQL NULL is "not set", which is not the same as no labels.
UPDATE flow_group SET labels = :labels::jsonb
WHERE id = :flow_group_id AND tenant_id = coalesce(:tenant_id, tenant_id)
RETURNING id;

-- name: set_run_config
UPDATE flow_group SET run_config = :run_config::jsonb
WHERE id = :flow_group_id AND tenant_id = coalesce(:tenant_id, tenant_id)
RETURNING id;

-- name: set_schedule
UPDATE flow_group SET schedule = :schedule::jsonb
WHERE id = :flow_group_id AND tenant_id = coalesce(:tenant_id, tenant_id)
RETURNING id;

-- name: delete_scheduled_runs
-- A statement of its own, after the group is locked: it must see the runs that a scheduler has just made.
DELETE FROM flow_run USING flow
WHERE flow.flow_group_id = :flow_group_id AND flow_run.flow_id = flow.id
  AND flow_run.auto_scheduled AND flow_run.state = 'Scheduled';

-- name: merge_settings_of_group_of_flow
-- Returns the group of the flow; nothing for an unknown flow.
UPDATE flow_group SET settings = flow_group.settings || :settings::jsonb
FROM flow
WHERE flow.id = :flow_id AND flow_group.id = flow.flow_group_id AND flow.tenant_id = coalesce(:tenant_id, flow.tenant_id)
RETURNING flow_group.id;

-- name: merge_settings_of_flows
-- Clients read their settings from the flow. After the group is locked, so that a version that is just being registered
-- is among them. In the order of ids, as everybody locks flows.
UPDATE flow SET settings = flow.settings || :settings::jsonb
FROM (SELECT id FROM flow WHERE flow_group_id = :flow_group_id ORDER BY id FOR NO KEY UPDATE) AS version
WHERE flow.id = version.id AND NOT flow.settings @> :settings::jsonb;

-- name: lock_flow_group
SELECT id FROM flow_group
WHERE id = :flow_group_id AND tenant_id = coalesce(:tenant_id, tenant_id)
FOR NO KEY UPDATE;

-- name: pause_schedules
UPDATE flow SET is_schedule_active = false
FROM (
    SELECT id FROM flow WHERE flow_group_id = :flow_group_id AND is_schedule_active ORDER BY id FOR NO KEY UPDATE
) AS version
WHERE flow.id = version.id;

-- name: delete_flow_group
DELETE FROM flow_group
WHERE id = :flow_group_id AND tenant_id = coalesce(:tenant_id, tenant_id)
RETURNING id;
