-- What is owed to hooks: claimed, accounted for, taken up again, forgotten (docs/decisions/0016-outbox.md).

-- name: claim
-- Up to :most rows of these :kinds that are due, at most :per_target of each target after :after and none of the :busy ones; from the
-- index one stretch per target, so that a long queue of one costs the others nothing. Of a target and a subject only the
-- first may be claimed. A later one is set down: it comes back with `blocked`, and is nobody's.
WITH RECURSIVE target (id) AS (
    (SELECT target_id FROM hook_delivery WHERE status = 'Pending' AND target_id > :after::uuid ORDER BY target_id LIMIT 1)
    UNION ALL
    SELECT (
        SELECT next.target_id FROM hook_delivery AS next
        WHERE next.status = 'Pending' AND next.target_id > target.id ORDER BY next.target_id LIMIT 1)
    FROM target WHERE target.id IS NOT NULL
),
due AS MATERIALIZED (
    SELECT picked.*
    FROM target
    CROSS JOIN LATERAL (
        SELECT id, target_id, subject_id, sequence
        FROM hook_delivery
        WHERE status = 'Pending' AND target_id = target.id AND next_attempt <= clock_timestamp()
          AND kind = ANY (:kinds::text[])
        ORDER BY next_attempt, sequence
        LIMIT :per_target
        FOR UPDATE SKIP LOCKED
    ) AS picked
    WHERE target.id <> ALL (:busy::uuid[])
    LIMIT :most
),
earlier AS MATERIALIZED (
    SELECT due.id, first.id AS first_id
    FROM due
    CROSS JOIN LATERAL (
        SELECT id FROM hook_delivery AS before
        WHERE before.status = 'Pending' AND before.target_id = due.target_id AND before.subject_id = due.subject_id
          AND before.sequence < due.sequence
        ORDER BY before.sequence
        LIMIT 1
    ) AS first
),
-- While we hold the first it cannot be finished, and whoever finishes it after us sees that a later one waits.
held AS MATERIALIZED (
    SELECT id FROM hook_delivery
    WHERE id IN (SELECT first_id FROM earlier) AND status = 'Pending'
    FOR SHARE SKIP LOCKED
),
judged AS (
    SELECT due.id, earlier.id IS NOT NULL AS blocked,
           -- Until it is called up; looked at again in case the first was deleted by hand. Or it is just being finished.
           clock_timestamp() + CASE WHEN held.id IS NULL THEN interval '0.1 s' ELSE interval '5 min' END AS set_down
    FROM due
    LEFT JOIN earlier ON earlier.id = due.id
    LEFT JOIN held ON held.id = earlier.first_id
),
claim AS MATERIALIZED (SELECT clock_timestamp() AS begun, clock_timestamp() + :lease::interval AS until)
UPDATE hook_delivery AS delivery
SET next_attempt = CASE WHEN blocked THEN set_down ELSE claim.until END,
    claimed_until = CASE WHEN NOT blocked THEN claim.until END,
    last_attempt = CASE WHEN blocked THEN last_attempt ELSE claim.begun END,
    attempts = attempts + (NOT blocked)::integer,
    updated = now()
FROM judged, claim
WHERE delivery.id = judged.id
RETURNING
    blocked, delivery.id, tenant_id, kind, target_id, subject_id, event_id, attempts AS attempt, parts_sent,
    last_attempt AS begun, claimed_until,
    CASE WHEN blocked THEN NULL WHEN kind = 'cloud_hook' THEN utility.flow_run_state_changed(event) ELSE event END AS event;

-- name: record
-- What became of claims, if they are still held; returns what is done with. Call up what follows those, in the same
-- transaction but not in the same statement: what was set down while this one waited for its locks has to be seen.
-- result: Delivered, Dead, Failed (again after :delays seconds), Returned (as if never claimed), Gone (no such target).
WITH outcome AS MATERIALIZED (
    SELECT *
    FROM unnest(
        :ids::uuid[], :claims::timestamptz[], :results::text[], :delays::float8[], :parts::integer[],
        :statuses::integer[], :errors::text[]
    ) AS o (id, claim, result, delay, parts_sent, status, error)
),
held AS MATERIALIZED (
    SELECT delivery.id
    FROM hook_delivery AS delivery JOIN outcome ON outcome.id = delivery.id
    WHERE delivery.status = 'Pending' AND delivery.claimed_until = outcome.claim
    ORDER BY delivery.id
    FOR UPDATE OF delivery
),
gone AS (
    DELETE FROM hook_delivery USING outcome, held
    WHERE hook_delivery.id = held.id AND outcome.id = held.id AND outcome.result = 'Gone'
    RETURNING hook_delivery.target_id, hook_delivery.subject_id, hook_delivery.sequence
),
written AS (
    UPDATE hook_delivery AS delivery
    SET status = CASE WHEN result IN ('Delivered', 'Dead') THEN result ELSE 'Pending' END,
        finished = CASE WHEN result IN ('Delivered', 'Dead') THEN clock_timestamp() END,
        next_attempt = clock_timestamp() + make_interval(secs => outcome.delay),
        claimed_until = NULL,
        attempts = attempts - (result = 'Returned')::integer,
        parts_sent = outcome.parts_sent,
        last_status = CASE WHEN result = 'Returned' THEN last_status ELSE outcome.status END,
        last_error = CASE WHEN result = 'Returned' THEN last_error ELSE outcome.error END,
        updated = now()
    FROM outcome, held
    WHERE delivery.id = held.id AND outcome.id = held.id AND result <> 'Gone'
    RETURNING delivery.target_id, delivery.subject_id, delivery.sequence, delivery.status
)
SELECT target_id, subject_id, sequence FROM written WHERE status <> 'Pending'
UNION ALL
SELECT target_id, subject_id, sequence FROM gone;

-- name: call_up
-- Of each target and subject the next that waits is due now.
UPDATE hook_delivery AS delivery
SET next_attempt = clock_timestamp(), updated = now()
FROM unnest(:targets::uuid[], :subjects::uuid[], :sequences::bigint[]) AS done (target_id, subject_id, sequence)
CROSS JOIN LATERAL (
    SELECT next.id
    FROM hook_delivery AS next
    WHERE next.status = 'Pending' AND next.target_id = done.target_id AND next.subject_id = done.subject_id
      AND next.sequence > done.sequence
    ORDER BY next.sequence
    LIMIT 1
) AS next
WHERE delivery.id = next.id AND delivery.status = 'Pending' AND delivery.claimed_until IS NULL;

-- name: take_for_writing
-- The first statement of the transaction that writes what a delivery is: nothing if the claim is not held any more.
UPDATE hook_delivery
SET status = 'Delivered', finished = clock_timestamp(), claimed_until = NULL, last_status = NULL, last_error = NULL,
    updated = now()
WHERE id = :id AND status = 'Pending' AND claimed_until = :claim
RETURNING target_id, subject_id, sequence;

-- name: seconds_until_due
-- When there will be something to claim, from 0 on; NULL if nothing waits.
SELECT greatest(0, extract(epoch FROM min(next_attempt) - clock_timestamp()))::float8
FROM hook_delivery WHERE status = 'Pending';

-- name: overdue
SELECT count(*) FROM hook_delivery
WHERE status = 'Pending' AND next_attempt < clock_timestamp() - :patience::interval;

-- name: retry
-- A dead letter is owed again, with all its attempts; one that waits for its next attempt is due now. `status` is what
-- it was; `retried` is false for what is delivered or under way. Nothing for an unknown one.
WITH present AS (
    SELECT id, status, claimed_until > clock_timestamp() AS under_way
    FROM hook_delivery
    WHERE id = :hook_delivery_id AND tenant_id = coalesce(:caller_tenant_id, tenant_id)
    FOR UPDATE
),
again AS (
    UPDATE hook_delivery AS delivery
    SET status = 'Pending', finished = NULL, next_attempt = clock_timestamp(), claimed_until = NULL,
        attempts = CASE WHEN present.status = 'Dead' THEN 0 ELSE attempts END,
        parts_sent = CASE WHEN present.status = 'Dead' THEN 0 ELSE parts_sent END,
        updated = now()
    FROM present
    WHERE delivery.id = present.id
      AND (present.status = 'Dead' OR present.status = 'Pending' AND present.under_way IS NOT TRUE)
    RETURNING pg_notify('lictor_hook_delivery', '')
)
SELECT status, EXISTS (SELECT FROM again) AS retried FROM present;

-- name: forget
-- Delete up to :most rows that were delivered before :delivered_for, or died before :dead_for.
WITH gone AS (
    DELETE FROM hook_delivery
    WHERE id IN (
        SELECT id FROM hook_delivery
        WHERE finished < clock_timestamp() - least(:delivered_for::interval, :dead_for::interval)
          AND finished < clock_timestamp()
              - CASE status WHEN 'Delivered' THEN :delivered_for::interval ELSE :dead_for::interval END
        ORDER BY finished
        LIMIT :most
        FOR UPDATE SKIP LOCKED)
    RETURNING 1
)
SELECT count(*) FROM gone;
