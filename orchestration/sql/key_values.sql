-- The key-value store. A caller that names no tenant means the default one, which is the oldest.

-- name: set_key_value
INSERT INTO key_value (tenant_id, key, value)
SELECT id, :key, :value::jsonb
FROM tenant
WHERE id = coalesce(:tenant_id, utility.default_tenant_id())
  AND NOT EXISTS (SELECT FROM utility.tenant_deletion WHERE tenant_id = tenant.id)
ON CONFLICT (tenant_id, key) DO UPDATE SET value = excluded.value
RETURNING id;

-- name: delete_key_value
DELETE FROM key_value
WHERE id = :key_value_id
  AND tenant_id = coalesce(:tenant_id, utility.default_tenant_id())
RETURNING id;
