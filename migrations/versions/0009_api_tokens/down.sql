-- Takes away all that revision 0009 brought, data included. Tokens of one tenant go: as keys they would open all.
DROP FUNCTION utility.own_api_tokens(json);
DROP TABLE vault.access_token;
DROP FUNCTION utility.tenants_of_api_key(auth_api_key);
DELETE FROM auth_api_key WHERE scope IN ('TENANT', 'RUNNER');
ALTER TABLE auth_api_key DROP COLUMN scope;
