-- Tenants, projects, agents, artifacts.

-- name: create_tenant
-- Whoever makes it is its first member; without authentication that is the administrator, once there is one.
WITH made AS (
    INSERT INTO tenant (name, slug) VALUES (:name, :slug) RETURNING id
),
joined AS (
    INSERT INTO membership (user_id, tenant_id)
    SELECT auth_user.id, made.id
    FROM made
    JOIN auth_user
        ON auth_user.id = coalesce(:user_id, (SELECT id FROM auth_user ORDER BY created, id LIMIT 1))
)
SELECT id FROM made;

-- name: ensure_default_tenant
-- The tenant that a client finds before anybody has made one (contract client.md 1.6).
INSERT INTO tenant (name, slug)
SELECT 'default', 'default'
WHERE NOT EXISTS (
    SELECT FROM tenant WHERE NOT EXISTS (SELECT FROM utility.tenant_deletion WHERE tenant_id = tenant.id))
ON CONFLICT (slug) DO NOTHING;

-- name: default_tenant
SELECT id FROM tenant
WHERE NOT EXISTS (SELECT FROM utility.tenant_deletion WHERE tenant_id = tenant.id)
ORDER BY created, id
LIMIT 1;

-- name: create_project
INSERT INTO project (tenant_id, name, description) VALUES (:tenant_id, :name, :description) RETURNING id;

-- name: delete_project
DELETE FROM project WHERE id = :project_id AND tenant_id = coalesce(:tenant_id, tenant_id) RETURNING id;

-- name: register_agent
-- One row per identity (tenant, type, name, version, labels); registering again finds it (3.6.8). None for a config
-- that the tenant does not have.
INSERT INTO agent (tenant_id, agent_config_id, name, type, core_version, labels)
SELECT :tenant_id::uuid, :agent_config_id::uuid, :name, :type, :core_version, :labels::jsonb
WHERE :agent_config_id::uuid IS NULL
   OR EXISTS (SELECT FROM agent_config WHERE id = :agent_config_id::uuid AND tenant_id = :tenant_id::uuid)
ON CONFLICT (tenant_id, type, name, core_version, md5(labels::text))
    DO UPDATE SET last_queried = now(), agent_config_id = coalesce(excluded.agent_config_id, agent.agent_config_id)
RETURNING id;

-- name: create_task_run_artifact
INSERT INTO task_run_artifact (tenant_id, task_run_id, kind, data)
SELECT tenant_id, id, :kind, :data::jsonb
FROM task_run
WHERE id = :task_run_id AND tenant_id = coalesce(:tenant_id, tenant_id)
RETURNING id;

-- name: update_task_run_artifact
UPDATE task_run_artifact SET data = :data::jsonb
WHERE id = :task_run_artifact_id AND tenant_id = coalesce(:caller_tenant_id, tenant_id)
RETURNING id;

-- name: delete_task_run_artifact
DELETE FROM task_run_artifact
WHERE id = :task_run_artifact_id AND tenant_id = coalesce(:caller_tenant_id, tenant_id)
RETURNING id;
