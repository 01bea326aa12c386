-- Cloud hooks (contract server.md 3.6.11). :caller_tenant_id: the tenant the caller acts for; NULL means any.

-- name: create_cloud_hook
INSERT INTO cloud_hook (tenant_id, type, name, version_group_id, states, config)
VALUES (:tenant_id, :type, :name, :version_group_id, :states::jsonb, :config::jsonb)
RETURNING id;

-- name: set_cloud_hook_active
UPDATE cloud_hook SET active = :active
WHERE id = :cloud_hook_id AND tenant_id = coalesce(:caller_tenant_id, tenant_id)
RETURNING id;

-- name: delete_cloud_hook
DELETE FROM cloud_hook
WHERE id = :cloud_hook_id AND tenant_id = coalesce(:caller_tenant_id, tenant_id)
RETURNING id;

-- name: get_cloud_hooks
SELECT id, type, config, active, signing_secret FROM cloud_hook WHERE id = ANY (:cloud_hook_ids::uuid[]);

-- name: cloud_hook_test
-- The hook, and the event of a run of its tenant entering :state; of an invented run when :flow_run_id is NULL.
-- The event is NULL when there is no such run.
WITH hook AS (
    SELECT id, tenant_id, type, config, signing_secret
    FROM cloud_hook
    WHERE id = :cloud_hook_id AND tenant_id = coalesce(:caller_tenant_id, tenant_id)
),
subject AS (
    SELECT
        run.id, run.name, run.state, run.version, flow.id AS flow_id, flow.name AS flow_name, flow.flow_group_id,
        flow.version_group_id, tenant.id AS tenant_id, tenant.slug
    FROM hook
    JOIN flow_run AS run ON run.tenant_id = hook.tenant_id AND run.id = :flow_run_id::uuid
    JOIN flow ON flow.id = run.flow_id
    JOIN tenant ON tenant.id = run.tenant_id
    UNION ALL
    SELECT
        gen_random_uuid(), :flow_run_name::text, NULL, 0, gen_random_uuid(), 'Cloud Hook Test Flow', gen_random_uuid(),
        gen_random_uuid()::text, tenant_id, 'test-slug'
    FROM hook
    WHERE :flow_run_id::uuid IS NULL
)
SELECT
    hook.tenant_id, hook.type, hook.config, hook.signing_secret,
    CASE WHEN subject.id IS NOT NULL THEN utility.flow_run_state_changed(jsonb_build_object(
        'id', gen_random_uuid(), 'timestamp', now(), 'type', 'FlowRunStateChange', 'is_test_event', true,
        'flow_run', jsonb_build_object(
            'id', subject.id, 'name', subject.name, 'state', subject.state, 'version', subject.version),
        'flow', jsonb_build_object(
            'id', flow_id, 'name', flow_name, 'flow_group_id', flow_group_id, 'version_group_id', version_group_id),
        'tenant', jsonb_build_object('id', subject.tenant_id, 'slug', slug),
        'state', jsonb_build_object(
            'id', uuidv7(), 'flow_run_id', subject.id, 'state', :state::text, 'version', subject.version + 1,
            'timestamp', now(), 'message', :message::text, 'start_time', :start_time::timestamptz,
            'serialized_state', :serialized_state::jsonb))) END AS event
FROM hook
LEFT JOIN subject ON true;

-- name: create_hook_message
-- What a PREFECT_MESSAGE hook does: the event without its own id, time and type, and without what is not set.
INSERT INTO message (tenant_id, type, content)
VALUES (
    :tenant_id, 'CLOUD_HOOK',
    jsonb_build_object('type', 'CLOUD_HOOK', 'event', jsonb_strip_nulls(:event::jsonb - '{id,timestamp,type}'::text[])))
RETURNING id;
