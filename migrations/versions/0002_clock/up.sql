-- Who is the clock, and when each duty is due (workers/sql/clock.sql). A handful of rows, updated every few seconds:
-- free space on the page makes the updates HOT.

CREATE TABLE utility.leader (
    name text PRIMARY KEY,
    leader_id uuid NOT NULL,
    term bigint NOT NULL,
    elected_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL
) WITH (fillfactor = 50, autovacuum_vacuum_threshold = 200);
COMMENT ON TABLE utility.leader IS 'Leases by name. Whoever holds one may act until expires_at, by this database''s clock.';
-- Not UNLOGGED: after a crash of the server the terms would begin at 1 again.
COMMENT ON COLUMN utility.leader.term IS 'Grows with every election; a leader of an earlier term may not act.';

CREATE TABLE utility.duty (
    name text PRIMARY KEY,
    interval interval NOT NULL CONSTRAINT duty_interval_positive CHECK (interval > interval '0'),
    next_due timestamptz NOT NULL,
    dispatch bigint NOT NULL DEFAULT 0,
    dispatched_at timestamptz,
    term bigint,
    started_dispatch bigint NOT NULL DEFAULT 0,
    last_started timestamptz,
    succeeded_dispatch bigint NOT NULL DEFAULT 0,
    last_succeeded timestamptz,
    last_duration interval,
    last_failed timestamptz,
    last_error text
) WITH (fillfactor = 50, autovacuum_vacuum_threshold = 200);
COMMENT ON TABLE utility.duty IS 'What has to be done again and again, when it is due, and how it went.';
COMMENT ON COLUMN utility.duty.dispatch IS 'Number of the last order sent to a worker; an older order is void.';
COMMENT ON COLUMN utility.duty.term IS 'Term of the leader that sent the last order.';
COMMENT ON COLUMN utility.duty.last_error IS 'What the last run failed with; NULL once one has succeeded since.';
