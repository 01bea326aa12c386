-- Tenants: changing and deleting them. A tenant in utility.tenant_deletion is gone for everybody who asks by id.

-- name: only_tenant
-- The tenant, if there is exactly one.
SELECT CASE WHEN count(*) = 1 THEN (array_agg(id))[1] END
FROM (
    SELECT id FROM tenant
    WHERE NOT EXISTS (SELECT FROM utility.tenant_deletion WHERE tenant_id = tenant.id)
    LIMIT 2
) AS found;

-- name: update_tenant_name
UPDATE tenant SET name = :name
WHERE id = :tenant_id AND NOT EXISTS (SELECT FROM utility.tenant_deletion WHERE tenant_id = tenant.id)
RETURNING id;

-- name: update_tenant_slug
UPDATE tenant SET slug = :slug
WHERE id = :tenant_id AND NOT EXISTS (SELECT FROM utility.tenant_deletion WHERE tenant_id = tenant.id)
RETURNING id;

-- name: update_tenant_settings
-- Merged in one statement: of two writers at once none loses a key (contract server.md 5.3 no. 11).
UPDATE tenant SET settings = settings || :settings::jsonb
WHERE id = :tenant_id AND NOT EXISTS (SELECT FROM utility.tenant_deletion WHERE tenant_id = tenant.id)
RETURNING id;

-- name: delete_tenant
-- From here on the tenant takes nothing new (utility.refuse_rows_of_deleted_tenants), and its slug is free again.
WITH deleted AS (
    INSERT INTO utility.tenant_deletion (tenant_id)
    SELECT id FROM tenant WHERE id = :tenant_id
    ON CONFLICT (tenant_id) DO UPDATE SET requested = tenant_deletion.requested
    RETURNING tenant_id
),
renamed AS (
    UPDATE tenant SET slug = 'deleted-' || tenant.id
    FROM deleted
    WHERE tenant.id = deleted.tenant_id
)
SELECT tenant_id FROM deleted;
