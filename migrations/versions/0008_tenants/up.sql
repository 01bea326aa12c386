-- The root field `tenant`. A client without a tenant takes the first one it is given (contract client.md 1.6): that has
-- to be the default one, the oldest, wherever its row lies after an update, and never one that is just being purged.
-- Postgres puts the function's query in the place of the call: conditions on tenants still find their indexes.

CREATE FUNCTION utility.live_tenants() RETURNS SETOF tenant
LANGUAGE sql STABLE AS $$
    SELECT * FROM tenant
    WHERE NOT EXISTS (SELECT FROM utility.tenant_deletion WHERE tenant_id = tenant.id)
    ORDER BY created, id
$$;
COMMENT ON FUNCTION utility.live_tenants IS 'Tenants that are not deleted, the default one first.';
