-- What clients before 1.0 authenticate with (contract ui-and-cloud.md B.3, rows 1 and 8): API tokens, which are API
-- keys with a scope, and the access tokens that `switch_tenant` gives for one of them.

ALTER TABLE auth_api_key ADD COLUMN scope varchar
    CONSTRAINT auth_api_key_scope_check CHECK (scope IN ('USER', 'TENANT', 'RUNNER'));
COMMENT ON COLUMN auth_api_key.scope IS
    'Of a key made as an API token. TENANT and RUNNER open default_tenant_id only; NULL and USER all of the user''s.';

CREATE FUNCTION utility.tenants_of_api_key(key auth_api_key) RETURNS uuid[]
LANGUAGE sql STABLE AS $$
    SELECT coalesce(array_agg(membership.tenant_id ORDER BY
        membership.tenant_id IS NOT DISTINCT FROM key.default_tenant_id DESC,
        membership.id IS NOT DISTINCT FROM auth_user.default_membership_id DESC,
        membership.created, membership.id), '{}')
    FROM membership
    JOIN auth_user ON auth_user.id = membership.user_id
    WHERE membership.user_id = key.user_id
      AND (key.scope IS NULL OR key.scope = 'USER' OR membership.tenant_id = key.default_tenant_id)
      AND NOT EXISTS (SELECT FROM utility.tenant_deletion AS gone WHERE gone.tenant_id = membership.tenant_id)
$$;
COMMENT ON FUNCTION utility.tenants_of_api_key IS 'The tenants that a key opens, its default one first.';

CREATE TABLE vault.access_token (
    digest bytea PRIMARY KEY CHECK (octet_length(digest) = 32),
    api_key_id uuid NOT NULL REFERENCES auth_api_key ON DELETE CASCADE,
    tenant_id uuid NOT NULL REFERENCES tenant ON DELETE CASCADE,
    created timestamptz NOT NULL DEFAULT now(),
    refused_from timestamptz NOT NULL
);
COMMENT ON TABLE vault.access_token IS 'SHA-256 of each access token: an API key narrowed to one tenant, for a time.';
CREATE INDEX ix_access_token_api_key_id ON vault.access_token (api_key_id);
CREATE INDEX ix_access_token_tenant_id ON vault.access_token (tenant_id);

-- The root field `api_token`: clients before 1.0 know their keys by no other name.
CREATE FUNCTION utility.own_api_tokens(hasura_session json) RETURNS SETOF auth_api_key
LANGUAGE sql STABLE AS $$
    SELECT * FROM utility.own_api_keys(hasura_session)
$$;
