-- Automations (contract ui-and-cloud.md B.4). :caller_tenant_id: the tenant the caller acts for; NULL means any.

-- name: create_action
-- Nothing when :flow_group_id is given and is no group of the tenant's.
INSERT INTO action (tenant_id, name, action_type, config)
SELECT :tenant_id::uuid, :name, :action_type, :config::jsonb
WHERE :flow_group_id::uuid IS NULL
   OR EXISTS (SELECT FROM flow_group WHERE id = :flow_group_id::uuid AND tenant_id = :tenant_id::uuid)
RETURNING id;

-- name: delete_action
-- Its hooks go with it, and what they were owed.
DELETE FROM action WHERE id = :action_id AND tenant_id = coalesce(:caller_tenant_id, tenant_id) RETURNING id;

-- name: get_action
SELECT action.tenant_id, tenant.slug AS tenant_slug, action.action_type, action.config, action.signing_secret
FROM action JOIN tenant ON tenant.id = action.tenant_id
WHERE action.id = :action_id AND action.tenant_id = coalesce(:caller_tenant_id, action.tenant_id);

-- name: create_hook
-- A row if there is such an action; `id` is NULL when `unknown` says which of :ids are not its tenant's, or when its
-- type is one of the :refused. :field says what the ids are of.
WITH found AS MATERIALIZED (
    SELECT id, tenant_id, action_type FROM action
    WHERE id = :action_id AND tenant_id = coalesce(:caller_tenant_id, tenant_id)
    FOR KEY SHARE
),
known AS (
    SELECT id, tenant_id FROM flow_group WHERE :field = 'flow_group_id' AND id = ANY (:ids::uuid[])
    UNION ALL
    SELECT id, tenant_id FROM flow_sla_config WHERE :field = 'flow_sla_config_id' AND id = ANY (:ids::uuid[])
    UNION ALL
    SELECT id, tenant_id FROM agent_config WHERE :field = 'agent_config_id' AND id = ANY (:ids::uuid[])
),
unknown AS MATERIALIZED (
    SELECT wanted.id
    FROM found CROSS JOIN unnest(:ids::uuid[]) AS wanted (id)
    WHERE NOT EXISTS (SELECT FROM known WHERE known.id = wanted.id AND known.tenant_id = found.tenant_id)
),
made AS (
    INSERT INTO hook (tenant_id, action_id, event_type, event_tags)
    SELECT tenant_id, id, :event_type, :event_tags::jsonb
    FROM found
    WHERE NOT EXISTS (SELECT FROM unknown) AND action_type <> ALL (:refused::text[])
    RETURNING id
)
SELECT found.action_type, ARRAY(SELECT id FROM unknown ORDER BY id) AS unknown, (SELECT id FROM made) AS id
FROM found;

-- name: delete_hook
DELETE FROM hook WHERE id = :hook_id AND tenant_id = coalesce(:caller_tenant_id, tenant_id) RETURNING id;

-- name: create_flow_sla_config
INSERT INTO flow_sla_config (tenant_id, kind, duration_seconds)
VALUES (:tenant_id, :kind, :duration_seconds)
RETURNING id;

-- name: create_flow_group_sla
-- Once for a config and a group; `id` is NULL when one of them is not there, or they are of two tenants.
WITH config AS MATERIALIZED (
    SELECT id, tenant_id FROM flow_sla_config
    WHERE id = :flow_sla_config_id AND tenant_id = coalesce(:caller_tenant_id, tenant_id)
    FOR KEY SHARE
),
made AS (
    INSERT INTO flow_group_sla (tenant_id, flow_sla_config_id, flow_group_id)
    SELECT config.tenant_id, config.id, flow_group.id
    FROM config JOIN flow_group ON flow_group.id = :flow_group_id AND flow_group.tenant_id = config.tenant_id
    ON CONFLICT ON CONSTRAINT flow_group_sla_flow_sla_config_id_flow_group_id_key
        DO UPDATE SET flow_group_id = excluded.flow_group_id
    RETURNING id
)
SELECT EXISTS (SELECT FROM config) AS has_config, (SELECT id FROM made) AS id;

-- name: get_hooks
SELECT hook.id, hook.tenant_id, action.action_type, action.config, action.signing_secret
FROM hook JOIN action ON action.id = hook.action_id
WHERE hook.id = ANY (:hook_ids::uuid[]);

-- name: newest_flow
-- The version of a flow group that is to run; a row without an id if there is none, no row for an unknown group.
SELECT flow.id
FROM flow_group
LEFT JOIN LATERAL (
    SELECT id FROM flow WHERE flow_group_id = flow_group.id AND NOT archived ORDER BY version DESC, created DESC LIMIT 1
) AS flow ON true
WHERE flow_group.id = :flow_group_id AND flow_group.tenant_id = :tenant_id;

-- name: lock_lineage
-- The run that :flow_run_id descends from by automations, or itself; whoever makes another of its descendants waits.
WITH lineage AS MATERIALIZED (
    SELECT coalesce(
        (SELECT root_id FROM utility.automation_run WHERE flow_run_id = :flow_run_id::uuid), :flow_run_id::uuid) AS root_id
)
SELECT root_id, pg_advisory_xact_lock(hashtextextended('lictor automation ' || root_id::text, 0)) FROM lineage;

-- name: count_descendants
SELECT count(*) FROM utility.automation_run WHERE root_id = :root_id;

-- name: add_descendant
INSERT INTO utility.automation_run (tenant_id, flow_run_id, root_id)
VALUES (:tenant_id, :flow_run_id, :root_id)
ON CONFLICT (flow_run_id) DO NOTHING;

-- name: forget_descendants
-- Up to :most of those that began longer ago than deliveries are kept: no event of theirs can be owed any more.
WITH gone AS (
    DELETE FROM utility.automation_run
    WHERE flow_run_id IN (
        SELECT flow_run_id FROM utility.automation_run WHERE created < clock_timestamp() - :age::interval
        ORDER BY created LIMIT :most FOR UPDATE SKIP LOCKED)
    RETURNING 1
)
SELECT count(*) FROM gone;
