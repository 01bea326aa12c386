-- A tenant may own millions of rows: its deletion is recorded here at once, and done in batches after that.

CREATE TABLE utility.tenant_deletion (
    tenant_id uuid PRIMARY KEY CONSTRAINT tenant_deletion_tenant_id_fkey REFERENCES tenant ON DELETE CASCADE,
    requested timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE utility.tenant_deletion IS
    'Tenants that were deleted and still own rows; purge_tenants takes these away, the tenant''s own row last.';

CREATE FUNCTION utility.refuse_rows_of_deleted_tenants() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    -- In a function of its own: this sees what was committed while the row's foreign key waited for the tenant.
    IF EXISTS (SELECT FROM new_row JOIN utility.tenant_deletion USING (tenant_id)) THEN
        RAISE foreign_key_violation USING
            MESSAGE = format('insert on table "%1$s" violates foreign key constraint "%1$s_tenant_id_fkey"', TG_TABLE_NAME),
            DETAIL = 'The tenant has been deleted.',
            TABLE = TG_TABLE_NAME, CONSTRAINT = TG_TABLE_NAME || '_tenant_id_fkey';
    END IF;
    RETURN NULL;
END
$$;

-- Where everything of a tenant begins. Runs are not among them: they need a flow that is not archived, and the
-- flows of a deleted tenant are.
DO $do$
DECLARE
    table_name text;
BEGIN
    FOREACH table_name IN ARRAY ARRAY[
        'agent', 'agent_config', 'cloud_hook', 'flow', 'flow_group', 'message', 'project'
    ] LOOP
        EXECUTE format(
            'CREATE TRIGGER refuse_deleted_tenants AFTER INSERT ON public.%I REFERENCING NEW TABLE AS new_row '
            'FOR EACH STATEMENT EXECUTE FUNCTION utility.refuse_rows_of_deleted_tenants()', table_name);
    END LOOP;
END
$do$;
