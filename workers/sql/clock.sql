-- The lease of the clock and its duties (utility.leader, utility.duty). Only the database's clock decides.

-- name: elect
-- Become the leader if nobody is; returns the new term, or nothing.
INSERT INTO utility.leader AS lease (name, leader_id, term, elected_at, expires_at)
VALUES (:name, :leader_id, 1, clock_timestamp(), clock_timestamp() + :duration::interval)
ON CONFLICT (name) DO UPDATE
SET leader_id = excluded.leader_id,
    term = lease.term + 1,
    elected_at = clock_timestamp(),
    expires_at = clock_timestamp() + :duration::interval
WHERE lease.expires_at <= clock_timestamp()
RETURNING term;

-- name: renew
-- Stay the leader if this is still our term and it has not run out; returns the term, or nothing.
UPDATE utility.leader
SET expires_at = clock_timestamp() + :duration::interval
WHERE name = :name AND leader_id = :leader_id AND term = :term AND expires_at > clock_timestamp()
RETURNING term;

-- name: resign
-- End our term now and tell those who wait for it.
WITH resigned AS (
    UPDATE utility.leader SET expires_at = clock_timestamp()
    WHERE name = :name AND leader_id = :leader_id AND term = :term AND expires_at > clock_timestamp()
    RETURNING name
)
SELECT pg_notify('lictor_leader', name) FROM resigned;

-- name: seconds_until_vacant
-- When the present lease runs out, if nobody renews it.
SELECT greatest(0, extract(epoch FROM expires_at - clock_timestamp()))::float8
FROM utility.leader WHERE name = :name;

-- name: declare_duties
-- Write down the duties and their intervals; a new duty is due at once, a shorter interval counts from now.
INSERT INTO utility.duty AS duty (name, interval, next_due)
SELECT declared.name, declared.interval, clock_timestamp()
FROM unnest(:names::text[], :intervals::interval[]) AS declared (name, interval)
WHERE EXISTS (
    SELECT FROM utility.leader AS lease
    WHERE lease.name = :lease AND lease.leader_id = :leader_id AND lease.term = :term
      AND lease.expires_at > clock_timestamp()
)
ORDER BY declared.name
ON CONFLICT (name) DO UPDATE
SET interval = excluded.interval,
    next_due = least(duty.next_due, clock_timestamp() + excluded.interval)
WHERE duty.interval <> excluded.interval;

-- name: dispatch_due
-- Number and write down an order for each duty that is due; returns the orders, which the caller must now send.
-- A duty is due at its time, and again if its last order was not begun within :patience (the message is lost) or was
-- begun and not finished within :time_limit (the worker is lost). Nothing is written, so nothing may be sent, unless
-- this is the term of the caller: the lock on the lease keeps an election waiting until the orders are committed.
WITH lease AS (
    SELECT term FROM utility.leader
    WHERE name = :lease AND leader_id = :leader_id AND term = :term AND expires_at > clock_timestamp()
    FOR SHARE
)
UPDATE utility.duty AS duty
SET dispatch = duty.dispatch + 1,
    dispatched_at = clock_timestamp(),
    term = lease.term,
    next_due = CASE
        WHEN duty.next_due > clock_timestamp() THEN duty.next_due
        -- Keep the beat; but if beats were missed, do not make up for them.
        WHEN duty.next_due + duty.interval > clock_timestamp() THEN duty.next_due + duty.interval
        ELSE clock_timestamp() + duty.interval
    END
FROM lease
WHERE duty.name = ANY (:names::text[])
  AND (
    duty.next_due <= clock_timestamp()
    OR (duty.started_dispatch < duty.dispatch AND duty.dispatched_at <= clock_timestamp() - :patience::interval)
    OR (
        duty.started_dispatch = duty.dispatch AND duty.succeeded_dispatch < duty.dispatch
        AND duty.last_started <= clock_timestamp() - :time_limit::interval
    )
  )
RETURNING duty.name, duty.dispatch;

-- name: seconds_until_due
SELECT extract(epoch FROM min(next_due) - clock_timestamp())::float8
FROM utility.duty WHERE name = ANY (:names::text[]);

-- name: begin_duty
-- Returns true if this order is the last one given and not yet done; an older one is void, a repeated one is not.
UPDATE utility.duty
SET started_dispatch = :dispatch, last_started = clock_timestamp()
WHERE name = :name AND dispatch = :dispatch AND succeeded_dispatch < :dispatch
RETURNING true;

-- name: finish_duty
UPDATE utility.duty
SET succeeded_dispatch = :dispatch,
    last_succeeded = clock_timestamp(),
    last_duration = clock_timestamp() - last_started,
    last_error = NULL
WHERE name = :name AND succeeded_dispatch < :dispatch;

-- name: fail_duty
UPDATE utility.duty
SET last_failed = clock_timestamp(), last_error = :error
WHERE name = :name AND dispatch = :dispatch;
