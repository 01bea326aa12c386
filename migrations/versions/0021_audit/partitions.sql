-- Partitions of the history tables and of the audit trail, one a month (UTC), made ahead of time.

CREATE OR REPLACE FUNCTION utility.ensure_partitions(
    from_time timestamptz DEFAULT now(),
    until_time timestamptz DEFAULT now() + interval '3 months'
) RETURNS SETOF text
LANGUAGE plpgsql
-- Who waits for a lock stops everybody behind it. A backup may read for hours: give up, and come again later.
SET lock_timeout = '3s'
AS $$
DECLARE
    parent text;
    month timestamp;
    lower_bound timestamptz;
    upper_bound timestamptz;
    partition_name text;
BEGIN
    -- One maker at a time; a second caller finds the work done.
    PERFORM pg_advisory_xact_lock(hashtextextended('lictor.ensure_partitions', 0));
    FOREACH parent IN ARRAY ARRAY['flow_run_state', 'task_run_state', 'log', 'audit_log'] LOOP
        FOR month IN
            SELECT generate_series(
                date_trunc('month', from_time AT TIME ZONE 'UTC'),
                date_trunc('month', until_time AT TIME ZONE 'UTC'),
                interval '1 month')
        LOOP
            partition_name := parent || '_' || to_char(month, 'YYYY_MM');
            CONTINUE WHEN to_regclass(format('history.%I', partition_name)) IS NOT NULL;
            lower_bound := month AT TIME ZONE 'UTC';
            upper_bound := (month + interval '1 month') AT TIME ZONE 'UTC';
            -- The default partition stays still from here on: a row that came into it between the move and the
            -- ATTACH would make the ATTACH fail. In the order in which ATTACH locks.
            EXECUTE format('LOCK TABLE ONLY public.%I IN SHARE UPDATE EXCLUSIVE MODE', parent);
            EXECUTE format('LOCK TABLE history.%I IN ACCESS EXCLUSIVE MODE', parent || '_default');
            EXECUTE format('CREATE TABLE history.%I (LIKE public.%I INCLUDING ALL)', partition_name, parent);
            IF parent = 'audit_log' THEN
                -- LIKE copies no triggers. Moving rows is no change; the lock keeps everybody else out meanwhile.
                EXECUTE format(
                    'CREATE TRIGGER refuse_change BEFORE UPDATE OR DELETE OR TRUNCATE ON history.%I '
                    'FOR EACH STATEMENT EXECUTE FUNCTION utility.refuse_change()', partition_name);
                ALTER TABLE history.audit_log_default DISABLE TRIGGER refuse_change;
            END IF;
            -- Rows of that month that came before their partition wait in the default one.
            EXECUTE format(
                'WITH moved AS (DELETE FROM history.%1$I WHERE "timestamp" >= %3$L AND "timestamp" < %4$L RETURNING *) '
                'INSERT INTO history.%2$I SELECT * FROM moved',
                parent || '_default', partition_name, lower_bound, upper_bound);
            IF parent = 'audit_log' THEN
                ALTER TABLE history.audit_log_default ENABLE TRIGGER refuse_change;
            END IF;
            -- ATTACH, unlike CREATE … PARTITION OF, does not stop readers and writers of the parent.
            EXECUTE format(
                'ALTER TABLE public.%I ATTACH PARTITION history.%I FOR VALUES FROM (%L) TO (%L)',
                parent, partition_name, lower_bound, upper_bound);
            RETURN NEXT partition_name;
        END LOOP;
    END LOOP;
END
$$;
COMMENT ON FUNCTION utility.ensure_partitions IS
    'Makes the monthly partitions of log, flow_run_state, task_run_state and audit_log from one time to another; '
    'returns the names of those it made. Safe to call at any time, by anyone, as often as one likes; '
    'raises lock_not_available (55P03), with nothing done, when somebody has been reading for long.';

SELECT utility.ensure_partitions(now() - interval '1 month', now() + interval '3 months');
