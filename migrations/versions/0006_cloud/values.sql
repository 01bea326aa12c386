-- What a tenant keeps for its flows: key-value pairs and secrets (contract ui-and-cloud.md B.3, rows 17 and 18).

CREATE TABLE key_value (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    created timestamptz NOT NULL DEFAULT now(),
    updated timestamptz NOT NULL DEFAULT now(),
    tenant_id uuid NOT NULL CONSTRAINT key_value_tenant_id_fkey REFERENCES tenant ON DELETE CASCADE,
    key varchar(255) NOT NULL CONSTRAINT key_value_key_check CHECK (key <> ''),
    value jsonb NOT NULL,
    CONSTRAINT key_value_tenant_id_key_key UNIQUE (tenant_id, key)
);
COMMENT ON TABLE key_value IS 'The KV store: small JSON values that flows share.';

CREATE TRIGGER update_timestamp BEFORE UPDATE ON key_value FOR EACH ROW
    WHEN (NEW.updated IS NOT DISTINCT FROM OLD.updated) EXECUTE FUNCTION utility.set_updated_timestamp();

CREATE TRIGGER refuse_deleted_tenants AFTER INSERT ON key_value REFERENCING NEW TABLE AS new_row
FOR EACH STATEMENT EXECUTE FUNCTION utility.refuse_rows_of_deleted_tenants();

-- The root field `key_value`: the client filters by the key alone and takes the first row, so rows of other
-- tenants must not be among them. A caller that names no tenant means the default one, which is the oldest.
CREATE FUNCTION utility.own_key_values(hasura_session json) RETURNS SETOF key_value
LANGUAGE sql STABLE AS $$
    SELECT * FROM key_value
    WHERE tenant_id = coalesce(
        (hasura_session ->> 'x-hasura-tenant-id')::uuid, utility.default_tenant_id())
$$;

CREATE TABLE vault.secret (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    created timestamptz NOT NULL DEFAULT now(),
    updated timestamptz NOT NULL DEFAULT now(),
    tenant_id uuid NOT NULL REFERENCES tenant ON DELETE CASCADE,
    name varchar(255) NOT NULL CHECK (name <> ''),
    key_id text NOT NULL,
    nonce bytea NOT NULL CHECK (octet_length(nonce) = 12),
    ciphertext bytea NOT NULL,
    UNIQUE (tenant_id, name)
);
COMMENT ON TABLE vault.secret IS 'Secrets, sealed with AES-256-GCM (orchestration/sealing.py).';
COMMENT ON COLUMN vault.secret.key_id IS 'Which of the server''s keys sealed it; rotation finds by it what is left to do.';

CREATE TRIGGER update_timestamp BEFORE UPDATE ON vault.secret FOR EACH ROW
    WHEN (NEW.updated IS NOT DISTINCT FROM OLD.updated) EXECUTE FUNCTION utility.set_updated_timestamp();

CREATE TRIGGER refuse_deleted_tenants AFTER INSERT ON vault.secret REFERENCING NEW TABLE AS new_row
FOR EACH STATEMENT EXECUTE FUNCTION utility.refuse_rows_of_deleted_tenants();
