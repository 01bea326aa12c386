-- How the services are doing, for operators, the metrics and the UI (docs/operations.md).

CREATE SCHEMA ops;
COMMENT ON SCHEMA ops IS 'Views for operators. Nothing here is written to.';

ALTER TABLE utility.duty ADD COLUMN declared timestamptz NOT NULL DEFAULT clock_timestamp();
COMMENT ON COLUMN utility.duty.declared IS 'When a clock first knew of this duty.';

-- OFFSET 0 and the join below keep the API from offering mutations of the two views.
CREATE VIEW ops.leader AS
SELECT
    name, leader_id, term, elected_at, expires_at,
    expires_at > clock_timestamp() AS held,
    greatest(interval '0', clock_timestamp() - expires_at) AS vacant_for
FROM utility.leader
OFFSET 0;
COMMENT ON VIEW ops.leader IS 'Who leads; vacant_for says for how long nobody has.';

CREATE VIEW ops.duty AS
SELECT
    duty.name, duty.interval, duty.next_due,
    greatest(
        interval '0', clock_timestamp() - coalesce(duty.last_succeeded + duty.interval, duty.declared)
    ) AS lag,
    duty.last_succeeded AS last_success,
    duty.last_duration,
    duty.last_failed AS last_failure,
    duty.last_error,
    CASE WHEN duty.succeeded_dispatch < duty.started_dispatch AND duty.started_dispatch = duty.dispatch
              AND duty.last_started > coalesce(duty.last_failed, '-infinity')
         THEN duty.last_started END AS running_since,
    duty.dispatch - duty.succeeded_dispatch AS orders_open,
    leader.leader_id AS leader
FROM utility.duty AS duty
LEFT JOIN utility.leader ON leader.name = 'clock' AND leader.term = duty.term;
COMMENT ON VIEW ops.duty IS 'The duties of the clock and how each went last.';
COMMENT ON COLUMN ops.duty.lag IS 'How long ago the duty should have succeeded again: now minus (last success + interval).';
COMMENT ON COLUMN ops.duty.last_error IS 'What the last run failed with; NULL once one has succeeded since.';
COMMENT ON COLUMN ops.duty.running_since IS 'When a worker began the last order; NULL when none is at work on it.';
COMMENT ON COLUMN ops.duty.leader IS 'The clock that sent the last order, if it still leads.';
