-- What tells whether a run's process lives, and whether we could have heard it (docs/decisions/0015-recovery.md).

-- The API: while none is up, silence proves nothing.
CREATE TABLE utility.api_life (
    only_row boolean PRIMARY KEY DEFAULT true CONSTRAINT api_life_only_row CHECK (only_row),
    since timestamptz NOT NULL,
    last_seen timestamptz NOT NULL,
    expected_by timestamptz NOT NULL
) WITH (fillfactor = 50, autovacuum_vacuum_threshold = 200);
COMMENT ON TABLE utility.api_life IS 'When some API process was last up, by this database''s clock. One row.';
COMMENT ON COLUMN utility.api_life.expected_by IS 'If none is heard of until then, there has been none since last_seen.';

CREATE TABLE utility.api_outage (
    began timestamptz PRIMARY KEY,
    ended timestamptz NOT NULL,
    CONSTRAINT api_outage_ended_after_it_began CHECK (ended >= began)
);
COMMENT ON TABLE utility.api_outage IS 'Times without any API process. They never overlap.';

CREATE FUNCTION utility.api_is_alive(patience interval) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
    before record;
    moment timestamptz;
BEGIN
    SELECT * INTO before FROM utility.api_life FOR UPDATE;
    -- After the lock: another process may have written a later time while we waited.
    moment := clock_timestamp();
    IF NOT FOUND THEN
        INSERT INTO utility.api_life (since, last_seen, expected_by) VALUES (moment, moment, moment + patience)
        ON CONFLICT (only_row) DO NOTHING;
        RETURN;
    END IF;
    IF before.expected_by < moment THEN
        INSERT INTO utility.api_outage (began, ended) VALUES (before.last_seen, moment) ON CONFLICT DO NOTHING;
        DELETE FROM utility.api_outage WHERE ended < moment - interval '90 days';
    END IF;
    UPDATE utility.api_life
    SET last_seen = greatest(last_seen, moment), expected_by = greatest(expected_by, moment + patience);
END
$$;
COMMENT ON FUNCTION utility.api_is_alive IS
    'An API process is up, and one will say so again within `patience`. A silence before this ends as an outage.';

CREATE FUNCTION utility.api_uptime_start(span interval, at timestamptz) RETURNS timestamptz
LANGUAGE plpgsql STABLE SET timezone = 'UTC' AS $$
DECLARE
    life record;
    outage record;
    place timestamptz := at;
    remaining interval := span;
BEGIN
    SELECT * INTO life FROM utility.api_life;
    IF NOT FOUND OR span IS NULL THEN
        RETURN '-infinity';
    END IF;
    IF life.expected_by < at THEN
        place := life.last_seen;
    END IF;
    FOR outage IN SELECT * FROM utility.api_outage WHERE began < place ORDER BY began DESC LOOP
        EXIT WHEN place - least(outage.ended, place) >= remaining;
        remaining := remaining - (place - least(outage.ended, place));
        place := outage.began;
    END LOOP;
    place := place - remaining;
    RETURN CASE WHEN place < life.since THEN '-infinity' ELSE place END;
END
$$;
COMMENT ON FUNCTION utility.api_uptime_start IS
    'From which moment to `at` the API has been up for `span` in all; -infinity if it has not been for so long.';

-- The runners: a killed one's heartbeat process goes on for ever, but only the runner itself reads its run (contract
-- client.md 5.3 and 5.8). Not UNLOGGED: a crash would take with it what is known of runs whose runner is dead already.
-- No foreign key: rows of runs that have ended are taken away by the zombie killer.
CREATE TABLE utility.runner_read (
    flow_run_id uuid PRIMARY KEY,
    tenant_id uuid NOT NULL,
    is_regular boolean NOT NULL,
    running_since timestamptz,
    reads integer NOT NULL,
    last_read timestamptz NOT NULL,
    longest_gap interval NOT NULL DEFAULT '0',
    moved_on boolean NOT NULL DEFAULT false
) WITH (fillfactor = 50, autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 200);
COMMENT ON TABLE utility.runner_read IS 'Flow runs whose runner was seen to read them, as runners do every 15 s.';
COMMENT ON COLUMN utility.runner_read.is_regular IS 'The release of the client is known to read regularly.';
COMMENT ON COLUMN utility.runner_read.running_since IS
    'state_timestamp of the Running state to which `reads` and `longest_gap` belong.';
COMMENT ON COLUMN utility.runner_read.longest_gap IS 'Between two reads; outages of the API are left out.';
COMMENT ON COLUMN utility.runner_read.moved_on IS 'The next read is another process''s: the gap before it says nothing.';

CREATE FUNCTION utility.recovered(state jsonb) RETURNS boolean
LANGUAGE sql IMMUTABLE AS $$
    -- Clients keep the context of a state that they wrap in Submitted.
    SELECT coalesce(state #> '{context,recovered_by}', state #> '{state,context,recovered_by}') IS NOT NULL
$$;
COMMENT ON FUNCTION utility.recovered IS 'Whether Lazarus or the zombie killer has set the state, or the one it wraps.';
