-- name: ensure_default_tenant()!
-- The tenant that a client finds before anybody has made one (contract client.md 1.6).
INSERT INTO tenant (name, slug)
SELECT 'default', 'default'
WHERE NOT EXISTS (SELECT FROM tenant)
ON CONFLICT (slug) DO NOTHING;

-- name: create_tenant(name, slug)^
-- No row: the slug is taken.
INSERT INTO tenant (name, slug)
VALUES (:name, :slug)
ON CONFLICT (slug) DO NOTHING
RETURNING id;
