DROP FUNCTION utility.refuse_rows_of_deleted_tenants CASCADE;
DROP TABLE utility.tenant_deletion;
