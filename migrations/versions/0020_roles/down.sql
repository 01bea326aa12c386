ALTER TABLE membership DROP COLUMN role_id;
DROP TABLE auth_role;
