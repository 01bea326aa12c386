-- Takes away all that revision 0006 brought, data included.
DROP FUNCTION utility.own_key_values(json), utility.own_api_keys(json), utility.own_user(json);
DROP TABLE vault.secret, vault.api_key_digest, key_value, auth_api_key;
ALTER TABLE auth_user DROP CONSTRAINT auth_user_default_membership_id_fkey;
DROP TABLE membership, auth_user;
DROP FUNCTION utility.set_default_membership();
DROP SCHEMA vault;
DROP FUNCTION utility.default_tenant_id();
