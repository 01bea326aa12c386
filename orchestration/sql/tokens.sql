-- Access tokens: an API key narrowed to one tenant, for a time.

-- name: tenant_exists
SELECT EXISTS (SELECT FROM tenant WHERE id = :tenant_id)
   AND NOT EXISTS (SELECT FROM utility.tenant_deletion WHERE tenant_id = :tenant_id);

-- name: make_access_token
-- For a tenant that the key opens; the key's ended ones go.
WITH ended AS (
    DELETE FROM vault.access_token WHERE api_key_id = :key_id AND refused_from <= now()
)
INSERT INTO vault.access_token (digest, api_key_id, tenant_id, refused_from)
SELECT :digest, auth_api_key.id, :tenant_id, now() + :kept
FROM auth_api_key
WHERE auth_api_key.id = :key_id AND :tenant_id = ANY (utility.tenants_of_api_key(auth_api_key))
RETURNING true;

-- name: refresh_access_token
UPDATE vault.access_token SET refused_from = now() + :kept
WHERE digest = :digest AND api_key_id = :key_id AND refused_from > now()
RETURNING true;

-- name: find_access_token
SELECT
    auth_api_key.id,
    auth_api_key.user_id,
    auth_api_key.scope,
    NULL::timestamptz AS expires_at,
    ARRAY[access_token.tenant_id] AS tenant_ids,
    ARRAY[auth_role.id] AS role_ids,
    json_build_array(auth_role.permissions) AS permissions
FROM vault.access_token
JOIN auth_api_key ON auth_api_key.id = access_token.api_key_id
JOIN membership ON membership.user_id = auth_api_key.user_id AND membership.tenant_id = access_token.tenant_id
JOIN auth_role ON auth_role.id = membership.role_id
WHERE access_token.digest = :digest
  AND access_token.refused_from > now()
  AND coalesce(auth_api_key.expires_at > now(), true)
  AND access_token.tenant_id = ANY (utility.tenants_of_api_key(auth_api_key));
