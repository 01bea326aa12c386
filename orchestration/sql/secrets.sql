-- Secrets: sealed before they come here, opened after they leave.

-- name: set_secret
INSERT INTO vault.secret (tenant_id, name, key_id, nonce, ciphertext)
SELECT id, :name, :key_id, :nonce, :ciphertext
FROM tenant
WHERE id = :tenant_id AND NOT EXISTS (SELECT FROM utility.tenant_deletion WHERE tenant_id = tenant.id)
ON CONFLICT (tenant_id, name)
    DO UPDATE SET key_id = excluded.key_id, nonce = excluded.nonce, ciphertext = excluded.ciphertext
RETURNING id;

-- name: delete_secret
DELETE FROM vault.secret WHERE tenant_id = :tenant_id AND name = :name RETURNING id;

-- name: sealed_secret
SELECT key_id, nonce, ciphertext FROM vault.secret WHERE tenant_id = :tenant_id AND name = :name;

-- name: secret_names
SELECT name FROM vault.secret WHERE tenant_id = :tenant_id ORDER BY name;

-- name: secrets_of_other_keys
-- Locked, so that a rotation overwrites no secret that is set meanwhile.
SELECT id, tenant_id, name, key_id, nonce, ciphertext
FROM vault.secret
WHERE key_id <> :key_id
ORDER BY id
FOR UPDATE;

-- name: reseal_secrets
UPDATE vault.secret
SET key_id = :key_id, nonce = sealed.nonce, ciphertext = sealed.ciphertext
FROM unnest(:ids::uuid[], :nonces::bytea[], :ciphertexts::bytea[]) AS sealed (id, nonce, ciphertext)
WHERE secret.id = sealed.id;
