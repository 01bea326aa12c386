-- Who may call: users, the tenants they belong to, and their API keys (contract ui-and-cloud.md B.3, rows 1, 3, 7).
-- `auth_user` is the API's `user`; that word is Postgres' own.

CREATE FUNCTION utility.default_tenant_id() RETURNS uuid
LANGUAGE sql STABLE AS $$
    SELECT id FROM public.tenant
    WHERE NOT EXISTS (SELECT FROM utility.tenant_deletion WHERE tenant_id = tenant.id)
    ORDER BY created, id LIMIT 1
$$;
COMMENT ON FUNCTION utility.default_tenant_id IS 'The tenant that is meant when a caller names none: the oldest.';

CREATE SCHEMA vault;
COMMENT ON SCHEMA vault IS 'What no query may show: digests of API keys, sealed secrets. Never tracked in the metadata.';

CREATE TABLE auth_user (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    created timestamptz NOT NULL DEFAULT now(),
    updated timestamptz NOT NULL DEFAULT now(),
    username varchar(255) NOT NULL CONSTRAINT auth_user_username_key UNIQUE,
    email varchar(255),
    first_name varchar(255),
    last_name varchar(255),
    account_type varchar NOT NULL DEFAULT 'USER'
        CONSTRAINT auth_user_account_type_check CHECK (account_type IN ('USER', 'SERVICE')),
    settings jsonb NOT NULL DEFAULT '{}',
    default_membership_id uuid
);
COMMENT ON TABLE auth_user IS 'A person or a service that holds API keys; the first one made is the administrator.';

CREATE TABLE membership (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    created timestamptz NOT NULL DEFAULT now(),
    updated timestamptz NOT NULL DEFAULT now(),
    tenant_id uuid NOT NULL CONSTRAINT membership_tenant_id_fkey REFERENCES tenant ON DELETE CASCADE,
    user_id uuid NOT NULL CONSTRAINT membership_user_id_fkey REFERENCES auth_user ON DELETE CASCADE,
    CONSTRAINT membership_user_id_tenant_id_key UNIQUE (user_id, tenant_id)
);
COMMENT ON TABLE membership IS 'A user''s right to act in a tenant.';
CREATE INDEX ix_membership_tenant_id ON membership (tenant_id);

ALTER TABLE auth_user ADD CONSTRAINT auth_user_default_membership_id_fkey
    FOREIGN KEY (default_membership_id) REFERENCES membership ON DELETE SET NULL;
CREATE INDEX ix_auth_user_default_membership_id ON auth_user (default_membership_id);

CREATE TABLE auth_api_key (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    created timestamptz NOT NULL DEFAULT now(),
    updated timestamptz NOT NULL DEFAULT now(),
    user_id uuid NOT NULL CONSTRAINT auth_api_key_user_id_fkey REFERENCES auth_user ON DELETE CASCADE,
    created_by_id uuid CONSTRAINT auth_api_key_created_by_id_fkey REFERENCES auth_user ON DELETE SET NULL,
    default_tenant_id uuid CONSTRAINT auth_api_key_default_tenant_id_fkey REFERENCES tenant ON DELETE SET NULL,
    name varchar(255) NOT NULL,
    expires_at timestamptz
);
COMMENT ON TABLE auth_api_key IS 'What is known of an API key; the key itself is shown once and never stored.';
CREATE INDEX ix_auth_api_key_user_id ON auth_api_key (user_id);
CREATE INDEX ix_auth_api_key_created_by_id ON auth_api_key (created_by_id);
CREATE INDEX ix_auth_api_key_default_tenant_id ON auth_api_key (default_tenant_id);

CREATE TABLE vault.api_key_digest (
    api_key_id uuid PRIMARY KEY REFERENCES auth_api_key ON DELETE CASCADE,
    prefix text NOT NULL UNIQUE,
    digest bytea NOT NULL CHECK (octet_length(digest) = 32)
);
COMMENT ON TABLE vault.api_key_digest IS 'SHA-256 of each API key, found by the key''s public prefix.';

CREATE TRIGGER update_timestamp BEFORE UPDATE ON auth_user FOR EACH ROW
    WHEN (NEW.updated IS NOT DISTINCT FROM OLD.updated) EXECUTE FUNCTION utility.set_updated_timestamp();
CREATE TRIGGER update_timestamp BEFORE UPDATE ON membership FOR EACH ROW
    WHEN (NEW.updated IS NOT DISTINCT FROM OLD.updated) EXECUTE FUNCTION utility.set_updated_timestamp();
CREATE TRIGGER update_timestamp BEFORE UPDATE ON auth_api_key FOR EACH ROW
    WHEN (NEW.updated IS NOT DISTINCT FROM OLD.updated) EXECUTE FUNCTION utility.set_updated_timestamp();

-- A user's first membership is the default one; of several at once, that of the oldest tenant.
CREATE FUNCTION utility.set_default_membership() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    UPDATE auth_user
    SET default_membership_id = first.id
    FROM (
        SELECT DISTINCT ON (new_membership.user_id) new_membership.user_id, new_membership.id
        FROM new_membership
        JOIN tenant ON tenant.id = new_membership.tenant_id
        ORDER BY new_membership.user_id, tenant.created, tenant.id
    ) AS first
    WHERE auth_user.id = first.user_id AND auth_user.default_membership_id IS NULL;
    RETURN NULL;
END
$$;

CREATE TRIGGER set_default_membership AFTER INSERT ON membership REFERENCING NEW TABLE AS new_membership
FOR EACH STATEMENT EXECUTE FUNCTION utility.set_default_membership();

CREATE TRIGGER refuse_deleted_tenants AFTER INSERT ON membership REFERENCING NEW TABLE AS new_row
FOR EACH STATEMENT EXECUTE FUNCTION utility.refuse_rows_of_deleted_tenants();

-- The root fields `user` and `auth_api_key`. Whoever comes with a key sees what is theirs; without authentication
-- there is no user in the session, and the administrator's view is shown.

CREATE FUNCTION utility.own_user(hasura_session json) RETURNS SETOF auth_user
LANGUAGE sql STABLE AS $$
    SELECT * FROM auth_user
    WHERE id = coalesce(
        (hasura_session ->> 'x-hasura-user-id')::uuid, (SELECT id FROM auth_user ORDER BY created, id LIMIT 1))
$$;

CREATE FUNCTION utility.own_api_keys(hasura_session json) RETURNS SETOF auth_api_key
LANGUAGE sql STABLE AS $$
    SELECT * FROM auth_api_key
    WHERE user_id = coalesce((hasura_session ->> 'x-hasura-user-id')::uuid, user_id)
$$;
