-- Retention: for how many days what is kept. NULL: as the server's settings say; 0: for ever.

CREATE TABLE retention_policy (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    created timestamptz NOT NULL DEFAULT now(),
    updated timestamptz NOT NULL DEFAULT now(),
    tenant_id uuid NOT NULL CONSTRAINT retention_policy_tenant_id_fkey REFERENCES tenant ON DELETE CASCADE
        CONSTRAINT retention_policy_tenant_id_key UNIQUE,
    flow_runs_days integer CONSTRAINT retention_policy_flow_runs_days_check CHECK (flow_runs_days BETWEEN 0 AND 36500),
    states_days integer CONSTRAINT retention_policy_states_days_check CHECK (states_days BETWEEN 0 AND 36500),
    logs_days integer CONSTRAINT retention_policy_logs_days_check CHECK (logs_days BETWEEN 0 AND 36500),
    artifacts_days integer CONSTRAINT retention_policy_artifacts_days_check CHECK (artifacts_days BETWEEN 0 AND 36500),
    messages_days integer CONSTRAINT retention_policy_messages_days_check CHECK (messages_days BETWEEN 0 AND 36500)
);
COMMENT ON TABLE retention_policy IS
    'For how many days a tenant''s data are kept; NULL: as the server''s settings say, 0: for ever.';
COMMENT ON COLUMN retention_policy.flow_runs_days IS
    'Finished flow runs, with task runs, states, logs and artifacts, after their last state.';
COMMENT ON COLUMN retention_policy.logs_days IS 'Lines of log; they go by whole months (UTC).';
COMMENT ON COLUMN retention_policy.states_days IS 'States that runs have left; they go by whole months (UTC).';

CREATE TRIGGER update_timestamp BEFORE UPDATE ON retention_policy FOR EACH ROW
WHEN (NEW.updated IS NOT DISTINCT FROM OLD.updated) EXECUTE FUNCTION utility.set_updated_timestamp();

CREATE FUNCTION utility.retention_cutoffs(defaults jsonb, at timestamptz)
RETURNS TABLE (tenant_id uuid, kind text, cutoff timestamptz)
LANGUAGE sql STABLE AS $$
    SELECT tenant.id, kept.kind, at - make_interval(days => kept.days)
    FROM tenant
    LEFT JOIN retention_policy AS policy ON policy.tenant_id = tenant.id
    CROSS JOIN LATERAL (
        VALUES
            ('flow_runs', coalesce(policy.flow_runs_days, (defaults ->> 'flow_runs')::integer)),
            ('states', coalesce(policy.states_days, (defaults ->> 'states')::integer)),
            ('logs', coalesce(policy.logs_days, (defaults ->> 'logs')::integer)),
            ('artifacts', coalesce(policy.artifacts_days, (defaults ->> 'artifacts')::integer)),
            ('messages', coalesce(policy.messages_days, (defaults ->> 'messages')::integer))
    ) AS kept (kind, days)
    WHERE kept.days > 0
$$;
COMMENT ON FUNCTION utility.retention_cutoffs IS
    'What is older than its cutoff may go. `defaults`: days by kind; a tenant and kind that are kept for ever have no row.';

CREATE VIEW utility.history_partition AS
SELECT
    parent.relname::text AS parent,
    child.relname::text AS name,
    to_date(right(child.relname, 7), 'YYYY_MM')::timestamp AT TIME ZONE 'UTC' AS from_time,
    (to_date(right(child.relname, 7), 'YYYY_MM') + interval '1 month') AT TIME ZONE 'UTC' AS until_time
FROM pg_inherits
JOIN pg_class AS parent ON parent.oid = pg_inherits.inhparent
JOIN pg_class AS child ON child.oid = pg_inherits.inhrelid
WHERE child.relnamespace = 'history'::regnamespace AND child.relname ~ '_\d{4}_\d{2}$' AND child.relkind = 'r';
COMMENT ON VIEW utility.history_partition IS 'The monthly partitions of the history tables; the default ones are not among them.';

-- A partition that holds rows of others, too, is walked through once for each tenant, not at every pass.
CREATE TABLE utility.retention_cleaned (
    partition_name text NOT NULL,
    tenant_id uuid NOT NULL CONSTRAINT retention_cleaned_tenant_id_fkey REFERENCES tenant ON DELETE CASCADE,
    PRIMARY KEY (partition_name, tenant_id)
);
COMMENT ON TABLE utility.retention_cleaned IS 'Partitions out of which retention has taken a tenant''s rows.';

CREATE FUNCTION utility.drop_partition(parent text, partition_name text) RETURNS boolean
LANGUAGE plpgsql
-- The lock stops everybody who reads or writes history: it is had at once, or another time.
SET lock_timeout = '200ms' AS $$
BEGIN
    EXECUTE format('ALTER TABLE public.%I DETACH PARTITION history.%I', parent, partition_name);
    EXECUTE format('DROP TABLE history.%I', partition_name);
    DELETE FROM utility.retention_cleaned AS cleaned WHERE cleaned.partition_name = drop_partition.partition_name;
    RETURN true;
EXCEPTION
    WHEN lock_not_available OR undefined_table OR undefined_object THEN
        -- Somebody reads for long, or has dropped it a moment ago.
        RETURN false;
END
$$;
COMMENT ON FUNCTION utility.drop_partition IS
    'Drops a partition of a history table, which gives its space back; false, with nothing done, if that would mean to wait.';

CREATE FUNCTION utility.delete_from_partition(partition_name text, tenants uuid[], from_page bigint, pages bigint)
RETURNS bigint
LANGUAGE plpgsql AS $$
DECLARE
    gone bigint;
BEGIN
    EXECUTE format(
        'DELETE FROM history.%I WHERE ctid >= %L::tid AND ctid < %L::tid AND tenant_id = ANY ($1)',
        partition_name, format('(%s,0)', from_page), format('(%s,0)', from_page + pages)) USING tenants;
    GET DIAGNOSTICS gone = ROW_COUNT;
    RETURN gone;
END
$$;
COMMENT ON FUNCTION utility.delete_from_partition IS 'Deletes the rows of these tenants on some pages of a partition.';

CREATE FUNCTION utility.retention_preview(defaults jsonb, at timestamptz)
RETURNS TABLE (tenant_id uuid, slug varchar, kind text, cutoff timestamptz, rows bigint)
LANGUAGE plpgsql STABLE AS $$
DECLARE
    edge timestamptz;
BEGIN
    FOR tenant_id, slug, kind, cutoff IN
        SELECT due.tenant_id, tenant.slug, due.kind, due.cutoff
        FROM utility.retention_cutoffs(defaults, at) AS due JOIN tenant ON tenant.id = due.tenant_id
        ORDER BY tenant.slug, due.kind
    LOOP
        -- Whole months go.
        edge := date_trunc('month', cutoff, 'UTC');
        CASE kind
            WHEN 'flow_runs' THEN
                SELECT count(*) INTO rows FROM flow_run AS run
                WHERE run.tenant_id = retention_preview.tenant_id AND run.scheduled_start_time < cutoff
                  AND run.state_timestamp < cutoff
                  AND run.state IN (
                      'Finished', 'Looped', 'Success', 'Cached', 'Mapped', 'Skipped', 'Cancelled', 'Failed', 'TimedOut',
                      'TriggerFailed', 'ValidationFailed');
            WHEN 'states' THEN
                SELECT
                    (SELECT count(*) FROM flow_run_state AS state
                     WHERE state.tenant_id = retention_preview.tenant_id AND state."timestamp" < edge)
                    + (SELECT count(*) FROM task_run_state AS state
                       WHERE state.tenant_id = retention_preview.tenant_id AND state."timestamp" < edge)
                INTO rows;
            WHEN 'logs' THEN
                SELECT count(*) INTO rows FROM log
                WHERE log.tenant_id = retention_preview.tenant_id AND log."timestamp" < edge;
            WHEN 'artifacts' THEN
                SELECT count(*) INTO rows FROM task_run_artifact AS artifact
                WHERE artifact.tenant_id = retention_preview.tenant_id AND artifact.created < cutoff;
            ELSE
                SELECT count(*) INTO rows FROM message
                WHERE message.tenant_id = retention_preview.tenant_id AND message.created < cutoff;
        END CASE;
        RETURN NEXT;
    END LOOP;
END
$$;
COMMENT ON FUNCTION utility.retention_preview IS 'What retention would take away if it ran now; deletes nothing.';
