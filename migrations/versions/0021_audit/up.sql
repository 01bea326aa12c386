-- The audit trail (contract ui-and-cloud.md B.3 row 9; docs/decisions/0023-audit-trail.md).

CREATE TABLE audit_log (
    id uuid NOT NULL DEFAULT uuidv7(),
    "timestamp" timestamptz NOT NULL DEFAULT clock_timestamp(),
    -- Of what has been deleted the trail goes on telling: no foreign keys.
    tenant_id uuid,
    user_id uuid,
    api_key_id uuid,
    role_id uuid,
    address inet,
    forwarded_for varchar(255),
    user_agent varchar(255),
    core_version varchar(64),
    request_id varchar(128),
    operation varchar(255) NOT NULL,
    object_table varchar(255),
    object_id uuid,
    outcome varchar NOT NULL CONSTRAINT audit_log_outcome_check CHECK (outcome IN ('done', 'refused', 'failed')),
    code varchar(255),
    message varchar NOT NULL,
    info jsonb NOT NULL DEFAULT '{}',
    CONSTRAINT audit_log_pkey PRIMARY KEY (id, "timestamp")
) PARTITION BY RANGE ("timestamp");
COMMENT ON TABLE audit_log IS 'What somebody did or was refused: a mutation or a sign-in. Rows are added and never changed.';
COMMENT ON COLUMN audit_log.tenant_id IS 'Whose trail it is part of; null where no tenant was meant, as in a refused sign-in.';
COMMENT ON COLUMN audit_log.user_id IS 'Who; null without authentication.';
COMMENT ON COLUMN audit_log.address IS 'The other end of the connection: the client, or the last proxy before us.';
COMMENT ON COLUMN audit_log.forwarded_for IS 'X-Forwarded-For as it was sent; whoever connects directly may write anything there.';
COMMENT ON COLUMN audit_log.operation IS 'The root field of the mutation, or sign_in.';
COMMENT ON COLUMN audit_log.code IS 'extensions.code of the answer, where it was not done.';
COMMENT ON COLUMN audit_log.message IS 'A sentence for people.';
COMMENT ON COLUMN audit_log.info IS 'arguments: what was asked for, without secrets; before: what the object was.';

CREATE INDEX ix_audit_log_tenant_id ON audit_log (tenant_id, "timestamp");
CREATE INDEX ix_audit_log_timestamp ON audit_log ("timestamp");
CREATE INDEX ix_audit_log_object_id ON audit_log (object_id, "timestamp") WHERE object_id IS NOT NULL;

CREATE FUNCTION utility.refuse_change() RETURNS trigger
LANGUAGE plpgsql AS $$
DECLARE
    holds_rows boolean;
BEGIN
    IF TG_OP = 'TRUNCATE' THEN
        -- Of nothing there is nothing to lose: so lictor restore prepares an empty database.
        EXECUTE format('SELECT EXISTS (SELECT FROM %s)', TG_RELID::regclass) INTO holds_rows;
        IF NOT holds_rows THEN
            RETURN NULL;
        END IF;
    END IF;
    RAISE EXCEPTION 'The audit trail is append-only: % of % is refused.', TG_OP, TG_TABLE_NAME
        USING ERRCODE = 'insufficient_privilege',
              HINT = 'Old months go by LICTOR_RETENTION_AUDIT_DAYS.';
END
$$;
COMMENT ON FUNCTION utility.refuse_change IS 'For tables whose rows are added and never changed; also their owner is refused.';

CREATE TRIGGER refuse_change BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_log
FOR EACH STATEMENT EXECUTE FUNCTION utility.refuse_change();

CREATE TABLE history.audit_log_default PARTITION OF audit_log DEFAULT;
-- Partitions can be written to by their own names: each has the trigger.
CREATE TRIGGER refuse_change BEFORE UPDATE OR DELETE OR TRUNCATE ON history.audit_log_default
FOR EACH STATEMENT EXECUTE FUNCTION utility.refuse_change();

-- Without those of the audit trail: what retention takes away of a tenant's history it must not take there.
CREATE OR REPLACE VIEW utility.history_partition AS
SELECT
    parent.relname::text AS parent,
    child.relname::text AS name,
    to_date(right(child.relname, 7), 'YYYY_MM')::timestamp AT TIME ZONE 'UTC' AS from_time,
    (to_date(right(child.relname, 7), 'YYYY_MM') + interval '1 month') AT TIME ZONE 'UTC' AS until_time
FROM pg_inherits
JOIN pg_class AS parent ON parent.oid = pg_inherits.inhparent
JOIN pg_class AS child ON child.oid = pg_inherits.inhrelid
WHERE child.relnamespace = 'history'::regnamespace AND child.relname ~ '_\d{4}_\d{2}$' AND child.relkind = 'r'
  AND parent.relname <> 'audit_log';
COMMENT ON VIEW utility.history_partition IS
    'The monthly partitions of the history tables; the default ones are not among them, nor those of the audit trail.';

CREATE FUNCTION utility.drop_expired_audit(days integer) RETURNS SETOF text
LANGUAGE plpgsql
-- The lock stops everybody who reads or writes the trail: it is had at once, or another time.
SET lock_timeout = '200ms' AS $$
DECLARE
    partition_name text;
BEGIN
    -- Also of a caller who passes something else than the setting: never what is younger than a day.
    IF days IS NULL OR days < 1 THEN
        RETURN;
    END IF;
    FOR partition_name IN
        SELECT child.relname
        FROM pg_inherits JOIN pg_class AS child ON child.oid = inhrelid
        WHERE inhparent = 'public.audit_log'::regclass AND child.relname ~ '^audit_log_\d{4}_\d{2}$'
          AND (to_date(right(child.relname, 7), 'YYYY_MM') + interval '1 month') AT TIME ZONE 'UTC'
              <= now() - make_interval(days => days)
        ORDER BY child.relname
    LOOP
        BEGIN
            EXECUTE format('ALTER TABLE public.audit_log DETACH PARTITION history.%I', partition_name);
            EXECUTE format('DROP TABLE history.%I', partition_name);
            RETURN NEXT partition_name;
        EXCEPTION
            WHEN lock_not_available OR undefined_table OR undefined_object THEN
                -- Somebody reads for long, or has dropped it a moment ago.
                NULL;
        END;
    END LOOP;
END
$$;
COMMENT ON FUNCTION utility.drop_expired_audit IS
    'Drops the months of the audit trail that ended more than so many days ago, and returns their partitions'' names.';

CREATE FUNCTION utility.audited_row(table_name text, row_id uuid, caller_tenant_id uuid, columns text[]) RETURNS jsonb
LANGUAGE plpgsql STABLE AS $$
DECLARE
    pairs text;
    tenant_column text := CASE table_name WHEN 'tenant' THEN 'id' ELSE 'tenant_id' END;
    found jsonb;
BEGIN
    -- These columns and no others: a flow may be megabytes.
    SELECT string_agg(format('%L, %I', attname, attname), ', ') INTO pairs
    FROM pg_attribute
    WHERE attrelid = to_regclass(format('public.%I', table_name)) AND attnum > 0 AND NOT attisdropped
      AND attname = ANY (columns || tenant_column)
    HAVING bool_or(attname = tenant_column);
    IF pairs IS NULL THEN
        -- What belongs to a user is not shown to a tenant.
        RETURN NULL;
    END IF;
    EXECUTE format(
        'SELECT jsonb_build_object(%s) FROM public.%I WHERE id = $1 AND %I = coalesce($2, %I)',
        pairs, table_name, tenant_column, tenant_column) INTO found USING row_id, caller_tenant_id;
    RETURN found;
END
$$;
COMMENT ON FUNCTION utility.audited_row IS
    'Some columns of a row as it is before a change, and its tenant; null if there is none that this caller may see.';
