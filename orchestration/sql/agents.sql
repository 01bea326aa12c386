-- Agents, their configs, and messages. :caller_tenant_id is the tenant the caller acts for; NULL means any.

-- name: delete_agent
DELETE FROM agent
WHERE id = :agent_id AND tenant_id = coalesce(:caller_tenant_id, tenant_id)
RETURNING id;

-- name: create_agent_config
INSERT INTO agent_config (tenant_id, name, settings, sla_min_healthy)
VALUES (:tenant_id, :name, :settings::jsonb, :sla_min_healthy)
RETURNING id;

-- name: update_agent_config
-- What is NULL stays as it is.
UPDATE agent_config
SET name = coalesce(:name, name), settings = coalesce(:settings::jsonb, settings),
    sla_min_healthy = coalesce(:sla_min_healthy, sla_min_healthy)
WHERE id = :agent_config_id AND tenant_id = coalesce(:caller_tenant_id, tenant_id)
RETURNING id;

-- name: delete_agent_config
DELETE FROM agent_config
WHERE id = :agent_config_id AND tenant_id = coalesce(:caller_tenant_id, tenant_id)
RETURNING id;
