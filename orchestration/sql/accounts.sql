-- Users, memberships and API keys.

-- name: ensure_first_user
-- The administrator, a member of every tenant there is. Does nothing once there is any user.
WITH made AS (
    INSERT INTO auth_user (username, first_name)
    SELECT 'admin', 'Administrator' WHERE NOT EXISTS (SELECT FROM auth_user)
    ON CONFLICT (username) DO NOTHING
    RETURNING id
)
INSERT INTO membership (user_id, tenant_id)
SELECT made.id, tenant.id FROM made CROSS JOIN tenant
WHERE NOT EXISTS (SELECT FROM utility.tenant_deletion WHERE tenant_id = tenant.id);

-- name: ensure_user
-- The user of a name, made on first sight, as a member of one tenant or, without one, of all. A role that is given is
-- theirs afterwards; without one a member keeps theirs, and a new one may do everything.
WITH named AS (
    INSERT INTO auth_user (username) VALUES (:username)
    ON CONFLICT (username) DO UPDATE SET username = excluded.username
    RETURNING id
),
joined AS (
    INSERT INTO membership (user_id, tenant_id, role_id)
    SELECT named.id, tenant.id, coalesce(role.id, :first_role)
    FROM named
    CROSS JOIN tenant
    LEFT JOIN auth_role AS role
        ON role.name = :role AND (role.tenant_id IS NULL OR role.tenant_id = tenant.id)
    WHERE tenant.id = coalesce(:tenant_id, tenant.id)
      AND (:role::text IS NULL OR role.id IS NOT NULL)
      AND NOT EXISTS (SELECT FROM utility.tenant_deletion WHERE tenant_id = tenant.id)
    ON CONFLICT (user_id, tenant_id) DO UPDATE SET role_id = excluded.role_id WHERE :role::text IS NOT NULL
)
SELECT id FROM named;

-- name: tenants_without_role
-- Slugs of the tenants meant that have no role of that name.
SELECT slug FROM tenant
WHERE id = coalesce(:tenant_id, id)
  AND NOT EXISTS (SELECT FROM utility.tenant_deletion WHERE tenant_id = tenant.id)
  AND NOT EXISTS (
      SELECT FROM auth_role WHERE name = :role AND (auth_role.tenant_id IS NULL OR auth_role.tenant_id = tenant.id))
ORDER BY slug;

-- name: tenant_of_slug
SELECT id FROM tenant WHERE slug = :slug;

-- name: auth_info
-- Who a caller is and where. A tenant that does not exist is NULL; so is the user before there is one.
SELECT
    (SELECT id FROM tenant
     WHERE id = coalesce(:tenant_id, utility.default_tenant_id())
       AND NOT EXISTS (SELECT FROM utility.tenant_deletion WHERE tenant_id = tenant.id)) AS tenant_id,
    coalesce(:user_id, (SELECT id FROM auth_user ORDER BY created, id LIMIT 1)) AS user_id;

-- name: create_api_key
-- A key for one tenant makes no keys: they would open what it does not.
WITH bound AS (
    SELECT id FROM auth_api_key WHERE id = :created_with_id AND scope IN ('TENANT', 'RUNNER')
),
owner AS (
    SELECT id FROM auth_user WHERE id = :user_id
),
made AS (
    INSERT INTO auth_api_key (user_id, created_by_id, name, expires_at, default_tenant_id, scope)
    SELECT id, coalesce(:created_by_id, id), :name, :expires_at, :default_tenant_id, :scope
    FROM owner
    WHERE NOT EXISTS (SELECT FROM bound)
      AND (:default_tenant_id::uuid IS NULL
           OR EXISTS (SELECT FROM membership WHERE user_id = owner.id AND tenant_id = :default_tenant_id))
    RETURNING id
),
kept AS (
    INSERT INTO vault.api_key_digest (api_key_id, prefix, digest)
    SELECT id, :prefix, :digest FROM made
)
SELECT (SELECT id FROM made) AS id, EXISTS (SELECT FROM owner) AS has_owner, EXISTS (SELECT FROM bound) AS is_bound;

-- name: find_api_key
-- The key of a prefix while it is valid, with the tenants that it opens and the roles it has there.
SELECT
    auth_api_key.id,
    auth_api_key.user_id,
    auth_api_key.expires_at,
    auth_api_key.scope,
    api_key_digest.digest,
    opened.tenant_ids,
    opened.role_ids,
    opened.permissions
FROM vault.api_key_digest
JOIN auth_api_key ON auth_api_key.id = api_key_digest.api_key_id
CROSS JOIN LATERAL (
    SELECT coalesce(array_agg(tenants.tenant_id ORDER BY place), '{}') AS tenant_ids,
           coalesce(array_agg(auth_role.id ORDER BY place), '{}') AS role_ids,
           coalesce(json_agg(auth_role.permissions ORDER BY place), '[]') AS permissions
    FROM unnest(utility.tenants_of_api_key(auth_api_key)) WITH ORDINALITY AS tenants (tenant_id, place)
    JOIN membership ON membership.tenant_id = tenants.tenant_id
    JOIN auth_role ON auth_role.id = membership.role_id
    WHERE membership.user_id = auth_api_key.user_id
) AS opened
WHERE api_key_digest.prefix = :prefix AND coalesce(auth_api_key.expires_at > now(), true);

-- name: delete_api_key
DELETE FROM auth_api_key WHERE id = :key_id AND user_id = coalesce(:user_id, user_id) RETURNING id;

-- name: update_user_settings
-- Merged in one statement: of two pages that save at once none loses a key.
UPDATE auth_user SET settings = settings || :settings::jsonb
WHERE id = coalesce(:user_id, (SELECT id FROM auth_user ORDER BY created, id LIMIT 1))
RETURNING id;

-- name: list_api_keys
SELECT auth_api_key.id, auth_api_key.name, auth_user.username, auth_api_key.created, auth_api_key.expires_at,
       api_key_digest.prefix
FROM auth_api_key
JOIN auth_user ON auth_user.id = auth_api_key.user_id
JOIN vault.api_key_digest ON api_key_digest.api_key_id = auth_api_key.id
ORDER BY auth_api_key.created, auth_api_key.id;
