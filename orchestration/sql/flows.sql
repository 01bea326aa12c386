-- Flows: registering, archiving, deleting, schedules on and off.

-- name: project_tenant
SELECT tenant_id FROM project WHERE id = :project_id AND tenant_id = coalesce(:tenant_id, tenant_id) FOR KEY SHARE;

-- name: lock_name
-- Registrations of one flow name in one project go one after another, until the transaction ends.
SELECT pg_advisory_xact_lock(hashtextextended('lictor.register:' || :project_id::uuid || ':' || :name::text, 0));

-- name: latest_group_of_name
SELECT version_group_id
FROM flow
WHERE project_id = :project_id AND name = :name
ORDER BY created DESC, version DESC
LIMIT 1;

-- name: lock_group
-- Find or make the group of a version group, and hold it: versions of a group come one after another.
INSERT INTO flow_group (tenant_id, name, settings)
VALUES (:tenant_id, :version_group_id, '{"heartbeat_enabled": true, "lazarus_enabled": true, "version_locking_enabled": false}')
ON CONFLICT ON CONSTRAINT flow_group_tenant_id_name_key DO UPDATE SET name = excluded.name
RETURNING id, settings ->> 'idempotency_key' AS idempotency_key, schedule IS NOT NULL AS has_schedule;

-- name: current_flow
SELECT id FROM flow
WHERE tenant_id = :tenant_id AND version_group_id = :version_group_id AND NOT archived;

-- name: remember_key
UPDATE flow_group
SET settings = settings || jsonb_build_object('idempotency_key', :idempotency_key::text)
WHERE id = :flow_group_id;

-- name: insert_flow
INSERT INTO flow (
    tenant_id, project_id, flow_group_id, name, version, version_group_id, description, environment, run_config,
    storage, parameters, core_version, serialized_flow, schedule, settings)
SELECT
    :tenant_id, :project_id, flow_group.id, :name,
    1 + coalesce((SELECT max(version) FROM flow
                  WHERE tenant_id = :tenant_id AND version_group_id = flow_group.name), 0),
    flow_group.name, :description, nullif(document -> 'environment', 'null'),
    nullif(document -> 'run_config', 'null'), nullif(document -> 'storage', 'null'),
    coalesce(nullif(document -> 'parameters', 'null'), '[]'), document ->> '__version__', document,
    nullif(document -> 'schedule', 'null'), flow_group.settings - 'idempotency_key'
FROM flow_group, CAST(:document AS jsonb) AS document
WHERE flow_group.id = :flow_group_id
RETURNING id, schedule IS NOT NULL AS has_schedule;

-- name: flow_tenant
SELECT tenant_id, name FROM flow WHERE id = :flow_id AND tenant_id = coalesce(:tenant_id, tenant_id) FOR NO KEY UPDATE;

-- name: insert_tasks
-- Tasks a flow does not have yet; what its document does not name is added to the document, too.
WITH given AS MATERIALIZED (
    SELECT ordinality, document,
           t.id, t.name, t.slug, t.type, t.max_retries, t.retry_delay, t.trigger, t.cache_key, t.tags, t.auto_generated
    FROM jsonb_array_elements(:tasks::jsonb) WITH ORDINALITY AS element (document, ordinality)
    CROSS JOIN LATERAL jsonb_to_record(document -> 'row') AS t (
        id uuid, name text, slug text, type text, max_retries integer, retry_delay interval, trigger text,
        cache_key text, tags jsonb, auto_generated boolean)
),
inserted AS (
    INSERT INTO task (
        id, tenant_id, flow_id, name, slug, type, max_retries, retry_delay, trigger, cache_key, tags, auto_generated)
    SELECT
        coalesce(id, gen_random_uuid()), :tenant_id, :flow_id, name, slug, type, max_retries, retry_delay, trigger,
        cache_key, coalesce(tags, '[]'), coalesce(auto_generated, false)
    FROM given
    ORDER BY slug
    ON CONFLICT ON CONSTRAINT task_flow_id_slug_key DO NOTHING
    RETURNING slug
)
UPDATE flow
SET serialized_flow = jsonb_set(
        coalesce(serialized_flow, '{}'), '{tasks}',
        coalesce(nullif(serialized_flow -> 'tasks', 'null'), '[]') || added.tasks)
FROM (
    SELECT jsonb_agg(given.document -> 'task' ORDER BY given.ordinality) AS tasks
    FROM given
    WHERE given.slug NOT IN (
        SELECT coalesce(named ->> 'slug', '')
        FROM flow AS present, jsonb_path_query(present.serialized_flow, 'lax $.tasks[*]') AS named
        WHERE present.id = :flow_id)
) AS added
WHERE flow.id = :flow_id AND added.tasks IS NOT NULL;

-- name: unknown_slugs
-- One look into the index for each (LIMIT keeps it that): of a flow just made the statistics say that it has no tasks.
SELECT coalesce(array_agg(DISTINCT named.slug ORDER BY named.slug), '{}')
FROM unnest(:slugs::text[]) AS named (slug)
WHERE (SELECT id FROM task WHERE task.flow_id = :flow_id AND task.slug = named.slug LIMIT 1) IS NULL;

-- name: insert_edges
-- Tasks by one look into the index for each end of an edge (LIMIT keeps it that), as above.
WITH given AS MATERIALIZED (
    SELECT upstream.id AS upstream_task_id, downstream.id AS downstream_task_id, e.key, coalesce(e.mapped, false) AS mapped
    FROM jsonb_to_recordset(:edges::jsonb) AS e (upstream text, downstream text, key text, mapped boolean)
    CROSS JOIN LATERAL (
        SELECT id FROM task WHERE task.flow_id = :flow_id AND task.slug = e.upstream LIMIT 1
    ) AS upstream
    CROSS JOIN LATERAL (
        SELECT id FROM task WHERE task.flow_id = :flow_id AND task.slug = e.downstream LIMIT 1
    ) AS downstream
),
inserted AS (
    INSERT INTO edge (tenant_id, flow_id, upstream_task_id, downstream_task_id, key, mapped)
    SELECT :tenant_id, :flow_id, upstream_task_id, downstream_task_id, key, mapped
    FROM given
    ORDER BY downstream_task_id, upstream_task_id
    ON CONFLICT ON CONSTRAINT edge_flow_id_task_ids_key DO NOTHING
)
UPDATE task SET mapped = true
WHERE id IN (SELECT downstream_task_id FROM given WHERE mapped) AND NOT mapped;

-- name: hold_for_archiving
-- FOR UPDATE, which waits for everybody who is making a run of the flow and keeps others from it: the statements after
-- this one see all its runs (create_flow_runs looks whether the flow is archived with the row held).
SELECT FROM flow WHERE id = :flow_id AND tenant_id = coalesce(:tenant_id, tenant_id) FOR UPDATE;

-- name: archive
UPDATE flow SET archived = true WHERE id = :flow_id AND tenant_id = coalesce(:tenant_id, tenant_id) RETURNING name;

-- name: delete_scheduled_runs
DELETE FROM flow_run WHERE flow_id = :flow_id AND auto_scheduled AND state = 'Scheduled';

-- name: scheduled_by_hand
SELECT id FROM flow_run WHERE flow_id = :flow_id AND NOT auto_scheduled AND state = 'Scheduled' ORDER BY id FOR NO KEY UPDATE;

-- name: delete_flow
DELETE FROM flow WHERE id = :flow_id AND tenant_id = coalesce(:tenant_id, tenant_id) RETURNING id;

-- name: schedule_to_activate
SELECT
    flow.parameters,
    coalesce(nullif(flow_group.schedule, 'null'), nullif(flow.schedule, 'null')) AS schedule,
    flow_group.default_parameters
FROM flow JOIN flow_group ON flow_group.id = flow.flow_group_id
WHERE flow.id = :flow_id AND flow.tenant_id = coalesce(:tenant_id, flow.tenant_id)
FOR NO KEY UPDATE OF flow;

-- name: set_schedule_active
UPDATE flow SET is_schedule_active = :active WHERE id = :flow_id AND tenant_id = coalesce(:tenant_id, tenant_id) RETURNING id;
